"""`init`: a new configuration repository from the template that comes with the product. Never overwrites."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from reconciler.catalogue.sources import shipped
from reconciler.inputs.installed import NOWHERE, Tool, installed_tool, said_tool
from reconciler.inputs.tomlfiles import OWN_NAME, SHARED_NAME, SettingsFile, find_settings
from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.journeys.call import CorrectTheCallError, World, usable
from reconciler.journeys.filing import put

_EXAMPLE: Final = "tenants/"
_SCHEMAS: Final = "schemas/"
_NOT_FOR_EDITORS: Final = "report.schema.json"
_GITHUB: Final = ".github/"
_REPOSITORY: Final = b"OWNER/RECONCILER"
_COMMIT: Final = b"COMMIT"
"""What stands in the template's workflows for the tool that they call."""


@dataclass(frozen=True, slots=True)
class Started:
    """What was done. Names are relative to the folder, sorted; `kept` were there with other content.

    `example` is true if the repository has the template's example tenant, now or before. `tool` is what the workflows
    call; None: there are none, because they are `unwanted` or because nobody knows where the tool is on GitHub.
    """

    written: tuple[str, ...]
    kept: tuple[str, ...]
    example: bool
    tool: Tool | None
    unwanted: bool


def init(folder: Path, world: World, *, keep: bool, tool: str | None = None) -> Started:
    """Write what is missing in `folder`. Raises CorrectTheCallError, having written nothing, if a file is in the way.

    In the way is a file with other content, unless `keep` says to leave those as they are. `tool` is `none` or
    `OWNER/NAME@COMMIT`, None where this one was installed from. What is GitHub's is written for a known tool only.
    """
    place = world.cwd / folder
    called = _called(tool, world)
    wanted = _wanted(place, called)
    there = {name: data for name in wanted if (data := _there(place, name)) is not None}
    kept = tuple(name for name, data in there.items() if data != wanted[name])
    if kept and not keep:
        shown = "this folder" if folder == Path() else folder
        raise CorrectTheCallError(
            UsageProblem(
                f"Nothing was written: {shown} has files of these names, with other content.",
                "Name an empty folder, or leave these as they are and add only what is missing: --keep",
                first_few(kept),
            )
        )
    missing = tuple(name for name in wanted if name not in there)
    _put(place, folder, missing, wanted)
    return Started(missing, kept, any(name.startswith(_EXAMPLE) for name in wanted), called, tool == NOWHERE)


def _called(tool: str | None, world: World) -> Tool | None:
    if tool is None:
        return installed_tool(Path(str(files("reconciler"))), world.environment)
    return None if tool == NOWHERE else usable(said_tool(tool))


def _wanted(place: Path, tool: Tool | None) -> Mapping[str, bytes]:
    """Return each file of a repository in `place` with its content, sorted by name."""
    template = dict(_for_github(_template(files("reconciler") / "template", ""), tool))
    found = find_settings(place)
    settings = found.path if isinstance(found, SettingsFile) and found.path.parent == place else None
    example = {name for name in template if name.startswith(_EXAMPLE)}
    left_out = set() if _is_new(place, example, settings) else example
    if settings is not None and settings.name == SHARED_NAME:
        # Beside a pyproject.toml with settings, a reconciler.toml would take their place.
        left_out |= {OWN_NAME}
    # The schemas are the shipped ones: a copy in the template would go stale.
    schemas = {
        f"{_SCHEMAS}{file.name}": file.read_bytes()
        for file in shipped().glob("*.schema.json")
        if file.name != _NOT_FOR_EDITORS
    }
    return {name: data for name, data in sorted((template | schemas).items()) if name not in left_out}


def _template(folder: Traversable, inside: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _template(entry, f"{inside}{entry.name}/")
        else:
            yield f"{inside}{entry.name}", entry.read_bytes()


def _for_github(template: Iterator[tuple[str, bytes]], tool: Tool | None) -> Iterator[tuple[str, bytes]]:
    """Yield the template's files, those for GitHub with the tool that they call, or not at all."""
    for name, data in template:
        if not name.startswith(_GITHUB):
            yield name, data
        elif tool is not None:
            # Both are of letters, digits and `._-/` alone: they can't break out of where they are put.
            yield name, data.replace(_REPOSITORY, tool.repository.encode()).replace(_COMMIT, tool.commit.encode())


def _is_new(place: Path, example: set[str], settings: Path | None) -> bool:
    """True if there are no tenants but the example's, or no settings yet: beside others it would join a real fleet."""
    try:
        tenants = {f"{_EXAMPLE}{entry.name}" for entry in (place / _EXAMPLE).iterdir()}
    except OSError:
        tenants = set()
    return tenants <= example if tenants else settings is None


def _there(place: Path, name: str) -> bytes | None:
    """Return what is in the file, None if there is none. What is no file, or can't be read, is a wrong call."""
    path = place / name
    folders = [one for one in reversed(path.parents) if one == place or one.is_relative_to(place)]
    blocking = next((one for one in folders if os.path.lexists(one) and not one.is_dir()), None)
    astray = next((one for one in folders if one != place and one.is_symlink()), None)
    if astray is not None:
        hint = "Files would be written where it leads. Remove the link, or name another folder."
        raise CorrectTheCallError(UsageProblem(f"{astray} is in the way: it is a link.", hint))
    if blocking is None and os.path.lexists(path) and not path.is_file():
        blocking = path
    if blocking is not None:
        what = "not a file" if blocking == path else "not a folder"
        raise CorrectTheCallError(
            UsageProblem(f"{blocking} is in the way: it is {what}.", "Move it, or name another folder.")
        )
    try:
        return path.read_bytes() if os.path.lexists(path) else None
    except OSError as error:
        raise CorrectTheCallError(UsageProblem(f"{path} can't be read: {error.strerror}.")) from error


def _put(place: Path, folder: Path, missing: Sequence[str], wanted: Mapping[str, bytes]) -> None:
    done: list[str] = []
    for name in missing:
        reason = put(place / name, wanted[name], replace=False)
        if reason:
            hint = "Correct that and say init again. What was written stays."
            written = first_few(f"written: {one}" for one in done)
            raise CorrectTheCallError(UsageProblem(f"{folder / name} can't be written: {reason}.", hint, written))
        done.append(name)
