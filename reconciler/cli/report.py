"""`reconciler report`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of

EPILOG = """\b
Examples:
  reconciler report plan.json                               read it again
  reconciler report plan.json --format markdown             as a pull-request comment
  reconciler report plan-*.json --report plan.json          the shards of one run as one plan file

Needs no network and no credentials. Several FILEs are merged: they must be the shards of one run, of the same
revision and version of the tool, without overlap or gap. The exit code is that of the (merged) report.
"""


@click.command("report", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@common_options
def command(*, files: tuple[Path, ...], **options: Any) -> int:
    """Render JSON reports again, or merge the shards of one run."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.rerender import rerender

    output = output_of(options)
    return run_and_deliver(output, lambda world: rerender(files, world), command="report", keep_json=False)
