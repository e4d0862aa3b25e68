"""What `parse` returns: nodes that know where they stand, and the findings."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from reconciler.model.problem import Problem

Path: TypeAlias = tuple[str | int, ...]
"""From the root to a place: the names of members, the indices (from 0) of items."""

Hidden: TypeAlias = Callable[[Path], bool]
"""True if nothing at or below this path may be shown in a message: neither values nor names."""

Scalar: TypeAlias = bool | int | float | str | None


def nothing_hidden(_: Path) -> bool:
    """Hide nothing: for files that hold no secrets."""
    return False


class Node(NamedTuple):
    """One value and where it starts; lines and columns start at 1, columns count characters.

    `content` is a scalar, a tuple of nodes, or a dict of names to items in the order of the file; it is kept
    out of the repr, because a file may hold what must not be logged. `broken` is true for a scalar that was
    refused (its content is None, and there is a finding at its place): what it should be is not known.
    """

    # Not a frozen dataclass, which takes four times as long to make: there is one for every word of every file.
    line: int
    column: int
    content: "Scalar | tuple[Node, ...] | dict[str, Item]"
    broken: bool = False

    def __repr__(self) -> str:
        """Say where, not what."""
        return f"Node(line={self.line}, column={self.column}, broken={self.broken})"

    @property
    def members(self) -> "Mapping[str, Item]":
        """The members of a mapping; empty for everything else."""
        return self.content if isinstance(self.content, dict) else _NO_MEMBERS

    @property
    def plain(self) -> Any:
        """The content as fresh dicts, lists and scalars; what is broken is None."""
        content = self.content
        if isinstance(content, dict):
            return {name: item.node.plain for name, item in content.items()}
        if isinstance(content, tuple):
            return [node.plain for node in content]
        return content


class Item(NamedTuple):
    """A member of a mapping: where its name stands, and its value."""

    line: int
    column: int
    node: Node


_NO_MEMBERS: Mapping[str, Item] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read. `root` is None when there is nothing to read, or nothing readable.

    With problems, `root` is what could still be read: a duplicate keeps its first value, a member without a
    usable name is left out, a refused scalar is `broken`.
    """

    root: Node | None
    problems: tuple[Problem, ...] = ()

    @property
    def value(self) -> Any:
        """The whole document as fresh dicts, lists and scalars; None without a root."""
        return None if self.root is None else self.root.plain

    def position(self, path: Path = ()) -> tuple[int, int]:
        """Return line and column of the value at `path`, or of the nearest value around it that exists."""
        node = self._nearest(path)
        return (node.line, node.column) if node else (1, 1)

    def key_position(self, path: Path) -> tuple[int, int]:
        """Return line and column of the *name* of the member at `path`; of the value where there is no name."""
        around = self._nearest(path[:-1])
        item = around.members.get(str(path[-1])) if around and path and isinstance(path[-1], str) else None
        return (item.line, item.column) if item else self.position(path)

    def broken(self) -> Iterator[Path]:
        """Yield the path of every refused scalar."""
        if self.root is not None:
            yield from _broken(self.root, ())

    def _nearest(self, path: Path) -> Node | None:
        node = self.root
        for part in path:
            if node is None:
                return None
            child = _child(node, part)
            if child is None:
                return node
            node = child
        return node


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(part, str):
        item = node.members.get(part)
        return item.node if item else None
    content = node.content
    return content[part] if isinstance(content, tuple) and 0 <= part < len(content) else None


def _broken(node: Node, path: Path) -> Iterator[Path]:
    if node.broken:
        yield path
    elif isinstance(node.content, dict):
        for name, item in node.content.items():
            yield from _broken(item.node, (*path, name))
    elif isinstance(node.content, tuple):
        for index, child in enumerate(node.content):
            yield from _broken(child, (*path, index))
