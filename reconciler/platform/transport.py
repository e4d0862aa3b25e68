"""httpx's transport over our own connections: HTTP/1.1, verified TLS, and nothing that sends a request twice.

httpx brings the types at the seam. Its own transport costs several times as much, which is most of what a plan of a
large fleet costs (docs/decisions/0011). Here are the connections of one origin: opened, kept for the next request,
given up. Nothing is taken from the environment: no proxy, no .netrc.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Self

import httpx

from reconciler.platform.connecting import connected
from reconciler.platform.connection import Connection, wire_form

_KEEPALIVE = 15.0
"""Seconds. Servers close an idle connection after a minute or so; the sooner of both should be us."""
_PORTS = {"http": 80, "https": 443}


class Transport(httpx.AsyncBaseTransport):
    """At most `connections` to one origin; the first request says which one that is.

    A request's `timeout` extension has the seconds for `pool`, `connect` and `read`, all of them required. To write
    takes no time of its own: a request is small, and what is stuck is not answered. A connection that has rested for
    `rests` seconds is not used again. Closing the transport closes everything, also under a response that is still
    being read, and after that it sends nothing.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext], connections: int, rests: float = _KEEPALIVE) -> None:
        self._tls = tls
        self._turn = asyncio.Semaphore(connections)
        self._rests = rests
        self._origin: tuple[str, str, int] | None = None
        self._idle: list[tuple[Connection, float]] = []
        self._open: set[Connection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, once, and return the answer as soon as its headers are there.

        Raises httpx's errors: ConnectError, ConnectTimeout and PoolTimeout if no byte of it has left,
        LocalProtocolError if it can't be put into HTTP, and others if it may have been served.
        """
        seconds = request.extensions["timeout"]
        data = wire_form(request)
        origin = self._origin_of(request.url)
        await self._wait_for_turn(seconds["pool"])
        connection: Connection | None = None
        try:
            connection = await self._rested() or await self._connect(*origin, seconds["connect"])
            answer = await connection.ask(data, seconds["read"])
            stream = _Body(self, connection, seconds["read"])
            return httpx.Response(answer.status, headers=answer.headers, stream=stream)
        except BaseException:
            await self._give_up(connection)
            raise

    async def aclose(self) -> None:
        """Close every connection, and wait until it is."""
        self._closed = True
        self._idle.clear()
        left = tuple(self._open)
        for connection in left:
            connection.abort()
        for connection in left:
            await asyncio.shield(connection.gone)

    async def take_back(self, connection: Connection) -> None:
        """Keep a connection for the next request, if it is fit for one."""
        if connection.reusable:
            connection.rest()
            self._idle.append((connection, asyncio.get_running_loop().time()))
            self._turn.release()
        else:
            await self._give_up(connection)

    async def _wait_for_turn(self, seconds: float) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("every connection is in use") from None

    async def _rested(self) -> Connection | None:
        """Return the connection that rested for the shortest time, if that wasn't too long. Close those unfit."""
        while self._idle:
            connection, since = self._idle.pop()
            young = asyncio.get_running_loop().time() - since < self._rests
            if young and connection.reusable and connection.silent:
                return connection
            await _close(connection)
        return None

    async def _connect(self, scheme: str, host: str, port: int, seconds: float) -> Connection:
        connection = Connection()
        try:
            await self._open_one(connection, host, port, seconds, tls=scheme == "https")
        except BaseException:
            # A handshake that ends just as it is given up leaves a connection behind.
            await _close(connection)
            raise
        self._open.add(connection)
        connection.gone.add_done_callback(lambda _: self._open.discard(connection))
        if self._closed:
            connection.abort()
        return connection

    async def _open_one(self, connection: Connection, host: str, port: int, seconds: float, *, tls: bool) -> None:
        if self._closed:
            raise httpx.ConnectError("the transport is closed")
        try:
            context = self._tls() if tls else None
            async with asyncio.timeout(seconds):
                sock = await connected(host, port)
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, sock=sock, ssl=context, server_hostname=host if tls else None
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx.ConnectError("no connection") from error
        except UnicodeError as error:
            raise httpx.ConnectError("a name that can't be looked up") from error

    async def _give_up(self, connection: Connection | None) -> None:
        """Close a connection and let the next one have its turn, in this order."""
        try:
            if connection is not None:
                await _close(connection)
        finally:
            self._turn.release()

    def _origin_of(self, url: httpx.URL) -> tuple[str, str, int]:
        scheme, port = url.scheme, url.port
        origin = scheme, url.raw_host.decode("ascii"), _PORTS.get(scheme, 0) if port is None else port
        if scheme not in _PORTS or self._origin not in (None, origin):
            raise httpx.UnsupportedProtocol("neither https nor http, or another origin")
        self._origin = origin
        return origin


async def _close(connection: Connection) -> None:
    """Close a connection, and wait until it is: at the end of a run none may be left to the garbage collector."""
    connection.abort()
    if connection.made:
        await asyncio.shield(connection.gone)


class _Body(httpx.AsyncByteStream, AsyncIterator[bytes]):
    """What is still to come of an answer. Closing it frees the connection, whatever was read."""

    def __init__(self, transport: Transport, connection: Connection, within: float) -> None:
        self._transport = transport
        self._connection: Connection | None = connection
        self._within = within

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk = b"" if self._connection is None else await self._connection.more(self._within)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._transport.take_back(connection)
