import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from reconciler.model.live import Sent
from reconciler.platform.transport import Transport
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import Say, Serving
from tests.platform.playing import OTHER, PLAIN, Peer, Played, asking, heard, look_up_at_once, plain, played, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage():
    async with played() as opened:
        yield opened


def still_open(transport: Transport) -> int:
    return len(transport._open)  # noqa: SLF001 - nothing else shows it


async def cancelled(task: asyncio.Task[Any]) -> bool:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return task.cancelled()


async def before_the_answer(transport: Transport, stage: Played) -> AsyncIterator[Any]:
    """The request is out, and nothing has come."""
    task = asyncio.ensure_future(heard(transport, asking(stage.origin)))
    peer = await stage.takes()
    await peer.hears()
    yield task
    assert await peer.left_alone()


async def in_the_head(transport: Transport, stage: Played) -> AsyncIterator[Any]:
    """A part of the head is there."""
    task = asyncio.ensure_future(heard(transport, asking(stage.origin)))
    peer, _ = await stage.answers(PLAIN[:10])
    await asyncio.sleep(0.01)
    yield task
    assert await peer.left_alone()


async def in_the_body(transport: Transport, stage: Played) -> AsyncIterator[Any]:
    """The head and a part of the body are there."""
    task = asyncio.ensure_future(heard(transport, asking(stage.origin)))
    peer, _ = await stage.answers(PLAIN[:-1])
    await asyncio.sleep(0.01)
    yield task
    assert await peer.left_alone()


async def while_closing(transport: Transport, stage: Played) -> AsyncIterator[Any]:
    """The answer is given up, and its connection is being closed."""
    asked = asyncio.ensure_future(transport.handle_async_request(asking(stage.origin)))
    peer, _ = await stage.answers(PLAIN[:-1])
    response = await asked
    task = asyncio.ensure_future(response.aclose())
    await asyncio.sleep(0)
    assert not task.done()
    yield task
    assert await peer.left_alone()


async def cancelled_already(transport: Transport, stage: Played) -> AsyncIterator[Any]:
    """The connection is being closed because the task was cancelled, and it is cancelled once more."""
    task = asyncio.ensure_future(heard(transport, asking(stage.origin)))
    peer, _ = await stage.answers(b"")
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    yield task
    assert await peer.left_alone()


PHASES = [
    pytest.param(before_the_answer, id="before the answer"),
    pytest.param(in_the_head, id="in the head"),
    pytest.param(in_the_body, id="in the body"),
    pytest.param(while_closing, id="while closing"),
    pytest.param(cancelled_already, id="cancelled already"),
]


@pytest.mark.parametrize("phase", PHASES)
async def test_who_is_cancelled_leaves_no_connection_and_takes_nobodys_turn(
    stage: Played, phase: Callable[[Transport, Played], AsyncIterator[Any]]
):
    """The only connection is free for the next request, which is answered; what was cut off is closed."""
    async with plain() as transport:
        steps = phase(transport, stage)
        assert await cancelled(await anext(steps))
        assert [step async for step in steps] == []
        assert still_open(transport) == 0
        asked = asyncio.ensure_future(stage.answers(OTHER))
        assert await heard(transport, asking(stage.origin, pool=0.5)) == (201, b"other")
        await asked


async def test_who_is_cancelled_at_any_turn_of_the_event_loop_leaves_nothing_behind(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
):
    """From the first to the last: connecting, sending, reading, closing."""
    look_up_at_once(monkeypatch, "127.0.0.1")
    async with serving() as server:
        server.on("*", Say.raw(PLAIN, stays=True))
        for turns in range(40):
            async with plain() as transport:
                task = asyncio.ensure_future(heard(transport, asking(server.origin)))
                for _ in range(turns):
                    await asyncio.sleep(0)
                done = task.done()
                await cancelled(task)
                assert still_open(transport) == int(done), turns
                assert await heard(transport, asking(server.origin, pool=0.5)) == (200, b"hi")
        assert done
    gc.collect()


