"""A server that wants a token, and one that answers as badly as it can; each in a thread, on a loopback port."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.platform.loopback import Server, serve


@dataclass
class Thief:
    """Takes down every byte that it is sent, and says nothing. No protocol is too low."""

    origin: str = ""
    connections: int = 0
    heard: bytearray = field(default_factory=bytearray)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while piece := await reader.read(65536):
            self.heard += piece
            if piece.endswith(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                break
        writer.close()


@contextmanager
def thieving() -> Iterator[Thief]:
    """Serve a thief until the block ends."""
    thief = Thief()

    async def main(ready: threading.Event, end: asyncio.Event) -> None:
        listener = await asyncio.start_server(thief.handle, "127.0.0.1", 0)
        thief.origin = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        ready.set()
        await end.wait()
        listener.close()

    with _in_a_thread(main):
        yield thief


@contextmanager
def answering(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Serve a server that answers by script until the block ends."""
    box: list[Server] = []

    async def main(ready: threading.Event, end: asyncio.Event) -> None:
        async with serve(tls) as server:
            box.append(server)
            ready.set()
            await end.wait()

    with _in_a_thread(main):
        yield box[0]


@contextmanager
def _in_a_thread(main: object) -> Iterator[None]:
    ready, box = threading.Event(), list[tuple[asyncio.AbstractEventLoop, asyncio.Event]]()

    async def whole() -> None:
        end = asyncio.Event()
        box.append((asyncio.get_running_loop(), end))
        await main(ready, end)  # type: ignore[operator]

    thread = threading.Thread(target=lambda: asyncio.run(whole()))
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop, end = box[0]
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
