import asyncio
import dataclasses
from typing import Any

import httpx
import pytest

from reconciler.model.access import ClientCredentials, StaticToken
from reconciler.model.key import Key
from reconciler.model.values import Secret
from reconciler.platform import ForbiddenRequest, Unusable, why_unusable
from reconciler.platform.addresses import address_of
from reconciler.platform.guard import READING, WRITING, Guard
from reconciler.platform.stops import Errand
from tests.platform.loopback import MakeAccess, MakePlatform, Say, Server

anyio = pytest.mark.anyio


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example/v0/config/a",
        "https://ACME.example:443/v0/config/a",
        "https://acme.example/a%20b",
    ],
)
def test_an_address_covers_what_lies_below_it(url: str):
    """Spelling of host and default port don't matter."""
    assert address_of("https://acme.example").covers(httpx.URL(url))


@pytest.mark.parametrize(
    ("origin", "path"),
    [
        pytest.param("https://acme.example", "@evil.example/v0", id="the origin becomes a user name"),
        pytest.param("https://acme.example", ".evil.example/v0", id="the origin becomes a subdomain"),
        pytest.param("https://acme.example", ":8443/v0", id="another port"),
        pytest.param("https://acme.example/a", "bc/v0", id="another folder"),
        pytest.param("https://acme.example/a", "/../b/v0", id="out of the folder"),
        pytest.param("https://acme.example/a", "/%2e%2e/b/v0", id="out of the folder, escaped"),
        pytest.param("https://acme.example/a", "/%2E./b/v0", id="out of the folder, half escaped"),
        pytest.param("https://acme.example/a", "?x=/a/v0", id="a query"),
        pytest.param("https://acme.example/a", "", id="the folder itself"),
    ],
)
def test_no_path_of_a_key_leads_out_of_the_origin(origin: str, path: str):
    """An extra catalogue comes from the repository, which is not trusted with secrets."""
    assert not address_of(origin).covers(httpx.URL(origin + path))


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example/v0",
        "https://acme.example:8443/v0",
        "https://acme.example.evil.example/v0",
        "https://evil.example/v0",
        "https://user@acme.example/v0",
        "ftp://acme.example/v0",
    ],
)
def test_another_scheme_host_port_or_user_is_another_address(url: str):
    """Each of them is where a token would be lost."""
    assert not address_of("https://acme.example").covers(httpx.URL(url))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8080", "http://127.8.9.1", "http://[::1]:1", "http://localhost", "https://xn--mnchen-3ya.de"],
)
def test_http_is_good_enough_for_loopback(url: str):
    """Nobody listens in there; everything else is https."""
    assert address_of(url).host


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "https://",
        "acme.example",
        "https://canary@acme.example",
        "https://acme.example?canary",
        "https://acme.example/#canary",
        "https://acme.example\n",
        "file:///etc/passwd",
        "https://[canary",
        "",
    ],
)
def test_what_cannot_be_an_origin_is_refused_without_being_quoted(url: str):
    """A URL may hold a password."""
    with pytest.raises(Unusable) as caught:
        address_of(url)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


class Inner(httpx.AsyncBaseTransport):
    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request):
        self.requests.append(request)
        return httpx.Response(200)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "get", "TRACE"])
def test_a_reading_guard_lets_nothing_through_but_get(method: str):
    """It is an exception, and nothing reaches the transport below."""
    inner = Inner()
    guard = Guard(inner, READING, lambda _: True)
    request = httpx.Request("GET", "https://acme.example/")
    request.method = method
    with pytest.raises(ForbiddenRequest, match="only GET may be sent"):
        asyncio.run(guard.handle_async_request(request))
    assert inner.requests == []


