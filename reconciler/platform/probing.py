"""Looking at the way to a place before anything is sent there, and at what its answers say in passing.

A probe goes the way of a request, by the same look-up, sockets and TLS, so that what it meets is what a run would
meet. It ends where HTTP would begin: no byte of ours reaches the server.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, TypeVar

import httpx

from reconciler.platform.addresses import address_of
from reconciler.platform.connecting import connected
from reconciler.platform.faults import reason_of
from reconciler.platform.transport import Transport

T = TypeVar("T")

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a connection goes to: what the web calls an origin."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """As in a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port == _PORTS[self.scheme] else f':{self.port}'}"


def place_of(url: str) -> Place:
    """Return where a URL leads. Raises Unusable for what can't be one."""
    address = address_of(url)
    return Place(address.scheme, address.host, address.port)


class Step(StrEnum):
    """The steps of the way to a place, in order."""

    NAME = "name"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Probed:
    """How far a probe came. `failed` is the step that it ended at, and `why` the reason; None for all the way.

    `issuer` and `expires` are the certificate's, which was verified; empty without TLS.
    """

    addresses: tuple[str, ...] = ()
    failed: Step | None = None
    why: str = ""
    issuer: str = ""
    expires: datetime | None = None


async def probe(place: Place, tls: Callable[[], ssl.SSLContext], seconds: float) -> Probed:
    """Look the name up, and then connect and shake hands, in `seconds` each. Cancelling it leaves nothing open."""
    try:
        addresses = await _by(_look_up(place), _now() + seconds)
    except (OSError, UnicodeError) as error:
        return Probed(failed=Step.NAME, why=_why(error, seconds))
    # As for a request, there is one time for both.
    end = _now() + seconds
    try:
        sock = await _by(connected(place.host, place.port), end)
    except (OSError, UnicodeError) as error:
        return Probed(addresses, Step.CONNECTION, _why(error, seconds))
    if place.scheme != "https":
        sock.close()
        return Probed(addresses)
    try:
        peer = await _by(_shaken_hands(sock, place.host, tls()), end)
    except OSError as error:
        return Probed(addresses, Step.CERTIFICATE, _why(error, seconds))
    issuer, expires = _of_certificate(peer)
    return Probed(addresses, issuer=issuer, expires=expires)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _by(step: Coroutine[Any, Any, T], end: float) -> T:
    async with asyncio.timeout_at(end):
        return await step


async def _shaken_hands(sock: socket.socket, host: str, context: ssl.SSLContext) -> Any:
    """Return what is known of the certificate; the connection is closed."""
    connection = _Nothing()
    try:
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: connection, sock=sock, ssl=context, server_hostname=host
        )
        return transport.get_extra_info("peercert") or {}
    finally:
        await connection.close()


async def _look_up(place: Place) -> tuple[str, ...]:
    found = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    return tuple(sorted({str(address[0]) for *_, address in found}))


def _why(error: Exception, seconds: float) -> str:
    if isinstance(error, UnicodeError):
        return "the host's name can't be looked up"
    if isinstance(error, TimeoutError) and not error.errno:
        return f"no answer in {seconds:g} s"
    # Without the advice that follows it: that is for one who made a request.
    return reason_of(error).partition(". ")[0] or "the connection was closed"


class _Nothing(asyncio.Protocol):
    """A connection on which nothing is said. The other methods are for the event loop."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._gone = asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """Close it, and wait until it is."""
        if self._transport is not None:
            self._transport.abort()
            await asyncio.shield(self._gone)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio passes it
        if not self._gone.done():
            self._gone.set_result(None)


def _of_certificate(peer: Any) -> tuple[str, datetime | None]:
    """Return the issuer's name and the end, from what `getpeercert` gives for a certificate that was verified."""
    names = dict(pair for part in peer.get("issuer", ()) for pair in part)
    issuer = names.get("organizationName") or names.get("commonName") or ""
    ends = peer.get("notAfter")
    return str(issuer), datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None


@dataclass(slots=True)
class Clocks:
    """Makes the transports of a run, and notes by how much each place's clock is ahead of ours.

    From the Date header of the answers, which is of whole seconds. Of several answers the least difference counts: what
    makes one larger may be a slow answer. `transport` is what `Platform` takes for `transport_for`.
    """

    tls: Callable[[], ssl.SSLContext]
    wall: Callable[[], datetime]
    ahead: dict[Place, float] = field(default_factory=dict)

    def transport(self, connections: int) -> httpx.AsyncBaseTransport:
        """Return a transport whose answers are noted."""
        return _Noting(Transport(self.tls, connections), self)

    def note(self, url: httpx.URL, date: str | None) -> None:
        """Note one answer that has just come."""
        seconds = ahead(date, self.wall())
        if seconds is None:
            return
        port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
        place = Place(url.scheme, url.raw_host.decode("ascii"), port)
        known = self.ahead.get(place)
        if known is None or abs(seconds) < abs(known):
            self.ahead[place] = seconds


def ahead(date: str | None, now: datetime) -> float | None:
    """Return by how many seconds a Date header is ahead of `now`; None if it is no date."""
    if date is None or not 10 <= len(date) <= 60 or not date.isascii() or not date.isprintable():
        return None
    try:
        then = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return ((then if then.tzinfo is not None else then.replace(tzinfo=UTC)) - now).total_seconds()


class _Noting(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport, clocks: Clocks) -> None:
        self._inner = inner
        self._clocks = clocks

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        self._clocks.note(request.url, response.headers.get("date"))
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()
