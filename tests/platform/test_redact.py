import base64
import html
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.model.values import Secret
from reconciler.platform.redact import REDACTED, WITHHELD, Known, Redactor

SECRET = 'canary/"s3cret"+é&<x> y\\z'


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(str, id="as it is"),
        pytest.param(lambda s: json.dumps(s)[1:-1], id="JSON, ASCII"),
        pytest.param(lambda s: json.dumps(s, ensure_ascii=False)[1:-1], id="JSON"),
        pytest.param(lambda s: json.dumps(s)[1:-1].replace("/", "\\/"), id="JSON with escaped slashes"),
        pytest.param(lambda s: json.dumps(json.dumps(s)[1:-1])[1:-1], id="JSON in JSON"),
        pytest.param(quote, id="URL path"),
        pytest.param(lambda s: quote(s, safe=""), id="URL part"),
        pytest.param(quote_plus, id="form"),
        pytest.param(lambda s: re.sub("%..", lambda escape: escape[0].lower(), quote(s)), id="URL in lower case"),
        pytest.param(html.escape, id="HTML"),
        pytest.param(lambda s: html.escape(s, quote=False), id="HTML text"),
        pytest.param(lambda s: base64.b64encode(s.encode()).decode(), id="base64"),
        pytest.param(lambda s: base64.urlsafe_b64encode(s.encode()).decode(), id="base64 for URLs"),
    ],
)
def test_a_secret_is_cut_out_in_every_spelling(spelling: Callable[[str], str]):
    """What an API echoes, it may echo escaped."""
    shown = Redactor([Secret(SECRET)])(f"before {spelling(SECRET)} after")
    assert shown.startswith(f"before {REDACTED}")
    assert shown.endswith(" after")
    assert spelling(SECRET)[3:-4] not in shown


@given(st.binary(max_size=7), st.binary(max_size=7))
def test_base64_hides_a_secret_wherever_it_stands_in_the_coded_text(before: bytes, after: bytes):
    """`Basic` headers hold the secret behind the client's name, at any offset."""
    secret = "canary-secret-123"
    coded = base64.b64encode(before + secret.encode() + after).decode()
    shown = Redactor([Secret(secret)])(coded)
    assert REDACTED in shown
    left = shown.replace(REDACTED, "")
    assert len(left) <= len(coded) - len(secret)


@given(st.lists(st.text("abcd", min_size=4, max_size=8), min_size=1, max_size=4), st.text("abcd", max_size=40))
def test_no_secret_survives_not_even_where_two_overlap(secrets: list[str], text: Any):
    """Neither a whole secret nor what is left of one beside another."""
    redact = Redactor([Secret(secret) for secret in secrets])
    hidden = [False] * len(text)
    for secret in secrets:
        for at in range(len(text)):
            if text.startswith(secret, at):
                hidden[at : at + len(secret)] = [True] * len(secret)
    expected = "".join(c for c, hide in zip(text, hidden, strict=True) if not hide)
    assert redact(text).replace(REDACTED, "") == expected


@given(st.text(max_size=30), st.text("xyz", min_size=4, max_size=10))
def test_text_without_a_secret_is_left_as_it_is(text: Any, secret: str):
    """Redaction must not make messages unreadable."""
    assume(not set(text) & set("xyz") and "eyJ" not in text)
    assert Redactor([Secret(secret)])(text) == text


def test_a_very_short_secret_takes_the_whole_text_with_it():
    """Cutting out three characters would leave a hole that tells them; other texts stay."""
    redact = Redactor([Secret("q7!")])
    assert redact("the pin q7! is wrong") == WITHHELD
    assert redact("the pin is wrong") == "the pin is wrong"


@pytest.mark.parametrize("text", ["", " ", "\n"], ids=repr)
def test_an_empty_secret_hides_nothing(text: Any):
    """It occurs in every text."""
    assert Redactor([Secret(text)])("a message") == "a message"


def test_a_secret_that_looks_like_a_mask_is_a_secret_all_the_same():
    """Whoever put it into the credentials meant it."""
    assert Redactor([Secret("XXXX-1234")])("got XXXX-1234") == f"got {REDACTED}"


def test_a_secret_with_blanks_around_it_is_found_without_them():
    """A token read from a file often ends in a line break, which is not sent."""
    assert Redactor([Secret("canary-token\n")])("got canary-token here") == f"got {REDACTED} here"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefghijklmnop1234 was refused",
        "authorization=basic dXNlcjpwYXNzd29yZA== x",
        "token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl expired",  # pragma: allowlist secret
    ],
)
def test_what_looks_like_a_credential_is_cut_out_unknown_as_it_is(text: Any):
    """The platform may echo somebody else's token."""
    shown = Redactor()(text)
    assert REDACTED in shown
    assert "abcdefghij" not in shown
    assert "dXNl" not in shown
    assert "eyJ" not in shown


def test_ordinary_sentences_about_bearers_stay():
    """`Bearer token expired` is what a person needs to read."""
    assert Redactor()("Bearer token expired. Basic authentication required.").count(REDACTED) == 0


def test_a_redactor_learns_and_does_not_tell():
    """Tokens come as the run goes on; its repr holds none."""
    redact = Redactor()
    assert redact("canary-token") == "canary-token"
    redact.learn([Secret("canary-token")])
    assert redact("canary-token") == REDACTED
    assert "canary" not in repr(redact)


def test_what_one_tenant_learns_every_tenant_knows():
    """A token that is fetched for one may be shown by the server of another."""
    known = Known()
    one, other = Redactor(known=known), Redactor([Secret("canary-b")], known)
    assert one("canary-b") == REDACTED
    one.learn([Secret("canary-a")])
    assert other("canary-a and canary-b") == f"{REDACTED} and {REDACTED}"
    assert "canary" not in repr(known)


def test_a_very_short_secret_withholds_its_own_tenants_texts_alone():
    """Else a pair of letters that somebody has for a secret would take every message of a fleet away."""
    known = Known()
    own, other = Redactor([Secret("ab")], known), Redactor(known=known)
    assert own("a cab") == WITHHELD
    assert other("a cab") == "a cab"


@pytest.mark.parametrize("alike", ["eyJhbGciOiJSUzI1NiIsImtpZCI6Im", "canary-"])
def test_a_text_takes_no_longer_for_thousands_of_tenants_secrets(alike: str):
    """A run of ten thousand tenants may have an error of each, and tokens begin alike."""
    few, many = (Known() for _ in range(2))
    few.learn(Secret(f"{alike}{number:08d}") for number in range(200))
    many.learn(Secret(f"{alike}{number:08d}") for number in range(5_000))
    text = f"{alike}0000 " * 500
    took = []
    for known in (few, many):
        list(known.spans(text))  # the forms are made once
        began = time.process_time()
        for _ in range(5):
            assert list(known.spans(text)) == []
        took.append(time.process_time() - began)
    assert took[1] < 10 * took[0] + 0.5


@pytest.mark.parametrize("piece", ["-eyJ", "eyJaaaaa.", "Bearer ", "canary-", "<", "basic\t"])
def test_hostile_text_takes_no_more_than_linear_time(piece: str):
    """A body may have a MiB."""
    redact = Redactor([Secret("canary-canary-canary-x")])
    began = time.perf_counter()
    redact(piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - began < 2
