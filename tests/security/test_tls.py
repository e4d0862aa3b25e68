"""Whoever can't prove to be the tenant's host gets no token, whatever is wrong with the proof."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.journeys.stage import Stage
from tests.platform.loopback import Say, Server
from tests.security.thief import answering

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
Make = Callable[[trustme.CA], ssl.SSLContext]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The only one that is trusted here."""
    return trustme.CA()


def serving(leaf: trustme.LeafCert | None = None, **settings: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for name, value in settings.items():
        setattr(context, name, value)
    if leaf is not None:
        leaf.configure_cert(context)
    return context


def _self_signed(_: trustme.CA) -> ssl.SSLContext:
    """The certificate of an authority, which nobody has signed, as a server's own."""
    own = trustme.CA()
    context = serving()
    pem = own.cert_pem.bytes() + own.private_key_pem.bytes()
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return context


def _old(version: ssl.TLSVersion) -> Make:
    def make(authority: trustme.CA) -> ssl.SSLContext:
        context = serving(authority.issue_cert("localhost"))
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        return context

    return make


def _anonymous(_: trustme.CA) -> ssl.SSLContext:
    """No certificate at all: a cipher for those who don't ask."""
    context = serving()
    context.set_ciphers("aNULL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


BAD: dict[str, Make] = {
    "expired": lambda ca: serving(ca.issue_cert("localhost", not_before=NOW - 9 * DAY, not_after=NOW - DAY)),
    "not yet valid": lambda ca: serving(ca.issue_cert("localhost", not_before=NOW + DAY, not_after=NOW + 9 * DAY)),
    "unknown authority": lambda _: serving(trustme.CA().issue_cert("localhost")),
    "an authority of the same name": lambda _: serving(trustme.CA(organization_name="trustme").issue_cert("localhost")),
    "self-signed": _self_signed,
    "below a stranger's authority": lambda _: serving(trustme.CA().create_child_ca().issue_cert("localhost")),
    "another host": lambda ca: serving(ca.issue_cert("localhost.evil.example")),
    "a host below": lambda ca: serving(ca.issue_cert("www.localhost")),
    "a wildcard": lambda ca: serving(ca.issue_cert("*.localhost", "*.example")),
    "the name as a common name alone": lambda ca: serving(ca.issue_cert("a.example", common_name="localhost")),
    "the address, but not the name": lambda ca: serving(ca.issue_cert("127.0.0.1")),
    "the name as a mailbox": lambda ca: serving(ca.issue_cert("a@localhost")),
    "TLS 1.0": _old(ssl.TLSVersion.TLSv1),
    "TLS 1.1": _old(ssl.TLSVersion.TLSv1_1),
    "no certificate": _anonymous,
}


@pytest.fixture
def trusting(stage: Stage, authority: trustme.CA) -> Stage:
    """Trusts the authority in the checkout's settings."""
    authority.cert_pem.write_to_path(str(stage.folder / "ca.pem"))
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.tenant("beta", on_hold_timer_duration=60)
    return stage


def sent_to(stage: Stage, tenant: str, origin: str) -> None:
    """Let one tenant live there; the other lives in the sandbox, so both are of one origin template."""
    stage.access(tenant, client=True, token_url=f"{origin}/token", client_secret="canary-client-secret")
    stage.settings(extra='ca_bundle = "ca.pem"', limits={"read_tries": 1, "connect_timeout": 5, "read_timeout": 5})


@pytest.fixture
def server() -> Iterator[Callable[[ssl.SSLContext], Server]]:
    """Serve with a context until the test ends."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda tls: stack.enter_context(answering(tls))


@pytest.mark.filterwarnings("ignore:.*TLSv1:DeprecationWarning")
@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("make", BAD.values(), ids=list(BAD))
def test_a_bad_proof_makes_one_tenant_unreadable_and_sends_nothing(
    trusting: Stage, authority: trustme.CA, server: Callable[..., Server], make: Make, command: str
):
    """No token, no client secret, no request; the other tenant is none the worse."""
    bad = server(make(authority))
    bad.on("*", Say.token("canary-fetched"))
    sent_to(trusting, "acme", bad.origin)
    ended = trusting.run(command)
    assert ended.exit_code == 1
    assert ended.key("acme", "on_hold_timer_duration")["action"] == "unreadable"
    assert ended.results()["beta"] == ("changes" if command == "plan" else "applied")
    assert bad.seen == []
    assert trusting.log("acme") == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_good_proof_is_taken_by_name_and_by_address(
    trusting: Stage, authority: trustme.CA, server: Callable[..., Server], host: str
):
    """Otherwise the refusals above would prove nothing."""
    good = server(serving(authority.issue_cert(host)))
    good.on("*", Say.token(trusting.sandbox.static_token("acme")))
    sent_to(trusting, "acme", good.origin.replace("localhost", host))
    assert trusting.run("plan").exit_code == 0
    assert [one.target for one in good.seen] == ["/token"]


def test_a_checkout_brings_no_authority_from_elsewhere(
    trusting: Stage, server: Callable[..., Server], authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
):
    """A bundle is part of the reviewed tree or is named by a person: settings don't reach out of their folder."""
    elsewhere = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(elsewhere))
    good = server(serving(authority.issue_cert("localhost")))
    good.on("*", Say.token("canary-fetched"))
    sent_to(trusting, "acme", good.origin)
    for name in (str(elsewhere), f"../{elsewhere.parent.name}/ca.pem", "link.pem"):
        (trusting.folder / "link.pem").unlink(missing_ok=True)
        (trusting.folder / "link.pem").symlink_to(elsewhere)
        trusting.settings(extra=f'ca_bundle = "{name}"')
        assert trusting.run("plan").exit_code == 64
    assert good.connections == 0
