import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reconciler.model.live import Sent
from reconciler.platform.transport import _Body
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import Reply, Say, Serving
from tests.platform.playing import OTHER, PLAIN, Peer, asking, heard, plain, played, sent

pytestmark = pytest.mark.anyio

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(PLAIN, id="length"),
        pytest.param(CHUNKED, id="chunked"),
        pytest.param(CHUNKED.replace(b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n"), id="trailers"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, id="after 100"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", id="204"),
        pytest.param(
            PLAIN.replace(b"1.1", b"1.0").replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"), id="1.0"
        ),
    ],
)
async def test_after_a_whole_answer_the_same_connection_serves_the_next_request(serving: Serving, whole: bytes):
    """Ten in a row: a greeting for each would cost more than all the rest."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(whole, stays=True))
        statuses = {(await heard(transport, asking(server.origin)))[0] for _ in range(10)}
        assert len(statuses) == 1
        assert (len(server.seen), server.connections) == (10, 1)


ENDS = [
    pytest.param(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 200, None, id="Connection: close"),
    pytest.param(PLAIN.replace(b"1.1", b"1.0"), 200, None, id="HTTP/1.0"),
    pytest.param(PLAIN + b"x", 200, None, id="an extra byte"),
    pytest.param(PLAIN + OTHER, 200, None, id="a second answer"),
    pytest.param(PLAIN + OTHER[:20], 200, None, id="half a second answer"),
    pytest.param(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, None, id="204 with a length"),
    pytest.param(b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304, None, id="304 with chunks"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b" " * 2_000_000, 200, Flaw.TOO_LARGE, id="too large"
    ),
    pytest.param(
        PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), 200, Flaw.COMPRESSED, id="compressed"
    ),
    pytest.param(CHUNKED.replace(b"0\r\n", b"z\r\n"), 200, Flaw.CUT_SHORT, id="a broken chunk"),
]


@pytest.mark.parametrize(("odd", "status", "flaw"), ENDS)
async def test_a_connection_on_which_something_odd_was_heard_is_not_used_again(
    serving: Serving, odd: bytes, status: int, flaw: Flaw | None
):
    """What was heard counts; what follows it does not, and the next request is answered on a new connection."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(odd, stays=True), Say.raw(OTHER, stays=True))
        first = await sent(transport, server.origin)
        second = await sent(transport, server.origin)
        assert (first.status, first.flaw) == (status, flaw)
        assert second == Answer(201, b"other")
        assert [seen.connection for seen in server.seen] == [1, 2]


async def test_a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again():
    """Its rest would be taken for the next answer."""
    async with played() as stage, plain() as transport:
        first = asyncio.ensure_future(transport.handle_async_request(asking(stage.origin)))
        peer = await stage.takes()
        await peer.hears()
        peer.says(PLAIN[:-1])
        response = await first
        await response.aclose()
        assert await peer.left_alone()
        second = asyncio.ensure_future(heard(transport, asking(stage.origin)))
        peer = await stage.takes()
        await peer.hears()
        peer.says(OTHER)
        assert await second == (201, b"other")


BETWEEN = [
    pytest.param(lambda peer: peer.says(PLAIN), id="a second answer"),
    pytest.param(lambda peer: peer.says(b"\r\n"), id="a blank line"),
    pytest.param(lambda peer: peer.says(b"HTTP/1.1 408 Request Timeout\r\n\r\n"), id="an end with words"),
    pytest.param(lambda peer: peer.hangs_up(), id="the end"),
    pytest.param(lambda peer: peer.resets(), id="a reset"),
]


@pytest.mark.parametrize("noticed", [True, False], ids=["noticed at rest", "unread"])
@pytest.mark.parametrize("between", BETWEEN)
async def test_what_comes_between_two_requests_ends_the_connection(between: Callable[[Peer], None], noticed: bool):
    """It is no answer to what had not been sent: that goes out on a new connection, and is not lost.

    Unread is what the event loop had no time to look at, when the second request comes right after the first.
    """
    async with played() as stage, plain() as transport:
        first = asyncio.ensure_future(stage.answers(PLAIN))
        assert await heard(transport, asking(stage.origin)) == (200, b"hi")
        old, _ = await first
        second = asyncio.ensure_future(stage.answers(OTHER))
        await asyncio.sleep(0.01)
        between(old)
        if noticed:
            await asyncio.sleep(0.01)
        assert await sent(transport, stage.origin, "POST") == Answer(201, b"other")
        assert (await second)[1].startswith(b"POST")


