"""`reconciler explain`."""

import shutil
import sys
from pathlib import Path

import click

from reconciler.cli import exits

EPILOG = """\b
Examples:
  reconciler explain                         every key there is
  reconciler explain on_hold_timer_duration  one key: meaning, fields, defaults, rules, example
"""


@click.command("explain", epilog=EPILOG)
@click.argument("key", required=False)
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), metavar="FILE", help="Settings file.")
def command(*, key: str | None, settings_file: Path | None) -> int:
    """Say what a key means: fields, defaults, house rules, and how it stands in a file."""
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.journeys.call import Call, CorrectTheCallError
    from reconciler.journeys.explain import explain

    width = min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 80
    quiet = Output("text", (), quiet=True, verbose=False, colour=None)
    try:
        text = explain(Call("explain", settings_file=settings_file), world_of(quiet), key, width=width)
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    click.echo(text, nl=False)
    return exits.OK
