"""A server that repeats what it is told in every place that an answer has: the worst that an API can do to a secret."""

import base64
import contextlib
import html
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote_plus

SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": lambda text: json.dumps({"said": text}),
    "url": lambda text: quote(text, safe=""),
    "html": lambda text: f"<p>{html.escape(text)}</p>",
    "base64": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
}
STATUSES = (200, 302, 400, 401, 403, 404, 409, 429, 500, 503)


@dataclass(frozen=True, slots=True)
class Habit:
    """How a parrot answers: `status` to every request but those for a token, if `token_status` is 200.

    It knows `live`, which stands in the values that it shows, and what it has heard.
    """

    status: int
    spell: str
    token_status: int = 200
    bearer: str = ""
    live: Any = None

    def answer(self, head: str, body: str) -> bytes:
        """Return a whole answer that says all that was heard, in its status line, its headers and its body."""
        told = [line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("authorization:")]
        told += (
            [unquote_plus(part.partition("=")[2]) for part in body.split("&")] if "client_secret" in body else [body]
        )
        echo = " ".join(SPELLINGS[self.spell](text) for text in told if text)
        line = echo.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace").decode("latin-1")
        is_token = "/token" in head.split("\r\n", 1)[0]
        status = self.token_status if is_token else self.status
        said = json.dumps(self._document(echo, head, is_token=is_token, fine=status == 200))
        if self.spell == "html" and status != 200:
            said = echo
        headers = f"X-Request-Id: {line}\r\nX-Echo: {line}\r\nSet-Cookie: a={line}\r\nLocation: https://{line}/\r\n"
        return (
            f"HTTP/1.1 {status} {line}\r\n{headers}Retry-After: 0\r\nContent-Length: {len(said.encode())}\r\n"
            f"Connection: close\r\n\r\n{said}"
        ).encode("latin-1", "replace")

    def _document(self, echo: str, head: str, *, is_token: bool, fine: bool) -> Any:
        if fine and is_token:
            return {"access_token": self.bearer, "token_type": "Bearer", "expires_in": 300, "scope": echo}
        if fine and "external_order_webhook" in head:
            return {"value": self.live, "updated_at": "2026-01-01T00:00:00Z"}
        if fine:
            # A value of no form at all, which a message would quote.
            return {"value": {"odd": echo, "api_key": echo}, "updated_at": "2026-01-01T00:00:00Z", "request_id": echo}
        return {"error": echo, "error_description": echo, "message": echo, "detail": echo, "request_id": echo}


@contextlib.contextmanager
def parrot(habit: Habit) -> Iterator[str]:
    """Serve on loopback; yield the origin."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ending = threading.Event()
        thread = threading.Thread(target=_serve, args=(listening, habit, ending))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ending.set()
            with contextlib.suppress(OSError), socket.create_connection(listening.getsockname(), 1):
                pass
            thread.join()


def _serve(listening: socket.socket, habit: Habit, ending: threading.Event) -> None:
    while True:
        connection, _ = listening.accept()
        if ending.is_set():
            connection.close()
            return
        with connection, contextlib.suppress(OSError, ValueError):
            connection.settimeout(5)
            data = b""
            while b"\r\n\r\n" not in data and (piece := connection.recv(65536)):
                data += piece
            head, _, body = data.partition(b"\r\n\r\n")
            length = next(
                (int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")), 0
            )
            while len(body) < length and (piece := connection.recv(65536)):
                body += piece
            if head:
                connection.sendall(habit.answer(head.decode("latin-1"), body.decode("utf-8", "replace")))
