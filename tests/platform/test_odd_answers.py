"""What both transports make of an answer, ours and httpx's own: the same, or here is said what differs, and why."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from reconciler.model.live import Sent
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import Say, Serving
from tests.platform.playing import plain, sent

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class Row:
    """An answer, after which the server closes, and what becomes of it: status, body and flaw, or LOST."""

    name: str
    raw: bytes
    ours: Any
    httpx: Any = None
    """If it is another one."""
    why: str = ""
    """Why that is right."""
    reset: bool = False
    """True if the server resets the connection instead."""


OK = b"HTTP/1.1 200 OK\r\n"
TWO = b"Content-Length: 2\r\n"
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"2\r\nhi\r\n0\r\n\r\n"
PLAIN = OK + TWO + b"\r\nhi"
LOST = Sent.LOST
CUT = Flaw.CUT_SHORT
HI = (200, b"hi", None)
TEN = (200, b"0123456789", None)
HI_CUT = (200, b"hi", CUT)
NONE_CUT = (200, b"", CUT)

STRICT = "RFC 9112 lets a recipient refuse it, and whoever is between us and the platform may read it otherwise."


def status(line: bytes) -> bytes:
    return line + b"\r\n" + TWO + b"\r\nhi"


def header(line: bytes) -> bytes:
    return OK + line + b"\r\n" + TWO + b"\r\nhi"


def length(text: bytes) -> bytes:
    return OK + b"Content-Length:" + text + b"\r\n\r\nhi"


def coding(*lines: bytes, body: bytes = CHUNKS) -> bytes:
    return OK + b"".join(b"Transfer-Encoding: %b\r\n" % line for line in lines) + b"\r\n" + body


SOUND = (
    Row("a length", PLAIN, HI),
    Row("chunks", coding(b"chunked"), HI),
    Row("chunks with extensions", coding(b"chunked", body=b'2;a=b;c="d"\r\nhi\r\n0;e\r\n\r\n'), HI),
    Row("chunks with trailers", coding(b"chunked", body=b"2\r\nhi\r\n0\r\nA: b\r\nStatus: 9\r\n\r\n"), HI),
    Row(
        "chunk sizes in capitals",
        coding(b"CHUNKED", body=b"00A\r\n0123456789\r\n00\r\n\r\n"),
        (200, b"0123456789", None),
    ),
    Row("100, then 200", b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, HI),
    Row("103 and 102, then 200", b"HTTP/1.1 103 X\r\nLink: x\r\n\r\nHTTP/1.1 102 X\r\n\r\n" + PLAIN, HI),
    Row("100 with a length", b"HTTP/1.1 100 X\r\n" + TWO + b"\r\n" + PLAIN, HI),
    Row("2000 interim answers", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000 + PLAIN, HI),
    Row("until closed", OK + b"\r\nhi", HI),
    Row("until closed, and empty", OK + b"\r\n", (200, b"", None)),
    Row("204", b"HTTP/1.1 204 X\r\n\r\n", (204, b"", None)),
    Row("204 with a length", b"HTTP/1.1 204 X\r\n" + TWO + b"\r\n", (204, b"", None)),
    Row("204 with a body", status(b"HTTP/1.1 204 X"), (204, b"", None)),
    Row("304 with a length", b"HTTP/1.1 304 X\r\n" + TWO + b"\r\n", (304, b"", None)),
    Row("205 with a body", status(b"HTTP/1.1 205 X"), (205, b"hi", None)),
    Row("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhi", HI),
    Row("HTTP/1.0 with a length", status(b"HTTP/1.0 200 OK"), HI),
    Row("HTTP/1.0 in chunks", b"HTTP/1.0 200 OK\r\n" + IN_CHUNKS + b"\r\n" + CHUNKS, HI),
    Row("HTTP/2.0 in the words of 1.1", status(b"HTTP/2.0 200 OK"), HI),
    Row("lower case", OK + b"content-length: 2\r\n\r\nhi", HI),
    Row("upper case", OK + b"CONTENT-LENGTH: 2\r\n\r\nhi", HI),
    Row("no blank before a length", length(b"2"), HI),
    Row("blanks around a length", length(b" \t 2 \t"), HI),
    Row("Latin-1 in a value", header(b"A: b\xe9c"), HI),
    Row("90 KiB in one header", header(b"A: " + b"a" * 90_000), HI),
    Row("status 600", status(b"HTTP/1.1 600 X"), (600, b"hi", None)),
    Row("status 999", status(b"HTTP/1.1 999 X"), (999, b"hi", None)),
    Row("an empty reason", status(b"HTTP/1.1 200 "), HI),
    Row("no reason", status(b"HTTP/1.1 200"), HI),
    Row("more than announced", PLAIN + b"!!", HI),
    Row("a second answer", PLAIN + b"HTTP/1.1 201 Created\r\n\r\n", HI),
    Row("compressed", header(b"Content-Encoding: gzip"), (200, b"", Flaw.COMPRESSED)),
    Row("expressly not compressed", header(b"Content-Encoding: identity"), HI),
    Row("1 MiB", OK + b"Content-Length: 1048576\r\n\r\n" + b" " * 1_048_576, (200, b" " * 1_048_576, None)),
    Row("1 MiB and a byte", OK + b"\r\n" + b" " * 1_048_577, (200, b" " * 1_048_576, Flaw.TOO_LARGE)),
)

CUT_OFF = (
    Row("before the head", b"", LOST),
    Row("in the status", OK[:9], LOST),
    Row("in the head", OK + TWO, LOST),
    Row("before the body", OK + TWO + b"\r\n", NONE_CUT),
    Row("in the body", PLAIN[:-1], (200, b"h", CUT)),
    Row("in a chunk", coding(b"chunked", body=b"2\r\nh"), (200, b"h", CUT)),
    Row("before the last chunk", coding(b"chunked", body=b"2\r\nhi\r\n"), HI_CUT),
    Row("in the last chunk", coding(b"chunked", body=b"2\r\nhi\r\n0\r\n"), HI_CUT),
    Row("after an interim answer", b"HTTP/1.1 100 Continue\r\n\r\n", LOST),
    Row("reset before the head", b"", LOST, reset=True),
    Row("reset in the head", OK + TWO, LOST, reset=True),
    Row("reset in the body", PLAIN[:-1], (200, b"h", CUT), reset=True),
    Row("reset in a chunk", coding(b"chunked", body=b"2\r\nh"), (200, b"h", CUT), reset=True),
    Row("reset where only a close would end it", OK + b"\r\nhi", HI_CUT, reset=True),
)

REFUSED = (
    Row("two lengths", OK + TWO + b"Content-Length: 3\r\n\r\nhi!", LOST),
    Row("a negative length", length(b" -2"), LOST),
    Row("a signed length", length(b" +2"), LOST),
    Row("a length in hex", length(b" 0x2"), LOST),
    Row("no number for a length", length(b" two"), LOST),
    Row("an empty length", length(b" "), LOST),
    Row("gzip, then chunked", coding(b"gzip, chunked"), LOST),
    Row("gzip", coding(b"gzip"), LOST),
    Row("gzip and chunked in two headers", coding(b"gzip", b"chunked"), LOST),
    Row("chunked twice", coding(b"chunked", b"chunked"), LOST),
    Row("identity", coding(b"identity", body=b"hi"), LOST),
    Row("another protocol", b"SSH-2.0-x\r\n\r\n", LOST),
    Row("a frame of HTTP/2", b"\0\0\0\x04\0\0\0\0\0", LOST),
    Row("HTTP/0.9", b"<html>hi</html>", LOST),
    Row("ICY", b"ICY 200 OK\r\n\r\nhi", LOST),
    Row("a version in lower case", status(b"http/1.1 200 OK"), LOST),
    Row("a blank in front", b" " + PLAIN, LOST),
    Row("two blanks before the status", status(b"HTTP/1.1  200 OK"), LOST),
    Row("no colon", header(b"A"), LOST),
    Row("a blank before the colon", header(b"A : b"), LOST),
    Row("a blank in a name", header(b"A B: c"), LOST),
    Row("no name", header(b": b"), LOST),
    Row("NUL in a value", header(b"A: b\0c"), LOST),
    Row("NUL in a name", header(b"A\0: b"), LOST),
    Row("a return alone", header(b"A: b\rB: c"), LOST),
    Row("status 000", status(b"HTTP/1.1 000 X"), LOST),
    Row("status 099", status(b"HTTP/1.1 099 X"), LOST),
    Row("a status of two digits", status(b"HTTP/1.1 20 X"), LOST),
    Row("a status of four digits", status(b"HTTP/1.1 2000 X"), LOST),
    Row("101", b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi", LOST),
    Row("101 without an upgrade", b"HTTP/1.1 101 X\r\n\r\n" + PLAIN, LOST),
    Row("600 KiB in one header", header(b"A: " + b"a" * 600_000), LOST),
    Row("600 KiB in many headers", header(b"A: b\r\n" * 100_000 + b"A: b"), LOST),
    Row("no number for a chunk", coding(b"chunked", body=b"2\r\nhi\r\nzz\r\n"), HI_CUT),
    Row("a chunk that is too long", coding(b"chunked", body=b"2\r\nhi!\r\n0\r\n\r\n"), HI_CUT),
    Row("a negative chunk", coding(b"chunked", body=b"-2\r\nhi\r\n"), NONE_CUT),
    Row("line feeds alone in chunks", coding(b"chunked", body=b"2\nhi\n0\n\n"), NONE_CUT),
    Row("600 KiB of trailers", coding(b"chunked", body=CHUNKS[:-2] + b"A: b\r\n" * 100_000), HI_CUT),
    Row("600 KiB of extensions", coding(b"chunked", body=b"2;" + b"a" * 600_000 + b"\r\nhi\r\n"), NONE_CUT),
)

OTHERWISE = (
    Row("the same length twice", OK + TWO + TWO + b"\r\nhi", LOST, HI, STRICT),
    Row("a list of lengths", length(b" 2, 2"), LOST, HI, STRICT),
    Row("a length and chunks", OK + TWO + IN_CHUNKS + b"\r\n" + CHUNKS, LOST, HI, STRICT),
    Row("a length in the trailers", coding(b"chunked", body=CHUNKS[:-2] + TWO + b"\r\n"), HI_CUT, HI, STRICT),
    Row("a folded header", header(b"A: b\r\n c"), LOST, HI, STRICT),
    Row("line feeds alone", PLAIN.replace(b"\r\n", b"\n"), LOST, HI, STRICT),
    Row("one line feed alone", OK + b"A: b\n" + TWO + b"\r\nhi", LOST, HI, STRICT),
    Row("a control in a value", header(b"A: b\x01c"), LOST, HI, STRICT),
    Row("a blank behind a chunk's size", coding(b"chunked", body=b"2 \r\nhi\r\n0\r\n\r\n"), NONE_CUT, HI, STRICT),
    Row("HTTP/1.2", status(b"HTTP/1.2 200 OK"), LOST, HI, "There is none."),
    Row(
        "100 with Connection: close",
        b"HTTP/1.1 100 X\r\nConnection: close\r\n\r\n" + PLAIN,
        LOST,
        HI,
        "It is taken at its word.",
    ),
    Row(
        "20000 interim answers",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000 + PLAIN,
        LOST,
        HI,
        "All that is not the body is counted together, and has an end.",
    ),
    Row(
        "a length beyond 64 bits",
        length(b" 99999999999999999999"),
        LOST,
        HI_CUT,
        "It is cut short either way; a GET is tried again, a POST is read back.",
    ),
    Row(
        "a chunk beyond 64 bits",
        coding(b"chunked", body=b"fffffffffffffffff\r\nhi"),
        NONE_CUT,
        HI_CUT,
        "It is cut short either way, and the rest is not needed.",
    ),
    Row(
        "150 KiB in one header",
        header(b"A: " + b"a" * 150_000),
        HI,
        LOST,
        "The cap is 256 KiB, for all of the head, and not what happened to be in one packet.",
    ),
    Row("a blank line first", b"\r\n" + PLAIN, HI, LOST, "On this connection there was nothing before it."),
)

ROWS = (*SOUND, *CUT_OFF, *REFUSED, *OTHERWISE)


def seen(result: Any) -> Any:
    return (result.status, result.body, result.flaw) if isinstance(result, Answer) else result.sent


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_an_answer_means_the_same_over_both_transports_or_it_is_said_why_not(row: Row, serving: Serving):
    """httpx's is the older one, and everything above was written on it."""
    found = []
    for transport in (plain(), httpx.AsyncHTTPTransport(trust_env=False)):
        async with serving() as server, transport:
            server.on("*", Say.reset(row.raw) if row.reset else Say.raw(row.raw))
            found.append(seen(await sent(transport, server.origin)))
            assert len(server.seen) == 1
    assert found == [row.ours, row.ours if row.httpx is None else row.httpx]


@pytest.mark.parametrize("row", [row for row in ROWS if not row.reset], ids=lambda row: row.name)
async def test_after_an_odd_answer_the_next_one_is_what_it_is(row: Row, serving: Serving):
    """On the same connection or on a new one, and nothing is left of the first."""
    async with serving() as server, plain() as transport:
        server.on("*", Say.raw(row.raw), Say.status(418, "next", "Connection: close"))
        await sent(transport, server.origin)
        assert seen(await sent(transport, server.origin)) == (418, b"next", None)


def test_what_differs_is_listed_with_its_reason_and_nothing_else_is():
    """A table of excuses must not grow unseen."""
    assert all(row.httpx is not None and row.httpx != row.ours and row.why for row in OTHERWISE)
    assert all(row.httpx is None and not row.why for row in (*SOUND, *CUT_OFF, *REFUSED))
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert len(OTHERWISE) <= 16
