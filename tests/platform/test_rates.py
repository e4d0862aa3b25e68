import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.watching import Held
from reconciler.platform.rates import HOLD, RECOVERY, AddressBudget, TenantRate
from tests.platform.loopback import FakeClock, Watched

GAPS = st.lists(st.sampled_from([0.0, 0.001, 0.3, 2.0, 11.0]), min_size=1, max_size=60)
EPSILON = 1e-6


@given(gaps=GAPS, calls=st.integers(1, 20), window=st.sampled_from([1.0, 7.5]), urgent=st.lists(st.booleans()))
@settings(deadline=None)
def test_no_window_ever_holds_more_than_the_budget(gaps: list[float], calls: int, window: float, urgent: list[bool]):
    """However the calls come, and however many of them are POSTs."""
    clock = FakeClock()
    budget = AddressBudget(calls, window, clock)
    left: list[float] = []

    async def run() -> None:
        for number, gap in enumerate(gaps):
            clock.time += gap
            await budget.turn(urgent=number < len(urgent) and urgent[number])
            left.append(clock.now())

    asyncio.run(run())
    for first in left:
        assert sum(first <= moment < first + window - EPSILON for moment in left) <= calls


@given(gaps=GAPS, rate=st.sampled_from([0.5, 3.0, 160.0]), cuts=st.sets(st.integers(0, 59)))
@settings(deadline=None)
def test_no_second_ever_holds_more_than_the_rate(gaps: list[float], rate: float, cuts: set[int]):
    """Calls of one tenant are never closer than the rate allows, 429s or not."""
    clock = FakeClock()
    limiter = TenantRate(rate, clock)
    left: list[float] = []

    async def run() -> None:
        for number, gap in enumerate(gaps):
            clock.time += gap
            await limiter.turn()
            left.append(clock.now())
            if number in cuts:
                limiter.throttled()

    asyncio.run(run())
    assert all(later - earlier >= 1 / rate - EPSILON for earlier, later in pairwise(left))


def test_a_429_halves_the_rate_which_climbs_back_slowly(clock: FakeClock):
    """A second one halves it again; never below one call a second, never above what was asked for."""
    rate = TenantRate(160.0, clock)
    assert rate.now == 160.0
    rate.throttled()
    assert rate.now == 80.0
    clock.time += HOLD
    assert rate.now == 80.0
    clock.time += RECOVERY / 4
    assert rate.now == pytest.approx(120.0)
    rate.throttled()
    assert rate.now == pytest.approx(60.0)
    for _ in range(20):
        rate.throttled()
    assert rate.now == 1.0
    clock.time += HOLD + RECOVERY
    assert rate.now == 160.0


def test_two_tenants_do_not_share_a_rate(clock: FakeClock):
    """One that is throttled doesn't slow its neighbour."""
    acme, beta = TenantRate(160.0, clock), TenantRate(160.0, clock)
    acme.throttled()
    assert (acme.now, beta.now) == (80.0, 160.0)


def test_a_wait_for_the_address_is_announced_once_with_its_end(clock: FakeClock, watch: Watched):
    """Whoever is first in the queue says so; the others wait behind in silence, and are served in order."""
    budget = AddressBudget(3, 300.0, clock, watch)
    order: list[int] = []

    async def call(number: int) -> None:
        await budget.turn(urgent=False)
        order.append(number)

    async def run() -> None:
        await asyncio.gather(*(call(number) for number in range(4)))

    asyncio.run(run())
    assert order == [0, 1, 2, 3]
    assert clock.slept == [300.0]
    assert watch.told == [(Held(3, 300.0, 1300.0), 1000.0, 1300.0)]


def test_a_call_that_would_wait_for_too_long_does_not_wait_at_all(clock: FakeClock, watch: Watched):
    """The run would be over before."""
    budget = AddressBudget(1, 300.0, clock, watch)
    assert asyncio.run(budget.turn(urgent=False)) == 1000.0
    assert asyncio.run(budget.turn(urgent=False, patience=299.0)) is None
    assert (clock.slept, watch.told) == ([], [])


def test_a_tenth_of_the_budget_is_kept_for_posts(clock: FakeClock, watch: Watched):
    """A POST behind a queue of reads would be decided on an old reading."""
    budget = AddressBudget(10, 300.0, clock, watch)
    for _ in range(9):
        asyncio.run(budget.turn(urgent=False))
    assert asyncio.run(budget.turn(urgent=False, patience=1.0)) is None
    assert asyncio.run(budget.turn(urgent=True)) == 1000.0
    budget.give_back(1000.0)
    assert asyncio.run(budget.turn(urgent=True)) == 1000.0
    assert asyncio.run(budget.turn(urgent=True, patience=1.0)) is None
