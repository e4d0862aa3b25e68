"""What stays: values, faults and the port outlive the server; a reset goes back to the seed and keeps the port."""

import socket
import sqlite3
import stat
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.catalogue import Catalogue
from reconciler.model.values import ABSENT
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox, SandboxRefusal, Stored, reset, set_, show

HOLD = "sales_order.on_hold_timer_duration"
SEQUENCE = "sales_order.sales_order_generator_sequence"

SEED = """\
version: 7
tenants:
  acme:
    values:
      sales_order.on_hold_timer_duration: {value: 5, updated_at: "2026-01-05T09:00:00Z"}
      sales_order.external_order_webhook:
        value: {url: "https://a.example/", api_key: canary-key}
        updated_at: null
      nobody.knows: {value: canary-key, updated_at: null}
    faults:
      - {kind: masked}
      - {kind: status, key: sales_order.big_sales_order, status: 404, times: 2}
  closed: {unknown: true}
"""


@pytest.fixture
def seed(tmp_path: Path):
    """A seed file."""
    path = tmp_path / "seed.yaml"
    path.write_text(SEED, encoding="utf-8")
    return path


@pytest.fixture
def db(tmp_path: Path):
    """A database that isn't there yet, in a folder that isn't either."""
    return tmp_path / ".reconciler" / "sandbox.db"


def test_values_faults_and_port_outlive_the_server(db: Path, catalogue: Catalogue):
    """The origin stays the same, and so do the digests of plans."""
    with Sandbox(db, catalogue, seed=None).running() as first:
        first.set_value("acme", HOLD, 20, "2026-01-01T00:00:00Z")
        first.fault(Fault(FaultKind.DROP, "northwind", HOLD))
    with Sandbox(db, catalogue, seed=None).running() as second:
        assert second.origin_template == first.origin_template
        assert second.get_value("acme", HOLD) == Stored(20, "2026-01-01T00:00:00Z")
        assert [fault.tenant for fault in second.faults()] == ["northwind"]


def test_a_deleted_database_finds_its_port_again(db: Path, catalogue: Catalogue):
    """The port follows from where the file lies."""
    with Sandbox(db, catalogue, seed=None).running() as first:
        pass
    db.unlink()
    with Sandbox(db, catalogue, seed=None).running() as second:
        assert second.port == first.port


def test_the_server_of_the_same_database_is_shared(db: Path, catalogue: Catalogue, http: httpx.Client):
    """A second run beside `sandbox serve` talks to it, and both see one state."""
    with Sandbox(db, catalogue, seed=None).running() as first:
        with Sandbox(db, catalogue, seed=None).running() as second:
            assert second.port == first.port
            second.set_value("acme", HOLD, 20)
            headers = {"authorization": f"Bearer {second.static_token('acme')}"}
            assert http.get(second.origin("acme") + second.key(HOLD).path, headers=headers).json()["value"] == 20
        assert http.get(f"http://127.0.0.1:{first.port}/-/identity").status_code == 200


@pytest.mark.parametrize("speaks_http", [False, True], ids=["silent", "another-sandbox"])
def test_a_port_that_a_stranger_holds_is_given_up_with_a_notice(
    db: Path, tmp_path: Path, catalogue: Catalogue, speaks_http: bool
):
    """The new port is kept, and a person hears that origins have changed."""
    notices: list[str] = []
    with Sandbox(db, catalogue, seed=None).running() as first:
        pass
    with ExitStack() as stranger:
        if speaks_http:
            stranger.enter_context(Sandbox(tmp_path / "other.db", catalogue, port=first.port, seed=None).running())
        else:
            # Listens and never answers: that it is no sandbox shows only after a while.
            stranger.enter_context(socket.create_server(("127.0.0.1", first.port)))
        with Sandbox(db, catalogue, seed=None, notice=notices.append).running() as second:
            pass
    assert second.port != first.port
    assert len(notices) == 1
    assert str(first.port) in notices[0]
    assert str(second.port) in notices[0]
    with Sandbox(db, catalogue, seed=None).running() as third:
        assert third.port == second.port


