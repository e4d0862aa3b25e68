"""Tenant files to what git wants: discovery, profiles, validation. One type a stage.

`listing.discover` finds the files, `raw.read_raw` parses one, `checks.check` judges each declared key, and
`fleet.load` merges profiles into `DesiredTenant`. Only `files` touches the disk. No function here ever shows
anything of a sensitive place: a finding about one says where it is, and how a reference is written.
"""
