"""Trouble on demand: each kind does what its table says, as often as it is told, and to nobody else."""

import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox import EVERY, TOKEN, ErrorBody, Fault, FaultKind, RunningSandbox, SandboxRefusal
from tests.sandbox.calling import Caller

HOLD = "sales_order.on_hold_timer_duration"
SEQUENCE = "sales_order.sales_order_generator_sequence"
WEBHOOK = "sales_order.external_order_webhook"
VALUE = {"url": "https://hooks.acme.example/", "api_key": "canary-key", "timeout": 3}


def stored(call: Caller, key: str = HOLD, tenant: str = "acme") -> Any:
    """Return what the sandbox holds, past all faults."""
    found = call.sandbox.get_value(tenant, key)
    return found.value if found else None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 502, 503])
def test_any_status_can_be_had_once_and_writes_nothing(call: Caller, status: int):
    """The next request goes through."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", HOLD, "POST", status=status, retry_after="7"))
    answer = call.post("acme", HOLD, 20)
    assert answer.status_code == status
    assert answer.headers["retry-after"] == "7"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert stored(call) is None
    assert call.post("acme", HOLD, 20).status_code == 200


@pytest.mark.parametrize(
    ("body", "label", "inside"),
    [
        (ErrorBody.CODED, "application/json", '"error_code"'),
        (ErrorBody.MESSAGES, "application/json", '"messages"'),
        (ErrorBody.PROBLEM, "application/problem+json", '"detail"'),
        (ErrorBody.TEXT, "text/plain; charset=utf-8", "told to"),
        (ErrorBody.HTML, "text/html; charset=utf-8", "<h1>"),
        (ErrorBody.EMPTY, None, ""),
        (ErrorBody.ECHO, "application/json", "canary-key"),
    ],
)
def test_an_error_can_have_every_known_form(call: Caller, body: Any, label: Any, inside: str):
    """Three forms of the vendor's, what gateways send, nothing at all, and one that echoes what it was sent."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", WEBHOOK, "POST", status=403, body=body))
    answer = call.post("acme", WEBHOOK, VALUE)
    assert (answer.status_code, answer.headers.get("content-type")) == (403, label)
    assert inside in answer.text
    assert (call.sandbox.static_token("acme") in answer.text) == (body is ErrorBody.ECHO)


def test_a_204_has_no_body(call: Caller):
    """HTTP forbids one."""
    call.sandbox.fault(Fault(FaultKind.COMMIT_THEN_STATUS, "acme", HOLD, status=204))
    answer = call.post("acme", HOLD, 20)
    assert (answer.status_code, answer.content) == (204, b"")
    assert stored(call) == 20


def test_a_500_after_the_commit_has_written(call: Caller):
    """The error that lies."""
    call.sandbox.fault(Fault(FaultKind.COMMIT_THEN_STATUS, "acme", HOLD, status=503))
    assert call.get("acme", HOLD).status_code == 200
    assert call.post("acme", HOLD, 20).status_code == 503
    assert stored(call) == 20


@pytest.mark.parametrize(
    ("kind", "expected"), [(FaultKind.DROP, None), (FaultKind.COMMIT_THEN_DROP, 20)], ids=["before", "after"]
)
def test_a_dropped_post_has_no_answer_and_may_have_written(call: Caller, kind: FaultKind, expected: Any):
    """The client can't tell the two apart; the next request does."""
    call.sandbox.fault(Fault(kind, "acme", HOLD, "POST"))
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        call.post("acme", HOLD, 20)
    assert stored(call) == expected
    assert call.get("acme", HOLD).json()["value"] == expected
    assert call.sandbox.log()[0].status is None


def test_a_delayed_answer_comes_after_the_write(call: Caller):
    """A client that gives up has written all the same."""
    call.sandbox.fault(Fault(FaultKind.DELAY, "acme", HOLD, "POST", seconds=0.3))
    with pytest.raises(httpx.ReadTimeout):
        call.send("POST", "acme", HOLD, json={"value": 20}, timeout=0.1)
    assert stored(call) == 20


