"""A server whose answers are made to harm whoever reads them: too long, too slow, too deep, or not what they say."""

import contextlib
import gzip
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MIB: Final = 1 << 20
GIB: Final = 1 << 30
Attack = Callable[[socket.socket], None]
"""Writes an answer, until it is over or the other side has closed."""

OK = b"HTTP/1.1 200 OK\r\n"
DATE = "2024-01-31T12:30:00Z"


def say(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> Attack:
    """A whole answer with that body."""
    lines = b"".join(header + b"\r\n" for header in (b"Content-Length: %d" % len(body), *headers))
    return lambda to: to.sendall(b"HTTP/1.1 " + status + b"\r\n" + lines + b"\r\n" + body)


def value(text: str) -> Attack:
    """An answer whose value is that JSON text."""
    return say(f'{{"value": {text}, "updated_at": "{DATE}"}}'.encode())


def flood(head: bytes, piece: bytes, most: int = GIB, pause: float = 0) -> Attack:
    """The head, and then the piece again and again: a gibibyte of it, if somebody listens for so long."""

    def attack(to: socket.socket) -> None:
        to.sendall(head)
        for _ in range(most // len(piece)):
            to.sendall(piece)
            if pause:
                time.sleep(pause)

    return attack


def silent(head: bytes) -> Attack:
    """The head, and then nothing more for a minute."""

    def attack(to: socket.socket) -> None:
        to.sendall(head)
        to.settimeout(60)
        to.recv(1)

    return attack


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_BOMB = gzip.compress(b" " * (64 * MIB))

ANSWERS: Final[Mapping[str, Attack]] = {
    # Too long.
    "gibibyte-announced": flood(OK + b"Content-Length: %d\r\n\r\n" % GIB, b" " * 65_536),
    "gibibyte-in-chunks": flood(CHUNKED, b"10000\r\n" + b" " * 65_536 + b"\r\n"),
    "gibibyte-until-closed": flood(OK + b"\r\n", b" " * 65_536),
    "gibibyte-of-an-error": flood(b"HTTP/1.1 500 Sorry\r\n\r\n", b"<" * 65_536),
    "gibibyte-in-one-chunk": flood(CHUNKED + b"40000000\r\n", b" " * 65_536),
    "beyond-64-bits": say(b"{}", b"Content-Length: 99999999999999999999"),
    "chunk-beyond-64-bits": flood(CHUNKED + b"fffffffffffffffff\r\n", b" " * 65_536),
    "chunks-of-a-byte": flood(CHUNKED, b"1\r\n \r\n" * 4_096),
    "extensions-without-end": flood(CHUNKED + b"2;a=", b"a" * 65_536),
    "trailers-without-end": flood(CHUNKED + b"2\r\n{}\r\n0\r\n", b"A: b\r\n" * 8_192),
    "headers-without-end": flood(OK, b"A: b\r\n" * 8_192),
    "one-header-without-end": flood(OK + b"A: ", b"a" * 65_536),
    "name-of-a-header-without-end": flood(OK, b"a" * 65_536),
    "status-line-without-end": flood(b"HTTP/1.1 200 ", b"O" * 65_536),
    "interim-answers-without-end": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_048),
    "interim-headers-without-end": flood(b"", b"HTTP/1.1 103 Hints\r\n" + b"Link: a\r\n" * 1_024 + b"\r\n"),
    # Too slow.
    "no-answer": silent(b""),
    "half-a-head": silent(OK),
    "half-a-body": silent(OK + b"Content-Length: 9\r\n\r\n{"),
    "a-byte-now-and-then": flood(OK + b"Content-Length: 999\r\n\r\n", b" ", pause=0.2),
    "a-byte-of-the-head-now-and-then": flood(OK + b"A: ", b"a", pause=0.2),
    "an-interim-answer-now-and-then": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.2),
    "a-chunk-now-and-then": flood(CHUNKED, b"1\r\n \r\n", pause=0.2),
    # Compressed, which nobody has asked for.
    "gzip-bomb": say(_BOMB, b"Content-Encoding: gzip"),
    "gzip-bomb-without-a-word": say(_BOMB),
    "gzip-bomb-as-a-coding": flood(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", b" " * 65_536),
    "bomb-in-a-bomb": say(gzip.compress(_BOMB), b"Content-Encoding: gzip, gzip"),
    "said-to-be-br": say(b"\x1b" * 4_096, b"Content-Encoding: br"),
    "said-to-be-deflate": say(b"\x78\x9c" * 4_096, b"Content-Encoding: deflate"),
    "said-to-be-zstd": say(b"\x28\xb5\x2f\xfd" * 4_096, b"Content-Encoding: zstd"),
    # No JSON that two readers would read alike.
    "deep": say(b"[" * 10_000 + b"]" * 10_000),
    "deep-and-open": say(b"[" * MIB),
    "deep-objects": say(b'{"value":' * 10_000 + b"1" + b"}" * 10_000),
    "deep-value": value("[" * 100 + "]" * 100),
    "member-twice": say(b'{"value": 3600, "value": 7200, "updated_at": null}'),
    "member-twice-in-another-spelling": say(b'{"value": 3600, "v\\u0061lue": 7200}'),
    "not-a-number": value("NaN"),
    "infinity": value("Infinity"),
    "float-beyond-all": value("1e400"),
    "integer-of-5000-digits": value("9" * 5_000),
    "half-a-surrogate-pair": value('"\\ud800"'),
    "nul": say(b'{"value": 3600\0}'),
    "nuls": say(b"\0" * MIB),
    "not-utf-8": say(b'{"value": "\xff"}'),
    "utf-16": say('{"value": 3600}'.encode("utf-16")),
    "html": say(b"<html><title>Sign in</title></html>", b"Content-Type: text/html"),
    "html-without-end": say(b"<" * (MIB - 1), b"Content-Type: text/html"),
    "nothing": say(b""),
    "no-content": say(b"", status=b"204 No Content"),
    "a-list": say(b"[]"),
    "cut-off": say(b'{"value": 36'),
    # JSON that is none of the API's.
    "a-hundred-thousand-items": value(json.dumps(["store"] * 100_000)),
    "items-that-differ": value(json.dumps([{str(n): n} for n in range(40_000)])),
    "members-without-end": value(json.dumps({f"a{n}": n for n in range(50_000)})),
    "a-long-text": value(json.dumps("\x1b[2J\u202e::set-output name=a::b" * 30_000)),
    "moment-without-end": say(('{"value": 3600, "updated_at": "' + "2" * 500_000 + '"}').encode()),
    # Errors that say too much, or want too much.
    "messages-without-end": say(json.dumps({"messages": ["\x1b[2J"] * 100_000}).encode(), status=b"500 Sorry"),
    "a-long-message": say(json.dumps({"message": "\u202e" * 300_000}).encode(), status=b"400 Bad"),
    "error-of-brackets": say(b"<a " * 300_000, status=b"500 Sorry"),
    "wait-for-ever": say(b"{}", b"Retry-After: 99999999999999999999999", status=b"429 Slow"),
    "wait-until-the-year-9999": say(b"{}", b"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", status=b"503 Sorry"),
    "wait-for-nonsense": say(b"{}", b"Retry-After: " + b"-" * 60_000, status=b"503 Sorry"),
    "redirect": say(b"", b"Location: http://169.254.169.254/latest/", status=b"302 Found"),
    "request-id-without-end": say(b"{}", b"X-Request-Id: " + b"\x1b[2J" * 10_000, status=b"500 Sorry"),
    "id-in-the-body": say(json.dumps({"request_id": "\u202e" * 200_000}).encode(), status=b"500 Sorry"),
    "status-999": say(b"{}", status=b"999 Odd"),
    "upgrade": say(b"", b"Upgrade: websocket", b"Connection: upgrade", status=b"101 Switching"),
    "answers-without-end": flood(b"", b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"value": "no"}' * 1_024),
}
"""By name, which is a tenant's name, too. None of them says a value that the key of the test can have."""


@dataclass
class HostileServer:
    """Serves a platform: `/TENANT/v0/config/…` and `/TENANT/token`. `attacks` are by tenant, and by what is asked."""

    attacks: Mapping[tuple[str, str], Attack]
    """By tenant, and `GET`, `POST` or `TOKEN`."""
    port: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    """The tenant of each POST of a value, in the order of arrival."""

    @property
    def template(self) -> str:
        """The origin of a tenant, with `{tenant}` for its name."""
        return f"http://127.0.0.1:{self.port}/{{tenant}}"

    def serve(self, connection: socket.socket) -> None:
        """Answer what comes over one connection, until it is closed."""
        with connection, contextlib.suppress(OSError, ValueError):
            stream = connection.makefile("rb")
            while line := stream.readline():
                size = 0
                while (header := stream.readline().strip()) != b"":
                    name, _, text = header.partition(b":")
                    size = int(text) if name.lower() == b"content-length" else size
                self.answer(connection, line.decode("latin-1"), stream.read(size))

    def answer(self, to: socket.socket, line: str, body: bytes) -> None:
        """Answer one request."""
        match = re.match(r"(GET|POST) /([a-z0-9-]+)/(token|v0/\S+) ", line)
        assert match is not None
        method, tenant, place = match.groups()
        asked = "TOKEN" if place == "token" else method
        if asked == "POST":
            self.posts.append(tenant)
        attack = self.attacks.get((tenant, asked))
        if attack is not None:
            attack(to)
            to.shutdown(socket.SHUT_RDWR)
        elif asked == "TOKEN":
            say(b'{"access_token": "canary-token", "token_type": "bearer", "expires_in": 300}')(to)
        elif asked == "POST":
            self.values[tenant] = json.loads(body)["value"]
            say(b"{}")(to)
        else:
            found = self.values.get(tenant)
            say(json.dumps({"value": found, "updated_at": None if found is None else DATE}).encode())(to)


@contextlib.contextmanager
def hostile(attacks: Mapping[tuple[str, str], Attack]) -> Iterator[HostileServer]:
    """Run the server on a free port of loopback."""
    server = HostileServer(attacks)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0), backlog=256)) as listener:
        server.port = listener.getsockname()[1]

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=server.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)  # a thread in accept() doesn't hear of a close
