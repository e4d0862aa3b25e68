"""The judge of the campaigns can say no: a run that lies or misbehaves in one way is told exactly that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest

from reconciler.catalogue import Catalogue
from reconciler.sandbox import Author, LogEntry, Write
from tests.campaigns.oracle import Place, Witnessed, violations

TIMER, NUMBERS, HOOK = (
    "sales_order.on_hold_timer_duration",
    "sales_order.sales_order_generator_sequence",
    "sales_order.external_order_webhook",
)
FIRST = {"prefix": "NS", "size": 16, "start": 1, "step": 1}
OTHER = {**FIRST, "prefix": "EU"}
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def stamp(number: float) -> str:
    """Moments far enough apart that a slow answer may have been given up on."""
    return (BEGUN + timedelta(seconds=number)).isoformat()


@dataclass
class Told:
    """A run that is told request by request: `acme` alone, one thing after the other."""

    wanted: dict[Place, Any] = field(default_factory=lambda: {("acme", TIMER): 120})
    entries: list[LogEntry] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    code: int | None = 0

    def live(self, value: Any, key: str = TIMER, author: Author = Author.OPERATOR, request: int | None = None) -> Self:
        """Somebody sets a value."""
        number = len(self.writes) + 1
        date = stamp(number)
        self.writes.append(Write(number, date, "acme", key, author, request, unset=False, value=value, updated_at=date))
        return self

    def get(self, key: str = TIMER, status: int | None = 200, **more: Any) -> Self:
        """A read, which finds what is live unless it fails on the way."""
        return self._ask("GET", key, status, reached=status == 200, **more)

    def post(self, value: Any, key: str = TIMER, status: int | None = 200, *, stored: bool = True, **more: Any) -> Self:
        """A write; with a status other than 200 it is not stored."""
        self._ask("POST", key, status, reached=status == 200, **more)
        return self.live(value, key, Author.CLIENT, self.entries[-1].sequence) if status == 200 and stored else self

    def strays(self) -> Self:
        """It asks for what is nobody's key."""
        self.get()
        self.entries[-1] = replace(self.entries[-1], key=None, path="/v1", reached=False, status=404)
        return self

    def _ask(self, method: str, key: str, status: int | None, *, reached: bool, **more: Any) -> Self:
        sequence = len(self.entries) + 1
        saw = max((write.number for write in self.writes if write.key == key), default=None) if reached else None
        entry = LogEntry(
            sequence, stamp(sequence), "acme", key, method, f"/{key}", status, f"r{sequence}", None, (), reached, saw
        )
        self.entries.append(replace(entry, **more))
        return self

    def sent(self, key: str = TIMER) -> Self:
        self.journal.append({"event": "sending", "tenant": "acme", "key": key})
        return self

    def ended(self, status: str, key: str = TIMER) -> Self:
        self.journal.append({"event": "ended", "tenant": "acme", "key": key, "status": status})
        return self

    def says(self, status: str, key: str = TIMER, *, seen: int | None = None, **outcome: Any) -> Self:
        """The report's word on a key. `seen` is the write whose date it gives as that of the plan."""
        date = None if seen is None else self.writes[seen - 1].updated_at
        attempts = sum(entry.method == "POST" and entry.key == key for entry in self.entries)
        self.keys[key] = {
            "key": key,
            "live_updated_at": date,
            "outcome": {"status": status, "attempts": attempts, **outcome},
        }
        return self

    def exits(self, code: int) -> Self:
        self.code = code
        return self

    def crashes(self) -> Self:
        """It leaves no report, and a journal without an end."""
        self.code = None
        return self

    def witnessed(self, last: int | None = None) -> Witnessed:
        """`last` is the exit code that the journal has, if that is another one."""
        if self.code is None:
            return Witnessed(None, self.journal, self.entries, self.writes, self.wanted)
        report = {"exit_code": self.code, "tenants": [{"tenant": "acme", "keys": list(self.keys.values())}]}
        end = [{"event": "finished", "exit_code": self.code if last is None else last}] if self.journal else []
        return Witnessed(report, [*self.journal, *end], self.entries, self.writes, self.wanted)


