import asyncio
import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.access import Limits
from reconciler.model.live import Sent
from reconciler.model.watching import UNWATCHED, Asked, Watch
from reconciler.platform.answers import judge
from reconciler.platform.budgets import Breaker, Deadline, RetryBudget
from reconciler.platform.faults import Fault
from reconciler.platform.pace import Pace, Run
from reconciler.platform.rates import AddressBudget, TenantRate
from reconciler.platform.redact import Redactor
from reconciler.platform.retries import (
    BASE,
    LONGEST,
    TABLE,
    Do,
    Happened,
    Method,
    Retries,
    asked_pause,
    happened,
    what_to_do,
)
from reconciler.platform.stops import Errand, Stop, Stopped
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import FakeClock, Watched

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "reliability.md"
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
EARLY = Fault(Sent.NOT_SENT, passing=True, detail="No connection.")
LATE = Fault(Sent.LOST, passing=True, detail="Lost.")
HOPELESS = Fault(Sent.NOT_SENT, passing=False, detail="No.")
JSON = b'{"message": "no"}'

ONE_OF_EACH: dict[Happened, list[Any]] = {
    Happened.NEVER_SENT: [EARLY],
    Happened.HOPELESS: [HOPELESS, Fault(Sent.LOST, passing=False, detail="Odd.")],
    Happened.LOST: [LATE],
    Happened.SERVER_ERROR: [Answer(500), Answer(502), Answer(503), Answer(599), Answer(500, retry_after="9")],
    Happened.THROTTLED: [Answer(429), Answer(429, retry_after="1")],
    Happened.BUSY: [Answer(503, retry_after="1")],
    Happened.CUT_SHORT: [Answer(200, flaw=Flaw.CUT_SHORT)],
    Happened.UNUSABLE: [Answer(200, flaw=Flaw.TOO_LARGE), Answer(200, flaw=Flaw.COMPRESSED)],
    Happened.UNAUTHORISED: [Answer(401), Answer(401, JSON)],
    Happened.FORBIDDEN: [Answer(403, JSON)],
    Happened.BLOCKED: [Answer(403, b"<html>"), Answer(403), Answer(403, flaw=Flaw.CUT_SHORT)],
    Happened.CONFLICT: [Answer(409)],
    Happened.SENT_ELSEWHERE: [Answer(300), Answer(302), Answer(303), Answer(304)],
    Happened.OTHER: [Answer(200), Answer(204), Answer(301), Answer(307), Answer(308), Answer(400), Answer(404)],
}


def retries(
    clock: FakeClock,
    notices: list[str],
    tries: int = 3,
    seed: int = 1,
    watch: Watch | None = None,
    **limits: Any,
) -> Retries:
    wanted = Limits(**limits)
    run = Run(
        wanted,
        clock,
        notices.append,
        Stop(),
        RetryBudget(notices.append),
        AddressBudget(wanted.calls_per_window, wanted.window_seconds, clock),
        Deadline(clock, wanted.run_deadline),
        watch or UNWATCHED,
    )
    rate = TenantRate(wanted.tenant_rate, clock)
    breaker = Breaker(wanted.breaker_failures)
    pace = Pace(run, rate, Deadline(clock, wanted.tenant_deadline), breaker, exempt=True)
    return Retries(tries, clock, lambda: NOW, random.Random(seed), notices.append, "acme", pace)


def attempts(*results: Any):
    left = list(results)

    async def attempt():
        return left.pop(0)

    return attempt, left


def tried(engine: Retries, *results: Any, method: Method = Method.READ, errand: Errand = Errand.READ) -> Any:
    """Return the last result, and how many requests it took."""
    attempt, left = attempts(*results)
    last = asyncio.run(engine.run(attempt, method, errand))
    return last, len(results) - len(left)


def test_every_row_of_the_table_is_there_once_and_has_a_reason():
    """A thing that may happen without a row would end in a KeyError at night."""
    assert [row.happened for row in TABLE] == list(Happened)
    assert all(row.reason for row in TABLE)
    assert set(ONE_OF_EACH) == set(Happened)


