"""Every answer that the document has, over a real socket."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import MAX_BODY
from tests.sandbox.calling import Caller

KEYS = [key.name for key in loaded.keys] if isinstance(loaded := load(), Catalogue) else []


@pytest.mark.parametrize("key", KEYS)
def test_an_unset_key_is_a_200_with_nulls(call: Caller, key: str):
    """404 means another thing: an unset key exists."""
    answer = call.get("acme", key)
    assert (answer.status_code, answer.json()) == (200, {"value": None, "updated_at": None})


@pytest.mark.parametrize("key", KEYS)
def test_a_posted_value_is_answered_dated_and_read_back(call: Caller, key: str):
    """POST answers with the value and its date, and GET says the same."""
    example = call.sandbox.key(key).example
    posted, read = call.post("acme", key, example), call.get("acme", key)
    assert posted.status_code == 200
    assert posted.json() == read.json() == {"value": example, "updated_at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize("key", KEYS)
def test_content_types_are_those_of_the_document(call: Caller, catalogue: Catalogue, key: str):
    """What the page labels oddly is labelled so here, or no client would ever meet it."""
    path = call.sandbox.key(key).path
    item = catalogue.openapi()["paths"][path.removeprefix("/v0")]
    documented = next(iter(item["get"]["responses"]["200"]["content"]))
    assert call.get("acme", key).headers["content-type"] == documented
    rejected = item["post"]["responses"]["400"]["$ref"].rpartition("/")[2]
    label = next(iter(catalogue.openapi()["components"]["responses"][rejected]["content"]))
    assert call.post("acme", key, [[]]).headers["content-type"] == label


def test_the_post_replaces_the_whole_value(call: Caller):
    """A field that the second POST leaves out is gone."""
    url = {"url": "https://hooks.acme.example/", "api_key": "canary"}
    call.post("acme", "external_order_webhook", {**url, "timeout": 3})
    call.post("acme", "external_order_webhook", url)
    assert call.get("acme", "external_order_webhook").json()["value"] == url


def test_the_date_moves_with_every_write_although_the_clock_stands(call: Caller):
    """A reader of a masked secret has nothing but the date to see a write by."""
    dates = [call.post("acme", "on_hold_timer_duration", 20).json()["updated_at"] for _ in range(3)]
    assert dates == ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000002Z"]


def test_a_date_that_a_tester_made_up_does_not_stop_a_write(call: Caller):
    """The sandbox holds what it is told to hold, also what is no date."""
    call.sandbox.set_value("acme", "on_hold_timer_duration", 5, "yesterday")
    assert call.get("acme", "on_hold_timer_duration").json()["updated_at"] == "yesterday"
    assert call.post("acme", "on_hold_timer_duration", 20).json()["updated_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="not-json"),
        pytest.param(b"\xff", id="not-utf8"),
        pytest.param(b"20", id="no-object"),
        pytest.param(b"{}", id="no-value"),
        pytest.param(b'{"value": null}', id="null"),
        pytest.param(b'{"value": "20"}', id="text"),
        pytest.param(b'{"value": true}', id="boolean"),
        pytest.param(b'{"value": 20.5}', id="fraction"),
        pytest.param(b'{"value": NaN}', id="nan"),
        pytest.param(b'{"value": 1e999}', id="infinite"),
        pytest.param(b'{"value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="too-deep"),
        pytest.param(b'{"value": ' + b"1" * 5_000 + b"}", id="too-many-digits"),
    ],
)
def test_a_body_that_does_not_fit_is_a_400_and_changes_nothing(call: Caller, body: Any):
    """The error has the three documented members, and the state is what it was."""
    call.post("acme", "on_hold_timer_duration", 20)
    answer = call.send(
        "POST", "acme", "on_hold_timer_duration", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"error_code", "message", "request_id"}
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert call.get("acme", "on_hold_timer_duration").json()["value"] == 20


def test_a_400_shows_nothing_of_the_value(call: Caller):
    """A rejected secret must not come back in the message."""
    answer = call.post("acme", "external_order_webhook", {"url": 5, "api_key": ["canary-in-the-body"]})
    assert answer.status_code == 400
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    ("url", "status"),
    [
        pytest.param("https://hooks.acme.example/a%20b?c=d#e", 200, id="full"),
        pytest.param("http://[::1]:80/", 200, id="ipv6"),
        pytest.param("hooks.acme.example", 400, id="no-scheme"),
        pytest.param("https://hooks.acme.example/a b", 400, id="blank"),
        pytest.param("https://hooks.acme.example/100%", 400, id="bad-escape"),
        pytest.param("https://hooks.acme.example/\n", 400, id="line-break"),
    ],
)
def test_a_documented_format_is_checked(call: Caller, url: str, status: int):
    """The page says `uri`, so the sandbox is as strict as the platform may be."""
    answer = call.post("acme", "external_order_webhook", {"url": url, "api_key": "canary"})
    assert answer.status_code == status
    assert status == 200 or "/url is no URI" in answer.json()["message"]


def test_numbers_are_compared_as_json_does(call: Caller):
    """20.0 is an integer."""
    assert call.post("acme", "on_hold_timer_duration", 20.0).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_a_405_that_names_the_allowed_ones(call: Caller, method: str):
    """There is no DELETE, and the answer says what there is."""
    answer = call.send(method, "acme", "big_sales_order")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_a_body_over_the_limit_is_a_413(call: Caller):
    """The limit is on bytes, and the connection survives."""
    answer = call.post("acme", "on_hold_timer_duration", "x" * MAX_BODY)
    assert answer.status_code == 413
    assert call.get("acme", "on_hold_timer_duration").status_code == 200


@pytest.mark.parametrize("label", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_called_json_is_a_415(call: Caller, label: Any):
    """Bytes that happen to be JSON are not enough."""
    body = json.dumps({"value": 20}).encode()
    headers = {"content-type": label}
    assert call.send("POST", "acme", "on_hold_timer_duration", content=body, headers=headers).status_code == 415


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/acme/v0/config/sales_order/nothing", id="unknown-key"),
        pytest.param("/acme/v0/config/sales_order/big_sales_order/", id="trailing-slash"),
        pytest.param("/acme/v0", id="folder"),
        pytest.param("/acme", id="origin"),
        pytest.param("/", id="root"),
        pytest.param("/Acme/v0/config/sales_order/big_sales_order", id="no-tenant-by-its-name"),
        pytest.param("//v0/config/sales_order/big_sales_order", id="no-tenant"),
        pytest.param("/acme%2fb/v0/config/sales_order/big_sales_order", id="escaped-slash"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_404_in_json(call: Caller, path: Path):
    """No stack trace, no HTML, and no tenant made by accident."""
    answer = call.http.get(f"http://127.0.0.1:{call.sandbox.port}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error_code"] == "not_found"
    assert all(row.tenant in {"acme", "*"} for row in call.sandbox.show())


def test_an_unknown_tenant_is_a_404_everywhere_while_another_lives(call: Caller):
    """Being unknown is declared for one tenant, and also closes its token endpoint."""
    call.sandbox.set_unknown("closed")
    assert call.get("closed", "big_sales_order").status_code == 404
    assert call.token("closed").status_code == 404
    assert call.get("acme", "big_sales_order").status_code == 200


def test_a_refused_post_on_the_wrong_tenant_touches_neither(call: Caller):
    """Two tenants with the same key have two values."""
    call.post("acme", "on_hold_timer_duration", 20)
    call.post("northwind", "on_hold_timer_duration", 30)
    assert call.get("acme", "on_hold_timer_duration").json()["value"] == 20
    assert call.get("northwind", "on_hold_timer_duration").json()["value"] == 30
