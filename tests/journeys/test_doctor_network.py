"""`doctor` and the way to a place: names, ports, certificates and clocks, each as it can be wrong, on real sockets."""

import asyncio
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trustme

from tests.journeys.stage import Stage
from tests.journeys.test_doctor import found, only
from tests.platform.loopback import Say, Server, serve

TIMER = "on_hold_timer_duration"
Serve = Callable[..., Server]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Some Authority")


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def certified(authority: trustme.CA, name: str = "localhost", days: float = 90) -> ssl.SSLContext:
    """What a server proves its name with, for so many days from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    start = now() - timedelta(days=100)
    leaf = authority.issue_cert(name, not_before=start, not_after=now() + timedelta(days=days, hours=1))
    leaf.configure_cert(context)
    return context


@contextmanager
def _served(tls: ssl.SSLContext | None) -> Iterator[Server]:
    """A server in a thread of its own: the command runs in this one."""
    ready, box = threading.Event(), list[tuple[Server, asyncio.AbstractEventLoop, asyncio.Event]]()

    async def main() -> None:
        end = asyncio.Event()
        async with serve(tls) as server:
            box.append((server, asyncio.get_running_loop(), end))
            ready.set()
            await end.wait()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait(10)
    server, loop, end = box[0]
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(10)


@pytest.fixture
def serving() -> Iterator[Serve]:
    """Start a server that answers every key with 60 seconds, and whose clock is so many seconds ahead of ours."""
    with ExitStack() as stack:

        def start(tls: ssl.SSLContext | None = None, *, ahead: float | None = 0.0, answers: object = 60) -> Server:
            server = stack.enter_context(_served(tls))
            dates = []
            if ahead is not None:
                dates = [f"Date: {format_datetime(now() + timedelta(seconds=ahead), usegmt=True)}"]
            document = {"value": answers, "updated_at": "2021-07-13T20:18:25Z"}
            server.on("*", Say.json(200, document, *dates))
            return server

        yield start


def at(stage: Stage, origin: str, *, extra: str = "") -> Stage:
    """One tenant, which lives there."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.access("acme", origin=origin, token="canary-token")
    stage.settings(extra=extra)
    path = stage.folder / "reconciler.toml"
    path.write_text(path.read_text().replace(stage.sandbox.origin_template, origin))
    return stage


def test_a_certificate_that_is_trusted_says_by_whom_and_for_how_long(
    stage: Stage, serving: Serve, authority: trustme.CA, bundle: Path
):
    """And which authorities are trusted."""
    server = serving(certified(authority))
    ended = at(stage, server.origin, extra=f'ca_bundle = "{bundle}"').run("doctor")
    assert ended.exit_code == 1, "a bundle outside of the settings' folder is refused there"
    stage.settings()
    (stage.folder / "ca.pem").write_bytes(bundle.read_bytes())
    ended = at(stage, server.origin, extra='ca_bundle = "ca.pem"').run("doctor")
    assert ended.exit_code == 0
    told = only(ended, "network/certificate", "ok")["detail"]
    assert "(90 days), issued by Some Authority" in told
    assert "(ca_bundle)" in only(ended, "network/authorities", "ok")["detail"]
    assert "127.0.0.1" in only(ended, "network/name", "ok")["detail"]
    assert only(ended, "network/clock", "ok")
    assert [seen.method for seen in server.seen] == ["GET"]


def test_a_certificate_that_ends_soon_is_a_warning(stage: Stage, serving: Serve, authority: trustme.CA, bundle: Path):
    """Before it is an outage."""
    (stage.folder / "ca.pem").write_bytes(bundle.read_bytes())
    server = serving(certified(authority, days=13))
    ended = at(stage, server.origin, extra='ca_bundle = "ca.pem"').run("doctor")
    assert ended.exit_code == 0
    assert "(13 days)" in only(ended, "network/certificate", "warning")["detail"]


@pytest.mark.parametrize(
    ("trusted", "name", "days", "words"),
    [
        pytest.param(False, "localhost", 90, "self-signed|unable to get local issuer", id="unknown-authority"),
        pytest.param(True, "another.example", 90, "Hostname mismatch", id="another-host"),
        pytest.param(True, "localhost", -2, "certificate has expired", id="expired"),
    ],
)
def test_a_certificate_that_is_not_trusted_is_a_problem_and_the_server_hears_nothing(
    stage: Stage,
    serving: Serve,
    authority: trustme.CA,
    bundle: Path,
    trusted: bool,
    name: str,
    days: float,
    words: str,
):
    """What comes after it is skipped, and says because of what."""
    (stage.folder / "ca.pem").write_bytes(bundle.read_bytes())
    server = serving(certified(authority, name, days))
    ended = at(stage, server.origin, extra='ca_bundle = "ca.pem"' if trusted else "").run("doctor")
    assert ended.exit_code == 1
    check = only(ended, "network/certificate")
    assert any(word in check["detail"] for word in words.split("|")), check["detail"]
    for skipped in ("network/clock", "api/token", "api/keys"):
        assert only(ended, skipped, "skipped")["detail"] == "because of network/certificate"
    assert server.seen == []


def test_a_bundle_that_cannot_be_used_is_a_problem(stage: Stage, serving: Serve):
    """Nothing could be verified with it."""
    (stage.folder / "ca.pem").write_text("no certificate")
    server = serving()
    ended = at(stage, server.origin, extra='ca_bundle = "ca.pem"').run("doctor")
    assert "no PEM certificate" in only(ended, "network/authorities")["detail"]
    assert only(ended, "api/keys", "skipped")["detail"] == "because of network/authorities"
    assert server.connections == 0