def test_a_wanted_port_is_kept_and_a_busy_one_refused(db: Path, tmp_path: Path, catalogue: Catalogue):
    """Whoever names a port wants that one or none."""
    with Sandbox(db, catalogue, seed=None).running() as first:
        other = Sandbox(tmp_path / "other.db", catalogue, port=first.port, seed=None)
        with pytest.raises(SandboxRefusal, match=f"{first.port} is in use"), other.running():
            pass
    with other.running() as second:
        assert second.port == first.port


def test_it_listens_on_loopback_alone(sandbox: RunningSandbox):
    """Another address of this machine, were there one, would be refused."""
    assert sandbox.origin_template.startswith("http://127.0.0.1:")
    with socket.socket() as probe:
        probe.settimeout(2)
        with pytest.raises(OSError, match=r"."):
            probe.connect(("127.0.0.2", sandbox.port))


def test_a_new_database_is_private_and_starts_from_the_seed(db: Path, seed: Path, catalogue: Catalogue):
    """Values, nulls for dates, faults for ever unless counted, tenants that are unknown."""
    rows = {(row.tenant, row.key): row for row in show(db, catalogue, seed=seed)}
    assert stat.S_IMODE(db.stat().st_mode) == 0o600
    assert rows["acme", HOLD].value == 5
    assert rows["acme", HOLD].updated_at == "2026-01-05T09:00:00Z"
    assert rows["acme", SEQUENCE].value is ABSENT
    assert rows["acme", "sales_order.external_order_webhook"].updated_at is None
    assert rows["acme", "*"].faults == ("masked on GET *, always",)
    assert rows["acme", "sales_order.big_sales_order"].faults == ("status 404 on * sales_order.big_sales_order, 2x",)
    assert "unknown" in rows["closed", "*"].faults[0]
    assert ("closed", HOLD) not in rows


def test_show_prints_no_secret(db: Path, seed: Path, catalogue: Catalogue):
    """Sensitive fields are masked by the schema; keys that no schema knows are not kept at all."""
    assert "canary-key" not in repr(show(db, catalogue, seed=seed))


def test_a_reset_goes_back_to_the_seed_under_a_running_server(
    db: Path, seed: Path, catalogue: Catalogue, http: httpx.Client
):
    """Also from another process: the next request sees it. Token life and faults go back too."""
    with Sandbox(db, catalogue, seed=seed).running() as running:
        running.set_value("acme", HOLD, 99)
        running.set_value("northwind", HOLD, 99)
        running.expire_tokens_after(1)
        running.clear_faults()
        reset(db, catalogue, seed=seed)
        headers = {"authorization": f"Bearer {running.static_token('acme')}"}
        assert http.get(running.origin("acme") + running.key(HOLD).path, headers=headers).json()["value"] == 5
        assert running.get_value("northwind", HOLD) is None
        assert len(running.faults()) == 2
        name, secret = running.client("acme")
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
        assert http.post(running.token_url("acme"), data=form).json()["expires_in"] == 300


