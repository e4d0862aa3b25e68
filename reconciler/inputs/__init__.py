"""What comes from outside the tenant files: settings, credentials, the git revision, the selection.

Repository settings are not trusted: nothing here runs a command or sends a secret because a checkout says so.
"""
