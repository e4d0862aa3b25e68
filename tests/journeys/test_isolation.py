"""One tenant's trouble is no other's; and a broken file is everyone's alarm."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from reconciler.sandbox import TOKEN, Fault
from tests.journeys.stage import SEQUENCE, Stage


@contextmanager
def answering(data: bytes) -> Iterator[str]:
    """A server that reads a request and answers `data`, whatever it was."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        # A thread in accept() doesn't hear of a close.
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """`acme` will be in trouble, `beta` never is. Both have an ordinary change and a first set."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120, sales_order_generator_sequence=SEQUENCE)
        stage.access(tenant, client=True)
    return stage


def unaffected(stage: Stage, exit_code: int = 1) -> None:
    """Hold that `acme` failed without a write, and `beta` was planned and applied."""
    planned = stage.run("plan")
    assert (planned.exit_code, planned.results()) == (exit_code, {"acme": "failed", "beta": "changes"})
    ended = stage.run("apply", "--allow-irreversible")
    assert (ended.exit_code, ended.results()) == (exit_code, {"acme": "failed", "beta": "applied"})
    assert set(ended.statuses("acme").values()) == {"not-attempted"}
    assert stage.posted("acme") == []
    assert stage.live("beta", "sales_order_generator_sequence") == SEQUENCE


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "status", "status": 500}, id="every-read-fails"),
        pytest.param({"kind": "drop"}, id="every-connection-is-dropped"),
        pytest.param({"kind": "garbage"}, id="every-answer-is-garbage"),
        pytest.param({"kind": "status", "status": 401}, id="every-token-is-refused"),
        pytest.param({"kind": "status", "status": 401, "key": TOKEN}, id="the-client-is-refused"),
        pytest.param({"kind": "status", "status": 500, "key": TOKEN}, id="no-token-is-to-be-had"),
        pytest.param({"kind": "drop", "key": TOKEN}, id="the-token-host-hangs-up"),
    ],
)
def test_a_tenant_whose_api_fails_does_not_stop_another(fleet: Stage, fault: dict[str, object]):
    """Nothing is written where nothing could be read."""
    fleet.sandbox.fault(Fault.from_mapping({**fault, "tenant": "acme", "times": None}))
    unaffected(fleet)


def test_a_tenant_that_is_unknown_does_not_stop_another(fleet: Stage):
    """A realm that does not exist, a path that does not exist."""
    fleet.sandbox.set_unknown("acme")
    unaffected(fleet)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00\xff garbage\r\n\r\n", id="no-http"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html", id="html"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{", id="cut-short"),
        pytest.param(b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", id="odd-status"),
    ],
)
def test_a_tenant_behind_a_broken_gateway_does_not_stop_another(fleet: Stage, data: bytes):
    """The origin of one tenant leads to something that is no API."""
    with answering(data) as place:
        _send_acme_to(fleet, place)
        unaffected(fleet)


def test_a_tenant_where_nothing_listens_does_not_stop_another(fleet: Stage):
    """A refused connection is no empty configuration."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        place = f"http://127.0.0.1:{listener.getsockname()[1]}"
    _send_acme_to(fleet, place)
    unaffected(fleet)


def _send_acme_to(stage: Stage, place: str) -> None:
    """Tenants share one origin template, so the trouble is put where the token of one tenant comes from."""
    name, secret = stage.sandbox.client("acme")
    stage.forget("acme")
    stage.access("acme", client=True, client_id=name, client_secret=secret, token_url=f"{place}/token")


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        pytest.param(lambda stage: stage.write("acme", "sales_order: [\n"), "yaml/", id="notation"),
        pytest.param(lambda stage: stage.tenant("acme", on_hold_timer_duration="x"), "spec/", id="spec"),
        pytest.param(lambda stage: stage.tenant("acme", on_hold_timer_duration=-1), "rule/", id="house-rule"),
        pytest.param(
            lambda stage: stage.tenant("acme", sales_order_generator_sequence={"prefix": "A"}), "rule/", id="partial"
        ),
        pytest.param(lambda stage: stage.tenant("acme", no_such_key=1), "", id="unknown-key"),
        pytest.param(lambda stage: stage.write("acme", {"extends": ["_nowhere"]}), "profile/", id="no-profile"),
    ],
)
def test_a_broken_file_is_told_in_plan_and_stops_every_write(fleet: Stage, spoil: Callable[[Stage], object], rule: str):
    """The plan still shows the others; apply writes nothing at all, on purpose. Selecting the others goes on."""
    spoil(fleet)
    planned = fleet.run("plan")
    assert (planned.exit_code, planned.results()) == (1, {"acme": "failed", "beta": "changes"})
    problem = planned.tenant("acme")["problems"][0]
    assert problem["rule"].startswith(rule)
    assert (problem["file"], problem["line"] >= 1) == ("tenants/acme.yaml", True)
    assert "tenants/acme.yaml:" in planned.stdout
    assert fleet.log("acme") == []
    ended = fleet.run("apply", "--allow-irreversible")
    assert (ended.exit_code, ended.report["result"]) == (1, "failed")
    assert set(ended.statuses("beta").values()) == {"not-attempted"}
    assert fleet.posted() == []
    assert fleet.run("apply", "--allow-irreversible", "--tenant", "beta").exit_code == 0


def test_a_broken_profile_stops_those_who_extend_it_and_every_write(fleet: Stage):
    """It may stand for any tenant, so apply waits for it too."""
    fleet.write("_base", {"sales_order": {"on_hold_timer_duration": "x"}})
    fleet.write("acme", {"extends": ["_base"]})
    planned = fleet.run("plan")
    assert (planned.exit_code, planned.results()) == (1, {"acme": "failed", "beta": "changes"})
    with fleet.nothing_posted():
        assert fleet.run("apply", "--allow-irreversible").exit_code == 1


def test_all_problems_of_all_files_are_told_at_once(fleet: Stage):
    """Not the first: each costs a round of the pipeline."""
    fleet.tenant("acme", on_hold_timer_duration="x", big_sales_order={}, cancellation_allowed_from=["kiosk", "kiosk"])
    fleet.tenant("beta", external_oms={"enabled": "yes"})
    ended = fleet.run("validate")
    assert ended.exit_code == 1
    assert len(ended.tenant("acme")["problems"]) >= 3
    assert len(ended.tenant("beta")["problems"]) == 1
    assert fleet.sandbox.log() == ()


def test_two_tenants_never_get_each_others_values_or_tokens(stage: Stage):
    """The same key, the same secret's name, other texts: each goes to its own tenant only."""
    from tests.journeys.stage import WEBHOOK

    names = [f"t{number}" for number in range(6)]
    for number, tenant in enumerate(names):
        stage.tenant(tenant, external_order_webhook=WEBHOOK, on_hold_timer_duration=number)
        stage.access(tenant, client=bool(number % 2))
        stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-of-{tenant}")
    assert stage.run("apply").exit_code == 0
    for number, tenant in enumerate(names):
        assert stage.live(tenant, "on_hold_timer_duration") == number
        assert stage.live(tenant, "external_order_webhook")["api_key"] == f"canary-of-{tenant}"
    assert {entry.status for entry in stage.log()} == {200}, "a token of another tenant would have been a 401"
