"""`reconciler import`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of

EPILOG = """\b
Examples:
  reconciler import acme                    tenants/acme.yaml from what is live
  reconciler import acme acme-staging --credentials ~/.reconciler.yaml
  reconciler import acme --force            overwrite the file

Only keys that are set are declared, so a plan right after an import changes nothing. A secret becomes a reference,
named after the credentials entry with the same value, else KEY_FIELD; what the credentials lack is listed. What is
live but would not be valid in a file stands there as a comment.
"""


@click.command("import", epilog=EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="TENANT...")
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option(
    "--tenants", "tenants_dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of tenant files [tenants]."
)
@common_options
def command(*, names: tuple[str, ...], force: bool, settings_file: Path | None, **options: Any) -> int:
    """Write tenant files from the live values."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.call import Call
    from reconciler.journeys.importing import import_tenants

    output = output_of(options, settings_file)
    call = Call("import", settings_file=settings_file, **options)
    return run_and_deliver(
        output,
        lambda world: import_tenants(call, world, names, force=force),
        command=call.command,
        sandbox=call.sandbox,
    )
