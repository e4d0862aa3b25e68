import asyncio

import httpx
import pytest

from reconciler.model.live import Sent
from reconciler.platform.connection import wire_form
from tests.platform.playing import OTHER, PLAIN, Played, asking, heard, plain, played, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
async def stage():
    async with played() as opened:
        yield opened


async def test_a_request_for_another_origin_is_refused_also_when_a_connection_is_free(stage: Played):
    """It would be sent to the first origin, with what is meant for the second."""
    async with plain() as transport:
        first = asyncio.ensure_future(stage.answers(PLAIN))
        await heard(transport, asking(stage.origin))
        peer, _ = await first
        for other in ("http://other.example", stage.origin.replace("http:", "https:"), f"{stage.origin}0"):
            with pytest.raises(httpx.UnsupportedProtocol):
                await heard(transport, asking(other))
        second = asyncio.ensure_future(heard(transport, asking(stage.origin)))
        host = stage.origin.removeprefix("http://").encode()
        assert await peer.hears() == b"GET / HTTP/1.1\r\nHost: %b\r\n\r\n" % host
        peer.says(OTHER)
        assert await second == (201, b"other")


@pytest.mark.parametrize("scheme", ["ftp", "ws", "unix", ""])
async def test_only_https_and_http_are_spoken(scheme: str):
    """Nothing is looked up, and it doesn't become better by trying again."""
    async with plain() as transport:
        fault = await sent(transport, f"{scheme}://tenant.example")
        assert (fault.sent, fault.passing) == (Sent.NOT_SENT, False)


BAD = {
    "CR and LF": "\r\nX: 1",
    "LF": "\n",
    "CR": "\r",
    "NUL": "\0",
    "DEL": "\x7f",
    "ESC": "\x1b",
    "blank": " ",
    "colon": ": ",
    "not ASCII": "é",
}
FINE = {("value", "blank"), ("value", "colon"), ("value", "not ASCII"), ("target", "not ASCII")}
"""The last one is put into ASCII before it is here."""


@pytest.mark.parametrize(
    ("place", "bad"),
    [
        pytest.param(place, bad, id=f"{name}-{place}")
        for name, bad in BAD.items()
        for place in ("value", "name", "method", "target")
        if (place, name) not in FINE
    ],
)
async def test_what_would_make_two_requests_of_one_is_not_sent_and_not_quoted(stage: Played, place: str, bad: str):
    """A credential with a line break in it, say: nobody connects, and the error doesn't show it."""
    text = f"canary{bad}canary"
    request = asking(stage.origin, text if place == "method" else "GET", read=0.2)
    name, value = (text, "x") if place == "name" else ("x", text if place == "value" else "x")
    request.headers = httpx.Headers([*request.headers.raw, (name.encode(), value.encode())])
    if place == "target":
        # httpx would escape it, or refuse it; here it is as if it had not.
        request.url._uri_reference = request.url._uri_reference._replace(path=f"/{text}")  # noqa: SLF001
    async with plain() as transport:
        with pytest.raises(httpx.LocalProtocolError) as caught:
            await transport.handle_async_request(request)
    assert "canary" not in repr(caught.value).lower()
    assert caught.value.__cause__ is None
    with pytest.raises(BlockingIOError):
        stage.listener.accept()


def test_a_header_without_a_name_is_none():
    """Its colon would begin a line."""
    request = asking("http://a.example")
    request.headers = httpx.Headers([(b"", b"x")])
    with pytest.raises(httpx.LocalProtocolError):
        wire_form(request)
