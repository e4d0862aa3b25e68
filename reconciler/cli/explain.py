"""`reconciler explain`."""

import os
import sys
from pathlib import Path

import click

from reconciler.cli import exits

PLAIN = 80
"""Cells, when nobody is looking: the same on every machine."""
EPILOG = """\b
Examples:
  reconciler explain                         every key there is
  reconciler explain on_hold_timer_duration  one key: meaning, fields, defaults, rules, example
  reconciler explain '*' --format json       all of it, for a program
"""


@click.command("explain", epilog=EPILOG)
@click.argument("key", required=False)
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), metavar="FILE", help="Settings file.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="What to print on stdout.",
)
@click.option("--no-color", is_flag=True, help="No colour. NO_COLOR does the same.")
def command(*, key: str | None, settings_file: Path | None, format_: str, no_color: bool) -> int:
    """Say what a key means: fields, defaults, house rules, and how it stands in a file."""
    from reconciler.cli.colour import is_dumb, wants_colour
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.journeys.call import Call, CorrectTheCallError
    from reconciler.journeys.explain import asked_about
    from reconciler.report.untrusted import terminal

    quiet = Output("text", (), quiet=True, verbose=False, colour=None)
    try:
        asked = asked_about(Call("explain", settings_file=settings_file), world_of(quiet), key)
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    if format_ != "text":
        from reconciler.report.explained import explained_json, explained_markdown

        as_json = format_ == "json"
        text = explained_json(asked.pages) if as_json else explained_markdown(asked.pages, listed=asked.listed)
    elif sys.stdout.isatty() and not is_dumb(os.environ):
        import shutil

        from reconciler.cli.pages import drawn  # rich: only for a person who is looking

        width = shutil.get_terminal_size().columns
        colour = wants_colour(False if no_color else None, os.environ, terminal=True)
        text = drawn(asked.pages, listed=asked.listed, width=width, colour=colour)
    else:
        text = "".join(f"{terminal(line)}\n" for line in asked.plain(PLAIN).splitlines())
    click.echo(text, nl=False, color=True)
    return exits.OK
