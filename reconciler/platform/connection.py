"""One HTTP/1.1 connection: a request out, its answer in, one at a time.

It does as little as it can, so that what it says of an exchange is exact: a request is written once, and never again;
nothing is followed, upgraded or decompressed; and a connection on which anything but one whole, well-formed answer was
heard is not used a second time. Errors are httpx's, by which `faults` tells whether a byte may have left.
"""

import asyncio
import re
import select
import ssl

import httpx

from reconciler.platform.answering import IncomingAnswer

_MOST_WAITING = 256 * 1024
"""Bytes of a body that nobody has taken yet, before the server has to wait."""
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")
_TARGET = re.compile(rb"[\x21-\x7e]+")


def wire_form(request: httpx.Request) -> bytes:
    """Return the bytes of a request. Raises LocalProtocolError for what would not arrive as it was meant.

    A line break in a header would make two of one. The error quotes nothing: the header may be the credential.
    """
    target, headers = request.url.raw_path, request.headers.raw
    method = request.method.encode()
    fine = (
        _NAME.fullmatch(method)
        and _TARGET.fullmatch(target)
        and all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers)
    )
    if not fine:
        raise httpx.LocalProtocolError("the method, the target or a header can't be put into HTTP")
    lines = [b"%b: %b\r\n" % header for header in headers]
    return b"".join((method, b" ", target, b" HTTP/1.1\r\n", *lines, b"\r\n", request.content))


class Connection(asyncio.Protocol):
    """An open connection, made by the event loop. One exchange is `ask`, then `more` until it gives nothing."""

    def __init__(self) -> None:
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the connection is closed and its socket given back."""
        self._transport: asyncio.Transport | None = None
        self._answer: IncomingAnswer | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._until = 0.0
        """When who waits has waited for long enough."""
        self._alarm: asyncio.TimerHandle | None = None
        self._paused = False
        self._over = False
        """True if no further request may go out: the server has ended, or said what nobody asked, or we have ended."""

    async def ask(self, request: bytes, within: float) -> IncomingAnswer:
        """Send a request, and return its answer as soon as the headers are there, in `within` seconds at most.

        Raises ConnectError if it was closed before anything was sent; ReadTimeout, ReadError, RemoteProtocolError, and
        then the request may have been served all the same.
        """
        if self._transport is None or not self.reusable:
            raise httpx.ConnectError("closed before anything was sent")
        answer = self._answer = IncomingAnswer()
        self._transport.write(request)
        while not answer.status:
            await self._hear(answer, within)
        return answer

    async def more(self, within: float) -> bytes:
        """Return the next piece of the body, nothing at its end; it may take `within` seconds. Raises as `ask` does."""
        answer = self._answer
        if answer is None:
            return b""
        while not answer.chunks and not answer.complete:
            await self._hear(answer, within)
        chunk = answer.take()
        if self._paused and self._transport is not None and answer.waiting < _MOST_WAITING:
            self._paused = False
            self._transport.resume_reading()
        return chunk

    @property
    def reusable(self) -> bool:
        """True if the last answer is whole, both sides are willing, and nobody has hung up."""
        answer, transport = self._answer, self._transport
        return (
            not self._over
            and transport is not None
            and not transport.is_closing()
            # An answer that came before all of its request had left doesn't say what became of the rest.
            and not transport.get_write_buffer_size()
            and (answer is None or (answer.complete and answer.keeps and not answer.chunks))
        )

    @property
    def silent(self) -> bool:
        """True if nothing has come, nor the end, that the event loop has not passed on yet.

        What came before a request is no answer to it. Right after a TLS handshake it can be a part of that.
        """
        assert self._transport is not None  # noqa: S101 - for the type checker
        descriptor = self._transport.get_extra_info("socket").fileno()
        if descriptor < 0:
            return False
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return not poll.poll(0)

    def rest(self) -> None:
        """Expect nothing until the next request: whatever comes now ends the connection."""
        self._answer = None

    def abort(self) -> None:
        """Close at once. `gone` tells when that is done; never, if the connection was not made."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()

    @property
    def made(self) -> bool:
        """True if there is something to be closed."""
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin (called by the event loop)."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass on what came (called by the event loop)."""
        answer = self._answer
        if answer is None:
            self._end()
            return
        answer.feed(data)
        if answer.error is not None or (answer.complete and not answer.keeps):
            self._end()
        # After the end nothing is held back: what comes then must be seen before the next request.
        elif answer.waiting >= _MOST_WAITING and not (answer.complete or self._paused):
            assert self._transport is not None  # noqa: S101 - for the type checker
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that the server has ended (called by the event loop, which then closes)."""
        self._over = True
        if self._answer is not None and self._ended_in_order():
            self._answer.ended()
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is closed (called by the event loop)."""
        self._over = True
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._answer is not None:
            self._answer.closed(exc)
            self._wake()
        if not self.gone.done():
            self.gone.set_result(None)

    async def _hear(self, answer: IncomingAnswer, within: float) -> None:
        """Wait until there is something new. Raises what went wrong with the answer."""
        if answer.error is not None:
            # A new one: what is raised holds its frames, and they hold us.
            raise type(answer.error)(str(answer.error)) from answer.error.__cause__
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        self._until = loop.time() + within
        if self._alarm is not None and self._alarm.when() > self._until:
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None:
            self._alarm = loop.call_at(self._until, self._ring)
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _ring(self) -> None:
        """Time may be up. One alarm serves many waits: to set one for each costs more than to look again."""
        self._alarm = None
        loop = asyncio.get_running_loop()
        if self._waiter is None or self._waiter.done():
            return
        if loop.time() < self._until:
            self._alarm = loop.call_at(self._until, self._ring)
        else:
            self._waiter.set_exception(httpx.ReadTimeout("nothing heard"))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _end(self) -> None:
        """Close soon: asyncio's TLS doesn't take it well while it hands out data."""
        self._over = True
        asyncio.get_running_loop().call_soon(self.abort)

    def _ended_in_order(self) -> bool:
        """True unless the end of the stream is nobody's word: over TLS, anyone on the way can cut a connection."""
        assert self._transport is not None  # noqa: S101 - for the type checker
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        if tls is None:
            return True
        try:
            return not tls.read(1)
        except ssl.SSLError:
            return False
