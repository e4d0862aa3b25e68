"""One answer as its bytes come in: what HTTP/1.1 makes of them. No I/O; framing is llhttp's, through httptools.

Whatever is odd about an answer ends it, and its connection with it: `error` says why, in httpx's terms.
"""

from collections import deque

import httptools
import httpx

MOST_FRAMING = 256 * 1024
"""Bytes of an answer that are not its body: interim answers, headers, chunk sizes, trailers."""

Headers = list[tuple[bytes, bytes]]


class IncomingAnswer:
    """Feed it bytes; then look at what is known. The methods `on_…` are for the parser alone.

    `status` is 0 until the headers are complete. `chunks` are the pieces of the body that nobody has taken yet, and
    `complete` says that no more will come; then there is no `error`, nor will there be. With `keeps`, the server is
    willing to serve another request.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.chunks: deque[bytes] = deque()
        self.waiting = 0
        """Bytes in `chunks`."""
        self.complete = False
        self.keeps = False
        self.error: httpx.TransportError | None = None
        self._framing = 0
        self._until_closed = False
        self._contradicts = False
        """True if the head announces a body where its status allows none: then it is unclear what comes next."""
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what came next."""
        parser = self._parser
        if parser is None:
            self.keeps = False
            return
        self._framing += len(data)
        heard = self.status
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse("the answer is not HTTP/1.1, or there is more of it than it said")
        if self._framing > MOST_FRAMING:
            # However it was cut into pieces: a head that ends too late has not ended.
            self.status, self.complete = heard, False
            self._refuse("too much in the answer that is not its body")
        if self.complete or self.error is not None:
            # It holds us as we hold it; and whatever follows is no part of this answer.
            self._parser = None

    def ended(self) -> None:
        """Take it that the server has said it all, by the end of the stream. Some bodies are framed by that alone."""
        if self._until_closed and self.error is None:
            self.complete = True
            self._parser = None

    def closed(self, why: Exception | None) -> None:
        """Take it that nothing more comes."""
        self._parser = None
        if self.complete or self.error is not None:
            return
        if why is None:
            self._refuse("closed before the end of the answer")
        else:
            self.error = httpx.ReadError("lost before the end of the answer")
            self.error.__cause__ = why

    def take(self) -> bytes:
        """Return the next piece of the body; nothing if there is none yet."""
        if not self.chunks:
            return b""
        chunk = self.chunks.popleft()
        self.waiting -= len(chunk)
        return chunk

    def on_message_begin(self) -> None:
        """Something follows a whole answer, that nobody asked for."""
        if self.complete:
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or after the headers a trailer, which nobody needs."""
        if not self.status and self.error is None:
            self.headers.append((name, value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        """The head is there, unless it is an interim one: then the real one is still to come."""
        if self._parser is None or self.status or self.error is not None:
            return
        status = self._parser.get_status_code()
        lengths = [value for name, value in self.headers if name.lower() == b"content-length"]
        codings = [value for name, value in self.headers if name.lower() == b"transfer-encoding"]
        if status < 100:
            self._refuse("a status that is none")
        elif status < 200:
            self.headers.clear()
        elif codings and [coding.lower() for coding in codings] != [b"chunked"]:
            self._refuse("a transfer coding that was not asked for")
        else:
            bodiless = status in (204, 304)
            self._contradicts = bodiless and (bool(codings) or lengths not in ([], [b"0"]))
            self._until_closed = not (codings or lengths or bodiless)
            self.status = status

    def on_body(self, body: bytes) -> None:
        """Another piece of the body."""
        if self.status and not self.complete:
            self._framing -= len(body)
            self.waiting += len(body)
            self.chunks.append(body)

    def on_message_complete(self) -> None:
        """The end, as the answer itself told it."""
        if self._parser is not None and self.status and not self.complete and self.error is None:
            self.complete, self.keeps = True, self._parser.should_keep_alive() and not self._contradicts

    def _refuse(self, why: str) -> None:
        """An answer that is whole stays so; it is what follows that is odd."""
        self.keeps = False
        if not self.complete:
            self.error = self.error or httpx.RemoteProtocolError(why)
