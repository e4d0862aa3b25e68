import asyncio
import gzip
import json
import time
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.access import Access, Limits
from reconciler.model.key import Key
from reconciler.model.live import Halt
from reconciler.model.words import LiveState
from reconciler.platform import Platform
from reconciler.platform.bodies import MAX_BYTES
from tests.platform.loopback import FakeClock, MakeAccess, MakePlatform, MakeReply, Say, Server, Serving

pytestmark = pytest.mark.anyio
BODY = json.dumps({"value": {"soft": 5}, "updated_at": "2021-07-13T20:18:25Z"}).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNK = b"10000\r\n%b\r\n" % (b" " * 0x10000)


async def read_once(platform: MakePlatform, access: Access, key: Key, **changes: Any):
    async with platform(**changes) as opened, opened.reading(access) as reader:
        return await reader.read(key)


async def test_two_tenants_are_read_each_at_its_own_origin_with_its_own_token(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key, hook: Key, say: type[Say]
):
    """And on one connection each."""
    acme.on("*", say.ok({"soft": 1}))
    acme.on(hook.path, say.ok({"url": "u", "api_key": "k"}))
    beta.on("*", say.json(404, {}))
    async with (
        platform(may_write=False) as opened,
        opened.reading(access(acme, "acme")) as one,
        opened.reading(access(beta, "beta")) as other,
    ):
        states = [(await reader.read(key)).state for reader in (one, other) for key in (limit, hook)]
    assert states == [LiveState.SET, LiveState.SET, LiveState.UNKNOWN_KEY, LiveState.UNKNOWN_KEY]
    assert {seen.bearer for seen in acme.seen} == {"Bearer canary-token-acme"}
    assert {seen.bearer for seen in beta.seen} == {"Bearer canary-token-beta"}
    assert [seen.target for seen in acme.seen] == [limit.path, hook.path]
    assert (acme.connections, beta.connections) == (1, 1)


