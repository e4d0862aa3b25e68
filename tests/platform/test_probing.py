import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import trustme

from reconciler.platform.probing import Clocks, Place, Step, ahead, place_of, probe
from tests.platform.loopback import Say, Server, Serving

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


def no_tls() -> ssl.SSLContext:
    raise AssertionError("no TLS was asked for")


def test_a_place_is_what_the_web_calls_an_origin():
    """Path and default port don't count."""
    assert str(place_of("https://acme.example/a/b")) == "https://acme.example"
    assert place_of("https://acme.example:443/x") == place_of("https://acme.example")
    assert str(place_of("http://[::1]:8080")) == "http://[::1]:8080"


async def test_a_probe_says_nothing_to_the_server(acme: Server):
    """It connects and hangs up."""
    found = await probe(place_of(acme.origin), no_tls, 2)
    assert (found.failed, found.addresses) == (None, ("127.0.0.1",))
    await asyncio.sleep(0)
    assert acme.seen == []


async def test_a_probe_over_tls_tells_whose_certificate_it_is(serving: Serving):
    """Verified by the context that it is given; and the connection is closed again."""
    authority = trustme.CA(organization_name="Some Authority")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)).configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with serving(context) as server:
        found = await probe(place_of(server.origin), lambda: trusting, 2)
        if left := server.serving:
            await asyncio.wait(left, timeout=5)
        assert (server.connections, server.serving, server.seen) == (1, frozenset(), [])
    assert (found.failed, found.issuer) == (None, "Some Authority")
    assert found.expires == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_a_server_that_never_shakes_hands_is_given_up_in_time():
    """The whole of connecting has one time, as for a request."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = Place("https", "127.0.0.1", silent.getsockname()[1])
        found = await asyncio.wait_for(probe(place, ssl.create_default_context, 0.2), 5)
    assert (found.failed, found.why) == (Step.CERTIFICATE, "no answer in 0.2 s")


async def test_a_server_that_speaks_no_tls_is_found_out(acme: Server, say: type[Say]):
    """The certificate is where it ends."""
    acme.on("*", say.status(200))
    acme.hang_ups = 1
    found = await probe(place_of(acme.origin.replace("http://", "https://")), ssl.create_default_context, 2)
    assert found.failed is Step.CERTIFICATE
    assert found.why


@pytest.mark.parametrize("host", ["acme.newstore.invalid", "a" * 64 + ".example"])
async def test_a_name_that_cannot_be_looked_up_is_where_it_ends(host: str):
    """Whatever the resolver says of it."""
    found = await probe(Place("https", host, 443), no_tls, 5)
    assert found.failed is Step.NAME
    assert found.why


async def test_a_probe_that_is_cancelled_leaves_nothing_open():
    """Nor does one that has ended: a socket that is left behind is an error here."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = Place("https", "127.0.0.1", silent.getsockname()[1])
        task = asyncio.create_task(probe(place, ssl.create_default_context, 30))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        connection, _ = silent.accept()
        with connection:
            connection.settimeout(5)
            while connection.recv(4096):
                pass


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param("Mon, 02 Mar 2026 12:00:30 GMT", 30, id="ahead"),
        pytest.param("Mon, 02 Mar 2026 11:00:00 GMT", -3600, id="behind"),
        pytest.param("Mon, 02 Mar 2026 12:00:00", 0, id="no-zone"),
        pytest.param(None, None, id="absent"),
        pytest.param("yesterday or so", None, id="no-date"),
        pytest.param("Mon, 99 Mar 2026 12:00:30 GMT", None, id="no-such-day"),
        pytest.param("9" * 1000, None, id="too-long"),
        pytest.param("Mon, 02 Mar 2026 12:00:30 GMT\x00", None, id="control"),
    ],
)
def test_a_date_tells_by_how_much_it_is_ahead(header: str | None, seconds: float | None):
    """What is no date tells nothing."""
    assert ahead(header, NOW) == seconds


def test_of_several_answers_the_least_difference_counts():
    """A slow answer looks old."""
    clocks = Clocks(no_tls, lambda: NOW)
    url = httpx.URL("https://acme.example/v0")
    for seconds in (-40, 2, -3):
        date = NOW + timedelta(seconds=seconds)
        clocks.note(url, date.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    clocks.note(url, None)
    assert clocks.ahead == {place_of("https://acme.example"): 2}