def test_a_late_write_lands_after_the_client_gave_up(call: Caller):
    """The nastiest one: a read right after the timeout still shows the old value."""
    call.sandbox.fault(Fault(FaultKind.LATE, "acme", HOLD, "POST", seconds=0.3))
    with pytest.raises(httpx.ReadTimeout):
        call.send("POST", "acme", HOLD, json={"value": 20}, timeout=0.1)
    assert call.get("acme", HOLD).json()["value"] is None
    deadline = time.monotonic() + 5
    while stored(call) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert stored(call) == 20


def test_a_delay_holds_up_nobody_else(call: Caller, http: httpx.Client):
    """Other tenants are answered meanwhile."""
    call.sandbox.fault(Fault(FaultKind.DELAY, "acme", HOLD, "GET", seconds=1))
    with pytest.raises(httpx.ReadTimeout):
        call.send("GET", "acme", HOLD, timeout=0.1)
    assert call.get("northwind", HOLD).elapsed.total_seconds() < 0.5


def test_a_lost_race_is_a_409_that_leaves_the_rivals_value(call: Caller):
    """Somebody else was faster, and what they wrote stands."""
    call.sandbox.fault(Fault(FaultKind.LOST_RACE, "acme", HOLD, value=99))
    assert call.post("acme", HOLD, 20).status_code == 409
    assert call.get("acme", HOLD).json() == {"value": 99, "updated_at": "2026-01-01T00:00:00Z"}


def test_a_rival_without_a_value_writes_the_keys_example(call: Caller):
    """So that a fault needs no knowledge of the key."""
    call.sandbox.fault(Fault(FaultKind.LOST_RACE, "acme", SEQUENCE))
    assert call.post("acme", SEQUENCE, {"prefix": "MINE"}).status_code == 409
    assert stored(call, SEQUENCE) == call.sandbox.key(SEQUENCE).example


def test_a_rival_appears_after_the_nth_get(call: Caller):
    """Between plan and apply a human may have set it."""
    call.post("acme", HOLD, 20)
    call.sandbox.fault(Fault(FaultKind.RIVAL, "acme", HOLD, after=2, value=99))
    assert [call.get("acme", HOLD).json()["value"] for _ in range(4)] == [20, 20, 99, 99]


def test_an_ignored_write_says_200_and_changes_nothing(call: Caller):
    """Immutable fields that "succeed"."""
    call.sandbox.fault(Fault(FaultKind.IGNORED_WRITE, "acme", SEQUENCE))
    answer = call.post("acme", SEQUENCE, {"prefix": "NS"})
    assert (answer.status_code, answer.json()["value"]) == (200, {"prefix": "NS"})
    assert stored(call, SEQUENCE) is None


def test_a_garbage_body_is_a_200_that_is_not_json(call: Caller):
    """A proxy's idea of an answer; the write was done."""
    call.sandbox.fault(Fault(FaultKind.GARBAGE, "acme", HOLD, times=2))
    assert call.post("acme", HOLD, 20).status_code == 200
    answer = call.get("acme", HOLD)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()
    assert stored(call) == 20


def test_a_truncated_body_ends_before_its_length(call: Caller):
    """Content-Length promised more."""
    call.sandbox.fault(Fault(FaultKind.TRUNCATED, "acme", HOLD, "GET"))
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        call.get("acme", HOLD)
    assert call.get("acme", HOLD).status_code == 200


def test_an_empty_200_has_written(call: Caller):
    """The POST's answer may have no body: nobody may rely on it."""
    call.sandbox.fault(Fault(FaultKind.EMPTY, "acme", HOLD, "POST"))
    answer = call.post("acme", HOLD, 20)
    assert (answer.status_code, answer.content) == (200, b"")
    assert stored(call) == 20


def test_an_oversized_body_is_as_long_as_asked_for(call: Caller):
    """And it is JSON, so that only a limit on bytes helps."""
    call.sandbox.fault(Fault(FaultKind.OVERSIZED, "acme", HOLD, "GET", size=3_000_000))
    answer = call.get("acme", HOLD)
    assert len(answer.content) == 3_000_000
    assert answer.json()["value"] is None


def test_a_redirect_leads_to_another_origin(call: Caller):
    """A client that follows it would carry its bearer there."""
    call.sandbox.fault(Fault(FaultKind.REDIRECT, "acme", HOLD, times=2))
    for answer in (call.get("acme", HOLD), call.post("acme", HOLD, 20)):
        assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")
    assert stored(call) is None


