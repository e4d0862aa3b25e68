"""Breaker, deadlines and limits, over sockets and over an in-memory transport that is not on loopback."""

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from reconciler.model.access import Access, Limits, StaticToken
from reconciler.model.key import Key
from reconciler.model.live import Halt, Sent
from reconciler.model.values import Secret
from reconciler.model.watching import Held
from reconciler.model.words import LiveState
from reconciler.platform.budgets import Breaker, Deadline, RetryBudget
from reconciler.platform.pace import Pace, Run
from reconciler.platform.rates import AddressBudget, TenantRate
from reconciler.platform.stops import Errand, Stop, Stopped
from tests.platform.loopback import FakeClock, MakeAccess, MakePlatform, Say, Server, Watched

pytestmark = pytest.mark.anyio

OK = {"value": {"soft": 5}, "updated_at": "2021-07-13T20:18:25Z"}


def remote(tenant: str) -> Access:
    """A tenant that is not on loopback."""
    return Access(tenant, f"https://{tenant}.example", StaticToken(Secret("canary-token")))


def answering(clock: FakeClock, *, takes: float = 0.0, seen: list[float] | None = None) -> Callable[[int], Any]:
    """Make transports that answer everything with a value, each answer taking some seconds."""

    def handle(_: httpx.Request) -> httpx.Response:
        clock.time += takes
        if seen is not None:
            seen.append(clock.time)
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(OK).encode()))

    return lambda _: httpx.MockTransport(handle)


async def test_a_tenant_that_keeps_failing_is_left_alone_and_its_neighbour_is_not(
    *,
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    beta: Server,
    limit: Key,
    hook: Key,
    once: Key,
    say: type[Say],
):
    """Three tries for the first key, two for the second, none for the third."""
    acme.on("*", say.status(500))
    beta.on("*", say.ok({"soft": 5}))
    async with (
        platform() as opened,
        opened.writing(access(acme)) as one,
        opened.reading(access(beta, "beta")) as other,
    ):
        lives = [await one.read(key) for key in (limit, hook, once)]
        posted = await one.post(limit, {"soft": 6})
        neighbour = await other.read(limit)
    assert [live.halt for live in lives] == [None, Halt.TENANT, Halt.TENANT]
    assert "500" in lives[1].detail
    assert "breaker_failures" in lives[2].detail
    assert (posted.sent, posted.halt) == (Sent.NOT_SENT, Halt.TENANT)
    assert len(acme.seen) == 5
    assert neighbour.state is LiveState.SET