@pytest.mark.parametrize(
    ("row", "result"),
    [
        pytest.param(row, result, id=f"{row} {number}")
        for row, results in ONE_OF_EACH.items()
        for number, result in enumerate(results, 1)
    ],
)
@pytest.mark.parametrize("method", [Method.READ, Method.TOKEN])
def test_each_cell_of_what_may_be_repeated_is_obeyed(
    row: Happened, result: Any, method: Method, clock: FakeClock, notices: list[str], watch: Watched
):
    """`again` means again, everything else means once; what asks to slow down is told to whoever watches."""
    assert happened(result) is row
    do = what_to_do(result, method)
    _, sent = tried(retries(clock, notices, watch=watch), result, Answer(200), method=method)
    assert sent == (2 if do in {Do.AGAIN, Do.AGAIN_AS_ASKED} else 1)
    asked = [Asked("acme", result.status, end) for _, _, end in watch.told]
    assert [wait for wait, _, _ in watch.told] == asked
    assert len(asked) == (do is Do.AGAIN_AS_ASKED)
    assert notices == []


@pytest.mark.parametrize("row", TABLE, ids=[row.happened for row in TABLE])
@pytest.mark.parametrize("method", [Method.WRITE, Method.WRITE_ONCE])
def test_no_cell_of_a_post_repeats_it_blindly(row: Any, method: Method):
    """And a write-once key is repeated only if no byte left."""
    assert row.do(method) not in {Do.AGAIN, Do.AGAIN_AS_ASKED}
    if method is Method.WRITE_ONCE and row.do(method) in {Do.READ_FIRST, Do.RENEW}:
        assert row.happened in {Happened.NEVER_SENT, Happened.HOPELESS}


@pytest.mark.parametrize(
    ("result", "sent"),
    [
        pytest.param(result, sent, id=f"{row} {number}")
        for row, sent in (
            (Happened.SERVER_ERROR, Sent.LOST),
            (Happened.BUSY, Sent.LOST),
            (Happened.THROTTLED, Sent.THROTTLED),
            (Happened.CONFLICT, Sent.CONFLICT),
            (Happened.CUT_SHORT, Sent.ACCEPTED),
            (Happened.UNUSABLE, Sent.ACCEPTED),
            (Happened.UNAUTHORISED, Sent.DENIED),
            (Happened.FORBIDDEN, Sent.DENIED),
            (Happened.BLOCKED, Sent.DENIED),
        )
        for number, result in enumerate(ONE_OF_EACH[row], 1)
    ],
)
def test_what_a_post_is_told_agrees_with_the_table(result: Any, sent: Sent):
    """The writing room acts on these words; they come from the same rows."""
    assert judge(result, Redactor()).sent is sent


def test_the_table_and_the_writing_room_mean_the_same_by_every_status():
    """Whatever a gateway comes up with: a clear no is one in both places."""
    lost = {Happened.SERVER_ERROR, Happened.BUSY, Happened.SENT_ELSEWHERE}
    for status in range(300, 1000):
        answer = Answer(status, JSON)
        assert (judge(answer, Redactor()).sent is Sent.LOST) is (happened(answer) in lost), status
        assert (judge(answer, Redactor()).sent is Sent.REJECTED) is (happened(answer) is Happened.OTHER), status


@pytest.mark.parametrize("tries", [1, 2, 5])
def test_the_number_of_tries_is_a_bound_and_the_last_result_is_returned(
    tries: int, clock: FakeClock, notices: list[str]
):
    """No try is followed by a wait but by another try."""
    results = [Answer(500 + i) for i in range(tries + 1)]
    last, sent = tried(retries(clock, notices, tries), *results)
    assert last == results[tries - 1]
    assert sent == tries
    assert len(clock.slept) == tries - 1


def test_waits_grow_are_random_and_stay_below_the_bound(clock: FakeClock, notices: list[str]):
    """Full jitter: anything from nothing up to a bound that doubles."""
    tried(retries(clock, notices, 11), *[LATE] * 11)
    bounds = [min(LONGEST, BASE * 2**n) for n in range(10)]
    assert all(0 <= slept <= bound for slept, bound in zip(clock.slept, bounds, strict=True))
    assert len(set(clock.slept)) == 10


