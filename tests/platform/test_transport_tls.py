import asyncio
import gc
import logging
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from reconciler.model.live import Sent
from reconciler.platform.transport import Transport
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import Reply, Say, Server, Serving
from tests.platform.playing import OTHER, PLAIN, asking, heard, look_up_at_once, played, sent

pytestmark = pytest.mark.anyio

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
each_version = pytest.mark.parametrize("version", VERSIONS)
Peers = list[asyncio.StreamWriter]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA):
    """A client's context; one for all, since to make one takes long."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return lambda: context


@pytest.fixture(scope="module")
def proving(authority: trustme.CA):
    """Make a server's context."""

    def make(version: str = "1.3", name: str = "localhost") -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = VERSIONS[version]
        authority.issue_cert(name).configure_cert(context)
        return context

    return make


Trusting = Callable[[], ssl.SSLContext]
Proving = Callable[..., ssl.SSLContext]


def remembering(peers: Peers, data: bytes) -> Reply:
    """Answer, and leave the connection to the test."""

    async def reply(writer: asyncio.StreamWriter) -> bool:
        peers.append(writer)
        writer.write(data)
        return True

    return reply


def cut(writer: asyncio.StreamWriter) -> None:
    """End the stream without a word of TLS: anyone on the way can do so."""
    writer.get_extra_info("socket").shutdown(socket.SHUT_WR)


def reset(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


BETWEEN = [
    pytest.param(between, pause, id=f"{name}, {when}")
    for name, between in (
        ("a second answer", lambda writer: writer.write(PLAIN)),
        ("the end", lambda writer: writer.close()),
        ("cut", cut),
        ("reset", reset),
    )
    for when, pause in (("noticed at rest", 0.01), ("unread", 0))
    # A reset leaves only with the next turn of the event loop: later than the request.
    if (between, pause) != (reset, 0)
]


@each_version
@pytest.mark.parametrize(("between", "pause"), BETWEEN)
async def test_what_comes_between_two_requests_ends_the_connection(
    serving: Serving,
    trusting: Trusting,
    proving: Proving,
    between: Callable[[asyncio.StreamWriter], None],
    pause: float,
    version: str,
):
    """As without TLS."""
    peers: Peers = []
    async with serving(proving(version)) as server, Transport(trusting, 1) as transport:
        server.on("*", remembering(peers, PLAIN), Say.raw(OTHER, stays=True))
        assert await heard(transport, asking(server.origin)) == (200, b"hi")
        await asyncio.sleep(0.01)
        between(peers[0])
        if pause:
            await asyncio.sleep(pause)
        assert await sent(transport, server.origin, "POST") == Answer(201, b"other")
        assert [seen.method for seen in server.seen] == ["GET", "POST"]


@each_version
async def test_a_whole_answer_leaves_the_connection_for_the_next_request(
    serving: Serving, trusting: Trusting, proving: Proving, version: str
):
    """The tickets that come after a handshake are nothing odd."""
    async with serving(proving(version)) as server, Transport(trusting, 1) as transport:
        server.on("*", Say.raw(PLAIN, stays=True))
        for pause in (0, 0, 0.01, 0):
            assert await heard(transport, asking(server.origin)) == (200, b"hi")
            await asyncio.sleep(pause)
        assert server.connections == 1


@each_version
@pytest.mark.parametrize(
    ("end", "flaw"),
    [
        pytest.param(lambda writer: writer.close(), None, id="ended"),
        pytest.param(cut, Flaw.CUT_SHORT, id="cut"),
        pytest.param(reset, Flaw.CUT_SHORT, id="aborted"),
    ],
)
async def test_a_body_that_lasts_until_the_end_is_whole_only_if_tls_says_so(
    serving: Serving,
    trusting: Trusting,
    proving: Proving,
    end: Callable[[asyncio.StreamWriter], None],
    flaw: Flaw | None,
    version: str,
):
    """Whoever can cut a connection could else shorten an answer (RFC 9112, 9.8)."""
    peers: Peers = []
    async with serving(proving(version)) as server, Transport(trusting, 1) as transport:
        server.on("*", remembering(peers, b"HTTP/1.1 200 OK\r\n\r\nhalf"))
        asked = asyncio.ensure_future(sent(transport, server.origin))
        await server.asked.wait()
        await asyncio.sleep(0.02)
        end(peers[0])
        assert await asked == Answer(200, b"half", flaw)


@pytest.mark.parametrize("size", [1000, 200_000, 300_000, 900_000])
async def test_a_second_answer_behind_a_large_body_is_not_kept_for_the_next_request(
    serving: Serving, trusting: Trusting, proving: Proving, size: int
):
    """TLS may hold bytes that the socket no longer has; the next request comes in the same turn of the event loop."""
    body = b"x" * size
    large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body
    async with serving(proving()) as server, Transport(trusting, 1) as transport:
        server.on("*", Say.raw(large + PLAIN, stays=True), Say.raw(OTHER, stays=True))
        assert await heard(transport, asking(server.origin)) == (200, body)
        assert await heard(transport, asking(server.origin)) == (201, b"other")


async def says_at_once(server: ssl.SSLContext, data: bytes, *, close: bool) -> tuple[asyncio.Server, Server]:
    """Serve TLS, and say something before anything is asked."""

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if close:
            writer.close()

    seen = Server()
    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=server)
    seen.origin = f"https://localhost:{listener.sockets[0].getsockname()[1]}"
    return listener, seen


