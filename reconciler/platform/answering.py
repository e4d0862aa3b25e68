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
    `complete` says that no more will come. With `keeps`, the server is willing to serve another request.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.chunks: deque[bytes] = deque()
        self.waiting = 0
        """Bytes in `chunks`."""
        self.complete = False
        self.keeps = False
        self.error: Exception | None = None
        self._framing = 0
        self._until_closed = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what came next."""
        if self.error is not None:
            return
        self._framing += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse("the answer is not HTTP/1.1, or there is more of it than it said")
        if self._framing > MOST_FRAMING:
            self._refuse("too much in the answer that is not its body")

    def closed(self, why: Exception | None) -> None:
        """Take it that nothing more comes. Some answers end like that."""
        if self.complete or self.error is not None:
            return
        if why is None and self.status and self._until_closed:
            self.complete = True
        elif why is None:
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
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there, unless it is an interim one: then the real one is still to come."""
        status = self._parser.get_status_code()
        if self.status:
            return
        if 100 <= status < 200:
            self.headers.clear()
            return
        named = {name.lower(): value for name, value in self.headers}
        coding = named.get(b"transfer-encoding")
        if coding is not None and coding.strip().lower() != b"chunked":
            self._refuse("a transfer coding that was not asked for")
            return
        self._until_closed = coding is None and b"content-length" not in named
        self.status = status

    def on_body(self, body: bytes) -> None:
        """Another piece of the body."""
        if self.status and not self.complete:
            self._framing -= len(body)
            self.waiting += len(body)
            self.chunks.append(body)

    def on_message_complete(self) -> None:
        """The end, as the answer itself told it."""
        if self.status and not self.complete:
            self.complete, self.keeps = True, self._parser.should_keep_alive()

    def _refuse(self, why: str) -> None:
        self.error = self.error or httpx.RemoteProtocolError(why)
