"""What the sandbox remembers of requests: enough to count them, and nothing secret."""

import hashlib
import json
import sqlite3

import httpx
import pytest

from reconciler.sandbox import Author, Fault, FaultKind, RunningSandbox
from tests.sandbox.calling import Caller

HOLD = "sales_order.on_hold_timer_duration"
WEBHOOK = "sales_order.external_order_webhook"
VALUE = {"url": "https://hooks.acme.example/", "api_key": "canary-key"}


def test_requests_are_logged_in_order_with_status_and_id(call: Caller):
    """Sequence, tenant, key, method, path, status, and the id that the client saw."""
    answers = [call.token("acme"), call.get("acme", WEBHOOK), call.post("northwind", WEBHOOK, VALUE)]
    log = call.sandbox.log()
    assert [(entry.tenant, entry.key, entry.method, entry.status) for entry in log] == [
        ("acme", "@token", "POST", 200),
        ("acme", WEBHOOK, "GET", 200),
        ("northwind", WEBHOOK, "POST", 200),
    ]
    assert [entry.request_id for entry in log] == [answer.headers["x-request-id"] for answer in answers]
    assert [entry.sequence for entry in log] == sorted(entry.sequence for entry in log)
    assert log[1].path == "/acme/v0/config/sales_order/external_order_webhook"
    assert log[1].at == "2026-01-01T00:00:00Z"


def test_the_body_of_a_post_is_logged_as_a_digest_and_a_token_requests_not_at_all(call: Caller):
    """A digest tells whether the same thing was sent twice; that of a short secret could be guessed."""
    body = json.dumps({"value": 20}).encode()
    headers = {"content-type": "application/json"}
    call.send("POST", "acme", "on_hold_timer_duration", content=body, headers=headers)
    call.token("acme")
    digests = [entry.body_digest for entry in call.sandbox.log()]
    assert digests == [f"sha256:{hashlib.sha256(body).hexdigest()}", None]


def test_the_log_holds_no_bearer_and_no_secret(call: Caller):
    """Not in any column, whatever went wrong."""
    call.sandbox.fault(Fault(FaultKind.STATUS, "acme", WEBHOOK, "POST"))
    call.post("acme", WEBHOOK, VALUE)
    call.post("acme", WEBHOOK, VALUE)
    call.token("acme")
    logged = repr(call.sandbox.log())
    for secret in (call.sandbox.static_token("acme"), call.sandbox.client("acme")[1], VALUE["api_key"]):
        assert secret not in logged


def test_a_query_string_is_not_logged(call: Caller):
    """People put tokens there."""
    call.http.get(call.url("acme", WEBHOOK), params={"access_token": "canary"})
    assert "canary" not in repr(call.sandbox.log())


def test_a_reset_forgets_the_log(call: Caller):
    """A test counts from nothing."""
    call.get("acme", WEBHOOK)
    call.sandbox.reset()
    assert call.sandbox.log() == ()


def test_no_table_ever_holds_an_authorization(call: Caller, served: RunningSandbox):
    """Read past the API of this package, in the file itself."""
    call.get("acme", WEBHOOK)
    path = served._store._connection.execute("PRAGMA database_list").fetchone()[2]  # noqa: SLF001 - where the file is
    connection = sqlite3.connect(path)
    dump = "\n".join(connection.iterdump())
    connection.close()
    assert call.sandbox.static_token("acme") not in dump


def test_the_log_tells_what_a_request_found_and_the_history_who_wrote_it(call: Caller):
    """So that a test can hold what a client says against what was true at that moment."""
    sandbox = call.sandbox
    sandbox.set_value("acme", HOLD, 1)
    sandbox.fault(Fault(FaultKind.RIVAL, "acme", HOLD, value=2))
    call.get("acme", HOLD)
    call.post("acme", HOLD, 3)
    sandbox.unset("acme", HOLD)
    call.get("acme", HOLD)
    get, post, last = sandbox.log()
    writes = sandbox.writes()
    assert [(one.author, one.value, one.unset, one.request) for one in writes] == [
        (Author.OPERATOR, 1, False, None),
        (Author.RIVAL, 2, False, get.sequence),
        (Author.CLIENT, 3, False, post.sequence),
        (Author.OPERATOR, None, True, None),
    ]
    numbers = [one.number for one in writes]
    assert [(one.faults, one.reached, one.saw) for one in (get, post, last)] == [
        (("rival",), True, numbers[1]),
        ((), True, numbers[1]),
        ((), True, numbers[3]),
    ]


def test_a_request_that_does_not_get_through_found_nothing(call: Caller):
    """Not the same as having found the key unset."""
    call.sandbox.fault(Fault(FaultKind.DROP, "acme", HOLD))
    with pytest.raises(httpx.HTTPError):
        call.get("acme", HOLD)
    call.get("acme", HOLD)
    assert [(one.reached, one.saw, one.faults) for one in call.sandbox.log()] == [
        (False, None, ("drop",)),
        (True, None, ()),
    ]
