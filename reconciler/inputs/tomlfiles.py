"""Finding and reading settings files: `reconciler.toml`, the table in `pyproject.toml`, the user's own."""

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.inputs.slips import slips_in
from reconciler.inputs.usage import UsageProblem
from reconciler.model.secret_shapes import Likeness

OWN_NAME = "reconciler.toml"
SHARED_NAME = "pyproject.toml"
_MAX_BYTES = 1 << 18
_MAX_DOTS = 200
"""In one line. tomllib takes memory by the square of a dotted key's length: 100 KB of `a.a.a` end the process."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A file as read: its bytes, and what the system says of it."""

    data: bytes
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """Our table of one file. `found` is true when nobody named the file: it was found from the working directory.

    `slips` is what in it looks like a secret.
    """

    path: Path
    values: Mapping[str, object]
    found: bool
    warnings: tuple[str, ...] = ()
    slips: tuple[Likeness, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    values: dict[str, object]
    slips: tuple[Likeness, ...]


def find_settings(start: Path) -> SettingsFile | UsageProblem | None:
    """Return the settings of the nearest folder, from `start` upwards, that has any; None when none has.

    A `reconciler.toml` is taken even when empty; a `pyproject.toml` only with a `[tool.reconciler]` table.
    """
    first = start.absolute()
    for folder in (first, *first.parents):
        found = settings_in(folder)
        if found is not None:
            return found
    return None


def settings_in(folder: Path) -> SettingsFile | UsageProblem | None:
    """Return the settings that `folder` itself has; None when it has none."""
    own, shared = folder / OWN_NAME, folder / SHARED_NAME
    if os.path.lexists(own):
        return _own(own, shared)
    if not shared.is_file():
        return None
    table = _shared_table(shared)
    return SettingsFile(shared, table.values, found=True, slips=table.slips) if isinstance(table, _Read) else table


def _own(own: Path, shared: Path) -> SettingsFile | UsageProblem:
    read = _own_table(own)
    if isinstance(read, UsageProblem):
        return read
    hides = shared.is_file() and isinstance(_shared_table(shared), _Read)
    warning = f"[tool.reconciler] of {shared} is not used: {own} wins. Keep one of the two."
    return SettingsFile(own, read.values, found=True, warnings=(warning,) if hides else (), slips=read.slips)


def named_settings(path: Path) -> SettingsFile | UsageProblem:
    """Return the settings of the file that a person named. A `pyproject.toml` must have our table."""
    if path.name != SHARED_NAME:
        read: _Read | UsageProblem | None = _own_table(path)
    else:
        read = _shared_table(path)
    if read is None:
        return UsageProblem(f"{path} has no [tool.reconciler] table.", "Add one, or name another settings file.")
    return read if isinstance(read, UsageProblem) else SettingsFile(path, read.values, found=False, slips=read.slips)


def _shared_table(path: Path) -> _Read | UsageProblem | None:
    """Return `[tool.reconciler]`, None when there is none."""
    contents = read_regular(path, "settings file", _MAX_BYTES)
    if isinstance(contents, UsageProblem):
        return contents
    if b"reconciler" not in contents.data:
        return None  # somebody else's file on the way up: whether it is in order is not our affair
    values = parse_toml(contents.data, path)
    if isinstance(values, UsageProblem):
        return values
    tool = values.get("tool")
    table = tool.get("reconciler") if isinstance(tool, dict) else None
    if table is None:
        return None
    if isinstance(table, dict):
        return _Read(table, slips_in(contents.data, table, shared=True))
    return UsageProblem(f"tool.reconciler of {path} must be a table.", "Write [tool.reconciler].")


def _own_table(path: Path) -> _Read | UsageProblem:
    """Return a TOML file's values. The messages quote nothing of it: somebody may have put a secret there."""
    contents = read_regular(path, "settings file", _MAX_BYTES)
    if isinstance(contents, UsageProblem):
        return contents
    values = parse_toml(contents.data, path)
    if isinstance(values, UsageProblem):
        return values
    return _Read(values, slips_in(contents.data, values, shared=False))


def parse_toml(data: bytes, path: Path) -> dict[str, object] | UsageProblem:
    """Return the values of a TOML text that was read from `path`."""
    if any(line.count(b".") > _MAX_DOTS for line in data.splitlines()):
        return UsageProblem(f"The settings file {path} has a line with more than {_MAX_DOTS} dots.", "Shorten it.")
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return UsageProblem(f"The settings file {path} is not UTF-8.", "Save it as UTF-8.")
    except RecursionError:
        return UsageProblem(f"The settings file {path} is nested too deeply.", "Flatten it.")
    except ValueError as error:  # TOMLDecodeError, and int() on thousands of digits
        return UsageProblem(f"The settings file {path} is not TOML: {_where(error)}.", "Correct it there.")


def _where(error: ValueError) -> str:
    """Return the position that tomllib puts at the end of its text; the rest may quote the file."""
    _, bracket, position = str(error).rpartition("(at ")
    return f"look at {position.rstrip(')')}" if bracket else "it has a value that can't be read"


def read_regular(path: Path, what: str, most: int) -> Contents | UsageProblem:
    """Read a regular file of at most `most` bytes. Pipes and devices are refused, without waiting for them."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return UsageProblem(f"There is no {what} {path}.", "Check the path; it counts from the working directory.")
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        return UsageProblem(f"The {what} {path} can't be opened: {reason}.", "Check the path and its permissions.")
    try:
        # Asked of the open file, so that nobody can exchange it between the check and the reading.
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return UsageProblem(f"The {what} {path} is not a regular file.", "Name a regular file.")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(most + 1)
    except OSError as error:
        return UsageProblem(f"The {what} {path} can't be read: {error.strerror}.", "Look at the disk, then try again.")
    finally:
        os.close(handle)
    if len(data) > most:
        return UsageProblem(f"The {what} {path} is larger than {most} bytes.", "Is it the right file?")
    return Contents(data, status)
