"""The promise of docs/explanation/reliability.md: what a run said and what the platform knows -> what is untrue.

The platform is the sandbox, whose log tells which write each request found (`LogEntry.saw`) and whose history tells
who wrote what (`Write`). Nothing here asks the code under test what it thinks of an answer.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.catalogue import Catalogue
from reconciler.model.key import Key
from reconciler.model.normal import normalise, same, unknown_fields
from reconciler.model.values import Value
from reconciler.sandbox import Author, LogEntry, Write
from reconciler.sandbox.shape import masked

Place = tuple[str, str]
"""Tenant, and key by full name."""
POSTS: Final = 3
"""Of an ordinary key in one run; one more after a 401."""
_SPOILT: Final = {"garbage", "empty", "truncated", "oversized"}
"""Answers with 200 that tell a client nothing."""
_SLOW: Final = {"delay", "late"}
"""Answers that a client may have given up on."""
_PROMPT: Final = 0.1
"""Seconds. A client that asks its next question sooner than this has heard the answer to the one before."""
_BAD: Final = {"rejected", "failed", "unknown", "skipped"}
"""Outcomes that make exit code 1 whatever else there is."""
_FINE: Final = {"applied", "unchanged"}
"""Outcomes that make exit code 0 if there are no others."""


@dataclass(frozen=True)
class Witnessed:
    """One `apply`: what it left behind, and what the platform saw of it.

    `report` is None after a crash, `journal` empty when nothing was sent. `wanted` is what the tenant files declared
    at that time, references resolved. `writes` is the whole history, from before the run too.
    """

    report: Any
    journal: Sequence[Mapping[str, Any]]
    entries: Sequence[LogEntry]
    writes: Sequence[Write]
    wanted: Mapping[Place, Any]


def violations(run: Witnessed, catalogue: Catalogue) -> list[str]:
    """Return what the run did or said that it must not have: nothing, if the promise was kept."""
    keys = {key.name: key for key in catalogue.keys}
    found = list(_untouched(run)) + list(_journal(run))
    index = _Index(run)
    for place, wanted in run.wanted.items():
        seen = _Seen(index, place, keys[place[1]], wanted)
        found += [f"{place[0]}:{place[1]}: {text}" for text in seen.violations()]
    if run.report is not None:
        found += _exit_code(run.report)
    return found


def _untouched(run: Witnessed) -> Iterator[str]:
    """Keys that nobody declared are neither read nor written."""
    for entry in run.entries:
        if entry.key is None:
            yield f"a request to {entry.path}, which leads nowhere"
        elif not entry.key.startswith("@") and (entry.tenant, entry.key) not in run.wanted:
            yield f"{entry.tenant}:{entry.key} is not declared, and got a {entry.method}"


def _journal(run: Witnessed) -> Iterator[str]:
    """Every POST was announced before; what ended is what the report says; the last line has the exit code."""
    announced: dict[Place, int] = defaultdict(int)
    ended: dict[Place, str] = {}
    for line in run.journal:
        place = (line.get("tenant", ""), line.get("key", ""))
        if line.get("event") == "sending":
            announced[place] += 1
        elif line.get("event") == "ended":
            ended[place] = line["status"]
    for place, posts in _posts(run).items():
        # A refused token is renewed within one announced POST.
        renewed = sum(entry.status == 401 for entry in posts)
        if len(posts) - renewed > announced[place]:
            yield f"{place}: {len(posts)} POSTs, {announced[place]} of them announced in the journal"
    if run.report is None:
        return
    said = _told(run.report)
    for place in announced:
        status = said[place]["outcome"]["status"] if place in said else None
        if ended.get(place) != status:
            yield f"{place}: the journal ends with {ended.get(place)}, the report says {status}"
    if run.journal and run.journal[-1].get("exit_code") != run.report["exit_code"]:
        yield "the journal's last line has another exit code than the report"


def _exit_code(report: Any) -> list[str]:
    code = report["exit_code"]
    statuses = {key["outcome"]["status"] for key in _told(report).values()}
    if code not in {0, 1, 3, 4, 130}:
        return [f"exit code {code}"]
    if statuses & _BAD and code not in {1, 4, 130}:
        return [f"exit code {code} with outcomes {sorted(statuses)}"]
    if statuses <= _FINE and code not in {0, 130}:
        return [f"exit code {code}, and every outcome is fine"]
    if code == 0 and not statuses <= _FINE:
        return [f"exit code 0 with outcomes {sorted(statuses)}"]
    return []


def _unheard(run: Witnessed) -> set[int]:
    """The slow answers that nobody may have waited for. A tenant is asked one thing at a time."""
    found: set[int] = set()
    last: dict[str, LogEntry] = {}
    for entry in run.entries:
        before = last.get(entry.tenant)
        if before is not None and _seconds(before, entry) < _PROMPT:
            found.discard(before.sequence)
        if _SLOW & set(entry.faults):
            found.add(entry.sequence)
        last[entry.tenant] = entry
    return found


def _seconds(one: LogEntry, other: LogEntry) -> float:
    return (datetime.fromisoformat(other.at) - datetime.fromisoformat(one.at)).total_seconds()


def _posts(run: Witnessed) -> Mapping[Place, list[LogEntry]]:
    found: dict[Place, list[LogEntry]] = defaultdict(list)
    for entry in run.entries:
        if entry.method == "POST" and entry.key is not None and not entry.key.startswith("@"):
            found[entry.tenant, entry.key].append(entry)
    return found


def _told(report: Any) -> Mapping[Place, Any]:
    """Each key's part of the report, if it has an outcome; nothing after a crash."""
    return {
        (tenant["tenant"], key["key"]): key
        for tenant in (report or {"tenants": []})["tenants"]
        for key in tenant["keys"]
        if "outcome" in key
    }


