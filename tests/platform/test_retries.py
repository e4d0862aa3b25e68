import asyncio
import random
from typing import Any

import pytest

from reconciler.model.live import Sent
from reconciler.platform.faults import Fault
from reconciler.platform.retries import LONGEST, Retries, asked_pause, may_pass
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import FakeClock


def retries(clock: FakeClock, notices: list[str], tries: int = 3, seed: int = 1):
    return Retries(tries, clock, random.Random(seed), notices.append, "acme")


def attempts(*results: Any):
    left = list(results)

    async def attempt():
        return left.pop(0)

    return attempt, left


PASSING = Fault(Sent.LOST, passing=True, detail="Lost.")
HOPELESS = Fault(Sent.NOT_SENT, passing=False, detail="No.")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param(PASSING, True, id="lost"),
        pytest.param(HOPELESS, False, id="hopeless"),
        *(pytest.param(Answer(status), True, id=str(status)) for status in (429, 500, 502, 503, 504, 599)),
        *(pytest.param(Answer(status), False, id=str(status)) for status in (200, 204, 302, 400, 401, 403, 404, 409)),
        pytest.param(Answer(200, flaw=Flaw.CUT_SHORT), True, id="200 cut short"),
        pytest.param(Answer(200, flaw=Flaw.TOO_LARGE), False, id="200 too large"),
        pytest.param(Answer(200, flaw=Flaw.COMPRESSED), False, id="200 compressed"),
        pytest.param(Answer(403, flaw=Flaw.CUT_SHORT), False, id="403 cut short"),
    ],
)
def test_only_what_may_pass_is_tried_again(result: Any, expected: Any, clock: FakeClock, notices: list[str]):
    """Each row of the table."""
    assert may_pass(result) is expected
    attempt, left = attempts(result, Answer(200))
    asyncio.run(retries(clock, notices).run(attempt))
    assert len(left) == (0 if expected else 1)


@pytest.mark.parametrize("tries", [1, 2, 5])
def test_the_number_of_tries_is_a_bound_and_the_last_result_is_returned(
    tries: int, clock: FakeClock, notices: list[str]
):
    """No try is followed by a wait but by another try."""
    results = [Answer(500 + i) for i in range(tries + 1)]
    attempt, left = attempts(*results)
    last = asyncio.run(retries(clock, notices, tries).run(attempt))
    assert last == results[tries - 1]
    assert len(left) == 1
    assert len(clock.slept) == tries - 1


def test_waits_grow_are_random_and_stay_below_the_bound(clock: FakeClock, notices: list[str]):
    """Full jitter: anything from nothing up to a bound that doubles."""
    attempt, _ = attempts(*[PASSING] * 12)
    asyncio.run(retries(clock, notices, 12).run(attempt))
    bounds = [min(LONGEST, 0.25 * 2**n) for n in range(11)]
    assert all(0 <= slept <= bound for slept, bound in zip(clock.slept, bounds, strict=True))
    assert len(set(clock.slept)) == 11


def test_two_tenants_that_fail_together_do_not_come_back_together(clock: FakeClock, notices: list[str]):
    """Their waits come from the randomness that was given in."""
    waits = []
    for seed in (1, 2):
        attempt, _ = attempts(*[PASSING] * 3)
        asyncio.run(retries(clock, notices, 3, seed).run(attempt))
        waits.append(tuple(clock.slept))
        clock.slept.clear()
    assert waits[0] != waits[1]


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("2", 2.0, 2.25),
        ("0", 0.0, 0.25),
        ("5", LONGEST, LONGEST),
        ("3600", LONGEST, LONGEST),
        ("999999999999", 0.0, 0.25),
        (None, 0.0, 0.25),
        ("-1", 0.0, 0.25),
        ("soon", 0.0, 0.25),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0, 0.25),
        ("\u0664", 0.0, 0.25),
    ],
)
def test_a_429_is_obeyed_within_reason_and_told(
    header: str | None, low: float, high: float, clock: FakeClock, notices: list[str]
):
    """No longer than the bound, whatever is asked; a person who is watching learns why it takes so long."""
    attempt, _ = attempts(Answer(429, retry_after=header), Answer(200))
    asyncio.run(retries(clock, notices).run(attempt))
    assert low <= clock.slept[0] <= high
    assert len(notices) == 1
    assert notices[0].startswith("acme: ")


def test_only_a_429_may_ask_for_a_pause():
    """A 503 with an hour in it must not stop the run."""
    assert asked_pause(Answer(503, retry_after="5")) is None


def test_what_is_neither_answer_nor_fault_ends_it_at_once(clock: FakeClock, notices: list[str]):
    """A refusal to send, for instance."""
    attempt, left = attempts("stopped", Answer(200))
    assert asyncio.run(retries(clock, notices).run(attempt)) == "stopped"
    assert len(left) == 1
