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
  reconciler report apply-*.json --report apply.json        what all shards of an apply did
  reconciler report apply.json --undo back                  what was live before, as back/TENANT.yaml
  reconciler report apply.journal.jsonl                     after a crash: what may have been written

Needs no network and no credentials. Several FILEs are merged: they must be the shards of one run, of the same
revision and version of the tool, without overlap or gap. A FILE may be given twice, or beside what it was merged
into. The exit code is that of the (merged) report.

--undo overwrites no file. The files hold what the apply changed, as it was before, and name what can't be restored:
keys that were unset, secrets that were replaced. They change nothing until they are applied (apply --tenants DIR).

apply keeps a journal beside its JSON report. A FILE that ends in .jsonl is read as one, as text or JSON: the exit
code is 1 when something in it may have been written without anybody knowing, else 0.
"""


@click.command("report", epilog=EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--undo",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write tenant files here that bring back what was live before the apply.",
)
@common_options
def command(*, files: tuple[Path, ...], undo: Path | None, settings_file: Path | None, **options: Any) -> int:
    """Render JSON reports again, or merge the shards of one run."""
    from reconciler.cli.delivery import run_and_deliver, tell_journal
    from reconciler.journeys.journal import is_journal, reread
    from reconciler.journeys.rerender import rerender

    output = output_of(options, settings_file)
    if any(is_journal(path) for path in files):
        return tell_journal(output, lambda world: reread(files, world, output.format), undo=undo is not None)
    if undo is None:
        return run_and_deliver(output, lambda world: rerender(files, world), command="report", keep_json=False)

    from reconciler.journeys.call import Call
    from reconciler.journeys.undoing import write_undo

    call = Call("report", settings_file=settings_file, **options)
    return run_and_deliver(
        output, lambda world: write_undo(call, world, files, undo), command="report", keep_json=False
    )
