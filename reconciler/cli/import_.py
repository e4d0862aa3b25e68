"""`reconciler import`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of

EPILOG = """\b
Examples:
  reconciler import acme                    tenants/acme.yaml from what is live
  reconciler import acme acme-staging       two at once
  reconciler import '*'                     every tenant of the credentials that has no file yet
  reconciler import '*' --profile           and what they share goes into tenants/_shared.yaml
  reconciler import acme --force            overwrite the file

Only keys that are set are declared, so a plan right after an import changes nothing. A secret becomes a reference,
named after the credentials entry with the same value, else KEY_FIELD; what the credentials lack is listed. What is
live but would not be valid in a file stands there as a comment.

A tenant that is named and has a file already is left alone, and the others go on (exit 1). With --profile, whole
keys that most of the tenants have with the same value move into one profile, which they extend; a key that can be
set only once stays in each tenant's own file.

Exit codes: 0 written; 1 something is unreadable, unwritable, or there already; 64 wrong call, settings or
credentials, or nothing is left to import because all of the tenants have files.
"""


@click.command("import", epilog=EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="TENANT...")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option("--profile", is_flag=True, help="Write what the tenants share into a profile, which they extend.")
@click.option("--profile-name", metavar="_NAME", help="Name of that profile; implies --profile.  [default: _shared]")
@click.option(
    "--tenants", "tenants_dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of tenant files [tenants]."
)
@common_options
def command(
    *,
    names: tuple[str, ...],
    force: bool,
    profile: bool,
    profile_name: str | None,
    settings_file: Path | None,
    **options: Any,
) -> int:
    """Write tenant files from the live values."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.call import Call
    from reconciler.journeys.importing import Asked, import_tenants

    output = output_of(options, settings_file)
    call = Call("import", settings_file=settings_file, **options)
    asked = Asked(force, profile_name if profile_name is not None else "_shared" if profile else "")
    return run_and_deliver(
        output,
        lambda world: import_tenants(call, world, names, asked),
        command=call.command,
        sandbox=call.sandbox,
    )
