"""httpx's transport over our own connections: HTTP/1.1, verified TLS, and nothing that sends a request twice.

httpx brings the types at the seam. Its own transport costs several times as much, which is most of what a plan of a
large fleet costs (docs/decisions/0011). Here are the connections of one origin: opened, kept for the next request,
given up. Nothing is taken from the environment: no proxy, no .netrc.
"""

import asyncio
import os
import re
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Self

import httpx

from reconciler.platform.connection import Connection, wire_form

_KEEPALIVE = 15.0
"""Seconds. Servers close an idle connection after a minute or so; the sooner of both should be us."""
_PORTS = {"http": 80, "https": 443}


class Transport(httpx.AsyncBaseTransport):
    """At most `connections` to one origin; the first request says which one that is.

    A request's `timeout` extension has the seconds for `pool`, `connect` and `read`, all of them required. To write
    takes no time of its own: a request is small, and what is stuck is not answered. Closing it closes everything, also
    under a response that is still being read.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext], connections: int) -> None:
        self._tls = tls
        self._turn = asyncio.Semaphore(connections)
        self._origin: tuple[str, str, int] | None = None
        self._idle: list[tuple[Connection, float]] = []
        self._open: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, once, and return the answer as soon as its headers are there.

        Raises httpx's errors: ConnectError, ConnectTimeout and PoolTimeout if no byte of it has left,
        LocalProtocolError if it can't be put into HTTP, and others if it may have been served.
        """
        seconds = request.extensions["timeout"]
        data = wire_form(request)
        await self._wait_for_turn(seconds["pool"])
        connection: Connection | None = None
        try:
            connection = self._rested() or await self._connect(request.url, seconds["connect"])
            answer = await connection.ask(data, seconds["read"])
        except BaseException:
            self._turn.release()
            await self._give_up(connection)
            raise
        stream = _Body(self, connection, seconds["read"])
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)

    async def aclose(self) -> None:
        """Close every connection, and wait until it is."""
        self._idle.clear()
        for connection in tuple(self._open):
            await self._give_up(connection)

    async def take_back(self, connection: Connection) -> None:
        """Keep a connection for the next request, if it is fit for one."""
        if connection.reusable:
            connection.rest()
            self._idle.append((connection, asyncio.get_running_loop().time()))
        else:
            await self._give_up(connection)
        self._turn.release()

    async def _wait_for_turn(self, seconds: float) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._turn.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("every connection is in use") from None

    def _rested(self) -> Connection | None:
        """Return the connection that rested for the shortest time, if that wasn't too long."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection, since = self._idle.pop()
            if connection.reusable and now - since < _KEEPALIVE:
                return connection
            connection.abort()
        return None

    async def _connect(self, url: httpx.URL, seconds: float) -> Connection:
        scheme, host = url.scheme, url.raw_host.decode("ascii")
        port = url.port or _PORTS.get(scheme, 0)
        self._origin = self._origin or (scheme, host, port)
        if scheme not in _PORTS or self._origin != (scheme, host, port):
            raise httpx.UnsupportedProtocol("neither https nor http, or another origin")
        tls = scheme == "https"
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                # How long one address is tried before the next one is tried beside it (RFC 8305).
                _, connection = await loop.create_connection(
                    Connection,
                    host,
                    port,
                    ssl=self._tls() if tls else None,
                    server_hostname=host if tls else None,
                    happy_eyeballs_delay=0.25,
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx.ConnectError("no connection") from _first(error)
        self._open.add(connection)
        connection.gone.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    async def _give_up(self, connection: Connection | None) -> None:
        """Close a connection, and wait until it is: at the end of a run none may be left to the garbage collector."""
        if connection is not None:
            connection.abort()
            await asyncio.shield(connection.gone)


def _first(error: OSError) -> OSError:
    """Return the first of several addresses' errors, which Python 3.11 joins to one text without a number."""
    found = re.search(r"\[Errno (\d+)\]", str(error)) if error.errno is None else None
    return error if found is None else OSError(int(found[1]), os.strerror(int(found[1])))


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