def test_the_address_is_checked_on_every_request():
    """A credential goes nowhere but home, and the refusal doesn't quote the address."""
    inner = Inner()
    guard = Guard(inner, WRITING, address_of("https://acme.example").covers)
    asyncio.run(guard.handle_async_request(httpx.Request("GET", "https://acme.example/v0")))
    with pytest.raises(ForbiddenRequest) as caught:
        asyncio.run(guard.handle_async_request(httpx.Request("POST", "https://evil-canary.example/v0")))
    assert len(inner.requests) == 1
    assert "canary" not in str(caught.value)


@anyio
async def test_a_run_that_may_not_write_has_no_writer(platform: MakePlatform, access: MakeAccess, acme: Server):
    """Plan can't come by one."""
    async with platform(may_write=False) as opened:
        with pytest.raises(ForbiddenRequest):
            async with opened.writing(access(acme)):
                pass


@anyio
async def test_a_reader_cannot_be_talked_into_a_post(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key, say: type[Say]
):
    """Not even by reaching inside: the guard is below. In a run that may write, reading stays reading."""
    acme.on("*", say.ok(None))
    for may_write in (False, True):
        async with platform(may_write=may_write) as opened, opened.reading(access(acme)) as reader:
            assert not hasattr(reader, "post")
            with pytest.raises(ForbiddenRequest):
                await reader._line.wire.send("POST", acme.origin + limit.path, {}, b"{}", errand=Errand.READ)  # noqa: SLF001 - the point
            with pytest.raises(ForbiddenRequest):
                await reader._line.wire.send("GET", beta.origin + limit.path, {}, errand=Errand.READ)  # noqa: SLF001 - the point
            await reader.read(limit)
    assert [seen.method for seen in acme.seen] == ["GET", "GET"]
    assert beta.seen == []


@anyio
async def test_a_key_whose_path_leads_away_is_a_bug_and_sends_nothing(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key
):
    """The token of acme never reaches beta."""
    path = f"@{beta.origin.removeprefix('http://')}/v0"
    astray = dataclasses.replace(limit, path=path)
    async with platform() as opened, opened.writing(access(acme)) as writer:
        with pytest.raises(ForbiddenRequest):
            await writer.read(astray)
        with pytest.raises(ForbiddenRequest):
            await writer.post(astray, {"soft": 1})
    assert acme.connections == beta.connections == 0


@anyio
@pytest.mark.parametrize(
    "token", ["", " ", "a b", "caf\u00e9-canary", "canary\nx", "canary\x00", "canary\x7f"], ids=repr
)
async def test_a_token_that_no_header_can_carry_is_refused_unseen(
    token: str, platform: MakePlatform, access: MakeAccess, acme: Server
):
    """The HTTP client would print it in its exception; the complaint names tenant and entry alone."""
    bad = dataclasses.replace(access(acme), grant=StaticToken(Secret(token)))
    async with platform() as opened:
        with pytest.raises(Unusable) as caught:
            async with opened.reading(bad):
                pass
    assert why_unusable(bad) == str(caught.value)
    assert "acme: token can't be used" in str(caught.value)
    assert "canary" not in str(caught.value)


@anyio
async def test_a_line_break_after_a_token_is_left_out(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """As files end in one."""
    acme.on("*", say.ok(None))
    async with platform() as opened, opened.reading(access(acme, token="canary-token\n")) as reader:
        await reader.read(limit)
    assert acme.seen[0].bearer == "Bearer canary-token"


def test_every_place_of_the_credentials_is_checked(access: MakeAccess, client_access: MakeAccess, acme_stub: Any):
    """Origin and token URL alike; what is good has no complaint."""
    assert why_unusable(access(acme_stub)) == ""
    assert "origin" in why_unusable(dataclasses.replace(access(acme_stub), origin="http://acme.example"))
    good = client_access(acme_stub, acme_stub)
    assert why_unusable(good) == ""
    grant = ClientCredentials("c", Secret("canary"), "http://id.example/token")
    assert "token_url" in why_unusable(dataclasses.replace(good, grant=grant))


@pytest.fixture
def acme_stub():
    class Stub:
        origin = "http://127.0.0.1:1"

    return Stub()