def test_a_tenant_can_mask_its_secrets_for_good_and_no_other_does(call: Caller):
    """What the schema calls sensitive is hidden, the rest is not; another fault may act on the same request."""
    for tenant in ("acme", "northwind"):
        call.post(tenant, WEBHOOK, VALUE)
    call.sandbox.fault(Fault(FaultKind.MASKED, "acme", times=None))
    call.sandbox.fault(Fault(FaultKind.DELAY, "acme", WEBHOOK, "GET", seconds=0.01))
    for _ in range(3):
        assert call.get("acme", WEBHOOK).json()["value"] == {**VALUE, "api_key": "********"}
    assert call.get("northwind", WEBHOOK).json()["value"] == VALUE
    assert stored(call, WEBHOOK) == VALUE


def test_an_extra_field_is_shown_and_not_stored(call: Caller):
    """A newer platform than our schema."""
    call.post("acme", WEBHOOK, VALUE)
    call.sandbox.fault(Fault(FaultKind.EXTRA_FIELD, "acme", WEBHOOK))
    shown = call.get("acme", WEBHOOK).json()["value"]
    assert set(shown) - set(VALUE) == {"sandbox_extra"}
    assert call.get("acme", WEBHOOK).json()["value"] == VALUE


def test_a_fault_acts_as_often_as_it_is_told_and_is_gone(call: Caller):
    """Counted per matching request; what is left can be seen."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", HOLD, "GET", times=2, after=1, status=502))
    call.post("acme", HOLD, 20)
    assert [call.get("acme", HOLD).status_code for _ in range(2)] == [200, 502]
    assert [(fault.times, fault.after) for fault in call.sandbox.faults()] == [(1, 0)]
    assert [call.get("acme", HOLD).status_code for _ in range(2)] == [502, 200]
    assert call.sandbox.faults() == ()


def test_a_fault_acts_on_its_tenant_key_and_method_alone(call: Caller):
    """Neighbours notice nothing."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", HOLD, "POST", times=None))
    assert call.get("acme", HOLD).status_code == 200
    assert call.get("acme", WEBHOOK).status_code == 200
    assert call.post("northwind", HOLD, 20).status_code == 200
    assert call.post("acme", HOLD, 20).status_code == 500


def test_a_fault_of_everyone_spares_the_token_endpoint(call: Caller):
    """An address block on the API; the identity provider is another service."""
    call.sandbox.fault(Fault(FaultKind.STATUS, times=None, status=403, body=ErrorBody.HTML))
    assert call.get("acme", HOLD).status_code == call.get("northwind", WEBHOOK).status_code == 403
    assert call.token("acme").status_code == 200
    call.sandbox.clear_faults()
    assert call.get("acme", HOLD).status_code == 200


@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.DROP, FaultKind.LATE, FaultKind.DELAY])
def test_the_token_endpoint_can_fail_too(call: Caller, kind: FaultKind):
    """For one tenant; the other gets its bearer."""
    call.sandbox.fault(Fault(kind, "acme", TOKEN, status=503, seconds=0.05))
    if kind is FaultKind.DROP:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            call.token("acme")
    else:
        assert call.token("acme").status_code == (503 if kind is FaultKind.STATUS else 200)
    assert call.token("northwind").status_code == 200
    assert call.token("acme").status_code == 200


def test_faults_can_be_cleared_for_one_tenant(call: Caller):
    """The others keep theirs."""
    for tenant in ("acme", "northwind"):
        call.sandbox.fault(Fault(FaultKind.STATUS, tenant, times=None))
    call.sandbox.clear_faults("acme")
    assert call.get("acme", HOLD).status_code == 200
    assert call.get("northwind", HOLD).status_code == 500


