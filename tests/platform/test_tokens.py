import asyncio
from typing import Any
from urllib.parse import parse_qs

import pytest

from reconciler.model.access import Limits
from reconciler.model.key import Key
from reconciler.model.live import Halt, Sent
from reconciler.model.words import LiveState
from reconciler.platform import ForbiddenRequest, Platform
from reconciler.platform.stops import Errand
from reconciler.platform.tokens import FetchedTokens
from tests.platform.loopback import FakeClock, MakeAccess, MakePlatform, MakeReply, Say, Server

pytestmark = pytest.mark.anyio


async def test_each_tenant_fetches_its_own_token_once_and_keeps_it(
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    beta: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """A form POST with id and secret in the body, and no scope; the secret goes nowhere else."""
    for name, server in (("acme", acme), ("beta", beta)):
        identity.on(f"/realms/{name}/token", say.token(f"canary-bearer-{name}"))
        server.on("*", say.ok({"soft": 5}))
    async with (
        platform(may_write=False) as opened,
        opened.reading(client_access(acme, identity)) as one,
        opened.reading(client_access(beta, identity, "beta")) as other,
    ):
        for reader in (one, other, one, other):
            assert (await reader.read(limit)).state is LiveState.SET
    assert [seen.target for seen in identity.seen] == ["/realms/acme/token", "/realms/beta/token"]
    assert parse_qs(identity.seen[0].body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-acme"],
        "client_secret": ["canary-client-acme/+é"],
    }
    assert identity.seen[0].method == "POST"
    assert identity.seen[0].all("content-type") == ["application/x-www-form-urlencoded"]
    assert identity.seen[0].bearer is None
    assert {seen.bearer for seen in acme.seen} == {"Bearer canary-bearer-acme"}
    assert {seen.bearer for seen in beta.seen} == {"Bearer canary-bearer-beta"}
    assert identity.connections == 1


async def test_who_is_written_to_keeps_the_token_it_was_read_with(
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """An apply opens a tenant twice, to plan and to write; and what is said of the token then still doesn't show it."""
    identity.on("*", say.token("canary-bearer-acme"))
    acme.on("*", say.ok({"soft": 5}), say.json(400, {"message": "canary-bearer-acme is unknown"}))
    async with platform() as opened:
        async with opened.reading(client_access(acme, identity)) as reader:
            await reader.read(limit)
        async with opened.writing(client_access(acme, identity)) as writer:
            live = await writer.read(limit)
    assert len(identity.seen) == 1
    assert {seen.bearer for seen in acme.seen} == {"Bearer canary-bearer-acme"}
    assert live.state is LiveState.UNREADABLE
    assert "is unknown" in live.detail
    assert "canary" not in live.detail


@pytest.mark.parametrize(
    ("life", "used_for"),
    [
        pytest.param(300, 270, id="5 minutes: 30 s before"),
        pytest.param(60, 45, id="1 minute: a quarter before"),
        pytest.param(None, 45, id="not said: 1 minute"),
        pytest.param(1.5, 1.125, id="a fraction"),
        pytest.param("300", 270, id="in quotes"),
        pytest.param(10**30, 24 * 3600 - 30, id="for ever: a day"),
    ],
)
async def test_a_token_is_used_until_shortly_before_its_end(
    *,
    life: Any,
    used_for: float,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
    clock: FakeClock,
):
    """Then another is fetched, before the platform has to refuse the old one."""
    identity.on("*", say.token("canary-1", life), say.token("canary-2", life))
    acme.on("*", say.ok(None))
    patient = Limits(tenant_deadline=200_000, run_deadline=200_000)
    async with platform(limits=patient) as opened, opened.reading(client_access(acme, identity)) as reader:
        await reader.read(limit)
        clock.time += used_for - 0.01
        await reader.read(limit)
        clock.time += 0.02
        await reader.read(limit)
    assert [seen.bearer for seen in acme.seen] == ["Bearer canary-1", "Bearer canary-1", "Bearer canary-2"]


@pytest.mark.parametrize("life", [0, -5])
async def test_a_token_without_a_life_is_used_for_one_request(
    life: Any,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """It was good when it was given."""
    identity.on("*", say.token("canary-1", life))
    acme.on("*", say.ok(None))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        await reader.read(limit)
        await reader.read(limit)
    assert len(identity.seen) == len(acme.seen) == 2


async def test_a_token_without_a_type_is_a_bearer(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """Some servers leave it out; no other type is ever asked for."""
    identity.on("*", say.json(200, {"access_token": "canary-1", "expires_in": 300}))
    acme.on("*", say.ok({"soft": 5}))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        assert (await reader.read(limit)).state is LiveState.SET
    assert [seen.bearer for seen in acme.seen] == ["Bearer canary-1"]


async def test_reads_that_start_together_share_one_token(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """One fetch in flight at a time."""
    identity.on("*", say.token("canary-1"))
    acme.on("*", say.ok(None))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        await asyncio.gather(*(reader.read(limit) for _ in range(8)))
    assert len(identity.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_refreshed_once_and_the_read_goes_on(
    status: int,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """A 401, or a 403 in JSON: the token may have been revoked."""
    identity.on("*", say.token("canary-1"), say.token("canary-2"))
    acme.on("*", say.json(status, {"message": "expired"}), say.ok({"soft": 5}))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        assert (await reader.read(limit)).state is LiveState.SET
    assert [seen.bearer for seen in acme.seen] == ["Bearer canary-1", "Bearer canary-2"]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_fresh_token_that_is_refused_too_halts_the_tenant_and_no_other(
    *,
    status: int,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    beta: Server,
    identity: Server,
    limit: Key,
    hook: Key,
    say: type[Say],
):
    """No third try, and none for the next key."""
    identity.on("*", say.token("canary-x"))
    acme.on("*", say.json(status, {"message": "no"}))
    beta.on("*", say.ok({"soft": 5}))
    async with (
        platform() as opened,
        opened.reading(client_access(acme, identity)) as one,
        opened.reading(client_access(beta, identity, "beta")) as other,
    ):
        lives = [await one.read(limit), await one.read(hook)]
        assert (await other.read(limit)).state is LiveState.SET
    assert [live.halt for live in lives] == [Halt.TENANT, Halt.TENANT]
    assert (len(acme.seen), len(identity.seen)) == (2, 3)


async def test_a_blocked_address_is_no_reason_to_refresh(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """A 403 that is not JSON: one request, and no more."""
    identity.on("*", say.token("canary-1"))
    acme.on("*", say.status(403, "<h1>Forbidden</h1>"))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        assert (await reader.read(limit)).halt is Halt.EVERYONE
    assert (len(acme.seen), len(identity.seen)) == (1, 1)


async def test_an_ordinary_post_refused_with_401_is_sent_once_more_with_a_fresh_token(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """A 401 says that nothing was processed."""
    identity.on("*", say.token("canary-1"), say.token("canary-2"))
    acme.on("*", say.status(401, "{}"), say.status(200))
    async with platform() as opened, opened.writing(client_access(acme, identity)) as writer:
        assert (await writer.post(limit, {"soft": 1})).sent is Sent.ACCEPTED
    assert [seen.bearer for seen in acme.seen] == ["Bearer canary-1", "Bearer canary-2"]
    assert acme.seen[0].body == acme.seen[1].body


@pytest.mark.parametrize(
    ("status", "write_once"),
    [
        pytest.param(401, True, id="401 of a write-once key"),
        pytest.param(403, True, id="403 of a write-once key"),
        pytest.param(403, False, id="403 of an ordinary key"),
    ],
)
async def test_no_other_post_is_sent_again(
    *,
    status: int,
    write_once: Any,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    identity: Server,
    limit: Key,
    once: Key,
    say: type[Say],
):
    """Of a write-once key one POST reaches the wire, whatever is said of it."""
    identity.on("*", say.token("canary-1"), say.token("canary-2"))
    acme.on("*", say.status(status, "{}"), say.status(200))
    async with platform() as opened, opened.writing(client_access(acme, identity)) as writer:
        posted = await writer.post(once if write_once else limit, {"soft": 1})
    assert (posted.sent, posted.halt) == (Sent.DENIED, Halt.TENANT)
    assert (len(acme.seen), len(identity.seen)) == (1, 1)


async def test_a_post_that_was_refused_and_finds_no_fresh_token_is_denied_not_unsent(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """One POST did reach the wire; the report counts it."""
    identity.on("*", say.token("canary-1"), say.status(400, '{"error": "invalid_client"}'))
    acme.on("*", say.status(401, "{}"))
    async with platform() as opened, opened.writing(client_access(acme, identity)) as writer:
        posted = await writer.post(limit, {"soft": 1})
    assert (posted.sent, posted.halt) == (Sent.DENIED, Halt.TENANT)


BAD = [
    pytest.param(lambda say: say.json(401, {"error": "invalid_client"}), "invalid_client", 1, id="401"),
    pytest.param(
        lambda say: say.json(400, {"error": "x", "error_description": "for canary-client-acme/+é"}),
        "for [redacted] (x)",
        1,
        id="400 that echoes the secret",
    ),
    pytest.param(lambda say: say.status(403, "<p>no"), "403", 1, id="403 in HTML"),
    pytest.param(lambda say: say.status(404, "x"), "token_url", 1, id="404"),
    pytest.param(lambda say: say.status(302, "", "Location: /x"), "not followed", 1, id="redirect"),
    pytest.param(lambda say: say.status(500, "x"), "500", 3, id="500"),
    pytest.param(lambda say: say.drop(), "closed before a whole answer", 3, id="dropped"),
    pytest.param(lambda say: say.status(200, "<p>login"), "not JSON", 1, id="HTML"),
    pytest.param(lambda say: say.json(200, []), "not an object", 1, id="array"),
    pytest.param(lambda say: say.json(200, {"token_type": "bearer"}), "access_token", 1, id="no token"),
    pytest.param(
        lambda say: say.json(200, {"access_token": 5, "token_type": "bearer"}), "access_token", 1, id="number"
    ),
    pytest.param(lambda say: say.token(""), "access_token", 1, id="empty token"),
    pytest.param(lambda say: say.token("canary\r\nX: y"), "access_token", 1, id="token with a line break"),
    pytest.param(lambda say: say.token("canary é"), "access_token", 1, id="token that is no ASCII"),
    pytest.param(lambda say: say.token("x" * 20_000), "access_token", 1, id="token too long"),
    pytest.param(
        lambda say: say.json(200, {"access_token": "canary", "token_type": "mac"}), "token_type", 1, id="other type"
    ),
    pytest.param(lambda say: say.token("canary", "soon"), "expires_in", 1, id="life in words"),
    pytest.param(lambda say: say.token("canary", life=True), "expires_in", 1, id="life true"),
    pytest.param(
        lambda say: say.status(200, '{"access_token": "canary", "access_token": "b"}'), "twice", 1, id="two tokens"
    ),
    pytest.param(lambda say: say.status(200, b" " * 1_100_000), "larger than 1 MiB", 1, id="too large"),
]


@pytest.mark.parametrize(("reply", "words", "tries"), BAD)
async def test_without_a_token_nothing_is_sent_and_the_tenant_halts(
    *,
    reply: MakeReply,
    words: str,
    tries: int,
    platform: MakePlatform,
    client_access: MakeAccess,
    acme: Server,
    beta: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """The detail says what the token server said, without the secret; the neighbour has its token."""
    identity.on("/realms/acme/token", reply(say))
    identity.on("/realms/beta/token", say.token("canary-beta"))
    beta.on("*", say.ok({"soft": 5}))
    async with (
        platform() as opened,
        opened.writing(client_access(acme, identity)) as one,
        opened.reading(client_access(beta, identity, "beta")) as other,
    ):
        live = await one.read(limit)
        assert len(identity.seen) == tries
        posted = await one.post(limit, {"soft": 1})
        assert (await other.read(limit)).state is LiveState.SET
    assert (live.state, live.halt) == (LiveState.UNREADABLE, Halt.TENANT)
    assert (posted.sent, posted.halt) == (Sent.NOT_SENT, Halt.TENANT)
    assert live.detail.startswith("No token for this tenant. ")
    assert words in live.detail
    assert "canary" not in live.detail + posted.detail
    assert acme.seen == []


async def test_a_token_server_that_comes_back_is_asked_again(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """Giving out a token changes nothing, so it is asked for like a read."""
    identity.on("*", say.status(503), say.drop(), say.token("canary-1"))
    acme.on("*", say.ok({"soft": 5}))
    async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
        assert (await reader.read(limit)).state is LiveState.SET


async def test_forty_tenants_share_a_few_connections_to_the_token_server(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, identity: Server, limit: Key, say: type[Say]
):
    """And each has its own token all the same."""
    acme.on("*", say.ok({"soft": 5}))
    names = [f"t{number}" for number in range(40)]
    for name in names:
        identity.on(f"/realms/{name}/token", say.token(f"canary-{name}"))

    async def one(opened: Platform, name: str):
        async with opened.reading(client_access(acme, identity, name)) as reader:
            return await reader.read(limit)

    async with platform() as opened:
        lives = await asyncio.gather(*(one(opened, name) for name in names))
    assert {live.state for live in lives} == {LiveState.SET}
    assert sorted(str(seen.bearer) for seen in acme.seen) == sorted(f"Bearer canary-{name}" for name in names)
    assert identity.connections <= 8


async def test_a_client_secret_goes_to_the_token_url_and_nowhere_else(
    platform: MakePlatform, client_access: MakeAccess, acme: Server, beta: Server, identity: Server
):
    """Not even to another path of the same server, nor by another method: the guard is below the one who asks."""
    async with platform() as opened, opened.writing(client_access(acme, identity)) as writer:
        tokens = writer._line.tokens  # noqa: SLF001 - the point
        assert isinstance(tokens, FetchedTokens)
        for method, url in (
            ("POST", f"{identity.origin}/realms/beta/token"),
            ("POST", f"{beta.origin}/realms/acme/token"),
            ("GET", f"{identity.origin}/realms/acme/token"),
        ):
            with pytest.raises(ForbiddenRequest):
                await tokens._wire.send(method, url, {}, b"client_secret=canary", errand=Errand.READ)  # noqa: SLF001 - the point
    assert identity.connections == beta.connections == acme.connections == 0
