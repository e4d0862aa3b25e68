import gc
import weakref

import httpx
import pytest

from reconciler.platform.answering import MOST_FRAMING, IncomingAnswer

HEAD = b"HTTP/1.1 200 OK\r\n"
WHOLE = HEAD + b"Content-Length: 2\r\n\r\nhi"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"


def fed(*pieces: bytes) -> IncomingAnswer:
    answer = IncomingAnswer()
    for piece in pieces:
        answer.feed(piece)
    return answer


def body(answer: IncomingAnswer) -> bytes:
    return b"".join(iter(answer.take, b""))


def test_blanks_around_a_value_are_not_part_of_it():
    """A number of seconds with a blank behind it is a number of seconds."""
    answer = fed(HEAD + b"Retry-After: \t 5 \t \r\nEmpty:  \r\nContent-Length:  2 \r\n\r\nhi")
    assert answer.headers == [(b"Retry-After", b"5"), (b"Empty", b""), (b"Content-Length", b"2")]
    assert answer.complete


def test_interim_answers_and_trailers_leave_nothing_behind():
    """What a 103 or a trailer says is not said of the answer."""
    answer = fed(
        b"HTTP/1.1 100 Continue\r\nA: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
        HEAD + b"B: 2\r\n" + CHUNKED.removesuffix(b"\r\n") + b"C: 3\r\n\r\n",
    )
    assert (answer.status, body(answer), answer.complete, answer.keeps) == (200, b"hi", True, True)
    assert [name for name, _ in answer.headers] == [b"B", b"Transfer-Encoding"]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n", id="status 000"),
        pytest.param(b"HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n", id="status 099"),
        pytest.param(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="a coding not asked for"),
        pytest.param(HEAD + b"Transfer-Encoding: gzip\r\n" + CHUNKED, id="a coding in two headers"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n" + CHUNKED, id="chunked twice"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", id="switched"),
        pytest.param(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi", id="two lengths"),
        pytest.param(HEAD + b"Content-Length: 2\r\n" + CHUNKED, id="a length and chunks"),
        pytest.param(HEAD + b"A: b\r\n c\r\n\r\n", id="a folded header"),
        pytest.param(HEAD + b"A\r\n\r\n", id="no colon"),
    ],
)
def test_what_follows_an_answer_that_is_refused_is_never_taken_for_it(first: bytes):
    """Neither in the same packet nor in the next: whoever can smuggle one answer could choose the other."""
    for answer in (fed(first + WHOLE), fed(first, WHOLE), fed(*[bytes([byte]) for byte in first + WHOLE])):
        assert (answer.status, answer.chunks, answer.complete, answer.keeps) == (0, type(answer.chunks)(), False, False)
        assert isinstance(answer.error, httpx.RemoteProtocolError)


@pytest.mark.parametrize("whole", [WHOLE, HEAD + CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("apart", [False, True], ids=["same packet", "next packet"])
def test_a_whole_answer_stays_whole_whatever_byte_follows_it(whole: bytes, apart: bool):
    """And its connection is done with: 256 times, but for CR and LF in the same packet, which can begin no answer."""
    for byte in range(256):
        extra = bytes([byte])
        answer = fed(whole, extra) if apart else fed(whole + extra)
        assert (answer.status, body(answer), answer.complete, answer.error) == (200, b"hi", True, None), extra
        assert answer.keeps is (not apart and extra in b"\r\n"), extra


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize(
    ("framing", "keeps"),
    [
        pytest.param(b"", True, id="none"),
        pytest.param(b"Content-Length: 0\r\n", True, id="no length"),
        pytest.param(b"Content-Length: 2\r\n", False, id="a length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n", False, id="chunks"),
    ],
)
def test_an_answer_that_can_have_no_body_ends_with_its_head(status: int, framing: bytes, keeps: bool):
    """If it announces one all the same, nobody knows where the next answer would begin."""
    answer = fed(b"HTTP/1.1 %d X\r\n%b\r\n" % (status, framing))
    assert (answer.status, answer.complete, answer.keeps) == (status, True, keeps)
    answer.feed(b"hi")
    assert (body(answer), answer.complete, answer.keeps, answer.error) == (b"", True, False, None)


def test_a_body_that_lasts_until_the_end_is_whole_only_if_the_server_said_so():
    """A connection that we close ourselves, or lose, makes no half of an answer a whole one."""
    ended, aborted, lost = (fed(HEAD + b"\r\nhalf") for _ in range(3))
    ended.ended()
    ended.closed(None)
    aborted.closed(None)
    lost.closed(ConnectionResetError())
    assert (ended.complete, ended.keeps, ended.error) == (True, False, None)
    assert (aborted.complete, type(aborted.error)) == (False, httpx.RemoteProtocolError)
    assert (lost.complete, type(lost.error)) == (False, httpx.ReadError)


@pytest.mark.parametrize(
    "cut", [b"", HEAD, HEAD + b"Content-Length: 3\r\n\r\nhi", HEAD + CHUNKED[:-2]], ids=["nothing", "head", "body", "0"]
)
def test_an_end_before_the_end_is_an_error(cut: bytes):
    """Whatever was there before."""
    answer = fed(cut)
    answer.ended()
    assert not answer.complete
    answer.closed(None)
    assert isinstance(answer.error, httpx.RemoteProtocolError)
    answer.feed(WHOLE)
    assert not answer.complete


@pytest.mark.parametrize(
    ("start", "more"),
    [
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="interim answers"),
        pytest.param(HEAD, b"A: b\r\n", id="headers"),
        pytest.param(HEAD + b"A: ", b"a" * 1000, id="one header"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;a=bcdefgh\r\nx\r\n", id="chunk extensions"),
        pytest.param(HEAD + CHUNKED.removesuffix(b"\r\n"), b"A: b\r\n", id="trailers"),
    ],
)
def test_what_is_not_body_has_an_end(start: bytes, more: bytes):
    """256 KiB of it, and it is no use to wait for the answer."""
    answer = fed(start)
    took = len(start)
    while answer.error is None and took < 10 * MOST_FRAMING:
        answer.feed(more)
        took += len(more)
    assert isinstance(answer.error, httpx.RemoteProtocolError)
    assert MOST_FRAMING < took < 2 * MOST_FRAMING


def test_a_body_may_be_larger_than_what_frames_it():
    """The cap of the body is the reader's affair."""
    answer = fed(HEAD + b"Content-Length: 2000000\r\n\r\n", *[b" " * 100_000] * 20)
    assert (answer.complete, answer.waiting, len(body(answer)), answer.waiting) == (True, 2_000_000, 2_000_000, 0)


@pytest.mark.parametrize("data", [WHOLE, HEAD + b"A\r\n\r\n", HEAD[:9]], ids=["whole", "refused", "cut short"])
def test_an_answer_that_has_ended_is_freed_without_a_search_for_cycles(data: bytes):
    """It and its parser know each other; there are as many as requests."""
    answer = fed(data)
    answer.closed(None)
    seen = weakref.ref(answer)
    gc.disable()
    try:
        del answer
        assert seen() is None
    finally:
        gc.enable()