def planned(live: Any = 60, wanted: Any = 120, key: str = TIMER) -> Told:
    """A key was read for the plan, and again for the POST, which is announced. None is unset."""
    told = Told({("acme", key): wanted})
    return (told if live is None else told.live(live, key)).get(key).get(key).sent(key)


def first_set() -> Told:
    return planned(None, FIRST, NUMBERS)


def hook(secret: str, timeout: int = 20) -> Mapping[str, Any]:
    return {"url": "https://orders.acme.example/", "api_key": secret, "timeout": timeout}


def short_hook(secret: str) -> Mapping[str, Any]:
    return {name: value for name, value in hook(secret).items() if name != "timeout"}


def applied(told: Told, key: str = TIMER) -> Told:
    """It says that all went well."""
    return told.ended("applied", key).says("applied", key, verified=True)


def wrong(told: Told, status: str, key: str = TIMER, **outcome: Any) -> Told:
    """It says that it did not go well."""
    return told.ended(status, key).says(status, key, **outcome).exits(1)


TRUE: Mapping[str, Callable[[], Told]] = {
    "in-sync": lambda: Told().live(120).get().says("unchanged"),
    "applied": lambda: applied(planned().post(120).get()),
    "applied-after-a-lost-answer": lambda: applied(planned().post(120, status=None).get().sent().post(120).get()),
    "a-refused-token-is-renewed": lambda: applied(planned().post(120, status=401).post(120).get()),
    "first-set": lambda: applied(first_set().post(FIRST, NUMBERS).get(NUMBERS), NUMBERS),
    "somebody-had-set-it": lambda: Told().live(60).get().live(120).get().says("unchanged", seen=1, verified=True),
    "somebody-else-wrote": lambda: Told().live(60).get().live(61).get().says("skipped", seen=1).exits(1),
    "there-and-back-again": lambda: applied(planned().live(61).live(60).get().sent().post(120).get()),
    "the-default-was-written-out-meanwhile": lambda: applied(
        Told({("acme", HOOK): hook("a")}).live(hook("a", 15), HOOK).get(HOOK).live(short_hook("a"), HOOK).get(HOOK)
        .sent(HOOK).post(hook("a"), HOOK).get(HOOK),
        HOOK,
    ),
    "another-wrote-afterwards": lambda: applied(planned().post(120).get().live(61)),
    "unreadable": lambda: Told().live(60).get(status=500).says("not-attempted").exits(1),
    "rejected": lambda: wrong(planned().post(120, status=400).get(), "rejected", verified=False),
    "failed-unread": lambda: wrong(planned().post(120, status=403), "failed"),
    "unknown": lambda: wrong(planned().post(120).get(status=500), "unknown"),
    "masked": lambda: (
        Told({("acme", HOOK): hook("a")}).live(hook("b"), HOOK).get(HOOK, faults=("masked",)).says("unchanged", HOOK)
    ),
    "nobody-waited-for-the-first-read": lambda: applied(
        Told().get(faults=("late",), saw=2).live(60).get().get().sent().post(120).get()
    ),
    "crash-while-sending": lambda: planned().post(120).crashes(),
    "crash-before-sending": lambda: planned().crashes(),
    "crash-after-a-first-set": lambda: first_set().post(FIRST, NUMBERS).crashes(),
    "blocked": lambda: (
        Told({("acme", NUMBERS): FIRST}).live(OTHER, NUMBERS).get(NUMBERS).says("not-attempted", NUMBERS).exits(3)
    ),
    "interrupted": lambda: Told().live(120).get().says("unchanged").exits(130),
}  # fmt: skip


@pytest.mark.parametrize("told", TRUE.values(), ids=TRUE)
def test_of_a_truthful_run_nothing_is_said(told: Callable[[], Told], catalogue: Catalogue):
    """Else every campaign would be red, or its judge be bent until it is blind."""
    assert violations(told().witnessed(), catalogue) == []