def test_two_tenants_that_fail_together_do_not_come_back_together(clock: FakeClock, notices: list[str]):
    """Their waits come from the randomness that was given in."""
    waits = []
    for seed in (1, 2):
        tried(retries(clock, notices, 3, seed), *[LATE] * 3)
        waits.append(tuple(clock.slept))
        clock.slept.clear()
    assert waits[0] != waits[1]


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        pytest.param("2", 2.0, id="seconds"),
        pytest.param(" 2 ", 2.0, id="blanks"),
        pytest.param("0", 0.0, id="nought"),
        pytest.param("999999999999", 999999999999.0, id="huge"),
        pytest.param(format_datetime(NOW + timedelta(seconds=40), usegmt=True), 40.0, id="date"),
        pytest.param(format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0, id="past date"),
        pytest.param("Monday, 23-Nov-26 12:00:07 GMT", 7.0, id="old date"),
        pytest.param("Mon Nov 23 12:00:09 2026", 9.0, id="asctime"),
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("-1", None, id="negative"),
        pytest.param("1.5", None, id="fraction"),
        pytest.param("soon", None, id="word"),
        pytest.param("soon, but not now", None, id="words"),
        pytest.param("Mon, 99 Nov 2026 12:00:00 GMT", None, id="no such day"),
        pytest.param("\u0664", None, id="other digits"),
        pytest.param("9" * 5000, None, id="a novel"),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_in_both_its_forms(
    status: int, header: str | None, asked: float | None, clock: FakeClock, notices: list[str]
):
    """Seconds or a date; nonsense is as good as none. Longer than there is time: the tenant ends, at once."""
    assert asked_pause(header, NOW) == asked
    result, sent = tried(retries(clock, notices), Answer(status, retry_after=header), Answer(200))
    if asked is not None and asked > 120:
        assert isinstance(result, Stopped)
        assert "tenant_deadline" in result.detail
        assert (clock.slept, sent) == ([], 1)
        return
    assert (result, sent) == (Answer(200), 2)
    assert (asked or 0.0) <= clock.slept[0] <= (asked or 0.0) + BASE


def test_the_budget_ends_all_retries_of_a_run_and_says_so_once(clock: FakeClock, notices: list[str]):
    """Ten at first, then a tenth of the calls; a read-back after a POST is never refused one."""
    engine = retries(clock, notices, 2, breaker_failures=1000)
    assert [tried(engine, LATE, LATE)[1] for _ in range(12)] == [2] * 10 + [1] * 2
    assert len(notices) == 1
    assert "nothing more is tried again" in notices[0]
    assert tried(engine, LATE, LATE, errand=Errand.VERIFY)[1] == 2
    engine.pace.run.budget.calls = 110
    assert [tried(engine, LATE, LATE)[1] for _ in range(2)] == [2, 1]
    assert len(notices) == 1


def test_an_open_breaker_ends_the_tries_but_not_those_of_a_read_back(clock: FakeClock, notices: list[str]):
    """The tenant is left alone, unless something may have been written there."""
    engine = retries(clock, notices)
    engine.pace.breaker.failures = 5
    assert tried(engine, LATE, LATE, LATE)[1] == 1
    assert tried(engine, LATE, LATE, LATE, errand=Errand.VERIFY)[1] == 3


def test_what_is_neither_answer_nor_fault_ends_it_at_once(clock: FakeClock, notices: list[str]):
    """A refusal to send, for instance."""
    assert tried(retries(clock, notices), "stopped", Answer(200)) == ("stopped", 1)


def test_the_page_shows_the_table_as_it_is():
    """docs/explanation/reliability.md is read by those who decide whether to trust this; it may not drift."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for row in TABLE:
        cells = (row.happened, row.read, row.token, row.write, row.write_once, row.reason)
        assert f"| {' | '.join(cells)} |" in lines
