import base64
import gc
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.access import Access
from reconciler.model.key import Key
from reconciler.model.live import Sent
from reconciler.model.values import Secret, Value
from reconciler.model.words import LiveState
from reconciler.platform.answers import secrets_in
from reconciler.platform.wire import Answer
from tests.platform.loopback import MakeAccess, MakePlatform, Say, Server

pytestmark = pytest.mark.anyio


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture):
    """DEBUG for every logger there is, also for those that set their own level."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "asyncio"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield caplog
    for name in ("httpx", "asyncio"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def everything_logged_as_text(caplog: pytest.LogCaptureFixture):
    return caplog.text + "".join(repr(record.__dict__) for record in caplog.records)


async def test_a_log_at_debug_level_names_requests_and_no_secret(
    *,
    platform: MakePlatform,
    access: MakeAccess,
    client_access: MakeAccess,
    acme: Server,
    beta: Server,
    identity: Server,
    hook: Key,
    limit: Key,
    say: type[Say],
    everything_logged: pytest.LogCaptureFixture,
):
    """Method, path, status and time; neither our headers nor their bodies."""
    identity.on("*", say.token("canary-bearer"))
    for server in (acme, beta):
        server.on("*", say.ok({"url": "u", "api_key": "canary-live"}), say.status(200), say.drop())
    value: Value = {"url": "u", "api_key": Secret("canary-new")}
    async with (
        platform() as opened,
        opened.writing(access(acme)) as one,
        opened.writing(client_access(beta, identity, "beta")) as other,
    ):
        for writer in (one, other):
            assert (await writer.read(hook)).state is LiveState.SET
            await writer.post(hook, value)
            await writer.read(limit)
        shown = [repr(item) for item in (one, other, opened, one._line, other._line.tokens)]  # noqa: SLF001 - the point
    logged = everything_logged_as_text(everything_logged)
    assert f"GET {hook.path}: 200 in " in logged
    assert f"POST {hook.path}: 200 in " in logged
    assert f"GET {limit.path}: lost in " in logged
    assert "canary" not in logged
    assert "canary" not in "".join(shown)
    assert {record.name for record in everything_logged.records} <= {"reconciler.platform", "asyncio"}


async def test_every_logger_of_the_http_library_is_off(
    platform: MakePlatform,
    access: MakeAccess,
    acme: Server,
    limit: Key,
    say: type[Say],
    everything_logged: pytest.LogCaptureFixture,
):
    """A new version of it may bring another logger, which prints addresses."""
    acme.on("*", say.ok(None))
    async with platform() as opened, opened.reading(access(acme)) as reader:
        await reader.read(limit)
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "httpx"]
    assert "httpx" in names
    assert not [name for name in names if logging.getLogger(name).isEnabledFor(logging.CRITICAL)]


ECHOES = [
    pytest.param(str, id="as it is"),
    pytest.param(lambda text: f"Bearer {text}", id="with its scheme"),
    pytest.param(lambda text: base64.b64encode(f"client:{text}".encode()).decode(), id="in base64"),
    pytest.param(lambda text: json.dumps({"x": text}), id="in JSON"),
    pytest.param(lambda text: f"{'a' * 230} {text}", id="where the detail is cut"),
    pytest.param(lambda text: f"<p>{text}</p>", id="in HTML"),
]


@pytest.mark.parametrize("spell", ECHOES)
@pytest.mark.parametrize("status", [400, 401, 404, 409, 500])
async def test_what_an_api_echoes_of_a_secret_reaches_no_detail(
    *,
    spell: Callable[[str], str],
    status: int,
    platform: MakePlatform,
    client_access: MakeAccess,
    access: MakeAccess,
    acme: Server,
    beta: Server,
    identity: Server,
    hook: Key,
    say: type[Say],
):
    """The bearer, the client secret, the old secret that was live, and the new one."""
    identity.on("*", say.token("canary-bearer-token"))
    live = say.ok({"url": "u", "api_key": "canary-old-secret"})
    secrets = {"acme": ["canary-bearer-token", "canary-old-secret", "canary-new-secret", "canary-client-acme/+é"]}
    secrets["beta"] = ["canary-token-beta", "canary-old-secret", "canary-new-secret", "canary-hook-secret"]
    value: Value = {"url": "u", "api_key": Secret("canary-new-secret")}
    for server, grant in ((acme, client_access(acme, identity)), (beta, access(beta, "beta"))):
        assert isinstance(grant, Access)
        echo = " ".join(spell(text) for text in secrets[grant.tenant])
        said = echo if echo.startswith("<") else json.dumps({"message": echo, "request_id": spell("x")})
        server.on("*", live, say.status(status, said, f"X-Request-Id: {secrets[grant.tenant][0]}"))
        async with platform() as opened, opened.writing(grant) as writer:
            assert (await writer.read(hook)).state is LiveState.SET
            posted = await writer.post(hook, value)
            again = await writer.read(hook)
        shown = repr((posted, again))
        assert posted.sent is not Sent.ACCEPTED
        assert "canary" not in shown
        assert base64.b64encode(b"canary").decode()[:7] not in shown


async def test_an_exception_of_ours_shows_no_secret(
    platform: MakePlatform, access: MakeAccess, acme: Server, hook: Key
):
    """Not in its text, nor in what led to it."""
    broken: Any = {"url": object(), "api_key": Secret("canary")}
    async with platform() as opened, opened.writing(access(acme)) as writer:
        with pytest.raises(TypeError) as caught:
            await writer.post(hook, broken)
    error: BaseException | None = caught.value
    while error is not None:
        assert "canary" not in repr(error)
        error = error.__cause__ or error.__context__


async def test_a_masked_secret_is_shown_as_the_platform_shows_it(
    platform: MakePlatform, access: MakeAccess, acme: Server, hook: Key, say: type[Say]
):
    """Stars in a message are no leak, and cutting them out would be a riddle."""
    acme.on("*", say.ok({"url": "u", "api_key": "********"}), say.json(400, {"message": "a ******** b"}))
    async with platform() as opened, opened.writing(access(acme)) as writer:
        await writer.read(hook)
        posted = await writer.post(hook, {"url": "u", "api_key": Secret("canary-new")})
    assert "a ******** b" in posted.detail


def test_secrets_are_found_wherever_they_stand_in_a_value():
    """Within lists and objects alike."""
    value: Value = {"a": (Secret("canary-1"), {"b": Secret("canary-2")}), "c": 5, "d": "x"}
    assert list(secrets_in(value)) == [Secret("canary-1"), Secret("canary-2")]


def test_an_answer_does_not_show_its_body():
    """It may hold a live secret."""
    assert "canary" not in repr(Answer(200, b"canary", request_id="canary"))


async def test_nothing_is_left_open(
    platform: MakePlatform,
    access: MakeAccess,
    client_access: MakeAccess,
    acme: Server,
    beta: Server,
    identity: Server,
    limit: Key,
    say: type[Say],
):
    """Whoever leaves the platform leaves no socket; an unclosed one would be a warning, which fails this test."""
    identity.on("*", say.token("canary-bearer"))
    acme.on("*", say.trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 0), say.drop())
    beta.on("*", say.ok(None))
    async with (
        platform() as opened,
        opened.reading(access(acme)) as one,
        opened.reading(client_access(beta, identity, "beta")) as other,
    ):
        await one.read(limit)
        await other.read(limit)
    gc.collect()