async def test_what_comes_after_an_answer_while_its_body_waits_to_be_read_is_no_part_of_it():
    """A whole answer stays whole; the connection has ended."""
    async with played() as stage, plain() as transport:
        first = asyncio.ensure_future(stage.answers(PLAIN))
        response = await transport.handle_async_request(asking(stage.origin))
        old, _ = await first
        old.says(OTHER)
        assert await old.left_alone()
        assert isinstance(response.stream, httpx.AsyncByteStream)
        assert [chunk async for chunk in response.stream] == [b"hi"]
        await response.aclose()
        second = asyncio.ensure_future(stage.answers(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"))
        assert await heard(transport, asking(stage.origin)) == (202, b"")
        await second


async def test_what_is_read_after_an_error_is_the_error_again():
    """Not the end of the body."""
    async with played() as stage, plain() as transport:
        first = asyncio.ensure_future(stage.answers(PLAIN[:-1]))
        response = await transport.handle_async_request(asking(stage.origin))
        (await first)[0].hangs_up()
        assert isinstance(response.stream, httpx.AsyncByteStream)
        body = aiter(response.stream)
        assert await anext(body) == b"h"
        for _ in range(2):
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(body)
        await response.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(body)


async def test_a_connection_that_rested_too_long_is_closed_and_not_used_again(serving: Serving):
    """The server is about to close it; who is first must not be a matter of luck."""
    async with serving() as server, plain(rests=0.05) as transport:
        server.on("*", Say.raw(PLAIN, stays=True))
        for pause in (0, 0, 0.06):
            await asyncio.sleep(pause)
            await heard(transport, asking(server.origin))
        assert [seen.connection for seen in server.seen] == [1, 1, 2]


async def test_an_answer_to_half_a_request_frees_no_connection():
    """What is still to be sent of it would run into the next one."""
    async with played() as stage, plain() as transport:
        big = asking(stage.origin, "POST", b"x" * 20_000_000)
        first = asyncio.ensure_future(heard(transport, big))
        peer = await stage.takes()
        await asyncio.sleep(0.01)
        peer.says(PLAIN)
        assert await first == (200, b"hi")
        second = asyncio.ensure_future(stage.answers(OTHER))
        assert await heard(transport, asking(stage.origin)) == (201, b"other")
        await second


async def silence(_: asyncio.StreamWriter) -> bool:
    await asyncio.sleep(5)
    return False


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(Say.drop(), id="closed"),
        pytest.param(Say.reset(), id="reset"),
        pytest.param(silence, id="silent"),
        pytest.param(Say.raw(PLAIN[:20]), id="cut in the head"),
        pytest.param(Say.raw(b"SSH-2.0-x\r\n"), id="not HTTP"),
    ],
)
async def test_a_request_that_was_read_and_not_answered_is_lost_and_was_sent_once(
    serving: Serving, end: Reply, kept: bool, method: str
):
    """Nothing below the table of retries may send it again: only that knows what it is."""
    async with serving() as server, plain() as transport:
        server.on("*", *[Say.raw(PLAIN, stays=True)] * kept, end)
        if kept:
            await sent(transport, server.origin)
        fault = await sent(transport, server.origin, method, read=0.1)
        await asyncio.sleep(0.02)
        assert fault.sent is Sent.LOST
        assert [seen.method for seen in server.seen] == ["GET"] * kept + [method]
        assert server.connections == 1


@pytest.mark.parametrize("framing", [b"Content-Length: 10485760", b"X: until it is closed"], ids=["length", "closed"])
async def test_a_fast_server_has_to_wait_while_nobody_takes_what_it_sends(framing: bytes):
    """Of 10 MiB never more than some hundred KiB are held, however slowly they are read."""
    data = b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing + b" " * 10_485_760
    held, read = 0, 0
    async with played() as stage, plain() as transport:
        first = asyncio.ensure_future(stage.answers(b""))
        response = asyncio.ensure_future(transport.handle_async_request(asking(stage.origin)))
        peer, _ = await first
        pouring = asyncio.ensure_future(asyncio.get_running_loop().sock_sendall(peer.sock, data))
        body = (await response).stream
        assert isinstance(body, _Body)
        answer: Any = body._connection._answer  # type: ignore[union-attr]  # noqa: SLF001 - nothing else shows it
        async for chunk in body:
            read += len(chunk)
            await asyncio.sleep(0.001)
            held = max(held, answer.waiting)
            if read > 1024 * 1024:
                break
        assert not pouring.done()
        await body.aclose()
        with pytest.raises(ConnectionError):
            await pouring
    assert 0 < held <= 512 * 1024


async def test_ten_mebibytes_that_are_read_arrive_whole(serving: Serving):
    """Who had to wait is let on again."""
    body = bytes(range(256)) * 40_960
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body, stays=True))
        for _ in range(2):
            assert await heard(transport, asking(server.origin)) == (200, body)
        assert server.connections == 1