@pytest.mark.parametrize(
    ("members", "says"),
    [
        pytest.param({"method": "PUT"}, "GET, POST", id="method"),
        pytest.param({"kind": "lost-race", "method": "GET"}, "acts on POST only", id="kind-and-method"),
        pytest.param({"times": 0}, "at least once", id="times"),
        pytest.param({"after": -1}, "negative", id="after"),
        pytest.param({"status": 99}, "between 200", id="status"),
        pytest.param({"kind": "earthquake"}, "earthquake", id="kind"),
        pytest.param({"colour": "red"}, "no colour", id="unknown-member"),
    ],
)
def test_a_fault_whose_parts_do_not_fit_is_refused_with_the_reason(members: Any, says: str):
    """A typo in a test must not pass as "no fault"."""
    with pytest.raises(ValueError, match=says):
        Fault.from_mapping({"kind": "status", **members})


def test_a_fault_without_a_kind_is_refused():
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="always a kind"):
        Fault.from_mapping({"status": 500})


def test_a_fault_on_an_unknown_key_is_refused_with_the_names(sandbox: RunningSandbox):
    """A typo in a key must not pass either; a short name is understood."""
    with pytest.raises(SandboxRefusal, match="on_hold_timer_duration"):
        sandbox.fault(Fault(FaultKind.DROP, "acme", "on_hold"))
    with pytest.raises(SandboxRefusal, match="can't be a tenant"):
        sandbox.fault(Fault(FaultKind.DROP, "Acme", HOLD))
    sandbox.fault(Fault(FaultKind.DROP, "acme", "on_hold_timer_duration"))
    assert sandbox.faults()[0].key == HOLD


@given(
    kind=st.sampled_from(FaultKind),
    times=st.none() | st.integers(1, 9),
    after=st.integers(0, 9),
    body=st.sampled_from(ErrorBody),
    value=st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.booleans()),
)
def test_a_fault_survives_being_stored(kind: FaultKind, times: Any, after: int, body: Any, value: Any):
    """Encoding and decoding give an equal fault, whatever a rival writes; "nothing given" is not null."""
    for fault in (Fault(kind, times=times, after=after, body=body, value=value), Fault(kind)):
        assert Fault.decode(fault.encoded()) == fault
        assert json.loads(fault.encoded())["kind"] == kind
        assert fault.kind.value in fault.summary()
        assert fault.key == EVERY


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (FaultKind.GARBAGE, lambda answer: answer.status_code == 200 and b"not JSON" in answer.content),
        (FaultKind.EMPTY, lambda answer: answer.status_code == 200 and answer.content == b""),
        (FaultKind.OVERSIZED, lambda answer: len(answer.content) == 2000),
        (FaultKind.REDIRECT, lambda answer: answer.status_code == 302),
    ],
)
def test_the_token_endpoint_has_the_faults_of_any_other(call: Caller, kind: FaultKind, told: Any):
    """What is logged as a fault was one: else a campaign would count what never happened."""
    call.sandbox.fault(Fault(kind, "acme", TOKEN, size=2000))
    assert told(call.token("acme"))
    assert call.token("acme").json()["token_type"] == "Bearer"


def test_a_token_can_be_cut_short(call: Caller):
    """The connection ends within the answer."""
    call.sandbox.fault(Fault(FaultKind.TRUNCATED, "acme", TOKEN))
    with pytest.raises(httpx.RemoteProtocolError):
        call.token("acme")


def test_a_fault_with_a_chance_acts_on_that_share_and_the_same_way_again(call: Caller):
    """Within what a die does; the same seed gives the same requests."""
    told = Fault(FaultKind.STATUS, "acme", HOLD, times=None, chance=0.25, seed=3)
    call.sandbox.fault(told)
    hit = [call.get("acme", HOLD).status_code == 500 for _ in range(200)]
    assert 25 <= sum(hit) <= 75
    assert "25%" in told.summary()
    assert Fault.decode(told.encoded()) == told


def test_a_share_of_nothing_or_of_all(call: Caller):
    """The ends of the scale."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", HOLD, times=None, chance=0))
    assert call.get("acme", HOLD).status_code == 200
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", HOLD, times=1, chance=1))
    assert [call.get("acme", HOLD).status_code for _ in range(2)] == [500, 200]


@pytest.mark.parametrize("chance", [-0.1, 1.1])
def test_a_chance_is_a_share(chance: float):
    """Refused when it is made."""
    with pytest.raises(ValueError, match="chance"):
        Fault(FaultKind.DROP, chance=chance)
