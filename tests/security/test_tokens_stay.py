"""A token goes to the origin of its entry. Beside the API waits a server that wants it: it must not even be called."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.journeys.stage import Stage
from tests.platform.loopback import Reply, Say, Server
from tests.platform.test_tls import tls_for
from tests.plugins.threats import Cases
from tests.security.thief import Thief, answering, thieving

COMMANDS = ("plan", "apply", "import", "doctor")
REDIRECTS = (300, 301, 302, 303, 305, 307, 308)
KEY = "on_hold_timer_duration"


@pytest.fixture
def thief() -> Iterator[Thief]:
    """Who waits; at the end nothing was heard, whatever the test did."""
    with thieving() as one:
        yield one


@pytest.fixture
def api() -> Iterator[Server]:
    """The tenant's API, which may answer anything."""
    with answering() as server:
        yield server


def at(stage: Stage, origin: str) -> Stage:
    """One tenant that lives there, with a change."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.access("acme", origin=origin, token="canary-token")
    stage.settings(limits={"read_timeout": 2, "connect_timeout": 2, "read_tries": 1, "verify_timeout": 0.05})
    path = stage.folder / "reconciler.toml"
    path.write_text(path.read_text().replace(stage.sandbox.origin_template, origin))
    return stage


def called(command: str) -> tuple[str, ...]:
    return ("import", "acme", "--force") if command == "import" else (command,)


def elsewhere(thief: Thief) -> dict[str, Reply]:
    """Every answer that leads a client somewhere else."""
    there = f"{thief.origin}/v0"
    bare = thief.origin.removeprefix("http:")
    found = {f"{status}": Say.status(status, b"", f"Location: {there}") for status in REDIRECTS}
    document = {"value": 1, "updated_at": "2021-07-13T20:18:25Z", "next": there, "@odata.nextLink": there}
    leading: tuple[str, ...] = (f"Refresh: 0; url={there}", f'Link: <{there}>; rel="next", <{there}>; rel="canonical"')
    leading += (f"Content-Location: {there}", f'Alt-Svc: h2="{bare[2:]}"; ma=86400', f"Location: {there}")
    found |= {
        "307 without scheme": Say.status(307, b"", f"Location: {bare}/v0"),
        "302 to a user": Say.status(302, b"", f"Location: {there.replace('//', '//acme@')}"),
        "200 that leads": Say.json(200, document, *leading),
        "201": Say.json(201, document, *leading),
        "401": Say.status(401, b"", f'WWW-Authenticate: Bearer realm="{there}", authorization_uri="{there}"'),
        "407": Say.status(407, b"", f'Proxy-Authenticate: Basic realm="{there}"', f"Location: {there}"),
        "421": Say.status(421, b"", f"Location: {there}", f'Alt-Svc: http/1.1="{bare[2:]}"'),
        "426": Say.status(426, b"", "Upgrade: h2c", "Connection: Upgrade", f"Location: {there}"),
        "503": Say.status(503, b"", f"Location: {there}", "Retry-After: 0"),
        "meta": Say.status(200, f'<meta http-equiv="refresh" content="0;url={there}">', "Content-Type: text/html"),
    }
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_no_answer_of_the_api_leads_to_another_host(
    stage: Stage, thief: Thief, api: Server, command: str, cases: Cases
):
    """Whatever the API says to a GET is the end of it."""
    for name, answer in elsewhere(thief).items():
        api.on("*", answer)
        at(stage, api.origin).run(*called(command))
        assert thief.connections == 0, name
        cases.add()
    assert {one.bearer for one in api.seen} == {"Bearer canary-token"}, "the API was asked"


def test_no_answer_to_a_post_leads_to_another_host(stage: Stage, thief: Thief, api: Server, cases: Cases):
    """It would take the body along, a secret in it included."""
    for name, answer in elsewhere(thief).items():
        api.seen.clear()
        api.on("*", Say.ok(1), Say.ok(1), answer, Say.ok(1))
        at(stage, api.origin).run("apply")
        assert [one.method for one in api.seen][:3] == ["GET", "GET", "POST"], name
        assert thief.connections == 0, name
        cases.add()


@pytest.mark.parametrize("command", COMMANDS)
def test_no_answer_of_a_token_server_leads_to_another_host(
    stage: Stage, thief: Thief, api: Server, command: str, cases: Cases
):
    """A client secret is worth every tenant's token. Without a token the API isn't asked."""
    stage.tenant("acme", on_hold_timer_duration=60)
    for name, answer in elsewhere(thief).items():
        api.on("*", answer)
        stage.access("acme", client=True, token_url=f"{api.origin}/token", client_secret="canary-client-secret")
        stage.run(*called(command))
        assert thief.connections == 0, name
        cases.add()
    assert api.seen, "the token server was asked"
    assert stage.log() == []


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("by", ["settings", "pyproject", "flag", "variable", "credentials of another", "tenant's file"])
def test_whoever_names_another_origin_gets_no_token(stage: Stage, thief: Thief, command: str, by: str):
    """The entry says where its token may go; a run to anywhere else ends before the first request."""
    stage.tenant("acme", on_hold_timer_duration=60)
    template = stage.sandbox.origin_template
    settings = stage.folder / "reconciler.toml"
    words: tuple[str, ...] = ()
    if by == "settings":
        settings.write_text(settings.read_text().replace(template, thief.origin))
    elif by == "pyproject":
        settings.unlink()
        (stage.folder / "pyproject.toml").write_text(f'[tool.reconciler]\norigin = "{thief.origin}"\n')
    elif by == "flag":
        words = ("--origin", thief.origin)
    elif by == "variable":
        stage.environment = {"RECONCILER_ORIGIN": thief.origin}
    elif by == "credentials of another":
        stage.access("beta")
        stage.access("acme", origin=stage.sandbox.origin("beta"))
    else:
        path = stage.folder / "tenants" / "acme.yaml"
        path.write_text(json.dumps({"origin": thief.origin, "sales_order": {KEY: {"origin": thief.origin}}}))
    ended = stage.run(*called(command), *words)
    expected = {"tenant's file": 0 if command == "import" else 1}.get(by, 1 if command == "doctor" else 64)
    assert ended.exit_code == expected
    assert thief.connections == 0
    assert by == "tenant's file" or stage.log() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_proxy_and_no_netrc_of_the_environment_is_used(
    stage: Stage, thief: Thief, tmp_path_factory: pytest.TempPathFactory, command: str, cases: Cases
):
    """Neither is asked for by anybody, and whoever sets a variable in CI would read every token."""
    home = tmp_path_factory.mktemp("home")
    netrc = home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login acme password canary-netrc\ndefault login a password canary-netrc\n")
    netrc.chmod(0o600)
    names = [f"{name}_PROXY" for name in ("HTTP", "HTTPS", "ALL", "WS", "SOCKS", "FTP")]
    proxies = {spelt: thief.origin for name in names for spelt in (name, name.lower())}
    stage.environment = {**proxies, "NO_PROXY": "", "no_proxy": "", "NETRC": str(netrc), "HOME": str(home)}
    stage.canaries.add("canary-netrc")
    stage.tenant("acme", on_hold_timer_duration=60)
    ended = stage.run(*called(command))
    assert ended.exit_code == 0, ended.stdout + ended.stderr
    assert stage.log("acme"), "the API was reached"
    assert bytes(thief.heard) == b""
    cases.add(len(proxies) + 2)


def test_over_tls_no_proxy_is_asked_for_a_tunnel_either(stage: Stage, thief: Thief, cases: Cases):
    """CONNECT would tell where we go, and the proxy could answer for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(stage.folder / "ca.pem"))
    with answering(tls_for(authority)) as api:
        api.on("*", Say.ok(60))
        at(stage, api.origin)
        names = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        stage.environment = {"RECONCILER_CA_BUNDLE": str(Path("ca.pem")), **dict.fromkeys(names, thief.origin)}
        assert stage.run("plan").exit_code == 0
        assert [one.bearer for one in api.seen] == ["Bearer canary-token"]
    assert thief.connections == 0
    cases.add(len(names))
