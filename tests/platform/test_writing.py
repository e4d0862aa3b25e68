import asyncio
import dataclasses
import json
from typing import Any

import httpx
import pytest

from reconciler.model.access import Access, Limits
from reconciler.model.key import Key
from reconciler.model.live import Halt, Sent
from reconciler.model.values import Secret
from reconciler.model.words import LiveState
from tests.platform.loopback import FakeClock, MakeAccess, MakePlatform, MakeReply, Say, Server, Serving

pytestmark = pytest.mark.anyio


async def post_once(platform: MakePlatform, access: Access, key: Key, value: Any = None, **changes: Any):
    async with platform(**changes) as opened, opened.writing(access) as writer:
        return await writer.post(key, {"soft": 6} if value is None else value)


async def test_two_tenants_are_written_each_with_its_own_value_and_token(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key, hook: Key, say: type[Say]
):
    """The body is the value and nothing else, secrets in clear."""
    acme.on("*", say.status(200))
    beta.on("*", say.status(200, "<html>not looked at"))
    first = await post_once(platform, access(acme), limit, {"soft": 1})
    second = await post_once(platform, access(beta, "beta"), hook, {"url": "u", "api_key": Secret("canary-é")})
    assert first == second == dataclasses.replace(first, sent=Sent.ACCEPTED, detail="")
    assert (acme.seen[0].method, acme.seen[0].target) == ("POST", limit.path)
    assert json.loads(acme.seen[0].body) == {"value": {"soft": 1}}
    assert acme.seen[0].all("content-type") == ["application/json"]
    assert acme.seen[0].bearer == "Bearer canary-token-acme"
    assert json.loads(beta.seen[0].body) == {"value": {"url": "u", "api_key": "canary-é"}}
    assert beta.seen[0].bearer == "Bearer canary-token-beta"


@pytest.mark.parametrize(
    ("reply", "sent"),
    [
        pytest.param(lambda say: say.drop(), Sent.LOST, id="dropped"),
        pytest.param(lambda say: say.raw(b"HTTP/1.1 2"), Sent.LOST, id="half a status"),
        pytest.param(lambda say: say.raw(b"garbage\r\n\r\n"), Sent.LOST, id="not HTTP"),
        pytest.param(lambda say: say.trickle(b"H", 1), Sent.LOST, id="no answer in time"),
        pytest.param(lambda say: say.status(500, "x"), Sent.LOST, id="500"),
        pytest.param(lambda say: say.status(503, "", "Retry-After: 1"), Sent.LOST, id="503"),
        pytest.param(lambda say: say.status(400, '{"message": "x"}'), Sent.REJECTED, id="400"),
        pytest.param(lambda say: say.status(422, "x"), Sent.REJECTED, id="422"),
        pytest.param(lambda say: say.status(401, "{}"), Sent.DENIED, id="401"),
        pytest.param(lambda say: say.status(403, "{}"), Sent.DENIED, id="403"),
        pytest.param(lambda say: say.status(409, "{}"), Sent.CONFLICT, id="409"),
        pytest.param(lambda say: say.status(429, "", "Retry-After: 1"), Sent.THROTTLED, id="429"),
        pytest.param(lambda say: say.status(302, "", "Location: /elsewhere"), Sent.LOST, id="302"),
        pytest.param(lambda say: say.status(307, "", "Location: /elsewhere"), Sent.REJECTED, id="307"),
        pytest.param(
            lambda say: say.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx"), Sent.ACCEPTED, id="200 cut short"
        ),
        pytest.param(
            lambda say: say.status(200, b"x", "Content-Encoding: gzip"), Sent.ACCEPTED, id="200 that can't be read"
        ),
        pytest.param(
            lambda say: say.raw(b"HTTP/1.1 400 Bad\r\nContent-Length: 50\r\n\r\nx"), Sent.REJECTED, id="400 cut short"
        ),
    ],
)
@pytest.mark.parametrize("write_once", [False, True], ids=["ordinary", "write-once"])
async def test_a_post_is_sent_exactly_once_whatever_comes_back(
    *,
    reply: MakeReply,
    sent: Sent,
    write_once: Any,
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    limit: Key,
    say: type[Say],
    clock: FakeClock,
):
    """Whether to send it again is for those to decide who have read the key."""
    acme.on("*", reply(say), say.status(200))
    key = dataclasses.replace(limit, write_once=write_once)
    limits = Limits(connect_timeout=0.3, read_timeout=0.15)
    posted = await post_once(platform, access(acme), key, limits=limits)
    assert posted.sent is sent
    assert bool(posted.detail) is (sent is not Sent.ACCEPTED)
    assert posted.halt is (Halt.TENANT if sent is Sent.DENIED else None)
    assert [seen.method for seen in acme.seen] == ["POST"]
    assert clock.slept == []


