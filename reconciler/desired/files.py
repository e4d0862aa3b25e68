"""The folder of tenants on disk: the only part of this room with effects."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.model.files import Entry, Kind, Unread


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
        return _walk(str(root), "", root)

    def read(self, path: str, limit: int) -> bytes | Unread:
        """Open without waiting, make sure that it is a regular file still, and read at most `limit` bytes."""
        try:
            descriptor = os.open(f"{self.folder}/{path}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode):
                    return Unread("no longer a regular file")
                # Asked for no more than is expected: a buffer of the limit's size would be made for every file.
                step, data = found.st_size + 1, b""
                while len(data) < limit and (more := os.read(descriptor, min(step, limit - len(data)))):
                    data += more
                return data
            finally:
                os.close(descriptor)
        except OSError as error:
            return Unread(_reason(error))


def _walk(folder: str, inside: str, root: Path) -> Iterator[Entry]:
    """Yield what is below `folder`; `inside` is its path within `root`, with a slash behind, or nothing."""
    try:
        with os.scandir(folder) as found:
            # The listing itself says what an entry is. Only a link has to be followed to see where it leads.
            entries = [
                (one.name, one.is_file(follow_symlinks=False), one.is_dir(follow_symlinks=False)) for one in found
            ]
    except OSError:
        yield Entry(inside.rstrip("/") or ".", Kind.CLOSED_FOLDER)
        return
    for name, is_file, is_folder in entries:
        path = inside + name
        if name.startswith("."):
            continue
        if is_file:
            yield Entry(path, Kind.FILE)
        elif is_folder:
            yield from _walk(f"{folder}/{name}", f"{path}/", root)
        else:
            yield _followed(path, root)


def _followed(path: str, root: Path) -> Entry:
    try:
        target = (root / path).resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError):
        return Entry(path, Kind.LINK_BROKEN)
    if not target.is_relative_to(root):
        return Entry(path, Kind.LINK_OUTSIDE)
    if stat.S_ISDIR(mode):
        return Entry(path, Kind.LINK_TO_FOLDER)
    if not stat.S_ISREG(mode):
        return Entry(path, Kind.SPECIAL)
    return Entry(path, Kind.FILE, target.relative_to(root).as_posix())


def _reason(error: Exception) -> str:
    """Return the system's words, without the path that they come with."""
    text = error.strerror if isinstance(error, OSError) else None
    return (text or "not a usable path").lower()
