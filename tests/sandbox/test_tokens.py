"""Who gets a bearer, and what it opens."""

import base64
from typing import Any

import pytest

from tests.sandbox.calling import Caller, StandingClock


def test_client_credentials_in_the_form_get_a_bearer_that_opens_the_tenant(call: Caller):
    """client_secret_post, then a GET with what came back."""
    answer = call.token("acme")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 300)
    bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert call.get("acme", "big_sales_order", bearer).status_code == 200


def test_client_credentials_in_the_header_get_a_bearer(call: Caller):
    """client_secret_basic."""
    data = {"grant_type": "client_credentials"}
    assert call.token("acme", data=data, auth=call.sandbox.client("acme")).status_code == 200


@pytest.mark.parametrize(
    ("auth", "form"),
    [
        pytest.param(None, {"client_id": "sandbox-client-acme", "client_secret": "wrong"}, id="wrong-secret"),
        pytest.param(None, {"client_id": "other", "client_secret": "sandbox-client-secret-acme"}, id="wrong-id"),
        pytest.param(
            None,
            {"client_id": "sandbox-client-northwind", "client_secret": "sandbox-client-secret-northwind"},
            id="another-tenant",
        ),
        pytest.param(None, {}, id="nothing"),
        pytest.param(("sandbox-client-acme", "wrong"), {}, id="wrong-basic"),
    ],
)
def test_wrong_credentials_are_a_401_invalid_client(call: Caller, auth: Any, form: Any):
    """The error's name is RFC 6749's."""
    answer = call.token("acme", data={"grant_type": "client_credentials", **form}, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_basic_header_that_is_no_base64_is_a_401(call: Caller):
    """Rubbish is answered, not raised."""
    answer = call.token("acme", data={"grant_type": "client_credentials"}, headers={"authorization": "Basic %%%"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("form", "error"),
    [
        pytest.param({"grant_type": "password"}, "unsupported_grant_type", id="password"),
        pytest.param({}, "invalid_request", id="none"),
    ],
)
def test_another_grant_is_a_400(call: Caller, form: Any, error: str):
    """Client credentials are all there is."""
    answer = call.token("acme", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_token_request_as_json_is_a_400(call: Caller):
    """The endpoint takes a form."""
    assert call.token("acme", data=None, json={"grant_type": "client_credentials"}).status_code == 400


def test_the_token_endpoint_takes_post_only(call: Caller):
    """405, with what is allowed."""
    answer = call.http.get(call.sandbox.token_url("acme"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="none"),
        pytest.param("Bearer wrong", id="wrong"),
        pytest.param("Bearer sandbox-token.acme.never.0000", id="forged"),
        pytest.param("Basic c2FuZGJveA==", id="another-scheme"),
    ],
)
def test_without_a_good_bearer_everything_is_a_401(call: Caller, authorization: str):
    """GET and POST alike, and the POST changes nothing."""
    headers = {"authorization": authorization}
    for method, rest in (("GET", {}), ("POST", {"json": {"value": 20}})):
        answer = call.send(method, "acme", "on_hold_timer_duration", headers=headers, **rest)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert call.sandbox.get_value("acme", "on_hold_timer_duration") is None


def test_the_bearer_of_one_tenant_opens_no_other(call: Caller):
    """What a mix-up of tenants would look like."""
    foreign = {"authorization": f"Bearer {call.sandbox.static_token('acme')}"}
    assert call.get("northwind", "big_sales_order", foreign).status_code == 401


def test_a_bearer_ends_with_its_time(call: Caller, clock: StandingClock):
    """The last second is good, the next is not, and a static token stays."""
    call.sandbox.expire_tokens_after(10)
    answer = call.token("acme").json()
    assert answer["expires_in"] == 10
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    clock.advance(9)
    assert call.get("acme", "big_sales_order", bearer).status_code == 200
    clock.advance(1)
    assert call.get("acme", "big_sales_order", bearer).status_code == 401
    assert call.get("acme", "big_sales_order").status_code == 200


def test_revoking_ends_old_bearers_and_no_new_ones(call: Caller):
    """The way to make a client fetch another token in the middle of a run."""
    bearer = {"authorization": f"Bearer {call.token('acme').json()['access_token']}"}
    call.sandbox.revoke_tokens()
    assert call.get("acme", "big_sales_order", bearer).status_code == 401
    assert call.get("acme", "big_sales_order").status_code == 200


def test_everything_secret_is_recognisably_invented(call: Caller):
    """A scanner, or a person, must see at once that nothing real is here."""
    for text in (*call.sandbox.client("acme"), call.sandbox.static_token("acme")):
        assert text.startswith("sandbox-")


def test_a_basic_header_is_decoded_as_the_rfc_asks(call: Caller):
    """Id and secret are form-encoded inside the header."""
    name, secret = call.sandbox.client("acme")
    encoded = base64.b64encode(f"{name.replace('-', '%2D')}:{secret}".encode()).decode()
    headers = {"authorization": f"Basic {encoded}"}
    assert call.token("acme", data={"grant_type": "client_credentials"}, headers=headers).status_code == 200