async def test_a_connection_that_is_never_made_is_not_sent(
    platform: MakePlatform, access: MakeAccess, serving: Serving, limit: Key
):
    """Nothing reached the wire; the halt is left to the one who may try again."""
    async with serving() as gone:
        pass
    posted = await post_once(platform, access(gone), limit)
    assert (posted.sent, posted.halt) == (Sent.NOT_SENT, None)
    assert "Connection refused" in posted.detail


async def test_a_connection_closed_before_the_request_was_read_counts_as_lost(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """Bytes may have left. Who knows what a balancer did with them."""
    acme.hang_ups = 1
    acme.on("*", say.status(200))
    posted = await post_once(platform, access(acme), limit)
    assert posted.sent is Sent.LOST
    assert acme.connections == 1
    assert acme.seen == []


class Raising(httpx.AsyncBaseTransport):
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    async def handle_async_request(self, request: httpx.Request):
        self.calls += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.PoolTimeout("canary"), Sent.NOT_SENT),
        (httpx.ConnectTimeout("canary"), Sent.NOT_SENT),
        (httpx.WriteError("canary"), Sent.LOST),
        (httpx.WriteTimeout("canary"), Sent.LOST),
        (httpx.LocalProtocolError("canary"), Sent.LOST),
        (OSError("canary"), Sent.LOST),
    ],
    ids=lambda item: type(item).__name__ if isinstance(item, Exception) else str(item),
)
async def test_errors_that_a_socket_does_not_make_on_demand_are_values_too(
    error: Any, sent: Sent, platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key
):
    """And their texts stay out of the details."""
    transport = Raising(error)
    posted = await post_once(platform, access(acme), limit, transport_for=lambda _: transport)
    assert posted.sent is sent
    assert "canary" not in posted.detail
    assert transport.calls == 1


async def test_a_post_after_a_read_uses_the_same_connection(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """A fresh one: a connection that has grown stale between read and write would lose the POST."""
    acme.on("*", say.ok({"soft": 5}), say.status(200), say.ok({"soft": 6}))
    async with platform() as opened, opened.writing(access(acme)) as writer:
        before = await writer.read(limit)
        posted = await writer.post(limit, {"soft": 6})
        after = await writer.read(limit)
    assert posted.sent is Sent.ACCEPTED
    assert (before.value, after.value) == ({"soft": 5, "unit": "items"}, {"soft": 6, "unit": "items"})
    assert [seen.connection for seen in acme.seen] == [1, 1, 1]


async def test_a_redirected_post_takes_neither_body_nor_token_elsewhere(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, hook: Key, say: type[Say]
):
    """Not even a 307, which asks for just that."""
    beta.on("*", say.status(200))
    for status in (301, 302, 303, 307, 308):
        acme.on("*", say.status(status, "", f"Location: {beta.origin}/"))
        posted = await post_once(platform, access(acme), hook, {"url": "u", "api_key": Secret("canary-hook-secret")})
        assert "not followed" in posted.detail
    assert beta.connections == 0
    assert len(acme.seen) == 5


async def test_after_a_denied_post_nothing_more_is_sent_for_that_tenant(
    platform: MakePlatform, access: MakeAccess, acme: Server, beta: Server, limit: Key, say: type[Say]
):
    """The neighbour goes on."""
    acme.on("*", say.json(403, {"messages": ["scope missing"]}))
    beta.on("*", say.status(200))
    async with (
        platform() as opened,
        opened.writing(access(acme)) as one,
        opened.writing(access(beta, "beta")) as other,
    ):
        posted = [await one.post(limit, {"soft": 1}), await one.post(limit, {"soft": 1})]
        live = await one.read(limit)
        assert (await other.post(limit, {"soft": 1})).sent is Sent.ACCEPTED
    assert [item.sent for item in posted] == [Sent.DENIED, Sent.NOT_SENT]
    assert "scope missing" in posted[0].detail
    assert live.state is LiveState.UNREADABLE
    assert live.halt is Halt.TENANT
    assert len(acme.seen) == 1


async def test_a_cancelled_post_goes_through_as_a_cancellation(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """What became of it is for the reader to find out, on a new connection."""
    acme.on("*", say.trickle(b"H", 5), say.ok({"soft": 6}))
    async with platform() as opened, opened.writing(access(acme)) as writer:
        task = asyncio.create_task(writer.post(limit, {"soft": 6}))
        await acme.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await writer.read(limit)).state is LiveState.SET
    assert [seen.method for seen in acme.seen] == ["POST", "GET"]