async def test_a_request_says_who_we_are_and_asks_for_plain_json(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """Nothing else goes out: no cookie, no referrer, no body."""
    acme.on("*", say.json(200, {"value": None}, "Set-Cookie: canary=1; Path=/"))
    async with platform() as opened, opened.reading(access(acme, path="/a/b/")) as reader:
        await reader.read(limit)
        await reader.read(limit)
    second = acme.seen[1]
    assert second.target == f"/a/b{limit.path}"
    assert sorted(name.lower() for name, _ in second.headers) == [
        "accept", "accept-encoding", "authorization", "cache-control", "host", "user-agent",
    ]  # fmt: skip
    assert second.all("accept-encoding") == ["identity"]
    assert second.all("user-agent")[0].startswith("reconciler/")


async def test_reads_of_one_tenant_wait_for_each_other(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """Ten at once still use one connection, and none of them fails for want of one."""
    acme.on("*", say.trickle(WHOLE, 0))
    async with platform() as opened, opened.reading(access(acme)) as reader:
        lives = await asyncio.gather(*(reader.read(limit) for _ in range(10)))
    assert {live.state for live in lives} == {LiveState.SET}
    assert acme.connections == 1


def truncated(say: type[Say]):
    return say.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + BODY)


FAILURES = [
    pytest.param(lambda say: say.drop(), "closed before a whole answer", id="dropped"),
    pytest.param(truncated, "before the end of the body", id="cut short"),
    pytest.param(
        lambda say: say.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        "before the end of the body",
        id="bad chunk",
    ),
    pytest.param(lambda say: say.raw(b"SSH-2.0-x\r\n\r\n"), "not HTTP", id="not HTTP"),
    pytest.param(lambda say: say.raw(b"HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n"), "not HTTP", id="bad header"),
    pytest.param(
        lambda say: say.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"),
        "not HTTP",
        id="two lengths",
    ),
    pytest.param(
        lambda say: say.raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "not HTTP", id="switched"
    ),
    pytest.param(lambda say: say.status(503, "maintenance"), "503 Service Unavailable: maintenance", id="503"),
    pytest.param(lambda say: say.status(429, "", "Retry-After: 1"), "429 Too Many Requests", id="429"),
]


@pytest.mark.parametrize(("failure", "words"), FAILURES)
async def test_a_passing_failure_is_tried_again_and_passes(
    *,
    failure: MakeReply,
    words: str,
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    beta: Server,
    limit: Key,
    say: type[Say],
    clock: FakeClock,
):
    """Twice, with a wait before each; the neighbour is not held up."""
    acme.on("*", failure(say), failure(say), say.ok({"soft": 5}))
    beta.on("*", say.ok({"soft": 6}))
    async with (
        platform() as opened,
        opened.reading(access(acme)) as one,
        opened.reading(access(beta, "beta")) as other,
    ):
        assert (await one.read(limit)).state is LiveState.SET
        assert (await other.read(limit)).state is LiveState.SET
    assert len(acme.seen) == 3
    assert len(beta.seen) == 1
    assert len(clock.slept) == 2


@pytest.mark.parametrize(("failure", "words"), FAILURES)
async def test_a_failure_that_stays_is_told_after_the_last_try(
    failure: MakeReply, words: str, platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """As a value, never as an exception."""
    acme.on("*", failure(say))
    live = await read_once(platform, access(acme), limit)
    assert live.state is LiveState.UNREADABLE
    assert words in live.detail
    assert live.halt is None
    assert len(acme.seen) == 3


async def test_connections_that_are_closed_at_once_are_tried_again(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """A load balancer that is being replaced does so."""
    acme.hang_ups = 2
    acme.on("*", say.ok({"soft": 5}))
    assert (await read_once(platform, access(acme), limit)).state is LiveState.SET
    assert acme.connections == 3


async def test_an_idle_connection_that_the_server_closed_is_no_failure(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """The next read takes a new one."""
    acme.on("*", say.raw(WHOLE))
    async with platform(limits=Limits(read_tries=1)) as opened, opened.reading(access(acme)) as reader:
        for _ in range(3):
            await asyncio.sleep(0.02)
            assert (await reader.read(limit)).state is LiveState.SET
    assert acme.connections == 3


async def test_a_host_where_nobody_listens_halts_its_tenant(
    platform: MakePlatform, access: MakeAccess, acme: Server, serving: Serving, limit: Key
):
    """Its other keys would only wait for the same end."""
    async with serving() as gone:
        pass
    live = await read_once(platform, access(gone), limit)
    assert live.state is LiveState.UNREADABLE
    assert live.detail == (
        "No connection: Connection refused. Check the origin in the credentials; if it is right, nothing answers there"
        " now."
    )
    assert live.halt is Halt.TENANT


async def test_a_server_that_says_nothing_costs_no_more_than_the_timeouts(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """Three tries of a tenth of a second."""
    acme.on("*", say.trickle(b"H", 1))
    began = time.perf_counter()
    live = await read_once(platform, access(acme), limit, limits=Limits(connect_timeout=0.5, read_timeout=0.1))
    assert "No answer in time" in live.detail
    assert len(acme.seen) == 3
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, "No answer in time", id="head"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b" " * 9000, "before the end of the body", id="body"
        ),
    ],
)
async def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_us(
    data: bytes, words: str, platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """Each byte is in time, the whole is not."""
    head, _, rest = data.partition(b"\r\n\r\n") if b"Content" in data else (data[:17], b"", data[17:])

    async def reply(writer: asyncio.StreamWriter):
        writer.write(head + (b"\r\n\r\n" if b"Content" in data else b""))
        return await say.trickle(rest, 0.02)(writer)

    acme.on("*", reply)
    limits = Limits(connect_timeout=0.1, read_timeout=0.1, read_tries=1)
    live = await read_once(platform, access(acme), limit, limits=limits)
    assert words in live.detail


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(lambda say: say.status(200, b" " * (MAX_BYTES + 1)), "larger than 1 MiB", id="too large"),
        pytest.param(
            lambda say: say.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNK * 17),
            "larger than 1 MiB",
            id="too large, in chunks",
        ),
        pytest.param(
            lambda say: say.status(200, gzip.compress(BODY), "Content-Encoding: gzip"), "compressed", id="gzip"
        ),
        pytest.param(lambda say: say.status(200, BODY, "Content-Encoding: "), "", id="empty encoding"),
        pytest.param(lambda say: say.status(200, BODY, "Content-Encoding: Identity"), "", id="identity"),
        pytest.param(
            lambda say: say.status(200, BODY, "Content-Type: application/problem+json"), "", id="problem+json"
        ),
        pytest.param(lambda say: say.status(200, BODY, "Content-Type: text/html"), "", id="text/html"),
        pytest.param(
            lambda say: say.raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + WHOLE),
            "",
            id="informational answers first",
        ),
    ],
)
async def test_the_status_decides_and_then_the_body_within_its_bounds(
    reply: MakeReply, words: str, platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """Never the Content-Type. What can't be used is read once, not thrice."""
    acme.on("*", reply(say))
    live = await read_once(platform, access(acme), limit)
    assert live.state is (LiveState.UNREADABLE if words else LiveState.SET)
    assert words in live.detail
    assert len(acme.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_the_token_goes_nowhere_else(
    status: int, platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key, say: type[Say]
):
    """The other server sees no request at all."""
    acme.on("*", say.status(status, "", f"Location: {beta.origin}{limit.path}"))
    beta.on("*", say.ok({"soft": 5}))
    live = await read_once(platform, access(acme), limit)
    assert live.state is LiveState.UNREADABLE
    assert "Redirected to another address; not followed." in live.detail
    assert beta.origin not in live.detail
    assert beta.seen == []
    assert len(acme.seen) == 1


async def test_proxies_and_netrc_of_the_environment_are_not_obeyed(
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    beta: Server,
    limit: Key,
    say: type[Say],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    """Each of them would hand the token to somebody else, or replace it."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, beta.origin)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    acme.on("*", say.ok({"soft": 5}))
    beta.on("*", say.ok({"soft": 5}))
    assert (await read_once(platform, access(acme), limit)).state is LiveState.SET
    assert beta.connections == 0
    assert acme.seen[0].bearer == "Bearer canary-token-acme"


async def test_a_static_token_that_is_refused_halts_its_tenant_and_no_other(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key, hook: Key, say: type[Say]
):
    """It can't be refreshed, so the second key isn't even asked for."""
    acme.on("*", say.json(401, {"message": "expired", "request_id": "r-1"}))
    beta.on("*", say.ok({"soft": 5}))
    async with (
        platform() as opened,
        opened.reading(access(acme)) as one,
        opened.reading(access(beta, "beta")) as other,
    ):
        first, second = await one.read(limit), await one.read(hook)
        neighbour = await other.read(limit)
    assert first.halt is second.halt is Halt.TENANT
    assert "401 Unauthorized: expired." in first.detail
    assert first.request_id == "r-1"
    assert second.detail.startswith("Not sent: ")
    assert len(acme.seen) == 1
    assert neighbour.state is LiveState.SET


async def test_a_blocked_address_stops_everyone_without_another_request(
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    beta: Server,
    limit: Key,
    say: type[Say],
    notices: list[str],
):
    """Every further call would prolong the block."""
    acme.on("*", say.status(403, "<html>Request blocked</html>"))
    beta.on("*", say.ok({"soft": 5}))
    async with (
        platform() as opened,
        opened.writing(access(acme)) as one,
        opened.writing(access(beta, "beta")) as other,
    ):
        first, second = await one.read(limit), await other.read(limit)
        posted = await other.post(limit, {"soft": 6})
    assert first.halt is second.halt is posted.halt is Halt.EVERYONE
    assert "shards" in first.detail
    assert posted.sent.value == "not-sent"
    assert (len(acme.seen), len(beta.seen)) == (1, 0)
    assert len(notices) == 1


async def test_a_cancelled_read_leaves_a_tenant_that_can_still_be_read(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """The exception goes through, and the half-used connection is gone."""
    acme.on("*", say.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b" " * 400, 0.01), say.ok({"soft": 5}))
    async with platform() as opened, opened.reading(access(acme)) as reader:
        task = asyncio.create_task(reader.read(limit))
        await acme.asked.wait()
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await reader.read(limit)).state is LiveState.SET
    assert acme.connections == 2


async def test_forty_tenants_at_once_each_get_their_own_value(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """On forty connections, though they share a host; none sees a neighbour's value or token."""
    names = [f"t{number}" for number in range(40)]
    for number, name in enumerate(names):
        acme.on(f"/{name}{limit.path}", say.ok({"soft": number}))

    async def one(opened: Platform, name: str):
        async with opened.reading(access(acme, name, path=f"/{name}")) as reader:
            return [await reader.read(limit) for _ in range(5)][-1]

    async with platform() as opened:
        lives = await asyncio.gather(*(one(opened, name) for name in names))
    assert [live.value["soft"] for live in lives] == list(range(40))
    assert acme.connections == 40
    for seen in acme.seen:
        assert seen.bearer == f"Bearer canary-token-{seen.target.split('/')[1]}"
