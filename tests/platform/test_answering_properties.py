"""Any well-formed answer, cut anywhere, means what it means to h11; and no bytes at all do harm."""

from dataclasses import dataclass

import h11
import httpx
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.platform.answering import IncomingAnswer

TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
FRAMING = {"content-length", "transfer-encoding", "connection", "proxy-connection", "upgrade", "keep-alive"}
names = st.text(TCHAR, min_size=1, max_size=12).filter(lambda name: name.lower() not in FRAMING)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20)
headers = st.lists(st.tuples(names, values), max_size=5)
bodies = st.binary(max_size=200)
reasons = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=10)


@dataclass(frozen=True, slots=True)
class Whole:
    """The bytes of a whole answer, and whether only the end of the stream says where its body ends."""

    raw: bytes
    until_closed: bool = False


def lines(pairs: list[tuple[str, str]]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in pairs)


@st.composite
def chunked(draw: st.DrawFn) -> bytes:
    """A body in chunks, with extensions and trailers."""
    pieces = draw(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
    extension = st.sampled_from([b"", b";a", b";a=b", b';a="b c"'])
    form = st.sampled_from([b"%x", b"%X", b"0%x"])
    chunks = b"".join(b"%b%b\r\n%b\r\n" % (draw(form) % len(one), draw(extension), one) for one in pieces)
    return chunks + b"0" + draw(extension) + b"\r\n" + lines(draw(headers)) + b"\r\n"


@st.composite
def answers(draw: st.DrawFn) -> Whole:
    """A well-formed answer to a GET, interim ones before it included."""
    interim = draw(st.lists(st.tuples(st.sampled_from([100, 102, 103, 110]), headers), max_size=3))
    before = b"".join(b"HTTP/1.1 %d X\r\n%b\r\n" % (status, lines(some)) for status, some in interim)
    version = draw(st.sampled_from([b"1.1", b"1.1", b"1.0"]))
    status = draw(
        st.sampled_from([200, 201, 202, 203, 204, 205, 206, 300, 302, 304, 400, 404, 418, 500, 503, 599, 999])
    )
    head = b"HTTP/%b %d %b\r\n" % (version, status, draw(reasons).encode()) + lines(draw(headers))
    # h11 doesn't know that HTTP/1.0 can keep a connection, too.
    asked = [b"", b"Connection: close\r\n"] + [b"CONNECTION: Keep-Alive\r\n"] * (version == b"1.1")
    keeping = draw(st.sampled_from(asked))
    more = lines(draw(headers))
    if status in (204, 304):
        return Whole(before + head + keeping + more + b"\r\n")
    kind = draw(st.sampled_from(["length", "chunks", "closed"] if version == b"1.1" else ["length", "closed"]))
    if kind == "chunks":
        coding = draw(st.sampled_from([b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:chunked \r\n"]))
        return Whole(before + head + coding + keeping + more + b"\r\n" + draw(chunked()))
    body = draw(bodies)
    if kind == "closed":
        return Whole(before + head + keeping + more + b"\r\n" + body, until_closed=True)
    length = draw(st.sampled_from([b"Content-Length: %d\r\n", b"content-length:%d \r\n"])) % len(body)
    return Whole(before + head + length + keeping + more + b"\r\n" + body)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut the bytes into pieces, none of them empty."""
    ends = sorted({place % len(data) for place in places if place % max(1, len(data))}) if data else []
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


def fed(pieces: list[bytes], *, ended: bool = False) -> IncomingAnswer:
    answer = IncomingAnswer()
    for piece in pieces:
        answer.feed(piece)
        assert not (answer.complete and answer.error)
    if ended:
        answer.ended()
        answer.closed(None)
    return answer


def meaning(answer: IncomingAnswer) -> tuple[object, ...]:
    assert answer.waiting == sum(map(len, answer.chunks))
    body = b"".join(answer.chunks)
    return answer.status, answer.headers, body, answer.complete, answer.keeps, type(answer.error)


def to_h11(whole: Whole) -> tuple[object, ...]:
    """Say what h11 makes of an answer, in our terms."""
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(whole.raw)
    if whole.until_closed:
        connection.receive_data(b"")
    status, heard, body = 0, [], b""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Response):
            status, heard = event.status_code, [(name, value) for name, value in event.headers.raw_items()]
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            assert isinstance(event, h11.InformationalResponse), event
    keeps = connection.their_state is h11.DONE and not whole.until_closed
    return status, heard, body, True, keeps, type(None)


patient = settings(deadline=None)
places = st.lists(st.integers(0, 5000), max_size=20)


@patient
@given(answers(), places)
def test_a_well_formed_answer_cut_anywhere_means_what_it_means_to_h11(whole: Whole, at: list[int]):
    """Status, headers, body, and whether the connection may be used again."""
    expected = to_h11(whole)
    assert meaning(fed([whole.raw], ended=whole.until_closed)) == expected
    assert meaning(fed(cut(whole.raw, at), ended=whole.until_closed)) == expected


@settings(patient, max_examples=30)
@given(answers())
def test_an_answer_that_comes_byte_by_byte_is_the_same(whole: Whole):
    """And it is not complete before its last one."""
    *early, _ = pieces = [whole.raw[at : at + 1] for at in range(len(whole.raw))]
    assert whole.until_closed or not fed(early).complete
    assert meaning(fed(pieces, ended=whole.until_closed)) == meaning(fed([whole.raw], ended=whole.until_closed))


@patient
@given(answers(), st.data())
def test_an_answer_that_is_cut_short_is_never_whole(whole: Whole, data: st.DataObject):
    """Whether the server ended in order, or the connection was lost, or we closed it."""
    size = data.draw(st.integers(0, len(whole.raw) - 1))
    lost = data.draw(st.sampled_from([None, OSError()]))
    answer = fed([whole.raw[:size]])
    if not whole.until_closed:
        answer.ended()
    answer.closed(lost)
    assert not answer.complete
    assert isinstance(answer.error, httpx.ReadError if lost else httpx.RemoteProtocolError)


@patient
@given(answers(), answers(), places)
def test_of_two_answers_in_a_row_the_second_is_no_part_of_the_first(first: Whole, second: Whole, at: list[int]):
    """Nor may the connection be used again; it would be the answer to something else."""
    if first.until_closed:
        return
    alone = fed([first.raw])
    together = fed(cut(first.raw + second.raw, at))
    assert meaning(together)[:4] == meaning(alone)[:4]
    assert together.error is None
    assert not together.keeps


@patient
@given(answers(), st.binary(min_size=1, max_size=20), places)
def test_whatever_follows_an_answer_changes_nothing_of_it(first: Whole, extra: bytes, at: list[int]):
    """And only line ends in the same packet, which no answer can be made of, leave the connection as it is."""
    if first.until_closed:
        return
    alone = fed([first.raw])
    together = fed(cut(first.raw + extra, at))
    assert meaning(together)[:4] == meaning(alone)[:4]
    assert together.error is None
    assert not together.keeps or not extra.strip(b"\r\n")


STATUS = b"HTTP/1.1 200 OK\r\n"
SCRAPS = b"""HTTP/1.1 200 OK|HTTP/1.1 100 X|HTTP/1.1 204 X|HTTP/1.1 000 X|HTTP/1.0 304 X||Content-Length: 2|A: b|2|hi|0
|Transfer-Encoding: chunked|Transfer-Encoding: gzip|Connection: close|Upgrade: x|Connection: upgrade"""
noise = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=300).map(STATUS.__add__),
    st.lists(st.sampled_from(SCRAPS.replace(b"\n", b"").split(b"|")), max_size=20).map(b"\r\n".join),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A well-formed answer with some bytes changed, left out or doubled."""
    data = bytearray(draw(answers()).raw)
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(data) - 1))
        data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        if not data:
            return b""
    return bytes(data)


@settings(patient, max_examples=300)
@given(st.one_of(noise, mutated()), places, st.sampled_from([None, OSError()]), st.booleans())
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", [], None, True)
def test_no_bytes_do_harm(data: bytes, at: list[int], lost: Exception | None, ended: bool):
    """They raise nothing, make no answer both whole and wrong, and after an error nothing is used again."""
    answer = fed(cut(data, at))
    assert not answer.error or not answer.keeps
    if ended:
        answer.ended()
    answer.closed(lost)
    assert answer.complete is not (answer.error is not None)
    assert not answer.error or not answer.keeps
    assert not answer.complete or 200 <= answer.status <= 999
    after = meaning(answer)
    answer.feed(STATUS + b"Content-Length: 0\r\n\r\n")
    assert meaning(answer)[:4] == after[:4]
    assert not answer.keeps
