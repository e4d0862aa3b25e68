"""`reconciler plan`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of, select_options, vouching_options

EPILOG = """\b
Examples:
  reconciler plan --sandbox                          try it, nothing set up
  reconciler plan --credentials ~/.reconciler.yaml   all tenants
  reconciler plan --tenant 'acme*' --key '*oms*'     some tenants, some keys
  reconciler plan --changed-since origin/main        the tenants that this branch changes
  reconciler plan --report plan.json --report plan.md
                                                     the file for apply --plan, and one for the pull request

plan never writes to the platform: its client refuses everything but GET and the request for a token. The JSON
report is the plan file of `apply --plan`; without --report it is put below .reconciler/runs/.

Exit codes: 0 done, changes or not; 1 something is wrong or unreadable; 2 changes (--detailed-exitcode only);
3 a write-once key differs; 64 wrong call, settings or credentials.
"""


@click.command("plan", epilog=EPILOG)
@select_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes and nothing is wrong.")
@vouching_options
@common_options
def command(*, detailed_exitcode: bool, settings_file: Path | None, **options: Any) -> int:
    """Read the live values and show what apply would change."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.call import Call
    from reconciler.journeys.plan import plan

    output = output_of(options, settings_file)
    call = Call("plan", settings_file=settings_file, **options)
    return run_and_deliver(
        output,
        lambda world: plan(call, world, detailed_exitcode=detailed_exitcode),
        command=call.command,
        sandbox=call.sandbox,
    )