def drifted() -> Told:
    """Somebody wrote between the plan and the read before the POST."""
    return Told().live(60).get().live(61).get().sent()


def slow(*, heard: bool) -> Told:
    """The same, but the plan's answer came slowly, and the next question came at once or after a while."""
    return Told().live(60).get(faults=("delay",)).live(61).get(at=stamp(1.05 if heard else 1.5)).sent()


def secretive() -> Told:
    """A webhook whose secret somebody replaced between the plan and the POST."""
    told = Told({("acme", HOOK): hook("canary-a")}).live(hook("canary-b"), HOOK).get(HOOK)
    return told.live(hook("canary-c"), HOOK).get(HOOK).sent(HOOK)


SHOWN = {"url": "https://orders.acme.example/", "api_key": "********", "timeout": 20}
T, N, H = f"acme:{TIMER}: ", f"acme:{NUMBERS}: ", f"acme:{HOOK}: "

FALSE: Mapping[str, tuple[Callable[[], Told], list[str]]] = {
    "nowhere": (lambda: Told({}).strays(), ["a request to /v1, which leads nowhere"]),
    "read-though-undeclared": (lambda: Told({}).get(), [f"acme:{TIMER} is not declared, and got a GET"]),
    "written-though-undeclared": (
        lambda: Told({}).sent().post(120).ended("applied").says("applied"),
        [f"acme:{TIMER} is not declared, and got a POST"],
    ),
    "not-announced": (
        lambda: applied(Told().live(60).get().get().post(120).get()),
        [f"('acme', '{TIMER}'): 1 POSTs, 0 of them announced in the journal"],
    ),
    "not-announced-and-a-crash": (
        lambda: planned().post(120, status=None).get().post(120).crashes(),
        [f"('acme', '{TIMER}'): 2 POSTs, 1 of them announced in the journal"],
    ),
    "journal-against-report": (
        lambda: planned().post(120).get().ended("failed").says("applied", verified=True),
        [f"('acme', '{TIMER}'): the journal ends with failed, the report says applied"],
    ),
    "journal-without-an-end": (
        lambda: planned().post(120).get().says("applied", verified=True),
        [f"('acme', '{TIMER}'): the journal ends with None, the report says applied"],
    ),
    "report-without-the-key": (
        lambda: planned().post(120).get().ended("applied"),
        [f"('acme', '{TIMER}'): the journal ends with applied, the report says None"],
    ),
    "exit-70": (lambda: Told().live(120).get().says("unchanged").exits(70), ["exit code 70"]),
    "exit-0-with-an-unknown": (
        lambda: wrong(planned().post(120).get(status=500), "unknown").exits(0),
        ["exit code 0 with outcomes ['unknown']"],
    ),
    "exit-3-with-a-failure": (
        lambda: wrong(planned().post(120, status=400).get(), "rejected", verified=False).exits(3),
        ["exit code 3 with outcomes ['rejected']"],
    ),
    "exit-0-with-something-left": (
        lambda: Told().live(60).get(status=500).says("not-attempted"),
        ["exit code 0 with outcomes ['not-attempted']"],
    ),
    "exit-1-with-nothing-wrong": (
        lambda: Told().live(120).get().says("unchanged").exits(1),
        ["exit code 1, and every outcome is fine"],
    ),
    "first-set-twice": (
        lambda: applied(
            first_set().post(FIRST, NUMBERS, None).get(NUMBERS).sent(NUMBERS).post(FIRST, NUMBERS).get(NUMBERS), NUMBERS
        ),
        [f"{N}2 POSTs in one run"],
    ),
    "first-set-twice-after-a-401": (
        lambda: applied(first_set().post(FIRST, NUMBERS, 401).post(FIRST, NUMBERS).get(NUMBERS), NUMBERS),
        [f"{N}2 POSTs in one run"],
    ),
    "four-posts": (
        lambda: applied(
            planned().post(120, status=500).get().sent().post(120, status=500).get().sent().post(120, status=500)
            .get().sent().post(120).get()
        ),
        [f"{T}4 POSTs in one run"],
    ),
    "no-read-at-all": (
        lambda: applied(Told().live(60).sent().post(120).get()),
        [f"{T}a POST without a read since the plan or the last POST"],
    ),
    "no-read-since-the-last-post": (
        lambda: applied(planned().post(120, status=500).sent().post(120).get()),
        [f"{T}a POST without a read since the plan or the last POST"],
    ),
    "only-a-failed-read-since-the-last-post": (
        lambda: applied(planned().post(120, status=500).get(status=500).sent().post(120).get()),
        [f"{T}a POST without a read since the plan or the last POST"],
    ),
    "only-a-spoilt-read-since-the-last-post": (
        lambda: applied(planned().post(120, status=500).get(faults=("truncated",)).sent().post(120).get()),
        [f"{T}a POST without a read since the plan or the last POST"],
    ),
    "over-anothers-value": (
        lambda: applied(drifted().post(120).get()),
        [f"{T}a POST over 61, where the plan saw 60"],
    ),
    "over-anothers-value-by-the-reports-own-date": (
        lambda: planned(61).post(120).get().live(60).ended("applied").says("applied", seen=3),
        [f"{T}a POST over 61, where the plan saw 60"],
    ),
    "over-anothers-value-and-a-crash": (
        lambda: drifted().post(120).crashes(),
        [f"{T}a POST over 61, where the plan saw 60"],
    ),
    "over-anothers-value-after-a-slow-answer": (
        lambda: applied(slow(heard=True).post(120).get()),
        [f"{T}a POST over 61, where the plan saw 60"],
    ),
    "over-anothers-first-value": (
        lambda: applied(Told().get().live(60).get().sent().post(120).get()),
        [f"{T}a POST over 60, where the plan saw 'nothing'"],
    ),
    "over-a-field-that-the-schema-does-not-know": (
        lambda: applied(
            Told({("acme", HOOK): hook("a")}).live(hook("a", 5), HOOK).get(HOOK).live({**hook("a", 5), "x": 1}, HOOK)
            .get(HOOK).sent(HOOK).post(hook("a"), HOOK).get(HOOK),
            HOOK,
        ),
        [f"{H}a POST over { {**SHOWN, 'timeout': 5, 'x': 1}!r}, where the plan saw { {**SHOWN, 'timeout': 5}!r}"],
    ),
    "over-anothers-secret": (
        lambda: applied(secretive().post(hook("canary-a"), HOOK).get(HOOK), HOOK),
        [f"{H}a POST over {SHOWN!r}, where the plan saw {SHOWN!r}"],
    ),
    "sequence-that-is-set": (
        lambda: wrong(
            planned(OTHER, FIRST, NUMBERS).post(FIRST, NUMBERS, 409).get(NUMBERS), "failed", NUMBERS, verified=False
        ),
        [f"{N}a POST of a write-once key that is set"],
    ),
    "sequence-that-another-has-just-set": (
        lambda: wrong(
            Told({("acme", NUMBERS): FIRST}).get(NUMBERS).live(OTHER, NUMBERS).get(NUMBERS).sent(NUMBERS)
            .post(FIRST, NUMBERS, 409).get(NUMBERS),
            "failed", NUMBERS, verified=False,
        ),
        [
            f"{N}a POST over {OTHER!r}, where the plan saw 'nothing'",
            f"{N}a POST of a write-once key that is set",
        ],
    ),
    "something-else-was-written": (
        lambda: wrong(planned().post(121).get(), "failed", verified=False),
        [f"{T}wrote 121, which no file declares"],
    ),
    "applied-and-not-there": (
        lambda: applied(planned().post(120, status=500).get()),
        [f"{T}applied, but the last read saw 60"],
    ),
    "applied-and-never-read": (
        lambda: applied(planned().post(120)),
        [f"{T}applied, but the last read saw 60"],
    ),
    "applied-by-a-read-that-failed": (
        lambda: applied(planned().post(120).get(faults=("garbage",))),
        [f"{T}applied, but the last read saw 60"],
    ),
    "applied-and-another-wrote": (
        lambda: applied(planned().post(120).live(61).get()),
        [f"{T}applied, but the last read saw 61"],
    ),
    "applied-though-more-than-the-secret-differs": (
        lambda: applied(
            Told({("acme", HOOK): hook("a")}).live(hook("b", 5), HOOK).get(HOOK).get(HOOK).sent(HOOK)
            .post(hook("a"), HOOK, 500).get(HOOK, faults=("masked",)),
            HOOK,
        ),
        [f"{H}applied, but the last read saw { {**SHOWN, 'timeout': 5}!r}"],
    ),
    "unchanged-and-different": (
        lambda: Told().live(60).get().says("unchanged"),
        [f"{T}unchanged, but the last read saw 60"],
    ),
    "unchanged-and-never-read": (
        lambda: Told().live(120).says("unchanged"),
        [f"{T}unchanged, but the last read saw 'nothing'"],
    ),
    "applied-without-a-post": (
        lambda: Told().live(120).get().says("applied", verified=True),
        [f"{T}applied without a POST"],
    ),
    "unchanged-and-written": (
        lambda: planned().post(120).get().ended("unchanged").says("unchanged"),
        [f"{T}unchanged, although it was written"],
    ),
    "skipped-and-sent": (
        lambda: wrong(planned().post(120, status=500).get(), "skipped"),
        [f"{T}skipped, although a POST was sent"],
    ),
    "not-attempted-and-sent": (
        lambda: wrong(planned().post(120, status=500).get(), "not-attempted"),
        [f"{T}not-attempted, although a POST was sent"],
    ),
    "rejected-and-verified": (
        lambda: wrong(planned().post(120, status=400).get(), "rejected", verified=True),
        [f"{T}rejected and verified, but it is not there"],
    ),
    "failed-and-there": (
        lambda: wrong(planned().post(120).get(), "failed", verified=False),
        [f"{T}failed, but the last read saw what is wanted"],
    ),
    "failed-and-written-unseen": (
        lambda: wrong(planned().post(120), "failed"),
        [f"{T}failed and not read back, although it was written"],
    ),
    "a-post-that-the-report-hides": (
        lambda: planned().post(120, status=500).get().sent().post(120).get()
        .ended("applied").says("applied", verified=True, attempts=1),
        [f"{T}2 POSTs, of which the report knows 1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("told", "found"), FALSE.values(), ids=FALSE)
def test_a_run_that_is_untrue_in_one_way_is_told_just_that(
    told: Callable[[], Told], found: list[str], catalogue: Catalogue
):
    """A judge that overlooks one kind of lie lets every run with it pass."""
    assert violations(told().witnessed(), catalogue) == found


def test_a_slow_answer_counts_only_if_the_next_question_came_at_once(catalogue: Catalogue):
    """Whoever asks again after a while may have given up on it, and have seen the newer value alone."""
    assert violations(applied(slow(heard=False).post(120).get()).witnessed(), catalogue) == []


def test_the_journals_last_line_has_the_reports_exit_code(catalogue: Catalogue):
    """Two files of one run that disagree: nobody would know which to believe."""
    told = applied(planned().post(120).get())
    said = ["the journal's last line has another exit code than the report"]
    assert violations(told.witnessed(last=1), catalogue) == said


def test_what_is_wrong_with_one_key_is_not_laid_at_anothers_door(catalogue: Catalogue):
    """Two keys of one run: the lie about one is found, and nothing is said about the other."""
    told = applied(planned().post(120).get())
    told.wanted["acme", NUMBERS] = FIRST
    told.get(NUMBERS).says("unchanged", NUMBERS)
    assert violations(told.witnessed(), catalogue) == [f"{N}unchanged, but the last read saw 'nothing'"]
