"""The folder of tenants as a list of entries and a way to read one: the only part of this room with effects.

`Files` is the seam: a git revision can stand in for the disk.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Kind(StrEnum):
    """What an entry of the folder is. Only a FILE is ever read."""

    FILE = "file"
    """A regular file, or a link to one inside the folder."""
    LINK_OUTSIDE = "link-outside"
    LINK_BROKEN = "link-broken"
    LINK_TO_FOLDER = "link-to-folder"
    SPECIAL = "special"
    """A pipe, a socket, a device."""
    CLOSED_FOLDER = "closed-folder"
    """A folder that can't be listed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `path` is relative to the folder, with `/` between the parts."""

    path: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file could not be read, for a person."""

    reason: str


class Files(Protocol):
    """A folder of tenants, wherever it lives. Never raises for what the folder holds."""

    def entries(self) -> Iterator[Entry] | Unread:
        """Yield everything below the folder but dotfiles, in any order; Unread if there is no such folder."""

    def read(self, path: str, limit: int) -> bytes | Unread:
        """Return the first `limit` bytes of a FILE entry."""


@dataclass(frozen=True, slots=True)
class DiskFiles:
    """A folder on disk."""

    folder: Path

    def entries(self) -> Iterator[Entry] | Unread:
        """Walk the folder; links to folders are not followed, so that no loop is possible."""
        try:
            root = self.folder.resolve(strict=True)
            os.scandir(root).close()
        except (OSError, RuntimeError, ValueError) as error:
            return Unread(_reason(error))
        return _walk(root, root)

    def read(self, path: str, limit: int) -> bytes | Unread:
        """Open without waiting, make sure that it is a regular file still, and read at most `limit` bytes."""
        try:
            descriptor = os.open(self.folder / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return Unread("no longer a regular file")
                return file.read(limit)
        except OSError as error:
            return Unread(_reason(error))


def _walk(folder: Path, root: Path) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as found:
            names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
    except OSError:
        yield Entry(folder.relative_to(root).as_posix(), Kind.CLOSED_FOLDER)
        return
    for name, is_folder in names:
        if name.startswith("."):
            continue
        path = folder / name
        if is_folder:
            yield from _walk(path, root)
        else:
            yield Entry(path.relative_to(root).as_posix(), _kind(path, root))


def _kind(path: Path, root: Path) -> Kind:
    try:
        target = path.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError):
        return Kind.LINK_BROKEN
    if not target.is_relative_to(root):
        return Kind.LINK_OUTSIDE
    if stat.S_ISDIR(mode):
        return Kind.LINK_TO_FOLDER
    return Kind.FILE if stat.S_ISREG(mode) else Kind.SPECIAL


def _reason(error: Exception) -> str:
    """Return the system's words, without the path that they come with."""
    text = error.strerror if isinstance(error, OSError) else None
    return (text or "not a usable path").lower()
