"""`reconciler validate`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of

EPILOG = """\b
Examples:
  reconciler validate                              every file in tenants/
  reconciler validate tenants/acme.yaml            one file, with its profiles
  reconciler validate tenants/_retail.yaml         a profile, and every tenant that extends it
  reconciler validate --format json | jq .problems

Needs no network and no credentials. A settings file as PATH stands for all tenants. Every problem of every file is
told, with file:line:column, whether the API's document (spec/…), a house rule (rule/…) or the notation (yaml/…) says
so, and what to do.

Exit codes: 0 no problem (warnings don't count); 1 problems; 64 wrong call or settings.
"""


@click.command("validate", epilog=EPILOG)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--tenants", "tenants_dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of tenant files [tenants]."
)
@click.option("--tenant", multiple=True, metavar="GLOB", help="Only these tenants; may be repeated.")
@common_options
def command(*, paths: tuple[Path, ...], settings_file: Path | None, **options: Any) -> int:
    """Check tenant files, offline."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.call import Call
    from reconciler.journeys.validate import validate
    from reconciler.report.collecting import no_collecting

    output = output_of(options, settings_file)
    call = Call("validate", settings_file=settings_file, **options)
    with no_collecting():  # a file leaves no cycles behind
        return run_and_deliver(output, lambda world: validate(call, world, paths), command=call.command)
