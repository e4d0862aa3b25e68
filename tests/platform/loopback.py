"""A loopback server that answers raw bytes by script, and a clock that needs no waiting."""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.access import Access
from reconciler.model.key import Key
from reconciler.model.watching import Wait
from reconciler.platform import Platform

MakePlatform = Callable[..., Platform]
MakeAccess = Callable[..., Access]
MakeKey = Callable[..., Key]


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header.lower() == name.lower()]

    @property
    def bearer(self) -> str | None:
        return next(iter(self.all("authorization")), None)


Reply = Callable[[asyncio.StreamWriter], Awaitable[bool]]
"""Writes an answer; returns whether the connection stays open."""


@dataclass
class Server:
    """Answers requests by script: for each target the replies in order, the last one for ever."""

    origin: str = ""
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    hang_ups: int = 0
    """So many connections are closed before anything is read from them."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first request."""
    _scripts: dict[str, list[Reply]] = field(default_factory=dict)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def on(self, target: str, *replies: Reply) -> None:
        self._scripts[target] = list(replies)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self.hang_ups > 0:
                self.hang_ups -= 1
                return
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while await self._one(reader, writer, number):
                    pass
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)]
        size = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        body = await reader.readexactly(size)
        self.seen.append(Seen(method, target, headers, body, number))
        self.asked.set()
        replies = self._scripts.get(target) or self._scripts["*"]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        stays = await reply(writer)
        await writer.drain()
        return stays

    @property
    def serving(self) -> frozenset[asyncio.Task[Any]]:
        """What ends when a connection is closed: one for each that is open."""
        return frozenset(self._tasks)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Say:
    """The replies that a script is made of."""

    @staticmethod
    def status(status: int, body: bytes | str = b"", *headers: str) -> Reply:
        data = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data)}", *headers]
        return Say.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data, stays=True)

    @staticmethod
    def json(status: int, document: Any, *headers: str) -> Reply:
        return Say.status(status, json.dumps(document), *headers)

    @staticmethod
    def ok(value: Any, date: str | None = "2021-07-13T20:18:25Z") -> Reply:
        return Say.json(200, {"value": value, "updated_at": date})

    @staticmethod
    def token(text: str, life: Any = 300) -> Reply:
        return Say.json(200, {"access_token": text, "token_type": "Bearer", "expires_in": life})

    @staticmethod
    def raw(data: bytes, *, stays: bool = False) -> Reply:
        async def reply(writer: asyncio.StreamWriter) -> bool:
            writer.write(data)
            return stays

        return reply

    @staticmethod
    def drop() -> Reply:
        """Read the request, say nothing, hang up."""
        return Say.raw(b"")

    @staticmethod
    def reset(data: bytes = b"") -> Reply:
        """Say something, and take the connection down: RST, not FIN."""

        async def reply(writer: asyncio.StreamWriter) -> bool:
            writer.write(data)
            await writer.drain()
            # What the other side had no time to read is thrown away with the connection.
            await asyncio.sleep(0.01)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False

        return reply

    @staticmethod
    def trickle(data: bytes, pause: float) -> Reply:
        """One byte at a time."""

        async def reply(writer: asyncio.StreamWriter) -> bool:
            for byte in data:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(pause)
            return True

        return reply


@dataclass
class FakeClock:
    """Seconds that pass only when somebody sleeps, or the test says so."""

    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass
class Watched:
    """Writes down what a watcher hears: how many requests left, and each wait with when it began and ended."""

    clock: FakeClock
    sends: int = 0
    told: list[tuple[Wait, float, float]] = field(default_factory=list)
    _began: list[tuple[Wait, float]] = field(default_factory=list)

    def sent(self) -> None:
        self.sends += 1

    def waits(self, wait: Wait) -> None:
        self._began.append((wait, self.clock.now()))

    def goes_on(self, wait: Wait) -> None:
        began = next(one for one in self._began if one[0] is wait)
        self._began.remove(began)
        self.told.append((*began, self.clock.now()))


@contextlib.asynccontextmanager
async def serve(tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server()
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls)
    port = listener.sockets[0].getsockname()[1]
    server.origin = f"http://127.0.0.1:{port}" if tls is None else f"https://localhost:{port}"
    try:
        yield server
    finally:
        listener.close()
        await server.stop()
        await listener.wait_closed()


Serving = Callable[..., AbstractAsyncContextManager[Server]]
MakeReply = Callable[[type[Say]], Reply]
