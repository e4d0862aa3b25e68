"""The first line of what we write into GitHub: by it, and by its author, we find it again and know how new it is.

It is a comment of HTML, which GitHub doesn't show: `<!-- reconciler:plan run=7001 number=12 attempt=2 -->`. Only at the
very start of a text does it count: whoever quotes us has it further down.
"""

import re
from dataclasses import dataclass

from reconciler.github.runner import Run
from reconciler.github.things import Written

_LINE = re.compile(
    r"<!-- reconciler:(?P<kind>[a-z-]{1,20}) run=(?P<run>\d{1,19}) number=(?P<number>\d{1,19}) "
    r"attempt=(?P<attempt>\d{1,9})(?: digest=(?P<digest>sha256:[0-9a-f]{64}))? -->(?:\r?\n|\Z)"
)


@dataclass(frozen=True, slots=True)
class Marker:
    """What a text of ours is, which run wrote it, and, of drift, what it was about."""

    kind: str
    run: int
    number: int
    attempt: int
    digest: str = ""

    @classmethod
    def of(cls, kind: str, run: Run, digest: str = "") -> "Marker":
        """Return the marker of what this run writes."""
        return cls(kind, run.id, run.number, run.attempt, digest)

    def __str__(self) -> str:
        """As it stands in a text, with its line break."""
        digest = f" digest={self.digest}" if self.digest else ""
        return f"<!-- reconciler:{self.kind} run={self.run} number={self.number} attempt={self.attempt}{digest} -->\n"

    def is_older_than(self, other: "Marker") -> bool:
        """True if a later run wrote `other`: by number and attempt, unless the ids of the runs say the opposite.

        The numbers begin again when a workflow's file is renamed, and then every new run would look old.
        """
        return (self.number, self.attempt) < (other.number, other.attempt) and self.run <= other.run


@dataclass(frozen=True, slots=True)
class Ours:
    """A text that we wrote: where, when, and what it says below its marker."""

    id: int
    marker: Marker
    text: str


def ours(written: tuple[Written, ...], kind: str, author: str) -> tuple[Ours, ...]:
    """Return what `author` wrote with a marker of that kind at its start, oldest first. Pull requests don't count."""
    found: list[Ours] = []
    for one in written:
        line = _LINE.match(one.body)
        if line is None or line["kind"] != kind or one.author.lower() != author.lower() or one.is_pull:
            continue
        marker = Marker(kind, int(line["run"]), int(line["number"]), int(line["attempt"]), line["digest"] or "")
        found.append(Ours(one.id, marker, same_text(one.body[line.end() :])))
    return tuple(sorted(found, key=lambda one: one.id))


def same_text(text: str) -> str:
    """Return `text` as it compares: GitHub may change line ends, and drop blanks at the end."""
    return text.replace("\r\n", "\n").strip()
