"""A folder of tenants as a list of entries and a way to read one, wherever it lives: on disk, or in a commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
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
    """One entry: `path` is relative to the folder, with `/` between the parts.

    `target` is the path of the file that a link leads to; of anything but a FILE that is a link, it is empty.
    """

    path: str
    kind: Kind
    target: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a file could not be read, for a person."""

    reason: str


class Files(Protocol):
    """A folder of tenants, wherever it lives. Never raises for what the folder holds."""

    def entries(self) -> Iterator[Entry] | Unread:
        """Yield everything below the folder but dotfiles, in any order; Unread if there is no such folder."""

    def read(self, path: str, limit: int) -> bytes | Unread:
        """Return the first `limit` bytes of a FILE entry, or Unread."""