async def test_who_is_cancelled_in_the_queue_takes_nobodys_turn(stage: Played):
    """Nor does the one whose time in the queue is over, which is an error from before anything was sent."""
    async with plain() as transport:
        first = asyncio.ensure_future(heard(transport, asking(stage.origin)))
        peer = await stage.takes()
        queued = [asyncio.ensure_future(heard(transport, asking(stage.origin))) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert await cancelled(queued[0])
        with pytest.raises(httpx.PoolTimeout):
            await heard(transport, asking(stage.origin, pool=0.01))
        for task in (first, *queued[1:]):
            await peer.hears()
            peer.says(PLAIN)
            assert await task == (200, b"hi")


async def test_no_more_connections_are_open_than_allowed_however_their_requests_end(serving: Serving):
    """Whole, closed, cut, odd, cancelled: 60 requests over two connections."""
    most = 0
    async with serving() as server, plain(2) as transport:
        ends = [
            Say.raw(PLAIN, stays=True),
            Say.raw(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")),
            Say.drop(),
            Say.raw(b"nonsense\r\n"),
            Say.raw(PLAIN[:-1]),
            Say.trickle(PLAIN, 0.001),
        ]
        server.on("*", *ends * 10, ends[0])

        async def one(number: int) -> Any:
            nonlocal most
            try:
                async with asyncio.timeout(0.01 if number % 7 == 0 else 5):
                    return await heard(transport, asking(server.origin))
            except (TimeoutError, httpx.TransportError) as error:
                return type(error)
            finally:
                most = max(most, still_open(transport))

        results = await asyncio.gather(*(one(number) for number in range(60)))
        assert most == 2
        assert {(200, b"hi"), httpx.RemoteProtocolError} <= set(results)
        assert httpx.PoolTimeout not in results


async def under_way(transport: Transport, stage: Played) -> tuple[Peer, Awaitable[Any]]:
    task = asyncio.ensure_future(sent(transport, stage.origin))
    peer = await stage.takes()
    await peer.hears()
    return peer, task


async def test_closing_the_transport_ends_what_is_under_way(stage: Played):
    """An answer that lasts until the end is not whole because we have ended it."""
    async with plain(2) as transport:
        peer, before = await under_way(transport, stage)
        other, halfway = await under_way(transport, stage)
        other.says(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await asyncio.sleep(0.01)
        await transport.aclose()
        assert still_open(transport) == 0
        assert (await before).sent is Sent.LOST
        assert await halfway == Answer(200, b"half", Flaw.CUT_SHORT)
        assert await peer.left_alone()
        assert await other.left_alone()


async def test_a_closed_transport_opens_no_connection(stage: Played):
    """Neither for who was in the queue, nor for who was connecting: nobody would close it."""
    async with plain() as transport:
        peer, first = await under_way(transport, stage)
        queued = asyncio.ensure_future(sent(transport, stage.origin))
        await asyncio.sleep(0)
        await transport.aclose()
        assert ((await first).sent, (await queued).sent) == (Sent.LOST, Sent.NOT_SENT)
        assert (await sent(transport, stage.origin)).sent is Sent.NOT_SENT
    async with plain() as transport:
        connecting = asyncio.ensure_future(sent(transport, stage.origin))
        await asyncio.sleep(0)
        await transport.aclose()
        peer = await stage.takes()
        assert await peer.left_alone()
        assert (await connecting).sent is Sent.NOT_SENT
        assert still_open(transport) == 0


async def test_closing_that_is_cut_off_closes_every_connection_all_the_same(stage: Played):
    """They may be many, and the one who waits is not the one who closes."""
    async with plain(3) as transport:
        peers = [await under_way(transport, stage) for _ in range(3)]
        closing = asyncio.ensure_future(transport.aclose())
        await asyncio.sleep(0)
        assert await cancelled(closing)
        for peer, task in peers:
            assert await peer.left_alone()
            assert (await task).sent is Sent.LOST


async def test_after_many_ends_of_all_kinds_nothing_is_left(serving: Serving):
    """No connection, no task and no warning; the server sees all of them closed."""
    before = asyncio.all_tasks()
    async with serving() as server:
        async with plain(3) as transport:
            server.on(
                "*",
                *[Say.raw(PLAIN, stays=True), Say.drop(), Say.reset(), Say.raw(b"x"), Say.raw(PLAIN[:-1])] * 10,
                Say.raw(PLAIN, stays=True),
            )
            await asyncio.gather(*(sent(transport, server.origin, read=0.5) for _ in range(60)))
            assert 0 < still_open(transport) <= 3
        assert still_open(transport) == 0
        async with asyncio.timeout(1):
            await asyncio.gather(*server.serving)
    gc.collect()
    assert asyncio.all_tasks() == before
