"""One HTTP exchange: a request out, at most 1 MiB of answer in, within a time. Never raises for what goes wrong.

The requests are built for a bare transport, not for a client: a client adds redirects, cookies, proxies and .netrc,
and each of these may take a credential elsewhere.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

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
_REQUEST_IDS = (b"x-request-id", b"x-correlation-id", b"request-id", b"x-amzn-requestid", b"x-amzn-trace-id")


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
        self._given: Mapping[str, str] | None = None
        self._headers = httpx.Headers()

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
                httpx.URL(url),
                headers=self._with_ours(headers),
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

    def _with_ours(self, given: Mapping[str, str]) -> httpx.Headers:
        """Return all headers of a request. A tenant's are the same each time, and httpx takes long to look at them."""
        if given != self._given:
            self._given, self._headers = given, httpx.Headers({**_HEADERS, **given})
        return self._headers

    async def _exchange(self, request: httpx.Request) -> Answer:
        """A status that was heard stays heard: whatever happens after that is a flaw of the body."""
        response: httpx.Response | None = None
        body = bytearray()
        try:
            async with asyncio.timeout(self._whole):
                response = await self._transport.handle_async_request(request)
                flaw = await _read(response, body)
        except EXPECTED:
            if response is None:
                raise
            flaw = Flaw.CUT_SHORT
        finally:
            if response is not None:
                # A connection that can't even be closed takes nothing from what was read.
                with contextlib.suppress(*EXPECTED):
                    await response.aclose()
        return _answer(response, bytes(body), flaw)


async def _read(response: httpx.Response, into: bytearray) -> Flaw | None:
    """Read the body up to the cap."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return Flaw.COMPRESSED
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - for the type checker
    async for chunk in response.stream:
        into += chunk
        if len(into) > MAX_BYTES:
            del into[MAX_BYTES:]
            return Flaw.TOO_LARGE
    return None


def _answer(response: httpx.Response, body: bytes, flaw: Flaw | None) -> Answer:
    # Not by the response's own look-up, which goes over all headers for each name. The first of several counts.
    headers = {name.lower(): value.decode("latin-1") for name, value in reversed(response.headers.raw)}
    request_id = next((found for name in _REQUEST_IDS if (found := headers.get(name))), None)
    return Answer(response.status_code, body, flaw, request_id, headers.get(b"retry-after"))