@pytest.mark.parametrize(
    ("ahead", "status", "words"),
    [
        pytest.param(0, "ok", "within 30 s", id="right"),
        pytest.param(20, "ok", "within 30 s", id="a-little"),
        pytest.param(60, "warning", "behind", id="behind"),
        pytest.param(-60, "warning", "about 60 s ahead", id="ahead"),
        pytest.param(900, "problem", "about 15 min behind", id="far-behind"),
        pytest.param(None, "skipped", "told the time", id="not-told"),
    ],
)
def test_the_clock_is_held_against_the_date_of_the_answers(
    stage: Stage, serving: Serve, ahead: float | None, status: str, words: str
):
    """No request is made for it."""
    server = serving(ahead=ahead)
    ended = at(stage, server.origin).run("doctor")
    assert words in only(ended, "network/clock", status)["detail"]
    assert ended.exit_code == (1 if status == "problem" else 0)
    assert len(server.seen) == 1


def test_a_name_that_nobody_knows_is_a_problem(stage: Stage):
    """All that needs the place is skipped."""
    ended = at(stage, "https://acme.newstore.invalid").run("doctor")
    assert ended.exit_code == 1
    assert "name is not known" in only(ended, "network/name")["detail"]
    for skipped in ("network/connection", "network/certificate", "network/clock", "api/token", "api/keys"):
        assert only(ended, skipped, "skipped")["detail"] == "because of network/name"


def test_a_port_where_nobody_listens_is_a_problem(stage: Stage):
    """The name is right, and told so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    ended = at(stage, f"http://127.0.0.1:{port}").run("doctor")
    assert "refused" in only(ended, "network/connection")["detail"]
    assert only(ended, "network/name", "ok")


def test_a_token_host_that_cannot_be_reached_stops_its_tenants_alone(stage: Stage):
    """Another tenant has a token, and is asked."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.tenant("beta", on_hold_timer_duration=60)
    stage.access("beta", client=True, token_url="https://id.newstore.invalid/token")
    ended = stage.run("doctor")
    assert only(ended, "network/name")["what"] == "https://id.newstore.invalid"
    assert only(ended, "api/token", "skipped")["tenant"] == "beta"
    assert only(ended, "api/keys", "ok")["tenant"] == "acme"
    assert stage.log("beta") == []


@pytest.mark.parametrize(("reachable", "status"), [(True, "ok"), (False, "warning")])
def test_a_proxy_of_the_environment_is_told_and_not_shown(stage: Stage, serving: Serve, reachable: bool, status: str):
    """It may hold a password; and it matters only where nothing else leads out."""
    stage.canaries.add("canary-proxy")
    stage.environment = {"https_proxy": "http://me:canary-proxy@proxy.example:3128"}
    ended = at(stage, serving().origin if reachable else "https://acme.newstore.invalid").run("doctor")
    assert "HTTPS_PROXY" in only(ended, "network/proxy", status)["detail"]


def test_hundreds_of_places_are_a_few_lines(stage: Stage):
    """Each is looked at, and told beside those that are alike; a program gets them all."""
    names = [str(number) for number in range(1, 201)]
    for name in names:
        (stage.folder / "tenants" / f"{name}.yaml").write_text(f"sales_order: {{{TIMER}: 60}}\n")
    entries = {name: {"origin": f"http://127.0.1.{name}:9", "token": "canary"} for name in names}
    path = stage.folder / "credentials.yaml"
    path.touch(mode=0o600)
    path.write_text(json.dumps(entries))
    ended = stage.run("doctor", "--origin", "http://127.0.1.{tenant}:9")
    assert len(found(ended)["network/connection"]) == 200
    assert len(found(ended, "skipped")["api/keys"]) == 200
    assert len(ended.stdout.splitlines()) < 60


def test_an_interrupt_while_connecting_is_130_and_tells_what_was_reached(stage: Stage):
    """What is under way is given up, and not looked at."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.tenant("beta", on_hold_timer_duration=60)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stage.settings(limits={"connect_timeout": 60})
        stage.access("beta", client=True, token_url=f"https://127.0.0.1:{silent.getsockname()[1]}/token")
        process = stage.process("doctor")
        silent.settimeout(20)
        with silent.accept()[0]:
            time.sleep(0.3)
            process.interrupt()
            ended = process.wait(10)
    assert ended.exit_code == 130
    assert only(ended, "network/connection", "ok")["what"].startswith("http://")
    assert only(ended, "network/name", "skipped")["what"].startswith("https://")
    assert {one["detail"] for one in found(ended, "skipped")["api/token"]} == {"because the run ended before its turn"}


def test_authorities_that_the_environment_names_are_told(stage: Stage):
    """They stand in place of the system's; a file that isn't there leaves none."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.environment = {"SSL_CERT_FILE": str(stage.folder / "reconciler.toml")}
    assert "SSL_CERT_FILE" in only(stage.run("doctor"), "network/authorities", "ok")["detail"]
    stage.environment = {"SSL_CERT_FILE": str(stage.folder / "gone.pem")}
    assert "isn't there" in only(stage.run("doctor"), "network/authorities", "warning")["detail"]
