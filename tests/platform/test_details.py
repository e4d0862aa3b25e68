import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.values import Secret
from reconciler.platform.details import LONGEST, explain, request_id, status_line, tidy
from reconciler.platform.redact import Redactor
from reconciler.platform.wire import Answer, Flaw


def say(document: Any):
    return document if isinstance(document, bytes) else json.dumps(document).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            {"error_code": "invalid", "message": "size is too small", "request_id": "r-1"},
            "400 Bad Request: size is too small (invalid).",
            id="error_code and message",
        ),
        pytest.param(
            {"messages": ["one", "two."], "request_id": "r-1"},
            "400 Bad Request: one; two.",
            id="messages",
        ),
        pytest.param(
            {"messages": [{"message": "one"}, 5, None]}, "400 Bad Request: one.", id="messages that are objects"
        ),
        pytest.param(
            {"type": "about:blank", "title": "Bad", "status": 400, "detail": "size"},
            "400 Bad Request: Bad; size.",
            id="RFC 7807",
        ),
        pytest.param(
            {"error": "invalid_client", "error_description": "unknown client"},
            "400 Bad Request: unknown client (invalid_client).",
            id="OAuth",
        ),
        pytest.param(b"upstream  is\n\tdown", "400 Bad Request: upstream is down.", id="text"),
        pytest.param(b'"no"', "400 Bad Request: no.", id="JSON text"),
        pytest.param(
            b"<html><head><title>Bad gateway</title></head><p>x</html>", "400 Bad Request: Bad gateway.", id="HTML"
        ),
        pytest.param(b"<h1>Bad</h1> <p>gateway</p>", "400 Bad Request: Bad gateway.", id="HTML without a title"),
        pytest.param({"value": {"api_key": "canary"}}, "400 Bad Request.", id="JSON of another form"),
        pytest.param(["canary"], "400 Bad Request.", id="an array"),
        pytest.param(b'{"api_key": "canary", ', "400 Bad Request.", id="half an object"),
        pytest.param({"message": 5, "request_id": 7}, "400 Bad Request.", id="members of other types"),
        pytest.param(b"", "400 Bad Request.", id="nothing"),
        pytest.param(b"\xff\xfe", "400 Bad Request: \ufffd\ufffd.", id="no UTF-8"),
    ],
)
def test_each_form_of_error_body_is_told_in_one_line(body: Any, expected: Any, no_secrets: Redactor):
    """Status, message and code; what isn't a known form isn't shown."""
    assert explain(Answer(400, say(body)), no_secrets) == expected


def test_the_request_id_may_come_in_a_header(no_secrets: Redactor):
    """The body's own comes first."""
    assert request_id(Answer(500, b"x", request_id="h-1"), no_secrets) == "h-1"
    assert request_id(Answer(500, say({"request_id": "b-1"}), request_id="h-1"), no_secrets) == "b-1"
    assert request_id(Answer(500, b"x"), no_secrets) is None


def test_the_request_id_is_no_part_of_what_is_told(no_secrets: Redactor):
    """It is another one each time; two plans of the same state must say the same."""
    assert explain(Answer(500, b"x", request_id="h-1"), no_secrets) == "500 Internal Server Error: x."


def test_a_flaw_is_told_where_there_is_no_message(no_secrets: Redactor):
    """Half a body isn't shown."""
    assert "compressed" in explain(Answer(500, b"", Flaw.COMPRESSED), no_secrets)


def test_unknown_statuses_have_a_number():
    """And the server's own words for a status are never used."""
    assert status_line(404) == "404 Not Found"
    assert status_line(599) == "599"


def test_secrets_are_cut_out_before_the_text_is_shortened():
    """Half a secret at the end of the line would be found by nobody."""
    secret = "canary-" + "x" * 60
    for filler in range(180, 300, 7):
        shown = explain(Answer(400, say({"message": "a" * filler + secret})), Redactor([Secret(secret)]))
        assert "canar" not in shown


@pytest.mark.parametrize("hidden", ["\x00", "\u200b", "\u202e", "\x1b", "\u2066"], ids=repr)
def test_a_secret_with_hidden_characters_inside_is_found(hidden: str):
    """They are taken out, which must not put the secret together again."""
    shown = explain(Answer(400, say({"message": f"bad canary-{hidden}secret"})), Redactor([Secret("canary-secret")]))
    assert "secret" not in shown
    assert "[redacted]" in shown


def test_code_and_request_id_are_redacted_too():
    """Every text of the answer is untrusted."""
    body = {"error_code": "canary-secret", "message": "m", "request_id": "canary-secret"}
    assert "canary" not in explain(
        Answer(400, say(body), request_id="canary-secret"), Redactor([Secret("canary-secret")])
    )


@given(st.text(), st.text(max_size=200), st.text(max_size=200), st.integers(100, 999))
def test_a_detail_is_one_line_without_hidden_characters_and_bounded(message: str, code: str, found: str, status: int):
    """Whatever the server says."""
    body = {"message": message, "error_code": code, "request_id": found}
    shown = explain(Answer(status, say(body)), Redactor())
    assert len(shown) <= LONGEST
    assert shown == " ".join(shown.split())
    assert shown.isprintable() or not any(ord(c) < 32 or ord(c) == 127 for c in shown)
    assert shown.startswith(str(status))
    assert shown.endswith(".")


def test_tidy_keeps_to_its_bound(no_secrets: Redactor):
    """The dots count."""
    assert tidy("abcdef", no_secrets, 6) == "abcdef"
    assert tidy("abcdefg", no_secrets, 6) == "abcde…"
