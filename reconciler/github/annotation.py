"""One annotation: a line of log that the runner takes for a note at a line of a file.

The runner reads `::error file=a.yaml,line=3,title=t::message`: commas part the properties, `::` ends them, and percent
escapes stand for what would mean something. A pull request chooses file names and much of the messages.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.report.untrusted import terminal, visible

MOST = 10
"""Annotations of a kind that GitHub shows of one step; it drops the others without a word."""


class Kind(StrEnum):
    """How loud an annotation is."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note at a place. No `file`: a note on the run; line 0: on the file as a whole. `lines` are escaped here."""

    kind: Kind
    title: str
    lines: tuple[str, ...]
    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """The line for the runner: one line, one command, whatever the strings are."""
        # In front of the title, since the runner trims the end of the properties.
        where = [f"file={_property(visible(self.file))}"] if self.file else []
        if self.file and self.line:
            where += [f"line={self.line}", *([f"col={self.column}"] if self.column else [])]
        properties = ",".join([*where, f"title={_property(terminal(self.title))}"])
        message = "\n".join(terminal(line) for line in self.lines if line)
        return f"::{self.kind} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def fitted(annotations: Iterable[Annotation]) -> Iterator[Annotation]:
    """Yield what GitHub will show: ten of a kind at most, the last of which says how many more there are."""
    every = list(annotations)
    total = Counter(one.kind for one in every)
    seen: Counter[Kind] = Counter()
    for one in every:
        seen[one.kind] += 1
        if seen[one.kind] < MOST or total[one.kind] == MOST == seen[one.kind]:
            yield one
        elif seen[one.kind] == MOST:
            rest = total[one.kind] - MOST + 1
            yield Annotation(
                one.kind, f"{rest:,} more", (f"{rest:,} more of this kind are in the report of this run.",)
            )
