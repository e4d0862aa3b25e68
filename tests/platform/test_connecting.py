import asyncio
import contextlib
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from reconciler.model.access import Limits
from reconciler.model.key import Key
from reconciler.model.live import Sent
from reconciler.model.words import LiveState
from reconciler.platform.client import transports_over
from tests.platform.loopback import MakeAccess, MakePlatform, Say, Server, Serving
from tests.platform.playing import PLAIN, asking, heard, look_up_at_once, no_tls, plain, sent

pytestmark = pytest.mark.anyio

HERE, THERE = "127.0.0.1", "127.0.0.2"
Look = Callable[..., list[Any]]
Named = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch):
    """Give any name these addresses; return what was asked for."""
    asked: list[tuple[Any, ...]] = []

    def name(*addresses: str, before: Callable[[], Any] = lambda: None) -> list[tuple[Any, ...]]:
        def look(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            asked.append((host, port))
            before()
            families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
            return [
                (family, socket.SOCK_STREAM, 6, "", (address, port))
                for family, address in zip(families, addresses, strict=True)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look)
        return asked

    return name


def port_of(server: Server) -> int:
    return httpx.URL(server.origin).port or 0


@contextlib.contextmanager
def hanging(port: int) -> Iterator[None]:
    """Let nobody in at THERE: the listener takes no connections, and has no room for more of them."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((THERE, port))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((THERE, port))
        yield


async def test_a_name_whose_addresses_all_refuse_is_refused(named: Named, serving: Serving):
    """In the words of the first: not a joint text that nobody can read."""
    async with serving() as gone:
        port = port_of(gone)
    named(THERE, HERE)
    async with plain() as transport:
        fault = await sent(transport, f"http://two.example:{port}")
    assert (fault.sent, fault.passing) == (Sent.NOT_SENT, True)
    assert fault.detail.startswith("No connection: Connection refused. ")


@pytest.mark.parametrize("first", ["refuses", "hangs"])
async def test_if_one_address_of_a_name_does_not_answer_the_next_one_is_tried(
    named: Named, serving: Serving, first: str
):
    """At once, or beside it after a quarter of a second; the request is sent once."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(PLAIN, stays=True))
        named(THERE, HERE)
        began = time.perf_counter()
        with hanging(port_of(server)) if first == "hangs" else contextlib.nullcontext():
            answer = await heard(transport, asking(f"http://two.example:{port_of(server)}"))
        took = time.perf_counter() - began
        assert answer == (200, b"hi")
        assert (len(server.seen), server.connections) == (1, 1)
        assert (0.2 if first == "hangs" else 0) < took < 1
    gc.collect()


async def test_the_families_of_a_name_take_turns(named: Named, serving: Serving):
    """Three addresses of a family that is cut off don't cost three times the wait."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(PLAIN, stays=True))
        named("100::1", "100::2", "100::3", HERE)
        began = time.perf_counter()
        assert await heard(transport, asking(f"http://many.example:{port_of(server)}")) == (200, b"hi")
        assert time.perf_counter() - began < 0.5


async def test_a_connection_that_takes_too_long_was_not_sent(named: Named, serving: Serving):
    """Its time covers the look-up, every address and TLS."""
    async with serving() as server, plain() as transport:
        named(THERE)
        with hanging(port_of(server)):
            fault = await sent(transport, f"http://slow.example:{port_of(server)}", "POST", connect=0.1)
        assert (fault.sent, fault.detail) == (Sent.NOT_SENT, "No connection in time.")
        free = threading.Event()
        named(HERE, before=lambda: free.wait(2))
        fault = await sent(transport, f"http://slow.example:{port_of(server)}", "POST", connect=0.1)
        free.set()
        assert (fault.sent, fault.detail) == (Sent.NOT_SENT, "No connection in time.")
        assert server.connections == 0


@pytest.mark.parametrize(
    ("host", "words"),
    [
        pytest.param("nobody.invalid", "the host's name is not known", id="unknown"),
        pytest.param("a" * 64 + ".example", "No connection.", id="a label too long"),
        pytest.param("a..example", "No connection.", id="an empty label"),
    ],
)
async def test_a_name_that_leads_nowhere_was_not_sent(host: str, words: str, monkeypatch: pytest.MonkeyPatch):
    """A value, and not an exception, also for what can't be a name."""
    real = socket.getaddrinfo

    def look(name: str, *rest: Any, **more: Any) -> Any:
        if name == "nobody.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "x")
        return real(name, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look)
    async with plain() as transport:
        fault = await sent(transport, f"http://{host}")
    assert fault.sent is Sent.NOT_SENT
    assert words in fault.detail


@pytest.mark.parametrize(
    ("origin", "looked_up", "host"),
    [
        pytest.param("http://shop.example", ("shop.example", 80), "shop.example", id="the usual port"),
        pytest.param("http://shop.example:8080", ("shop.example", 8080), "shop.example:8080", id="another port"),
        pytest.param("http://SHOP.example:80", ("shop.example", 80), "shop.example", id="the usual port, named"),
        pytest.param("http://shop.example:0", ("shop.example", 0), "shop.example:0", id="no port is not the usual one"),
        pytest.param("http://bücher.example", ("xn--bcher-kva.example", 80), "xn--bcher-kva.example", id="IDNA"),
        pytest.param("http://[::1]:81", ("::1", 81), "[::1]:81", id="IPv6"),
    ],
)
async def test_what_is_looked_up_is_what_the_credential_was_checked_for(
    origin: str, looked_up: tuple[str, int], host: str, named: Named, serving: Serving, monkeypatch: pytest.MonkeyPatch
):
    """Name and port as they stand in the URL, and in the header Host."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(PLAIN, stays=True))
        asked = named(HERE)
        loop, there = asyncio.get_running_loop(), port_of(server)
        connect = loop.sock_connect
        monkeypatch.setattr(loop, "sock_connect", lambda sock, _: connect(sock, (HERE, there)))
        assert await heard(transport, asking(origin)) == (200, b"hi")
        assert asked == [looked_up]
        assert server.seen[0].all("host") == [host]


@pytest.mark.allowed_skip_in_ci
async def test_an_address_of_ipv6_is_connected_to(serving: Serving):
    """As an origin it stands in brackets, for the socket without them."""
    server = Server()
    try:
        listener = await asyncio.start_server(server.handle, "::1", 0)
    except OSError:
        pytest.skip("no IPv6 here")
    server.on("*", Say.raw(PLAIN))
    async with listener, plain() as transport:
        port = listener.sockets[0].getsockname()[1]
        assert await heard(transport, asking(f"http://[::1]:{port}")) == (200, b"hi")


async def test_many_names_are_looked_up_at_once_but_not_too_many(
    named: Named, platform: MakePlatform, serving: Serving
):
    """Each takes a thread while it waits; Python's own number would let a fleet queue behind a few slow names."""
    lock, looking, most = threading.Lock(), 0, 0

    def slowly() -> None:
        nonlocal looking, most
        with lock:
            looking += 1
            most = max(most, looking)
        time.sleep(0.2)
        with lock:
            looking -= 1

    async with serving() as server, platform(limits=Limits(concurrency=1000)):
        server.on("*", Say.raw(PLAIN, stays=True))
        named(HERE, before=slowly)

        async def one() -> Any:
            async with plain() as transport:
                return await heard(transport, asking(f"http://shop.example:{port_of(server)}"))

        answers = await asyncio.gather(*(one() for _ in range(100)))
    assert set(answers) == {(200, b"hi")}
    assert 40 <= most <= 64


async def test_no_tls_context_is_made_for_origins_without_tls(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """It takes longer than a small plan."""
    acme.on("*", say.ok({"soft": 5}))
    async with platform(transport_for=transports_over(no_tls)) as opened, opened.reading(access(acme)) as reader:
        assert (await reader.read(limit)).state is LiveState.SET


async def test_who_is_cancelled_while_connecting_leaves_no_socket(serving: Serving, monkeypatch: pytest.MonkeyPatch):
    """With two addresses, at any turn of the event loop, whichever of them is about to win."""
    look_up_at_once(monkeypatch, THERE, HERE)
    async with serving() as server:
        server.on("*", Say.raw(PLAIN, stays=True))
        for turns in range(60):
            async with plain() as transport:
                task = asyncio.ensure_future(heard(transport, asking(f"http://two.example:{port_of(server)}")))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
        async with asyncio.timeout(1):
            await asyncio.gather(*server.serving)
    gc.collect()