def test_a_seed_is_sown_once_and_a_newer_one_is_only_mentioned(db: Path, seed: Path, catalogue: Catalogue):
    """What a person has changed since is not overwritten behind their back."""
    notices: list[str] = []
    set_(db, catalogue, "acme", HOLD, value=99)
    with Sandbox(db, catalogue, seed=seed, notice=notices.append).running() as running:
        found = running.get_value("acme", HOLD)
        assert found is not None
        assert found == running.get_value("acme", "on_hold_timer_duration")
        assert found.value == 99
    assert "reconciler sandbox reset" in notices[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("version: 1\nversion: 2\n", "2:1", id="not-strict-yaml"),
        pytest.param("tenants: {}\n", "version", id="no-version"),
        pytest.param("version: 1\ntenants: {Acme: {}}\n", "Acme", id="no-tenant-by-its-name"),
        pytest.param("version: 1\ntenants: {acme: {faults: [{kind: storm}]}}\n", "storm", id="unknown-fault"),
        pytest.param("version: 1\ntenants: {acme: {values: {a.b: 5}}}\n", "form", id="no-date"),
    ],
)
def test_a_seed_that_is_none_is_refused_with_the_reason(tmp_path: Path, catalogue: Catalogue, text: Any, says: str):
    """And no database is left half filled."""
    path = tmp_path / "seed.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SandboxRefusal, match=says):
        reset(tmp_path / "sandbox.db", catalogue, seed=path)
    assert not (tmp_path / "sandbox.db").exists()


def test_a_seed_that_is_missing_is_refused(tmp_path: Path, catalogue: Catalogue):
    """The message names the file."""
    with pytest.raises(SandboxRefusal, match=r"nothing\.yaml can't be read"):
        reset(tmp_path / "sandbox.db", catalogue, seed=tmp_path / "nothing.yaml")


def test_set_does_in_order_what_it_is_asked(db: Path, catalogue: Catalogue):
    """Forget, store, break; a short name will do, and a null date is kept."""
    set_(db, catalogue, "acme", HOLD, value=20)
    set_(db, catalogue, "acme", "on_hold_timer_duration", unset=True, value=30, updated_at=None)
    set_(db, catalogue, "acme", HOLD, fault={"kind": "status", "status": 503})
    set_(db, catalogue, "*", "@token", fault={"kind": "drop"})
    rows = {(row.tenant, row.key): row for row in show(db, catalogue)}
    assert (rows["acme", HOLD].value, rows["acme", HOLD].updated_at) == (30, None)
    assert rows["acme", HOLD].faults == (f"status 503 on * {HOLD}, 1x",)
    assert rows["*", "*"].faults == ("drop on * @token, 1x",)
    set_(db, catalogue, "acme", HOLD, unset=True)
    assert {(row.tenant, row.key): row for row in show(db, catalogue)}["acme", HOLD].value is ABSENT


@pytest.mark.parametrize(
    ("tenant", "key", "fault", "says"),
    [
        pytest.param("acme", "no_such", None, "names 0 keys", id="key"),
        pytest.param("Acme!", HOLD, None, "can't be a tenant", id="tenant"),
        pytest.param("acme", HOLD, {"kind": "storm"}, "no fault", id="fault"),
        pytest.param("acme", HOLD, {"kind": "delay", "seconds": "soon"}, "no fault", id="wrong-type"),
    ],
)
def test_set_refuses_what_it_does_not_know(
    db: Path, catalogue: Catalogue, tenant: str, key: str, fault: Any, says: str
):
    """With a message for a person, not a trace."""
    value = ABSENT if fault else 1
    with pytest.raises(SandboxRefusal, match=says):
        set_(db, catalogue, tenant, key, value=value, fault=fault)


def test_a_file_that_is_no_sandbox_is_refused_and_left_alone(tmp_path: Path, catalogue: Catalogue):
    """Somebody else's database, another version's, or no database."""
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    text = tmp_path / "text.db"
    text.write_text("not a database at all, and longer than a header" * 50, encoding="utf-8")
    for path in (foreign, text):
        before = path.read_bytes()
        with pytest.raises(SandboxRefusal, match="Delete it to start afresh"):
            show(path, catalogue)
        assert path.read_bytes() == before


def test_a_database_that_cannot_be_made_is_refused(tmp_path: Path, catalogue: Catalogue):
    """A file stands where its folder should be."""
    (tmp_path / ".reconciler").write_text("", encoding="utf-8")
    with pytest.raises(SandboxRefusal, match="can't be made"):
        show(tmp_path / ".reconciler" / "sandbox.db", catalogue)