async def test_a_read_back_passes_an_open_breaker_and_closes_it(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """After a POST the truth is worth another request; an answer shows that the tenant is back."""
    acme.on("*", *[say.status(500)] * 2, say.ok({"soft": 5}))
    limits = Limits(breaker_failures=2)
    async with platform(limits=limits) as opened, opened.writing(access(acme)) as writer:
        assert (await writer.read(limit)).halt is Halt.TENANT
        assert (await writer.read(limit)).detail.startswith("Not sent: ")
        assert (await writer.read(limit, verifying=True)).state is LiveState.SET
        assert (await writer.read(limit)).state is LiveState.SET


@pytest.mark.parametrize(
    ("limits", "halt", "told"),
    [
        pytest.param(Limits(tenant_deadline=10.0), Halt.TENANT, 0, id="tenant_deadline"),
        pytest.param(Limits(run_deadline=10.0), Halt.EVERYONE, 1, id="run_deadline"),
    ],
)
async def test_after_a_deadline_nothing_is_sent_but_read_backs(
    *,
    limits: Limits,
    halt: Halt,
    told: int,
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    limit: Key,
    say: type[Say],
    clock: FakeClock,
    notices: list[str],
    request: pytest.FixtureRequest,
):
    """Neither a read nor a POST; the detail names the limit; the end of a run is told once."""
    acme.on("*", say.ok({"soft": 5}))
    async with platform(limits=limits) as opened, opened.writing(access(acme)) as writer:
        assert (await writer.read(limit)).state is LiveState.SET
        clock.time += 10.0
        reads = [await writer.read(limit) for _ in range(2)]
        posted = await writer.post(limit, {"soft": 6})
        back = await writer.read(limit, verifying=True)
    assert {live.halt for live in reads} == {halt}
    assert (posted.sent, posted.halt) == (Sent.NOT_SENT, halt)
    assert request.node.callspec.id in reads[0].detail
    assert back.state is LiveState.SET
    assert [seen.method for seen in acme.seen] == ["GET", "GET"]
    assert len(notices) == told


async def test_the_fleet_shares_the_budget_of_its_address_and_queueing_costs_no_tenant_its_time(
    platform: MakePlatform, limit: Key, clock: FakeClock, watch: Watched
):
    """Two tenants, ten calls, four a window: the waits are told, and each is longer than the tenants' own time."""
    seen: list[float] = []
    limits = Limits(calls_per_window=4, window_seconds=300.0, tenant_deadline=5.0)
    lives = []
    async with platform(limits=limits, transport_for=answering(clock, seen=seen)) as opened:
        for tenant in ("acme", "beta"):
            async with opened.reading(remote(tenant)) as api:
                lives += [await api.read(limit) for _ in range(5)]
    assert {live.state for live in lives} == {LiveState.SET}
    assert all(sum(start <= moment < start + 299 for moment in seen) <= 4 for start in seen)
    assert watch.sends == 10
    assert watch.told
    for wait, _, end in watch.told:
        assert isinstance(wait, Held)
        assert (wait.calls, wait.window) == (4, 300.0)
        assert end >= wait.until


async def test_a_post_that_would_have_to_queue_is_not_sent(
    platform: MakePlatform, limit: Key, clock: FakeClock, watch: Watched
):
    """By then somebody else may have written; the one who asked reads again, and the room is there."""
    limits = Limits(calls_per_window=2, window_seconds=30.0)
    opened = platform(limits=limits, transport_for=answering(clock))
    async with opened, opened.writing(remote("acme")) as writer:
        await writer.read(limit)
        await writer.read(limit, verifying=True)
        first = await writer.post(limit, {"soft": 6})
        second = await writer.post(limit, {"soft": 6})
    assert (first.sent, first.halt) == (Sent.NOT_SENT, None)
    assert "too late after the read" in first.detail
    assert second.sent is Sent.ACCEPTED
    assert len(watch.told) == 1


async def test_what_queued_while_the_run_was_stopped_is_not_sent():
    """One tenant finds the address blocked while another waits for its turn: a POST must not slip out after that."""
    blocked = Stopped("the address is blocked", Halt.EVERYONE)

    class Meanwhile(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            run.stop.why = blocked

    limits, waiting = Limits(), Meanwhile()
    address = AddressBudget(1, 10.0, waiting)
    run = Run(limits, waiting, lambda _: None, Stop(), RetryBudget(lambda _: None), address, Deadline(waiting, 60.0))
    pace = Pace(run, TenantRate(100.0, waiting), Deadline(waiting, 60.0), Breaker(5), exempt=False)
    assert await pace.turn(Errand.WRITE, by=waiting.now() + 60) is None
    assert await pace.turn(Errand.WRITE, by=waiting.now() + 60) is blocked
    assert run.budget.calls == 1
    assert waiting.slept == [10.0]


async def test_a_tenant_is_called_no_faster_than_its_rate(platform: MakePlatform, limit: Key, clock: FakeClock):
    """Planning and writing share it."""
    seen: list[float] = []
    opened = platform(limits=Limits(tenant_rate=4.0), transport_for=answering(clock, seen=seen))
    async with opened:
        async with opened.reading(remote("acme")) as reader:
            await reader.read(limit)
        async with opened.writing(remote("acme")) as writer:
            await writer.read(limit)
            await writer.post(limit, {"soft": 6})
    assert [later - earlier for earlier, later in pairwise(seen)] == [0.25, 0.25]


async def test_a_fleet_on_loopback_is_not_held_up(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say], clock: FakeClock
):
    """Fifty tenants with a budget for one call: there is no platform to spare."""
    acme.on("*", say.ok({"soft": 5}))
    limits = Limits(calls_per_window=1, tenant_rate=0.1)
    async with platform(limits=limits) as opened:

        async def one(name: str) -> LiveState:
            async with opened.reading(access(acme, name, path=f"/{name}")) as reader:
                return [(await reader.read(limit)).state for _ in range(3)][-1]

        states = await asyncio.gather(*(one(f"t{number}") for number in range(50)))
    assert set(states) == {LiveState.SET}
    assert clock.slept == []


async def test_token_requests_count_and_a_429_slows_their_tenant(
    *,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """One budget and one rate for all that leaves on a tenant's behalf."""
    identity.on("*", say.status(429, "", "Retry-After: 1"), say.token("canary-1"))
    acme.on("*", say.ok({"soft": 5}))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        assert (await reader.read(limit)).state is LiveState.SET
        pace = reader._line.pace  # noqa: SLF001 - nothing else shows it
    assert pace.run.budget.calls == 3
    assert pace.rate.now == 80.0
