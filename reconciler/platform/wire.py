"""One HTTP exchange: a request out, at most 1 MiB of answer in, within a time. Never raises for what goes wrong.

The requests are built for a bare transport, not for a client: a client adds redirects, cookies, proxies and .netrc,
and each of these may take a credential elsewhere.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

import httpx

from reconciler import __version__
from reconciler.model.access import Clock, Limits
from reconciler.platform.bodies import MAX_BYTES
from reconciler.platform.faults import EXPECTED, Fault, fault_of
from reconciler.platform.pace import Pace
from reconciler.platform.stops import Errand, Stopped

log = logging.getLogger("reconciler.platform")

_HEADERS = {
    # The API labels some of its answers as problems, a 200 among them; a strict server would answer 406.
    "accept": "application/json, application/problem+json",
    # A compressed body could be a thousand times what the cap let through.
    "accept-encoding": "identity",
    "cache-control": "no-cache",
    "user-agent": f"reconciler/{__version__}",
}
_REQUEST_IDS = ("x-request-id", "x-correlation-id", "request-id", "x-amzn-requestid", "x-amzn-trace-id")


class Flaw(StrEnum):
    """Why the body of an answer can't be used. The words end a sentence."""

    TOO_LARGE = "the body is larger than 1 MiB"
    COMPRESSED = "the body is compressed, which was not asked for"
    CUT_SHORT = "the connection was lost before the end of the body"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and what came with it, not yet judged. The texts are as sent: untrusted, and maybe with secrets.

    With a `flaw` the body is what came before it showed. `retry_after` is the header's text.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    flaw: Flaw | None = None
    request_id: str | None = field(default=None, repr=False)
    retry_after: str | None = None


class Wire:
    """Exchanges over one transport. `limits` gives the time for each step; all of it may take connect + 2 x read."""

    def __init__(self, transport: httpx.AsyncBaseTransport, limits: Limits, clock: Clock, pace: Pace) -> None:
        self._pace = pace
        self._transport = transport
        self._clock = clock
        # A peer that sends a byte now and then satisfies every single timeout for ever.
        self._whole = limits.connect_timeout + 2 * limits.read_timeout
        self._timeouts = {
            "connect": limits.connect_timeout,
            "read": limits.read_timeout,
            "write": limits.read_timeout,
            "pool": self._whole,
        }

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        *,
        errand: Errand,
        by: float = math.inf,
    ) -> Answer | Fault | Stopped:
        """Send one request, once, when its turn comes, and return the answer, or why there is none.

        After the time `by` it is not sent any more. Raises ForbiddenRequest if the guard below says no. Cancelling
        closes the connection.
        """
        held_up = await self._pace.turn(errand, by=by)
        if held_up is not None:
            return held_up
        began = self._clock.now()
        path = "?"
        try:
            request = httpx.Request(
                method,
                url,
                headers={**_HEADERS, **headers},
                content=content,
                extensions={"timeout": self._timeouts},
            )
            path = request.url.path
            result: Answer | Fault = await self._exchange(request)
        except EXPECTED as error:
            result = fault_of(error)
        if isinstance(result, Answer) and result.status == 429:
            self._pace.rate.throttled()
        seen = result.status if isinstance(result, Answer) else result.sent
        log.debug("%s %s: %s in %.0f ms", method, path, seen, (self._clock.now() - began) * 1000)
        return result

    async def _exchange(self, request: httpx.Request) -> Answer:
        deadline = asyncio.get_running_loop().time() + self._whole
        async with asyncio.timeout_at(deadline):
            response = await self._transport.handle_async_request(request)
        async with _closing(response):
            body, flaw = await _body(response, deadline)
        ids = (response.headers.get(name) for name in _REQUEST_IDS)
        return Answer(
            status=response.status_code,
            body=body,
            flaw=flaw,
            request_id=next((found for found in ids if found), None),
            retry_after=response.headers.get("retry-after"),
        )


@contextlib.asynccontextmanager
async def _closing(response: httpx.Response) -> AsyncIterator[None]:
    """Close the answer in any case; a connection that can't even be closed takes nothing from what was read."""
    try:
        yield
    finally:
        with contextlib.suppress(*EXPECTED):
            await response.aclose()


async def _body(response: httpx.Response, deadline: float) -> tuple[bytes, Flaw | None]:
    """Read up to the cap. A status that was heard stays heard: whatever happens from here on is a flaw of the body."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return b"", Flaw.COMPRESSED
    body = bytearray()
    # Typed as an iterator, but a generator: closed here, not whenever it is collected.
    chunks = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
    try:
        async with asyncio.timeout_at(deadline), contextlib.aclosing(chunks):
            async for chunk in chunks:
                body += chunk
                if len(body) > MAX_BYTES:
                    return bytes(body[:MAX_BYTES]), Flaw.TOO_LARGE
    except EXPECTED:
        return bytes(body), Flaw.CUT_SHORT
    return bytes(body), None
