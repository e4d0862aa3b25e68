"""`reconciler apply`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of, select_options, vouching_options

EPILOG = """\b
Examples:
  reconciler apply --sandbox --allow-irreversible       try it, nothing set up
  reconciler apply --plan plan.json                     exactly what was reviewed
  reconciler apply --plan pr-7.json --plan pr-8.json    two pull requests merged close together
  reconciler apply --plan plan.json --shard 2/4         the second of four parts, under the merged plan of all
  reconciler apply --tenant acme-staging                one tenant, without a reviewed plan

apply plans afresh, asks the gate, then POSTs the keys that differ, one at a time in each tenant, many tenants at
once. Every key is read right before its POST and read back after it. With --plan, a tenant in which anything that
would be written is not in a given FILE is left alone (stale). Running apply twice changes nothing the second time.

A shard is applied only under the merged plan of all (reconciler report plan-*.json --report plan.json). Each shard
asks the gate about the whole of that plan and every file, so that all come to the same verdict.

Exit codes: 0 applied or in sync; 1 something failed, or is not known; 3 blocked or refused; 4 not what was
reviewed; 64 wrong call, settings, credentials or plan file; 130 interrupted, the report says what was done.
"""


@click.command("apply", epilog=EPILOG)
@select_options
@click.option(
    "--plan",
    "plans",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="A reviewed JSON report of plan; may be repeated. Its selection is used; beside it only --shard may stand.",
)
@click.option("--allow-irreversible", is_flag=True, help="Set write-once keys without a reviewed plan.")
@vouching_options
@click.option("--lift", "lifts", multiple=True, metavar="RULE=REASON", help="Lift a rule of the gate, and say why.")
@common_options
def command(
    *,
    plans: tuple[Path, ...],
    allow_irreversible: bool,
    lifts: tuple[str, ...],
    settings_file: Path | None,
    **options: Any,
) -> int:
    """POST the keys that differ, read them back, and report."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.apply import Approval, apply
    from reconciler.journeys.call import Call

    output = output_of(options, settings_file)
    call = Call("apply", settings_file=settings_file, **options)
    approval = Approval(plans, allow_irreversible=allow_irreversible, lifts=lifts)
    return run_and_deliver(
        output,
        lambda world: apply(call, world, approval),
        command=call.command,
        sandbox=call.sandbox,
        journal=True,
    )
