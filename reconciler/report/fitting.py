"""Fits blocks of text into a number of bytes: each block is whole by itself, and what is left out is counted.

A block that matters to a reader is `assured`: before any block gets more, each of those gets one row, and an equal
share of half the room, so a thousand changes leave room for the one problem below them. Then these are filled in their
order, and the others last.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

_CUT_ROOM = 120


@dataclass(frozen=True, slots=True)
class Row:
    """A line or more that stay together. `weight` is how many of the block's things they tell of."""

    text: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """Rows between a head and a foot. They are made when they are asked for: of a large fleet, most find no room.

    `count` is the weight of all rows; `told` says a number of its things in words, such as `3 changes`, without any
    string from outside, in less than 60 bytes. `rest` is shown behind it, and goes on where its rows end.
    """

    head: str
    rows: Iterable[Row]
    count: int
    told: Callable[[int], str]
    foot: str = ""
    assured: bool = True
    rest: "Block | None" = None


@dataclass(slots=True)
class _Filling:
    """A block that is being filled. Each row is made once, and at most one that finds no room."""

    block: Block
    rows: Iterator[Row]
    rest: "_Filling | None"
    texts: list[str] = field(default_factory=list)
    weight: int = 0
    waiting: Row | None = None

    def fill(self, room: int, most: int = sys.maxsize) -> int:
        """Take rows into `room` bytes, `most` in number, and return the number of bytes that were used."""
        used = 0
        while len(self.texts) < most and (row := self.waiting or next(self.rows, None)) is not None:
            cost = _size(row.text) + (0 if self.texts else self._frame())
            if used + cost > room:
                self.waiting = row
                break
            self.waiting = None
            self.texts.append(row.text)
            self.weight += row.weight
            used += cost
        return used

    def _frame(self) -> int:
        return _size(self.block.head) + _size(self.block.foot) + _CUT_ROOM

    @property
    def missing(self) -> int:
        """How many of its things are not shown."""
        return self.block.count - self.weight

    def text(self) -> str:
        """Return the block as far as it is shown."""
        if not self.texts:
            return ""
        missing = self.missing + (self.rest.missing if self.rest and not self.rest.texts else 0)
        cut = f"\n… and {self.block.told(missing)} more.\n" if missing else ""
        return "".join((self.block.head, *self.texts, cut, self.block.foot))


def fitted(blocks: Iterable[Block], room: int) -> tuple[str, tuple[str, ...]]:
    """Return the blocks in their order in at most `room` bytes of UTF-8, and, in words, what found none.

    A block without a row that fits is left out with its head. Blocks that count nothing are not shown.
    """
    fillings = [filling for block in blocks if block.count for filling in _fillings(block)]
    assured = [one for one in fillings if one.block.assured]
    for one in assured:
        room -= one.fill(room, most=1)
    share = room // 2 // max(1, len(assured))
    for one in assured:
        room -= one.fill(share)
    for one in (*assured, *(other for other in fillings if not other.block.assured)):
        room -= one.fill(room)
    missing: dict[Callable[[int], str], int] = {}
    for one in fillings:
        missing[one.block.told] = missing.get(one.block.told, 0) + one.missing
    return "".join(one.text() for one in fillings), tuple(told(number) for told, number in missing.items() if number)


def _fillings(block: Block) -> Iterator[_Filling]:
    rest = _Filling(block.rest, iter(block.rest.rows), None) if block.rest and block.rest.count else None
    yield _Filling(block, iter(block.rows), rest)
    if rest:
        yield rest


def _size(text: str) -> int:
    return len(text.encode())