class _Index:
    """What was witnessed, by place: a fleet has a thousand of them, and a long campaign's history is longer still."""

    def __init__(self, run: Witnessed) -> None:
        self.entries: dict[Place, list[LogEntry]] = defaultdict(list)
        self.writes: dict[Place, list[Write]] = defaultdict(list)
        for entry in run.entries:
            self.entries[entry.tenant, entry.key or ""].append(entry)
        for write in run.writes:
            self.writes[write.tenant, write.key].append(write)
        self.told = _told(run.report)
        self.unheard = _unheard(run)


class _Seen:
    """One key of one run, from the platform's side."""

    def __init__(self, index: _Index, place: Place, key: Key, wanted: Any) -> None:
        self._key = key
        self._wanted = wanted
        self._entries = index.entries.get(place, [])
        self._posts = [entry for entry in self._entries if entry.method == "POST"]
        self._numbers = {write.number: write for write in index.writes.get(place, [])}
        posts = {entry.sequence for entry in self._posts}
        self._committed = [
            one for one in self._numbers.values() if one.author is Author.CLIENT and one.request in posts
        ]
        self._unheard = index.unheard
        self._told = index.told.get(place)

    def violations(self) -> Iterator[str]:
        yield from self._how_often()
        yield from self._before_each_post()
        for write in self._committed:
            if not same(self._normal(write.value), self._normal(self._wanted)):
                yield f"wrote {self._value(write.number)!r}, which no file declares"
        if self._told is not None:
            yield from self._truth(self._told["outcome"])

    def _usable(self, entry: LogEntry) -> bool:
        """True for a GET whose answer told what was there."""
        return entry.method == "GET" and entry.reached and entry.status == 200 and not _SPOILT & set(entry.faults)

    def _how_often(self) -> Iterator[str]:
        most = 1 if self._key.write_once else POSTS + sum(entry.status == 401 for entry in self._posts)
        if len(self._posts) > most:
            yield f"{len(self._posts)} POSTs in one run"

    def _before_each_post(self) -> Iterator[str]:
        """A read came right before each POST, and showed what the plan had seen."""
        planned = self._planned()
        since: list[LogEntry] = []
        for entry in self._entries:
            since.append(entry)
            if entry.method != "POST":
                continue
            reads = self._heard(list(reversed(since)))
            if not reads:
                yield "a POST without a read since the plan or the last POST"
                continue
            if not any(self._alike(read.saw, plan) for read in reads for plan in planned):
                yield f"a POST over {self._value(reads[0].saw)!r}, where the plan saw {self._value(planned[0])!r}"
            if self._key.write_once and all(self._is_set(read) for read in reads):
                yield "a POST of a write-once key that is set"
            # A refused token is renewed at once: nothing was processed, so nothing need be read.
            since = since if entry.status == 401 else []

    def _planned(self) -> list[int | None]:
        """The write that the plan saw: by the report's date, or else the first read that told anything.

        Several, if the first answers came so slowly that nobody may have waited for them.
        """
        date = (self._told or {}).get("live_updated_at")
        if date is not None:
            dated = (number for number, write in self._numbers.items() if write.updated_at == date)
            return [max(dated, default=None)]
        return [read.saw for read in self._heard(self._entries)] or [None]

    def _heard(self, entries: Sequence[LogEntry]) -> list[LogEntry]:
        """The first read of `entries` that told anything; with slow ones before it, of which it may be any."""
        found: list[LogEntry] = []
        for entry in entries:
            if self._usable(entry):
                found.append(entry)
                if entry.sequence not in self._unheard:
                    break
        return found

    def _truth(self, outcome: Any) -> Iterator[str]:
        status, verified = outcome["status"], outcome.get("verified")
        last = self._heard(list(reversed(self._entries)))
        there = [self._is_wanted(read) for read in last] or [False]
        if status in _FINE and not any(there):
            yield f"{status}, but the last read saw {self._value(last[0].saw if last else None)!r}"
        if status == "applied" and not self._posts:
            yield "applied without a POST"
        if status == "unchanged" and self._committed:
            yield "unchanged, although it was written"
        if status in {"skipped", "not-attempted"} and self._posts:
            yield f"{status}, although a POST was sent"
        if status in {"rejected", "failed"}:
            if verified and not any(there):
                yield f"{status} and verified, but it is not there"
            if verified is False and all(there):
                yield f"{status}, but the last read saw what is wanted"
            if verified is None and self._committed:
                yield f"{status} and not read back, although it was written"
        if status not in {"unchanged", "not-attempted", "skipped"}:
            renewed = sum(entry.status == 401 for entry in self._posts)
            if outcome.get("attempts", 0) < len(self._posts) - renewed:
                yield f"{len(self._posts)} POSTs, of which the report knows {outcome.get('attempts', 0)}"

    def _is_set(self, read: LogEntry) -> bool:
        """True if there was a value, with a date: without one it may be the platform's default."""
        there = self._write(read.saw)
        return there is not None and there.updated_at is not None

    def _write(self, number: int | None) -> Write | None:
        """What stood there; None for the unset state."""
        found = None if number is None else self._numbers[number]
        return None if found is None or found.unset else found

    def _value(self, number: int | None) -> Any:
        """What stood there, secrets masked: it ends in a message."""
        found = self._write(number)
        return "nothing" if found is None else masked(found.value, self._key.schema)

    def _alike(self, one: int | None, other: int | None) -> bool:
        if one == other:
            return True
        left, right = self._write(one), self._write(other)
        if left is None or right is None:
            return left is right
        # A default that is written out says nothing new; a field that the schema doesn't know does.
        known = same(self._normal(left.value), self._normal(right.value))
        return known and len({unknown_fields(write.value, self._key.schema) for write in (left, right)}) == 1

    def _is_wanted(self, entry: LogEntry) -> bool:
        """True if what the read was shown is what the file declares."""
        found = self._write(entry.saw)
        if found is None:
            return False
        hide = "masked" in entry.faults
        return same(self._normal(found.value, hide=hide), self._normal(self._wanted, hide=hide))

    def _normal(self, value: Any, *, hide: bool = False) -> Value:
        return normalise(masked(value, self._key.schema) if hide else value, self._key.schema)
