"""`reconciler init`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import exits

if TYPE_CHECKING:
    from reconciler.journeys.starting import Started

EPILOG = """\b
Examples:
  reconciler init my-config       a new folder
  reconciler init .               the folder that you are in
  reconciler init . --keep        ... which has a README.md already, say

Writes settings, a .gitignore, a README for the team, the schemas that an editor needs, and an example tenant that works
with --sandbox at once. It overwrites nothing and runs nothing: `git init` is yours to say. Where there are settings or
tenants already, the example is left out.

Exit codes: 0 written, or nothing was missing; 64 a file with other content is in the way: then nothing is written.
"""


@click.command("init", epilog=EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--keep", is_flag=True, help="Leave files that are there as they are, and add what is missing.")
def command(*, folder: Path, keep: bool) -> int:
    """Write a new config repository, with an example to try."""
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.inputs.usage import visible
    from reconciler.journeys.call import CorrectTheCallError
    from reconciler.journeys.starting import init

    world = world_of(Output("text", (), quiet=False, verbose=False, colour=None))
    try:
        started = init(folder, world, keep=keep)
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    for line in _told(started, folder):
        click.echo(visible(line))
    return exits.OK


def _told(started: "Started", folder: Path) -> list[str]:
    count = f"{len(started.written)} {'file' if len(started.written) == 1 else 'files'}"
    place = "this folder" if folder == Path() else str(folder)
    lines = [f"Wrote {count} in {place}:" if started.written else f"Nothing was missing in {place}."]
    lines += [f"  {name}" for name in started.written]
    if started.kept:
        lines.append("Left as they were, though the template's are different:")
        lines += [f"  {name}" for name in started.kept]
    if ".gitignore" in started.kept:
        lines.append("See that .gitignore keeps .reconciler/ and any credentials out of git.")
    lines += ["", "Next:"]
    if folder != Path():
        lines.append(f"  cd {shlex.quote(str(folder))}")
    if started.example:
        lines += [
            "  reconciler validate          the example is in order",
            "  reconciler plan --sandbox    what would change in the embedded API",
        ]
    return [*lines, "  reconciler import TENANT     your own tenants (where credentials go: README.md)"]
