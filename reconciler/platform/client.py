"""The platform as the rest of the house sees it: open it once a run, then a reader or a writer for each tenant."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Self

import httpx

from reconciler.model.access import Access, ClientCredentials, Clock, Limits, Notice
from reconciler.model.watching import UNWATCHED, Watch
from reconciler.platform.addresses import Unusable, address_of, why_unusable
from reconciler.platform.answers import Fits, WhyNot
from reconciler.platform.budgets import Breaker, Deadline, RetryBudget
from reconciler.platform.guard import ASKING_FOR_TOKENS, READING, WRITING, ForbiddenRequest, Guard
from reconciler.platform.pace import Pace, Run
from reconciler.platform.quiet import allow_connections, silence_httpx, use_small_buffers
from reconciler.platform.rates import AddressBudget, TenantRate
from reconciler.platform.redact import Known, Redactor
from reconciler.platform.retries import Retries
from reconciler.platform.stops import Stop
from reconciler.platform.tenant import Judgement, Line, TenantReader, TenantWriter
from reconciler.platform.tokens import FetchedTokens, Held, StaticTokens, Tokens
from reconciler.platform.transport import Transport
from reconciler.platform.wire import Wire

TransportFor = Callable[[int], httpx.AsyncBaseTransport]
"""Makes a transport with at most so many connections."""

_TOKEN_CONNECTIONS = 8
"""For all tenants of a run that have the same token host: a fleet needs a token each, but not a connection each."""
_RESOLVING = 64
"""Names that are looked up at the same time, each in a thread. Python's own number is a few more than processors."""


class Platform:
    """HTTP to every tenant of one run, over one TLS context. An async context manager; opened once.

    `fits` and `why_not` hold a plain JSON value against the key's schema in the spec. With `ca_bundle` (PEM), its
    authorities are trusted beside the system's. Without `may_write` there is no writer, and no request but a GET
    (and the POST for a token) leaves. No text shows a secret of `everyone`, whichever tenant's answer it is from. How
    many tenants are under way at once is the caller's affair.
    """

    def __init__(  # noqa: PLR0913 - all that the room needs from outside, each by its name
        self,
        limits: Limits,
        *,
        fits: Fits,
        why_not: WhyNot,
        ca_bundle: Path | None,
        may_write: bool,
        clock: Clock,
        random: Random,
        notice: Notice,
        watch: Watch = UNWATCHED,
        everyone: Iterable[Access] = (),
        transport_for: TransportFor | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises Unusable if `ca_bundle` can't be read."""
        self._limits = limits
        self._judgement = Judgement(fits, why_not)
        self._may_write = may_write
        self._clock = clock
        self._random = random
        self._notice = notice
        self._transport_for = transport_for or transports_over(tls_of(ca_bundle))
        self._wall = wall
        self._run = Run(
            limits,
            clock,
            notice,
            Stop(),
            RetryBudget(notice),
            AddressBudget(limits.calls_per_window, limits.window_seconds, clock, watch),
            Deadline(clock, limits.run_deadline),
            watch,
        )
        # Kept over a run: a tenant is opened once to plan and once to write.
        self._known = Known()
        for access in everyone:
            self._known.learn(access.every_secret())
        self._rates: dict[str, TenantRate] = {}
        self._breakers: dict[str, Breaker] = {}
        self._held: dict[str, Held] = {}
        self._open = contextlib.AsyncExitStack()
        self._token_transports: dict[str, httpx.AsyncBaseTransport] = {}

    async def __aenter__(self) -> Self:
        silence_httpx()
        use_small_buffers()
        allow_connections(2 * self._limits.concurrency + _TOKEN_CONNECTIONS)
        looking_up = ThreadPoolExecutor(min(self._limits.concurrency, _RESOLVING), thread_name_prefix="resolver")
        asyncio.get_running_loop().set_default_executor(looking_up)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    @contextlib.asynccontextmanager
    async def reading(self, access: Access) -> AsyncIterator[TenantReader]:
        """Open a tenant for reading alone. Raises Unusable for credentials that can't be used."""
        async with self._line(access, READING) as line:
            yield TenantReader(line, self._judgement)

    @contextlib.asynccontextmanager
    async def writing(self, access: Access) -> AsyncIterator[TenantWriter]:
        """Open a tenant for reading and writing. Raises Unusable, and ForbiddenRequest in a run that may not write."""
        if not self._may_write:
            raise ForbiddenRequest("this run may not write")
        async with self._line(access, WRITING) as line:
            yield TenantWriter(line, self._judgement)

    @contextlib.asynccontextmanager
    async def _line(self, access: Access, methods: frozenset[str]) -> AsyncIterator[Line]:
        complaint = why_unusable(access)
        if complaint:
            raise Unusable(complaint)
        origin = access.origin.rstrip("/")
        redact = Redactor(access.every_secret(), self._known)
        address = address_of(origin)
        pace = self._pace(access.tenant, exempt=address.loopback)
        retries = Retries(
            self._limits.read_tries, self._clock, self._wall, self._random, self._notice, access.tenant, pace
        )
        async with self._transport_for(1) as transport:
            guard = Guard(transport, methods, address.covers)
            yield Line(
                origin=origin,
                wire=Wire(guard, self._limits, self._clock, pace),
                tokens=self._tokens(access, retries, redact),
                retries=retries,
                redact=redact,
                pace=pace,
            )

    def _pace(self, tenant: str, *, exempt: bool) -> Pace:
        rate = self._rates.setdefault(tenant, TenantRate(self._limits.tenant_rate, self._clock))
        breaker = self._breakers.setdefault(tenant, Breaker(self._limits.breaker_failures))
        return Pace(self._run, rate, Deadline(self._clock, self._limits.tenant_deadline), breaker, exempt)

    def _tokens(self, access: Access, retries: Retries, redact: Redactor) -> Tokens:
        grant = access.grant
        if not isinstance(grant, ClientCredentials):
            return StaticTokens(grant.token)
        token_url = httpx.URL(grant.token_url)
        host = str(token_url.copy_with(raw_path=b"/"))
        if host not in self._token_transports:
            self._token_transports[host] = self._transport_for(_TOKEN_CONNECTIONS)
            self._open.push_async_callback(self._token_transports[host].aclose)
        guard = Guard(self._token_transports[host], ASKING_FOR_TOKENS, lambda url: url == token_url)
        pace = replace(retries.pace, exempt=address_of(grant.token_url).loopback)
        wire = Wire(guard, self._limits, self._clock, pace)
        held = self._held.setdefault(access.tenant, Held())
        return FetchedTokens(grant, wire, retries, self._clock, redact, held)


def tls_of(ca_bundle: Path | None) -> Callable[[], ssl.SSLContext]:
    """Return what gives the one context of the run. Made when first needed: it takes some 30 ms.

    Raises Unusable if `ca_bundle` can't be read: now, and not when the first tenant is asked.
    """
    if ca_bundle is None:
        return cache(ssl.create_default_context)
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=ca_bundle)
    except OSError as error:
        # ssl.SSLError is an OSError, without a text that helps.
        why = "no PEM certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
        raise Unusable(f"Unusable ca_bundle. {ca_bundle}: {why}. Name a PEM file with CA certificates.") from None
    return lambda: context


def transports_over(tls: Callable[[], ssl.SSLContext]) -> TransportFor:
    """Return what makes the transports of a run: HTTP/1.1, verified by `tls`, deaf to the environment's proxies."""
    return lambda connections: Transport(tls, connections)
