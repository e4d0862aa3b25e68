"""A transport under test, and a server that a test plays by hand: what it says is there before its next line runs."""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from reconciler.model.access import Limits
from reconciler.platform.budgets import Breaker, Deadline, RetryBudget
from reconciler.platform.pace import Pace, Run
from reconciler.platform.rates import AddressBudget, TenantRate
from reconciler.platform.stops import Errand, Stop
from reconciler.platform.transport import Transport
from reconciler.platform.wire import Wire
from tests.platform.loopback import FakeClock

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
OTHER = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nother"


def no_tls() -> ssl.SSLContext:
    raise AssertionError("a TLS context was made")


def plain(connections: int = 1, **more: Any) -> Transport:
    return Transport(no_tls, connections, **more)


def asking(origin: str, method: str = "GET", content: bytes | None = None, **seconds: float) -> httpx.Request:
    """Make a request; times are short, so that a test that hangs doesn't for long."""
    times = {"pool": 3.0, "connect": 3.0, "read": 3.0, "write": 3.0, **seconds}
    return httpx.Request(method, f"{origin}/", content=content, extensions={"timeout": times})


def look_up_at_once(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses, known without a thread: each step then takes its turn of the event loop."""

    async def look_up(_: str, port: int, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)


async def heard(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> tuple[int, bytes]:
    """Send a request; return status and body of the answer."""
    response = await transport.handle_async_request(request)
    assert isinstance(response.stream, httpx.AsyncByteStream)
    try:
        return response.status_code, b"".join([chunk async for chunk in response.stream])
    finally:
        await response.aclose()


async def sent(
    transport: httpx.AsyncBaseTransport, origin: str, method: str = "GET", *, connect: float = 1.0, read: float = 1.0
) -> Any:
    """Send a request through the wire, as the product does."""
    bounds = Limits(connect_timeout=connect, read_timeout=read)
    clock = FakeClock()
    address = AddressBudget(1000, 300.0, clock)
    run = Run(bounds, clock, lambda _: None, Stop(), RetryBudget(lambda _: None), address, Deadline(clock, 1e6))
    pace = Pace(run, TenantRate(1000.0, clock), Deadline(clock, 1e6), Breaker(1000), exempt=True)
    body = b'{"a":1}' if method == "POST" else None
    return await Wire(transport, bounds, clock, pace).send(method, f"{origin}/", {}, body, errand=Errand.READ)


@dataclass
class Peer:
    """The server's end of one connection."""

    sock: socket.socket

    async def hears(self) -> bytes:
        """Wait for the whole next request."""
        loop, seen = asyncio.get_running_loop(), b""
        while not _whole(seen):
            piece = await loop.sock_recv(self.sock, 65536)
            if not piece:
                break
            seen += piece
        return seen

    def says(self, data: bytes) -> None:
        """Send, at once; on loopback it has arrived when this returns."""
        self.sock.sendall(data)

    def hangs_up(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def resets(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    async def left_alone(self) -> bool:
        """Wait until the other side has closed; False if it hasn't within a second, or sends something."""
        try:
            async with asyncio.timeout(1):
                return not await asyncio.get_running_loop().sock_recv(self.sock, 1)
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True


@dataclass
class Played:
    """A listening socket whose connections are taken one by one."""

    listener: socket.socket
    origin: str
    peers: list[Peer] = field(default_factory=list)

    async def takes(self) -> Peer:
        async with asyncio.timeout(3):
            sock, _ = await asyncio.get_running_loop().sock_accept(self.listener)
        self.peers.append(Peer(sock))
        return self.peers[-1]

    async def answers(self, data: bytes) -> tuple[Peer, bytes]:
        """Take the next connection, wait for a request, and say `data`; return what was asked."""
        peer = await self.takes()
        asked = await peer.hears()
        peer.says(data)
        return peer, asked


@contextlib.asynccontextmanager
async def played() -> AsyncIterator[Played]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        stage = Played(listener, f"http://127.0.0.1:{listener.getsockname()[1]}")
        try:
            yield stage
        finally:
            for peer in stage.peers:
                peer.sock.close()


def _whole(seen: bytes) -> bool:
    head, blank, body = seen.partition(b"\r\n\r\n")
    lines = [line.lower() for line in head.split(b"\r\n")]
    size = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    return bool(blank) and len(body) >= size
