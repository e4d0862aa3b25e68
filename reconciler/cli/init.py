"""`reconciler init`."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import exits
from reconciler.cli.saying import say

if TYPE_CHECKING:
    from reconciler.journeys.starting import Started

EPILOG = """\b
Examples:
  reconciler init my-config       a new folder
  reconciler init .               the folder that you are in
  reconciler init . --keep        ... which has a README.md already, say, or lacks what a newer release brings

Writes settings, a .gitignore, a README for the team, the schemas that an editor needs, the workflows for GitHub, and an
example tenant that works with --sandbox at once. It overwrites nothing and runs nothing: `git init` is yours to say.
Where there are settings or tenants already, the example is left out.

The workflows call this tool's own repository on GitHub at one commit: the one that it was installed from by
`pip install git+https://...`, or that of the clone that it runs in. Where neither is known, say it: --tool.

Exit codes: 0 written, or nothing was missing; 64 a file with other content is in the way: then nothing is written.
"""


@click.command("init", epilog=EPILOG)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--keep", is_flag=True, help="Leave files that are there as they are, and add what is missing.")
@click.option(
    "--tool",
    metavar="OWNER/NAME@COMMIT",
    help='The reconciler that the workflows call, on GitHub; "none" writes no workflows. [where this one comes from]',
)
def command(*, folder: Path, keep: bool, tool: str | None) -> int:
    """Write a new config repository, with an example to try."""
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.journeys.call import CorrectTheCallError
    from reconciler.journeys.starting import init

    world = world_of(Output("text", (), quiet=False, verbose=False, colour=None))
    try:
        started = init(folder, world, keep=keep, tool=tool)
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    for line in _told(started, folder):
        say(line)
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
    lines += ["", *_about_workflows(started, folder), "Next:"]
    if folder != Path():
        lines.append(f"  cd {shlex.quote(str(folder))}")
    if started.example:
        lines += [
            "  reconciler validate          the example is in order",
            "  reconciler plan --sandbox    what would change in the embedded API",
        ]
    return [*lines, "  reconciler import TENANT     your own tenants (where credentials go: README.md)"]


def _about_workflows(started: "Started", folder: Path) -> list[str]:
    tool = started.tool
    if started.unwanted:
        return []
    if tool is None:
        return [
            "No workflows for GitHub were written: nothing tells from where on GitHub this tool was installed.",
            "To add them, name its repository and the full name of a commit (a branch or a tag won't do):",
            f"  reconciler init {shlex.quote(str(folder))} --keep --tool OWNER/NAME@COMMIT",
            "",
        ]
    lines = [
        f"The workflows call {tool.repository} at commit {tool.commit}.",
        "What to set up on GitHub:",
        f"  https://github.com/{tool.repository}/blob/{tool.commit}/docs/github.md",
    ]
    if not tool.is_there:
        lines.append("Push that commit first: as far as this clone knows, no branch of that repository has it.")
    return [*lines, ""]
