import random
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from reconciler.model.access import Limits
from reconciler.model.key import Key
from reconciler.model.live import Halt, Sent
from reconciler.model.words import LiveState
from reconciler.platform import Platform, Unusable
from tests.platform.loopback import FakeClock, MakeAccess, MakePlatform, Say, Server, Serving

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def tls_for(authority: trustme.CA, name: str = "localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_a_private_authority_is_trusted_when_it_is_named(
    platform: MakePlatform,
    access: MakeAccess,
    serving: Serving,
    authority: trustme.CA,
    bundle: Path,
    limit: Key,
    say: type[Say],
):
    """Two tenants, one context for both."""
    async with serving(tls_for(authority)) as acme, serving(tls_for(authority)) as beta:
        for server, soft in ((acme, 1), (beta, 2)):
            server.on("*", say.ok({"soft": soft}))
        async with (
            platform(ca_bundle=bundle) as opened,
            opened.reading(access(acme)) as one,
            opened.reading(access(beta, "beta")) as other,
        ):
            lives = [await reader.read(limit) for reader in (one, other)]
    assert [live.value for live in lives] == [{"soft": soft, "unit": "items"} for soft in (1, 2)]
    assert acme.seen[0].bearer == "Bearer canary-token-acme"


@pytest.mark.parametrize(
    ("trusted", "name"),
    [
        pytest.param(False, "localhost", id="unknown authority"),
        pytest.param(True, "another.example", id="certificate of another host"),
    ],
)
async def test_a_server_that_cannot_prove_its_name_gets_nothing(
    *,
    trusted: bool,
    name: str,
    platform: MakePlatform,
    access: MakeAccess,
    serving: Serving,
    authority: trustme.CA,
    bundle: Path,
    limit: Key,
    say: type[Say],
):
    """No token, no body; told once, with what to do, and not tried again."""
    async with serving(tls_for(authority, name)) as acme:
        acme.on("*", say.ok({"soft": 5}))
        async with platform(ca_bundle=bundle if trusted else None) as opened, opened.writing(access(acme)) as writer:
            live = await writer.read(limit)
            posted = await writer.post(limit, {"soft": 6})
        assert live.state is LiveState.UNREADABLE
        assert live.halt is Halt.TENANT
        assert "certificate is not trusted" in live.detail
        # No authority helps where the name is another.
        assert ("Check the origin" if trusted else "name the authority's certificate in ca_bundle") in live.detail
        assert posted.sent is Sent.NOT_SENT
        assert acme.seen == []


async def test_an_unknown_token_server_never_sees_the_client_secret(
    platform: MakePlatform,
    client_access: MakeAccess,
    serving: Serving,
    acme: Server,
    authority: trustme.CA,
    limit: Key,
    say: type[Say],
):
    """It is verified like every other."""
    async with serving(tls_for(authority)) as identity:
        identity.on("*", say.token("canary-1"))
        async with platform() as opened, opened.reading(client_access(acme, identity)) as reader:
            live = await reader.read(limit)
        assert "certificate is not trusted" in live.detail
        assert identity.seen == []
        assert acme.seen == []


async def test_a_server_that_speaks_no_tls_gets_no_token_in_clear(
    platform: MakePlatform, access: MakeAccess, acme: Server, limit: Key, say: type[Say]
):
    """https means TLS or nothing."""
    acme.on("*", say.ok({"soft": 5}))
    acme.origin = acme.origin.replace("http://", "https://")
    limits = Limits(connect_timeout=0.1, read_tries=1)
    async with platform(limits=limits) as opened, opened.reading(access(acme)) as reader:
        waiting = await reader.read(limit)
        acme.hang_ups = 1
        closing = await reader.read(limit)
    assert waiting.detail == "No connection in time."
    assert closing.detail.startswith("No connection")
    assert acme.seen == []


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("gone.pem", None, "No such file"),
        ("empty.pem", "", "no PEM certificate"),
        ("bad.pem", "x", "no PEM certificate"),
    ],
)
def test_a_ca_bundle_that_cannot_be_used_is_said_before_anything_is_sent(
    name: str, text: Any, words: str, tmp_path: Path, clock: FakeClock
):
    """The caller ends with 64."""
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(Unusable, match=words):
        Platform(
            Limits(),
            fits=lambda _, __: True,
            why_not=lambda _, __: "",
            ca_bundle=path,
            may_write=False,
            clock=clock,
            random=random.Random(1),
            notice=lambda _: None,
        )
