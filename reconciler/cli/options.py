"""The options that commands share, and what they mean as one value."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
FORMATS = ("text", "markdown", "json")
SUFFIXES = (".json", ".md", ".html", ".txt")


@dataclass(frozen=True, slots=True)
class Output:
    """Where and how a run tells what happened."""

    format: str
    reports: tuple[Path, ...]
    quiet: bool
    verbose: bool
    colour: bool | None
    """False for --no-color; None to look at the terminal."""
    settings: Path | None = None
    """--settings, whose catalogue says what the keys of a report mean."""


def _report_paths(_ctx: click.Context, _param: click.Parameter, values: Sequence[Path]) -> tuple[Path, ...]:
    for path in values:
        if path.suffix not in SUFFIXES:
            raise click.BadParameter(f"{path}: the name must end in one of {' '.join(SUFFIXES)}")
        if not path.parent.is_dir():
            raise click.BadParameter(f"{path}: there is no folder {path.parent}; make it first")
        if path.is_dir():
            raise click.BadParameter(f"{path} is a folder")
    return tuple(values)


_PATH = click.Path(path_type=Path)

_SELECT = (
    click.option("--tenants", "tenants_dir", type=_PATH, metavar="DIR", help="Folder of tenant files [tenants]."),
    click.option("--tenant", multiple=True, metavar="GLOB", help="Only these tenants; may be repeated."),
    click.option("--key", multiple=True, metavar="GLOB", help="Only these keys, by full or short name."),
    click.option(
        "--changed-since", metavar="REF", help="Only tenants of which git wants something else than at this revision."
    ),
    click.option("--shard", metavar="I/N", help="Only the I-th of N parts of the fleet, from 1; see shards."),
)

_VOUCHING = (
    click.option("--rewrite", multiple=True, metavar="TENANT:KEY", help="Send a secret again that the platform masks."),
    click.option(
        "--assume-unset",
        multiple=True,
        metavar="TENANT:KEY",
        help="Take an ambiguous write-once key for unset; applied only with a reviewed plan that has it.",
    ),
)

_OUTPUT = (
    click.option(
        "--format",
        "format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="What to print on stdout.",
    ),
    click.option(
        "--report",
        "reports",
        type=_PATH,
        multiple=True,
        callback=_report_paths,
        metavar="PATH",
        help="Also write a report here: .json, .md, .html or .txt.",
    ),
    click.option("--quiet", is_flag=True, help="No progress and no notices on stderr."),
    click.option("-v", "--verbose", is_flag=True, help="Show unchanged keys too, and log requests to stderr."),
    click.option("--no-color", is_flag=True, help="No colour. NO_COLOR does the same."),
)

_CONNECT = (
    click.option(
        "--settings", "settings_file", type=_PATH, metavar="FILE", help="Settings file, instead of searching."
    ),
    click.option("--origin", metavar="TEMPLATE", help="Where tenants live, with {tenant} in it."),
    click.option(
        "--credentials", type=_PATH, metavar="FILE", help="Credentials, readable by you alone; see the README."
    ),
    click.option("--sandbox", is_flag=True, help="Use the embedded API instead of the real one."),
)


_FLAG: Mapping[str, Any] = {"is_flag": True}
_UNUSED: Mapping[str, Any] = {"hidden": True, "expose_value": False, "help": "Taken by every command; no use to this."}
_EVERYWHERE: tuple[tuple[tuple[str, ...], Mapping[str, Any]], ...] = (
    (("--settings",), {"type": _PATH}),
    (("--origin",), {}),
    (("--credentials",), {"type": _PATH}),
    (("--sandbox",), _FLAG),
    (("--quiet",), _FLAG),
    (("-v", "--verbose"), _FLAG),
    (("--no-color",), _FLAG),
)

base_option = click.option(
    "--base",
    metavar="REF",
    help="Say of each change whether it was made since this revision, or is drift, and list released keys.",
)
"""For plan and apply."""


def _apply(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def select_options(command: Command) -> Command:
    """Add SELECT: which tenants and keys."""
    return _apply(_SELECT, command)


def vouching_options(command: Command) -> Command:
    """Add the options by which a person stands in for what can't be read."""
    return _apply(_VOUCHING, command)


def common_options(command: Command) -> Command:
    """Add the options that every command has."""
    return _apply((*_CONNECT, *_OUTPUT), command)


def accept_everywhere(command: click.Command) -> click.Command:
    """Let `command` take, and pass over, what every command takes and it has no use for; return it.

    So that a wrapper can give the same flags to all. They stay out of its help. --format and --report aren't among
    them: who asks for a report must not think that there is one.
    """
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            accept_everywhere(inner)
        return command
    has = {name for parameter in command.params for name in parameter.opts}
    for names, form in _EVERYWHERE:
        if has.isdisjoint(names):
            command.params.append(click.Option(list(names), **_UNUSED, **form))
    return command


def output_of(options: dict[str, Any], settings: Path | None = None) -> Output:
    """Take the output options out of a command's keyword arguments. `settings` is that of --settings."""
    return Output(
        format=options.pop("format"),
        reports=options.pop("reports"),
        quiet=options.pop("quiet"),
        verbose=options.pop("verbose"),
        colour=False if options.pop("no_color") else None,
        settings=settings,
    )
