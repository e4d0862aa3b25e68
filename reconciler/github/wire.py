"""One request over HTTP, by urllib: it knows the proxies of a company's runners, and is of the standard library.

What is held here: a redirect is never followed by itself, so that no header goes where the caller didn't send it; an
answer has a size and a time; no scheme but http and https is spoken; a host on this machine is reached without proxy.
"""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler import __version__

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PIECE = 1 << 16
_QUIET_SECONDS = 30.0
"""Without a byte."""
_WHOLE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `most` is the largest body of an answer, in bytes."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    most: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing usable came back; `reason` holds no header and no URL."""

    reason: str


def origin_of(url: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port; None for a URL that is never asked: neither https nor http to this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.password is not None or not host:
        return None
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return parts.scheme, host, port
    return None


def send(request: Request) -> Answer | NoAnswer:
    """Send one request and return the whole answer. 3xx, 4xx and 5xx are answers too. Never raises."""
    origin = origin_of(request.url)
    if origin is None:
        return NoAnswer("the address is neither https nor http to this machine")
    made = urllib.request.Request(  # noqa: S310 -- the scheme has just been looked at
        request.url, request.body, {"User-Agent": f"reconciler/{__version__}", **request.headers}, method=request.method
    )
    try:
        with _opener(local=origin[1] in LOOPBACK).open(made, timeout=_QUIET_SECONDS) as answer:
            return _read(answer, request.most)
    except urllib.error.HTTPError as error:
        with error:
            return _read(error, request.most)
    except urllib.error.URLError as error:
        return NoAnswer(_reason(error.reason))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return NoAnswer(_reason(error))


def _opener(*, local: bool) -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    # A proxy must not be given what is meant for this machine, least of all in clear text.
    opener.add_handler(urllib.request.ProxyHandler({} if local else None))
    for handler in (
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


def _read(answer: "http.client.HTTPResponse | urllib.error.HTTPError", most: int) -> Answer | NoAnswer:
    ends = time.monotonic() + _WHOLE_SECONDS
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := answer.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > most:
                return NoAnswer(f"the answer is larger than {most:,} bytes")
            if time.monotonic() > ends:
                return NoAnswer(f"the answer took longer than {_WHOLE_SECONDS:g} seconds")
    except (OSError, http.client.HTTPException) as error:
        return NoAnswer(_reason(error))
    headers = {name.lower(): value for name, value in answer.headers.items()}
    length = headers.get("content-length", "")
    if length.isdigit() and size < int(length):
        return NoAnswer("the answer was cut off")
    return Answer(answer.status or 0, headers, b"".join(pieces))


def _reason(error: object) -> str:
    """Name the kind of error, and what the system says; other texts may quote a header."""
    if isinstance(error, TimeoutError):
        return f"no byte came for {_QUIET_SECONDS:g} seconds"
    if isinstance(error, OSError):
        said = error.strerror or ""
        if str(error).startswith("Tunnel connection failed"):  # the proxy's status; nothing of ours is in it
            said = str(error)
        return f"{type(error).__name__}{': ' if said else ''}{said}"
    return type(error).__name__ if isinstance(error, Exception) else "no connection"
