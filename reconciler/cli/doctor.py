"""`reconciler doctor`."""

from pathlib import Path
from typing import Any

import click

from reconciler.cli.options import common_options, output_of, select_options

EPILOG = """\b
Examples:
  reconciler doctor --sandbox                        try it, nothing set up
  reconciler doctor --credentials ~/.reconciler.yaml everything, for all tenants
  reconciler doctor --tenant acme-staging            one tenant: a quick look in a large fleet
  reconciler doctor --format markdown >> "$GITHUB_STEP_SUMMARY"
  reconciler doctor --format json | jq '.checks[] | select(.status == "problem")'

Looks at the tool, settings and files, credentials and secrets, the network to each place, tokens, every declared key,
the platform's limits and the gate, in the order in which one would mend them, and says what to do. It sends what a
plan sends: GETs, and the request for a token. Broken settings or credentials are findings, and the rest is looked at
all the same. docs/how-to/doctor.md says what each line means.

Exit codes: 0 all is in place (warnings don't count); 1 at least one problem; 64 wrong call.
"""


@click.command("doctor", epilog=EPILOG)
@select_options
@common_options
def command(*, settings_file: Path | None, **options: Any) -> int:
    """Say whether everything is in place, and what to do where it isn't."""
    from reconciler.cli.delivery import run_and_deliver
    from reconciler.journeys.call import Call
    from reconciler.journeys.doctor.run import doctor

    output = output_of(options)
    call = Call("doctor", settings_file=settings_file, **options)
    return run_and_deliver(output, lambda world: doctor(call, world), command=call.command, sandbox=call.sandbox)
