"""The same requests as `benchmarks.raw`, by one HTTP engine: what it alone costs, without anything of a plan.

    python -m benchmarks.engine NAME PORT TENANTS CONCURRENCY CA KEY...

One connection a tenant, its GETs one after the other, so many tenants at once; every answer is read and has to be 200.
A name that ends with `+uvloop` has that for its event loop.
"""

import asyncio
import functools
import resource
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.fleet import DOMAIN, TOKEN, name_of

PATH = "/v0/config/sales_order/"
SECONDS = {"connect": 5.0, "read": 15.0, "write": 15.0, "pool": 15.0}
"""Limits, as a plan has them."""
HEADERS = {"authorization": f"Bearer {TOKEN}", "accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked, of whom, and who vouches for them."""

    port: int
    tenants: int
    at_once: int
    tls: ssl.SSLContext
    keys: Sequence[str]

    def origin(self, tenant: int) -> str:
        """Return a tenant's own."""
        return f"https://{name_of(tenant)}.{DOMAIN}:{self.port}"


Ask = Callable[[int], Awaitable[None]]
"""Gets all keys of one tenant."""


async def through(job: Job, ask: Ask) -> None:
    """Ask all tenants, so many at once."""
    turn = iter(range(job.tenants))

    async def worker() -> None:
        for tenant in turn:
            await ask(tenant)

    await asyncio.gather(*(worker() for _ in range(job.at_once)))


async def resolved(host: str, port: int) -> list[Any]:
    """Look a name up, as every engine has to."""
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def by_transport(job: Job, transport_for: Callable[[int], Any], version: bytes = b"HTTP/1.1") -> None:
    """An httpx transport a tenant."""
    import httpx

    async def ask(tenant: int) -> None:
        async with transport_for(1) as transport:
            for key in job.keys:
                url = job.origin(tenant) + PATH + key
                request = httpx.Request("GET", url, headers=HEADERS, extensions={"timeout": SECONDS})
                answer = await transport.handle_async_request(request)
                await answer.aread()
                await answer.aclose()
                expect(answer.status_code if answer.extensions.get("http_version", version) == version else 505)

    await through(job, ask)


async def by_httpx(job: Job, *, http2: bool = False) -> None:
    """httpx's own transport, with a pool of one connection; with `http2` it prefers that, and insists on it."""
    import httpx

    def transport_for(connections: int) -> httpx.AsyncHTTPTransport:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        return httpx.AsyncHTTPTransport(verify=job.tls, trust_env=False, http2=http2, limits=limits)

    await by_transport(job, transport_for, b"HTTP/2" if http2 else b"HTTP/1.1")


async def by_ours(job: Job) -> None:
    """What the reconciler itself sends through, its guard and its pace left out."""
    from reconciler.platform.client import transports_over

    await by_transport(job, transports_over(lambda: job.tls))


async def by_aiohttp(job: Job) -> None:
    """One session for all, without what it does about cookies and redirects."""
    import aiohttp
    from aiohttp.abc import AbstractResolver

    class Resolver(AbstractResolver):  # type: ignore[misc]  # aiohttp isn't here when types are checked
        async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
            found = [(kind, proto, where[0]) for kind, _, proto, _, where in await resolved(host, port)]
            known = {"hostname": host, "port": port, "flags": 0}
            return [{**known, "host": to, "family": kind or family, "proto": proto} for kind, proto, to in found]

        async def close(self) -> None:
            """Nothing is open."""

    connector = aiohttp.TCPConnector(ssl=job.tls, limit=0, resolver=Resolver())
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def ask(tenant: int) -> None:
            for key in job.keys:
                url = job.origin(tenant) + PATH + key
                async with session.get(url, headers=HEADERS, allow_redirects=False) as answer:
                    await answer.read()
                    expect(answer.status)

        await through(job, ask)


class Talk(asyncio.Protocol):
    """One connection whose answers httptools takes apart; no time limits, no look at headers."""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request; the future gets the status once the whole answer is there."""
        import httptools

        self.parser = httptools.HttpResponseParser(self)
        self.body = b""
        self.answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.answered

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """httptools calls this with a part of it."""
        self.body += body

    def on_message_complete(self) -> None:
        """httptools calls this at the end of an answer."""
        self.answered.set_result(self.parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answered.done():
            self.answered.set_exception(exc or EOFError())


async def by_httptools(job: Job) -> None:
    """asyncio's own connections, and a parser in C."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())

    async def ask(tenant: int) -> None:
        host = job.origin(tenant).removeprefix("https://").partition(":")[0]
        address = (await resolved(host, job.port))[0][4][0]
        loop = asyncio.get_running_loop()
        transport, talk = await loop.create_connection(Talk, address, job.port, ssl=job.tls, server_hostname=host)
        for key in job.keys:
            expect(await talk.ask(f"GET {PATH}{key} HTTP/1.1\r\nhost: {host}\r\n{lines}\r\n".encode()))
        transport.close()

    await through(job, ask)


def expect(status: int) -> None:
    """A fast refusal is no answer."""
    if status != 200:
        raise SystemExit(f"an answer was {status}")


ENGINES: dict[str, Callable[[Job], Coroutine[Any, Any, None]]] = {
    "httpx": by_httpx,
    "httpx-http2": functools.partial(by_httpx, http2=True),
    "aiohttp": by_aiohttp,
    "httptools": by_httptools,
    "ours": by_ours,
}


def loop_of(name: str) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the event loop; asyncio's own has no name."""
    if not name:
        return None
    import uvloop

    class Loop(uvloop.Loop):  # type: ignore[misc]  # uvloop isn't here when types are checked
        async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> list[Any]:
            # In a thread, as asyncio does: uvloop's own look-up would not know the names of the benchmarks' hosts.
            return list(await self.run_in_executor(None, functools.partial(socket.getaddrinfo, host, port, **hints)))

    return Loop


def main(name: str, port: str, tenants: str, at_once: str, authority: str, *keys: str) -> None:
    """Get every key of every tenant."""
    job = Job(int(port), int(tenants), int(at_once), ssl.create_default_context(cafile=authority), keys)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # One that all tenants share keeps the connections of those that are through, for a while.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, job.tenants + job.at_once + 128), hard))
    engine, _, loop = name.partition("+")
    with asyncio.Runner(loop_factory=loop_of(loop)) as runner:
        runner.run(ENGINES[engine](job))


if __name__ == "__main__":
    main(*sys.argv[1:])