@pytest.mark.parametrize(
    ("data", "close"),
    [
        pytest.param(PLAIN, False, id="an answer"),
        pytest.param(PLAIN, True, id="an answer and the end"),
        pytest.param(b"", True, id="the end"),
    ],
)
async def test_what_comes_with_the_handshake_is_no_answer_and_nothing_is_sent_after_it(
    trusting: Trusting, proving: Proving, data: bytes, close: bool
):
    """With TLS 1.2 the server has the last word of the handshake, so it can be the first to speak, or to go."""
    listener, server = await says_at_once(proving("1.2"), data, close=close)
    began = time.perf_counter()
    async with listener, Transport(trusting, 1) as transport:
        fault = await sent(transport, server.origin, "POST")
    assert (fault.sent, fault.passing) == (Sent.NOT_SENT, True)
    assert time.perf_counter() - began < 0.5


async def test_a_connection_that_ends_just_after_the_handshake_does_not_cost_the_time_of_an_answer(
    trusting: Trusting, proving: Proving
):
    """With TLS 1.3 the request may have left by then."""
    listener, server = await says_at_once(proving("1.3"), b"", close=True)
    began = time.perf_counter()
    async with listener, Transport(trusting, 1) as transport:
        fault = await sent(transport, server.origin, "POST")
    assert fault.passing
    assert time.perf_counter() - began < 0.5


SHAKES: list[Any] = [
    pytest.param(lambda peer: peer.hangs_up(), "No connection", id="closed"),
    pytest.param(lambda peer: peer.resets(), "No connection: Connection reset by peer.", id="reset"),
    pytest.param(lambda peer: peer.says(PLAIN), "No connection: TLS failed (", id="not TLS"),
    pytest.param(
        lambda peer: peer.says(b"\x15\x03\x03\x00\x02\x02\x28"), "No connection: TLS failed (", id="a fatal alert"
    ),
    pytest.param(lambda peer: None, "No connection in time.", id="silent"),
]


@pytest.mark.parametrize(("shake", "words"), SHAKES)
async def test_a_handshake_that_fails_means_that_nothing_was_sent(
    trusting: Trusting, shake: Callable[[Any], None], words: str
):
    """The greeting has left, but not a byte of the request; the connection is closed, and the next one is tried."""
    async with played() as stage, Transport(trusting, 1) as transport:
        for _ in range(2):
            origin = stage.origin.replace("http:", "https:")
            asked = asyncio.ensure_future(sent(transport, origin, "POST", connect=0.2))
            peer = await stage.takes()
            await asyncio.sleep(0.02)
            await asyncio.get_running_loop().sock_recv(peer.sock, 65536)
            shake(peer)
            fault = await asked
            assert (fault.sent, fault.passing) == (Sent.NOT_SENT, True)
            assert fault.detail.startswith(words)
            assert peer.sock.fileno() < 0 or await peer.left_alone()
    gc.collect()


@each_version
async def test_who_is_cancelled_at_any_turn_of_the_event_loop_leaves_nothing_behind(
    serving: Serving, trusting: Trusting, proving: Proving, version: str, monkeypatch: pytest.MonkeyPatch
):
    """A handshake that ends just as it is given up, too."""
    look_up_at_once(monkeypatch, "127.0.0.1")
    async with serving(proving(version)) as server:
        server.on("*", Say.raw(PLAIN, stays=True))
        for turns in range(0, 90, 2):
            async with Transport(trusting, 1) as transport:
                task = asyncio.ensure_future(heard(transport, asking(server.origin)))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
        async with asyncio.timeout(1):
            await asyncio.gather(*server.serving)
    gc.collect()


async def test_odd_bytes_behind_the_end_of_a_large_answer_are_no_bug_of_ours(
    serving: Serving, trusting: Trusting, proving: Proving, caplog: pytest.LogCaptureFixture
):
    """Reading was held up, the stream was cut, and what is read at last is nonsense: asyncio has nothing to log."""
    chunks = b"40000\r\n%b\r\n" % (b"x" * 0x40000) * 3
    peers: Peers = []
    async with serving(proving()) as server, Transport(trusting, 1) as transport:
        server.on("*", remembering(peers, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"z\r\n"))
        response = await transport.handle_async_request(asking(server.origin))
        await asyncio.sleep(0.05)
        cut(peers[0])
        await asyncio.sleep(0.05)
        with caplog.at_level(logging.ERROR), pytest.raises(Exception, match="not HTTP"):
            [chunk async for chunk in response.stream]  # type: ignore[union-attr]
        await response.aclose()
        await asyncio.sleep(0.02)
    assert caplog.records == []
