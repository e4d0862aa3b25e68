"""Whether something has become slower: each row of now against the same row as it is kept, with room for noise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.measuring import Measured, Row, figure, read, table

ROOM = 1.5
"""Times as bad as what is kept: less than this is noise, on a machine that does other things as well."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One row, now and as kept; nothing where there is none."""

    now: Row | None
    then: Row | None

    @property
    def worse(self) -> float | None:
        """Return how many times as bad it has become: below 1 if it is better; None if there is nothing to divide."""
        if self.now is None or self.then is None:
            return None
        now, then = self.now.median, self.then.median
        if not now or not then:
            return None
        return now / then if self.then.at_most else then / now

    @property
    def verdict(self) -> str:
        """Return it in a word or two."""
        if self.now is None:
            return "not measured here"
        if self.then is None:
            return "new"
        if self.worse is None:
            return ""
        return "**slower**" if self.worse > ROOM else "faster" if self.worse < 1 / ROOM else "as before"


def compared(now: Mapping[str, Measured], then: Mapping[str, Mapping[str, Any]]) -> Iterator[Compared]:
    """Yield every row of the benchmarks that were measured now, then those that only the kept figures have."""
    for name, measured in now.items():
        known = {row.name: row for row in read(then[name]).rows} if name in then else {}
        for row in measured.rows:
            yield Compared(row, known.pop(row.name, None))
        for left in known.values():
            yield Compared(None, left)


def report(rows: list[Compared]) -> str:
    """Lay the comparison out in Markdown, and end with a sentence."""
    head = ("what", "against", "now", "kept", "times as bad", "")
    slower = [row for row in rows if row.verdict == "**slower**"]
    ending = (
        f"{len(slower)} of {len(rows)} ratios are over {ROOM:g} times as bad as those that are kept. That is a hint, "
        "not a failure: run it again when the machine has nothing else to do."
        if slower
        else f"No ratio is over {ROOM:g} times as bad as the one that is kept."
    )
    return f"{table(head, [_line(row) for row in rows])}\n\n{ending}"


def _line(row: Compared) -> tuple[str, ...]:
    known = row.now or row.then
    assert known is not None  # noqa: S101 - for the type checker: there is always one side
    sides = ("" if one is None else figure(one.median) for one in (row.now, row.then))
    worse = "" if row.worse is None else figure(row.worse)
    return (known.what, known.against, *sides, worse, row.verdict)
