"""One key: the table of `write.py`, cell by cell, for an ordinary and for a write-once key, with what people read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from reconciler.applying.write import Written, write_key
from reconciler.model.live import Halt, Live, Posted, Sent
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Planned
from reconciler.model.values import Secret
from reconciler.model.words import LiveState, Status
from tests.applying.faking import FakeClock, ScriptedApi, desk_of, finish, let_go
from tests.planning.making import DATE, HOOK, LATER, NUMBERS, REF, SEALED, TIMER, UNSET, ambiguous, planned, set_to

FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}
ORDINARY = planned(TIMER, 2, set_to(TIMER, 1))
ONCE = planned(NUMBERS, FIRST, UNSET)
GONE = Live(LiveState.UNREADABLE, detail="503 from a gateway.", request_id="r-9")
CUT = replace(GONE, halt=Halt.TENANT)
BLOCKED = replace(GONE, halt=Halt.EVERYONE)
LIVES: Mapping[str, Mapping[str, Live]] = {
    "ordinary": {"before": set_to(TIMER, 1), "desired": set_to(TIMER, 2, LATER), "other": set_to(TIMER, 9, LATER)},
    "once": {
        "before": UNSET,
        "desired": set_to(NUMBERS, FIRST, LATER),
        "other": set_to(NUMBERS, {"prefix": "EU", "start": 1}, LATER),
    },
}
ITEMS = {"ordinary": ORDINARY, "once": ONCE}
EVERYWHERE: Mapping[str, Live] = {"gone": GONE, "cut": CUT, "blocked": BLOCKED}

YES = Posted(Sent.ACCEPTED, request_id="r-1")
NO = Posted(Sent.REJECTED, "400: start is too small.", "r-2")
CLASH = Posted(Sent.CONFLICT, "409: somebody was faster.", "r-3")
LOST = Posted(Sent.LOST, "No answer after 15 s.", "r-4")
SLOW = Posted(Sent.THROTTLED, "429: too many.", "r-5")
DENIED = Posted(Sent.DENIED, "401: no such client.", "r-6", Halt.TENANT)
BANNED = Posted(Sent.DENIED, "403: this address is blocked.", "r-7", Halt.EVERYONE)
UNSENT = Posted(Sent.NOT_SENT, "No connection.")
REFUSED = Posted(Sent.NOT_SENT, "No token.", halt=Halt.TENANT)
STOPPED = Posted(Sent.NOT_SENT, "Not sent: blocked.", halt=Halt.EVERYONE)
LOST_FOR_GOOD = replace(LOST, halt=Halt.TENANT)

SEEN = {"ordinary": ("1", "9"), "once": ("unset", '{"prefix": "EU", "start": 1}')}
BY_WORD = "By that answer nothing was written; it can't be read back."
ARRIVED = "Read back: it was written."
UNKNOWN = "Reading back failed: 503 from a gateway. What is live is not known. Plan again."
AFTER = "after 10 s. It was not sent again. Plan again."
ONCE_STILL = (
    "The key is still unset, but the write may yet arrive. It was not sent again. Wait some minutes, then plan again."
)
SENT_ONCE = "Sent once; the value from before was still there when last read."
SENT_THRICE = "Sent 3 times; the value from before was still there when last read. Run again."


def carry_out(
    item: Planned, reads: Sequence[Live], posts: Sequence[Posted], stops: Sequence[str] = ()
) -> tuple[Written, ScriptedApi, FakeClock]:
    """Write a key against a script; `stops` are the answers to "has the run been stopped?", the last one repeated."""
    clock, api, answers = FakeClock(), ScriptedApi(reads, posts), list(stops) or [""]

    async def kept_back() -> str:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if not answer:
            api.calls.append(("sending", ""))
        return answer

    written = finish(write_key(item, desk_of(api, clock), kept_back))
    return written, api, clock


@dataclass(frozen=True)
class Row:
    """One case: what is read (first the read before the POST), what the POSTs answer, and what becomes of it."""

    id: str
    kind: str
    reads: str
    posts: tuple[Posted, ...]
    story: str
    status: Status
    detail: str
    verified: bool | None = None
    halt: Halt | None = None


R = Status
T, E = Halt.TENANT, Halt.EVERYONE
TEN = "RSPR" + "R" * 9
"""A read, a POST, and ten reads in ten seconds."""
ROWS = [
    # accepted
    Row("accepted", "ordinary", "before desired", (YES,), "RSPR", R.APPLIED, "", True),
    Row("accepted-seen-late", "ordinary", "before before gone desired", (YES,), "RSPRRR", R.APPLIED, "", True),
    Row("accepted-after-something-else", "ordinary", "before other desired", (YES,), "RSPRR", R.APPLIED, "", True),
    Row("accepted-not-there", "ordinary", "before", (YES,), TEN, R.FAILED,
        f"The platform accepted the POST, but still the platform answers 1 {AFTER}", False),
    Row("accepted-something-else", "ordinary", "before other", (YES,), TEN, R.FAILED,
        f"The platform accepted the POST, but the platform answers 9 {AFTER}", False),
    Row("accepted-unreadable", "ordinary", "before gone", (YES,), TEN, R.UNKNOWN, UNKNOWN),
    Row("accepted-cut-off", "ordinary", "before cut", (YES,), "RSPR", R.UNKNOWN, UNKNOWN, None, T),
    Row("accepted-banned", "ordinary", "before blocked", (YES,), "RSPR", R.UNKNOWN, UNKNOWN, None, E),
    Row("once-accepted", "once", "before desired", (YES,), "RSPR", R.APPLIED, "", True),
    Row("once-accepted-seen-late", "once", "before before desired", (YES,), "RSPRR", R.APPLIED, "", True),
    Row("once-accepted-still-unset", "once", "before", (YES,), TEN, R.FAILED,
        f"The platform accepted the POST, but still the platform answers unset {AFTER}", False),
    Row("once-accepted-something-else", "once", "before other", (YES,), TEN, R.FAILED,
        f'The platform accepted the POST, but the platform answers {{"prefix": "EU", "start": 1}} {AFTER}', False),
    Row("once-accepted-unreadable", "once", "before gone", (YES,), TEN, R.UNKNOWN, UNKNOWN),
    # rejected
    *(row for kind in ("ordinary", "once") for row in (
        Row(f"{kind}-rejected", kind, "before", (NO,), "RSPR", R.REJECTED, "400: start is too small.", False),
        Row(f"{kind}-rejected-yet-there", kind, "before desired", (NO,), "RSPR", R.APPLIED,
            "400: start is too small. Yet read back: it was written.", True),
        Row(f"{kind}-rejected-someone-else", kind, "before other", (NO,), "RSPR", R.REJECTED,
            f"400: start is too small. Then the platform answers {SEEN[kind][1]}: someone else wrote.", False),
        Row(f"{kind}-rejected-unreadable", kind, "before gone", (NO,), "RSPR", R.UNKNOWN,
            f"400: start is too small. {UNKNOWN}"),
        Row(f"{kind}-rejected-cut-off", kind, "before cut", (NO,), "RSPR", R.UNKNOWN,
            f"400: start is too small. {UNKNOWN}", None, T),
    )),
    # no clear answer, an ordinary key
    *(row for answer, said in ((CLASH, "409: somebody was faster."), (LOST, "No answer after 15 s."),
                               (SLOW, "429: too many.")) for row in (
        Row(f"{answer.sent}-arrived", "ordinary", "before desired", (answer,), "RSPR", R.APPLIED,
            f"{said} {ARRIVED}", True),
        Row(f"{answer.sent}-someone-else", "ordinary", "before other", (answer,), "RSPR", R.FAILED,
            f"{said} Then the platform answers 9: someone else wrote.", False),
        Row(f"{answer.sent}-unreadable", "ordinary", "before gone", (answer,), "RSPR", R.UNKNOWN, f"{said} {UNKNOWN}"),
        Row(f"{answer.sent}-cut-off", "ordinary", "before cut", (answer,), "RSPR", R.UNKNOWN,
            f"{said} {UNKNOWN}", None, T),
        Row(f"{answer.sent}-again-accepted", "ordinary", "before before desired", (answer, YES), "RSPRSPR",
            R.APPLIED, "", True),
        Row(f"{answer.sent}-again-rejected", "ordinary", "before before", (answer, NO), "RSPRSPR", R.REJECTED,
            "400: start is too small.", False),
        Row(f"{answer.sent}-again-denied", "ordinary", "before before", (answer, DENIED), "RSPRSP", R.FAILED,
            "401: no such client. Sent 2 times; the value from before was still there when last read. Plan again.",
            False, T),
        Row(f"{answer.sent}-again-arrived", "ordinary", "before before desired", (answer, answer), "RSPRSPR",
            R.APPLIED, f"{said} {ARRIVED}", True),
        Row(f"{answer.sent}-three-times", "ordinary", "before", (answer,) * 3, "RSPRSPRSPR", R.FAILED,
            f"{said} {SENT_THRICE}", False),
    )),
    Row("three-answers-of-three-kinds", "ordinary", "before", (SLOW, CLASH, LOST), "RSPRSPRSPR", R.FAILED,
        f"No answer after 15 s. {SENT_THRICE}", False),
    Row("lost-and-the-tenant-is-out-of-reach", "ordinary", "before", (LOST_FOR_GOOD,), "RSPR", R.FAILED,
        f"No answer after 15 s. {SENT_ONCE} Run again.", False, T),
    # no clear answer, a write-once key: never a second POST
    *(row for answer, said in ((CLASH, "409: somebody was faster."), (LOST, "No answer after 15 s.")) for row in (
        Row(f"once-{answer.sent}-arrived", "once", "before desired", (answer,), "RSPR", R.APPLIED,
            f"{said} {ARRIVED}", True),
        Row(f"once-{answer.sent}-arrived-late", "once", "before before gone desired", (answer,), "RSPRRR", R.APPLIED,
            f"{said} {ARRIVED}", True),
        Row(f"once-{answer.sent}-still-unset", "once", "before", (answer,), TEN, R.UNKNOWN,
            f"{said} {ONCE_STILL}", False),
        Row(f"once-{answer.sent}-someone-else", "once", "before other", (answer,), TEN, R.FAILED,
            f'{said} Now the platform answers {{"prefix": "EU", "start": 1}}.', False),
        Row(f"once-{answer.sent}-unreadable", "once", "before gone", (answer,), TEN, R.UNKNOWN, f"{said} {UNKNOWN}"),
        Row(f"once-{answer.sent}-banned", "once", "before blocked", (answer,), "RSPR", R.UNKNOWN,
            f"{said} {UNKNOWN}", None, E),
    )),
    Row("once-throttled", "once", "before", (SLOW,), "RSPR", R.FAILED,
        "429: too many. A write-once key is sent once in a run; run again.", False),
    Row("once-throttled-yet-there", "once", "before desired", (SLOW,), "RSPR", R.APPLIED,
        "429: too many. Yet read back: it was written.", True),
    # denied
    *(row for kind in ("ordinary", "once") for row in (
        Row(f"{kind}-denied", kind, "before", (DENIED,), "RSP", R.FAILED, f"401: no such client. {BY_WORD}",
            None, T),
        Row(f"{kind}-banned", kind, "before", (BANNED,), "RSP", R.FAILED,
            f"403: this address is blocked. {BY_WORD}", None, E),
        # not sent: read again, and again, three times in all
        Row(f"{kind}-unsent-then-accepted", kind, "before before desired", (UNSENT, YES), "RSPRSPR", R.APPLIED,
            "", True),
        Row(f"{kind}-unsent-twice-then-accepted", kind, "before before before desired", (UNSENT, UNSENT, YES),
            "RSPRSPRSPR", R.APPLIED, "", True),
        Row(f"{kind}-never-sent", kind, "before", (UNSENT,) * 3, "RSPRSPRSP", R.FAILED,
            "No connection. The request was never sent; nothing was written. Run again.", None, T),
        Row(f"{kind}-no-token", kind, "before", (REFUSED,), "RSP", R.FAILED,
            "No token. The request was never sent; nothing was written. Run again.", None, T),
        Row(f"{kind}-stopped-by-another-tenant", kind, "before", (STOPPED,), "RSP", R.FAILED,
            "Not sent: blocked. The request was never sent; nothing was written. Run again.", None, E),
        Row(f"{kind}-unsent-then-set-by-someone", kind, "before desired", (UNSENT,), "RSPR", R.UNCHANGED,
            "Someone else had already set the desired value.", True),
        Row(f"{kind}-unsent-then-other", kind, "before other", (UNSENT,), "RSPR", R.SKIPPED,
            f"Someone else wrote since the plan: the platform answers {SEEN[kind][1]}. Nothing was sent. Plan again.",
            False),
        Row(f"{kind}-unsent-then-unreadable", kind, "before cut", (UNSENT,), "RSPR", R.NOT_ATTEMPTED,
            "Read again before writing: unreadable (503 from a gateway.). Nothing was sent.", None, T),
    )),
    # lost, and then not sent: what was lost may have arrived meanwhile
    Row("lost-unsent-arrived", "ordinary", "before before desired", (LOST, UNSENT), "RSPRSPR", R.APPLIED,
        f"No connection. {ARRIVED}", True),
    Row("lost-unsent-someone-else", "ordinary", "before before other", (LOST, UNSENT), "RSPRSPR", R.FAILED,
        "No connection. Then the platform answers 9: someone else wrote.", False),
    Row("lost-unsent-accepted", "ordinary", "before before before desired", (LOST, UNSENT, YES), "RSPRSPRSPR",
        R.APPLIED, "", True),
    Row("lost-unsent-no-token", "ordinary", "before", (LOST, REFUSED), "RSPRSP", R.FAILED,
        f"No token. {SENT_ONCE} Run again.", False, T),
    Row("lost-unsent-thrice", "ordinary", "before", (LOST, UNSENT, UNSENT, UNSENT), "RSPRSPRSPRSP", R.FAILED,
        f"No connection. {SENT_ONCE} Run again.", False, T),
    Row("all-that-can-be-tried", "ordinary", "before", (LOST, UNSENT, LOST, UNSENT, LOST), "RSPRSPRSPRSPRSPR",
        R.FAILED, f"No answer after 15 s. {SENT_THRICE}", False),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_becomes_of_one_key(row: Row):
    """Every answer to a POST, and every reading after it: the outcome, the calls in order, how far it reaches."""
    lives = {**EVERYWHERE, **LIVES[row.kind]}
    reads = [lives[name] for name in row.reads.split()]

    written, api, _ = carry_out(ITEMS[row.kind], reads, row.posts)

    reached = [post for post in row.posts if post.sent is not Sent.NOT_SENT]
    told = written.outcome
    assert (told.status, told.detail, told.verified) == (row.status, row.detail, row.verified)
    assert api.story == row.story
    assert told.attempts == len(reached)
    assert written.halt is row.halt
    assert not api.posts
    assert told.request_id == (
        row.posts[-1].request_id or (GONE.request_id if "NOT_ATTEMPTED" in row.status.name else None)
    )


@pytest.mark.parametrize(
    ("item", "now", "outcome", "halt"),
    [
        pytest.param(
            ORDINARY,
            set_to(TIMER, 2.0, LATER),
            Outcome(Status.UNCHANGED, "Someone else had already set the desired value.", verified=True),
            None,
            id="already-there",
        ),
        pytest.param(
            ORDINARY,
            set_to(TIMER, 9),
            Outcome(
                Status.SKIPPED,
                "Someone else wrote since the plan: the platform answers 9. Nothing was sent. Plan again.",
                verified=False,
            ),
            None,
            id="moved",
        ),
        pytest.param(
            ORDINARY,
            BLOCKED,
            Outcome(
                Status.NOT_ATTEMPTED,
                "Read again before writing: unreadable (503 from a gateway.). Nothing was sent.",
                request_id="r-9",
            ),
            Halt.EVERYONE,
            id="unreadable",
        ),
        pytest.param(
            ONCE,
            set_to(NUMBERS, FIRST),
            Outcome(Status.UNCHANGED, "Someone else had already set the desired value.", verified=True),
            None,
            id="once-already-there",
        ),
        pytest.param(
            ONCE,
            set_to(NUMBERS, {"prefix": "EU"}),
            Outcome(
                Status.SKIPPED,
                'Someone else wrote since the plan: the platform answers {"prefix": "EU"}.'
                " Nothing was sent. Plan again.",
                verified=False,
            ),
            None,
            id="once-set-to-another",
        ),
        pytest.param(
            ONCE,
            ambiguous(NUMBERS, date=DATE),
            Outcome(Status.NOT_ATTEMPTED, "Read again before writing: ambiguous (Nobody can tell.). Nothing was sent."),
            None,
            id="once-ambiguous",
        ),
    ],
)
def test_the_read_right_before_a_post_can_end_it(item: Planned, now: Live, outcome: Outcome, halt: Halt | None):
    """Between the plan and the write the world may have moved: then nothing is sent."""
    written, api, clock = carry_out(item, [now], [])

    assert written == Written(outcome, halt)
    assert (api.story, clock.slept) == ("R", [])


def test_what_is_sent_is_the_desired_value_with_its_secrets():
    """References are resolved at the last moment, and no detail shows what they stand for."""
    wanted: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
    old: Mapping[str, Any] = {**wanted, "api_key": "canary-old"}
    new: Mapping[str, Any] = {**wanted, "api_key": "canary-hook", "timeout": 15}
    item = planned(HOOK, wanted, set_to(HOOK, old))

    written, api, _ = carry_out(item, [set_to(HOOK, old), set_to(HOOK, new, LATER)], [YES])
    failed, _, _ = carry_out(item, [set_to(HOOK, old)], [YES])

    assert api.bodies == [{"url": "https://hook.example", "api_key": Secret("canary-hook"), "timeout": 15}]
    assert written.outcome == Outcome(Status.APPLIED, verified=True, attempts=1, request_id="r-1")
    assert '"api_key": {"sensitive": true}' in failed.outcome.detail
    assert "canary" not in repr((written, failed))


@pytest.mark.parametrize(
    ("date", "status"),
    [pytest.param(LATER, Status.APPLIED, id="the-date-moved"), pytest.param(DATE, Status.FAILED, id="it-did-not")],
)
def test_a_masked_secret_counts_as_written_only_if_the_date_moved(date: str, status: Status):
    """Where the platform hides it, the date is all that tells whether it was taken."""
    masked: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "********"}
    item = planned(HOOK, {**masked, "api_key": REF}, set_to(HOOK, masked), rewrite=(HOOK,))

    written, _, _ = carry_out(item, [set_to(HOOK, masked), set_to(HOOK, masked, date)], [YES])

    assert written.outcome.status is status


@pytest.mark.parametrize(
    ("posts", "slept"),
    [
        pytest.param((LOST, LOST, LOST), [0.1, 0.2, 0.4], id="lost"),
        pytest.param((UNSENT, UNSENT, UNSENT), [0.1, 0.2], id="unsent"),
        pytest.param((YES,), [0.1, 0.2, 0.4, 0.8, 1.6, 1.6, 1.6, 1.6, 1.6], id="accepted"),
    ],
)
def test_the_pauses_grow_and_end(posts: tuple[Posted, ...], slept: list[float]):
    """A short pause first, since most writes show at once; and never more than ten seconds in all."""
    _, _, clock = carry_out(ORDINARY, [set_to(TIMER, 1)], posts)

    assert clock.slept == slept


@pytest.mark.parametrize(
    ("verify", "took", "reads"),
    [
        pytest.param(0.0, 0, 1, id="no-time"),
        pytest.param(0.1, 0, 2, id="just-enough-for-a-second"),
        pytest.param(0.09, 0, 1, id="not-enough-for-a-second"),
        pytest.param(10.0, 20, 1, id="a-read-that-takes-it-all"),
        pytest.param(10.0, 3, 4, id="slow-reads"),
    ],
)
def test_reading_back_ends_on_time(verify: float, took: float, reads: int):
    """The time counts from the answer to the POST; at least one read is made, and none is begun too late."""
    clock = FakeClock()
    api = ScriptedApi([set_to(TIMER, 1)], [YES], clock=clock, took=took)

    written = finish(write_key(ORDINARY, desk_of(api, clock, verify=verify), let_go))

    assert written.outcome.status is Status.FAILED
    assert api.story == "RP" + "R" * reads
    assert f"after {verify:g} s" in written.outcome.detail


STOP = "The run was interrupted."
STOPS = [
    ("before-the-first", (STOP,), "before", (), "R", Status.NOT_ATTEMPTED, STOP, None),
    ("after-an-unsent-one", ("", STOP), "before", (UNSENT,), "RSPR", Status.NOT_ATTEMPTED, STOP, None),
    ("after-a-lost-one", ("", STOP), "before", (LOST,), "RSPR", Status.FAILED, f"{SENT_ONCE} {STOP}", False),
    (
        "after-two-lost",
        ("", "", STOP),
        "before",
        (LOST, LOST),
        "RSPRSPR",
        Status.FAILED,
        f"{SENT_THRICE.replace('3', '2').removesuffix(' Run again.')} {STOP}",
        False,
    ),
    ("while-reading-back", ("", STOP), "before before desired", (YES,), "RSPRR", Status.APPLIED, "", True),
]


@pytest.mark.parametrize(
    ("stops", "reads", "posts", "story", "status", "detail", "verified"),
    [row[1:] for row in STOPS],
    ids=[row[0] for row in STOPS],
)
def test_no_post_follows_once_the_run_was_stopped(
    stops: Sequence[str],
    reads: str,
    posts: Sequence[Posted],
    story: str,
    status: Status,
    detail: str,
    verified: bool | None,
):
    """What was sent is still read back, so that the report is true; but nothing more is sent."""
    written, api, _ = carry_out(ORDINARY, [LIVES["ordinary"][name] for name in reads.split()], posts, stops)

    outcome = written.outcome
    assert (outcome.status, outcome.detail, outcome.verified) == (status, detail, verified)
    assert (api.story, outcome.attempts) == (story, len([post for post in posts if post.sent is not Sent.NOT_SENT]))
    assert written.halt is None


def test_an_assumed_unset_key_is_sent_once_and_read_back():
    """What was vouched for is still there: it is sent, and what is there afterwards is judged as ever."""
    live = ambiguous(NUMBERS, date=DATE)
    item = planned(NUMBERS, FIRST, live, assume_unset=(NUMBERS,))

    applied, _, _ = carry_out(item, [live, set_to(NUMBERS, FIRST, LATER)], [YES])
    unknown, api, _ = carry_out(item, [live], [LOST])

    assert applied.outcome.status is Status.APPLIED
    assert unknown.outcome.status is Status.UNKNOWN
    assert api.story.count("P") == 1


def test_a_masked_write_once_secret_that_arrived_is_applied():
    """It was unset before and is set now, though nobody can read to what."""
    item = planned(SEALED, {"pin": REF}, UNSET)

    written, _, _ = carry_out(item, [UNSET, set_to(SEALED, {"pin": "****"}, LATER)], [LOST])

    assert written.outcome.status is Status.APPLIED
