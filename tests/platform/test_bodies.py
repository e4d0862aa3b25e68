import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.values import Secret, SecretRef, Value
from reconciler.platform.bodies import MAX_DEPTH, NotStrictJson, is_json, parse, posted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, st.booleans())
def test_what_json_can_say_is_read_as_it_was_meant(document: Any, escaped: bool):
    """Whatever Python can write as JSON comes back, escaped or not."""
    assert parse(json.dumps(document, ensure_ascii=escaped).encode()) == document


@given(st.binary(max_size=60))
def test_no_bytes_make_the_parser_fail_otherwise(body: Any):
    """It returns, or raises NotStrictJson; nothing else reaches the caller."""
    try:
        parse(body)
    except NotStrictJson:
        assert not body.startswith(b"null")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b'{"a": 1, "a": 1}', "twice", id="member twice"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', "twice", id="member twice in another spelling"),
        pytest.param(b"[NaN]", "NaN", id="NaN"),
        pytest.param(b"-Infinity", "Infinity", id="infinity"),
        pytest.param(b"1e400", "too large", id="float overflow"),
        pytest.param(b"9" * 4301, "digits", id="integer of 4301 digits"),
        pytest.param(b"[" * 200_000, "deep", id="deep and open"),
        pytest.param(b"[" * 65 + b"]" * 65, "deep", id="65 deep"),
        pytest.param(b'{"a":' * 300 + b"1" + b"}" * 300, "deep", id="300 objects deep"),
        pytest.param(b'"\xff"', "UTF-8", id="not UTF-8"),
        pytest.param('"x"'.encode("utf-16"), "UTF-8", id="UTF-16"),
        pytest.param(b'"\\ud800"', "surrogate", id="lone surrogate"),
        pytest.param(b'{"\\udc00": 1}', "surrogate", id="lone surrogate in a name"),
        pytest.param(b"", "line 1", id="nothing"),
        pytest.param(b"{} {}", "line 1", id="two documents"),
        pytest.param(b"{'a': 1}", "line 1", id="single quotes"),
        pytest.param(b"[1,]", "line 1", id="trailing comma"),
        pytest.param(b"01", "line 1", id="leading zero"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused_with_a_reason(body: Any, why: str):
    """The reason is ours: it quotes nothing of the body."""
    with pytest.raises(NotStrictJson, match=why) as caught:
        parse(body)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_bounds_themselves_are_let_through():
    """Depth 64, 4300 digits, and a byte order mark, which some servers send."""
    deep = parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert isinstance(deep, list)
    assert parse(b"9" * 4300) == int("9" * 4300)
    assert parse(b"\xef\xbb\xbf[]") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"{}", True), (b' {"a"', True), (b'"x"', True), (b"[1]", True), (b"", False), (b"<p>", False), (b"no", False)],
)
def test_whoever_speaks_json_is_told_from_whoever_does_not(body: Any, expected: Any):
    """A gateway that blocks an address answers text or HTML."""
    assert is_json(body) is expected


def test_a_posted_body_holds_the_value_alone_with_its_secrets_in_clear():
    """It is what the platform is to store."""
    value: Value = {"url": "u", "api_key": Secret("canary"), "list": ("a", {"b": None}), "n": 20, "t": True}
    assert json.loads(posted(value)) == {
        "value": {"url": "u", "api_key": "canary", "list": ["a", {"b": None}], "n": 20, "t": True}
    }


def test_an_unresolved_reference_is_never_sent_in_place_of_a_secret():
    """It would overwrite the live secret with a name."""
    with pytest.raises(TypeError, match="NAME was not resolved"):
        posted({"api_key": SecretRef("NAME")})
