import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.key import Key
from reconciler.model.live import Halt, Sent
from reconciler.model.values import ABSENT, Secret
from reconciler.model.words import LiveState
from reconciler.platform.answers import Fits, WhyNot, classify, judge
from reconciler.platform.redact import Redactor
from reconciler.platform.wire import Answer, Flaw
from tests.platform.loopback import MakeKey

UNSET, SET, DEFAULT = LiveState.UNSET, LiveState.SET, LiveState.DEFAULT
AMBIGUOUS, UNREADABLE, UNKNOWN_KEY = LiveState.AMBIGUOUS, LiveState.UNREADABLE, LiveState.UNKNOWN_KEY
DATE = "2021-07-13T20:18:25Z"
FIT = {"soft": 5}

TABLE = [
    # value, updated_at, ordinary, write-once
    pytest.param(None, None, UNSET, UNSET, id="null, null date"),
    pytest.param(None, ABSENT, UNSET, UNSET, id="null, no date"),
    pytest.param(None, DATE, UNSET, AMBIGUOUS, id="null, a date"),
    pytest.param({}, None, UNSET, UNSET, id="empty object, null date"),
    pytest.param({}, ABSENT, UNSET, UNSET, id="empty object, no date"),
    pytest.param({}, DATE, UNSET, AMBIGUOUS, id="empty object, a date"),
    pytest.param([], None, UNSET, UNSET, id="empty array, null date"),
    pytest.param([], DATE, UNSET, AMBIGUOUS, id="empty array, a date"),
    pytest.param("", ABSENT, UNSET, UNSET, id="empty text, no date"),
    pytest.param("", DATE, UNSET, AMBIGUOUS, id="empty text, a date"),
    pytest.param(ABSENT, None, UNSET, UNSET, id="no value, null date"),
    pytest.param(ABSENT, DATE, UNREADABLE, UNREADABLE, id="no value, a date"),
    pytest.param(ABSENT, ABSENT, UNREADABLE, UNREADABLE, id="no value, no date"),
    pytest.param(FIT, DATE, SET, SET, id="fits, a date"),
    pytest.param(FIT, ABSENT, SET, SET, id="fits, no date"),
    pytest.param(FIT, None, DEFAULT, AMBIGUOUS, id="fits, null date"),
    pytest.param({"soft": "5"}, DATE, UNREADABLE, UNREADABLE, id="doesn't fit, a date"),
    pytest.param({"soft": "5"}, None, UNREADABLE, UNREADABLE, id="doesn't fit, null date"),
    pytest.param({"soft": True}, ABSENT, UNREADABLE, UNREADABLE, id="a boolean is no integer"),
    pytest.param(False, DATE, UNREADABLE, UNREADABLE, id="false is a value, which doesn't fit"),
    pytest.param(0, None, UNREADABLE, UNREADABLE, id="0 is a value, which doesn't fit"),
    pytest.param(FIT, "", UNREADABLE, UNREADABLE, id="fits, empty date"),
    pytest.param(FIT, "yesterday", UNREADABLE, UNREADABLE, id="fits, no date in the date"),
    pytest.param(FIT, 1626207505, UNREADABLE, UNREADABLE, id="fits, a number for a date"),
    pytest.param(FIT, False, UNREADABLE, UNREADABLE, id="fits, false for a date"),
    pytest.param(None, "yesterday", UNREADABLE, UNREADABLE, id="null, no date in the date"),
    pytest.param(None, 0, UNREADABLE, UNREADABLE, id="null, 0 for a date"),
]


def document(value: Any, date: Any):
    members = {"value": value, "updated_at": date}
    return Answer(200, json.dumps({name: item for name, item in members.items() if item is not ABSENT}).encode())


@pytest.mark.parametrize(("value", "date", "ordinary", "write_once"), TABLE)
def test_every_cell_of_the_table_of_live_states_holds(
    *,
    value: Any,
    date: Any,
    ordinary: LiveState,
    write_once: Any,
    limit: Key,
    once: Key,
    fits: Fits,
    why_not: WhyNot,
    no_secrets: Redactor,
):
    """The same answer is judged for an ordinary and for a write-once key."""
    answer = document(value, date)
    assert classify(limit, answer, fits, why_not, no_secrets).state is ordinary
    assert classify(once, answer, fits, why_not, no_secrets).state is write_once


@pytest.mark.parametrize("value", [False, 0, 0.0, [None], {"a": None}, " "], ids=repr)
def test_what_python_takes_for_false_is_a_value_all_the_same(
    value: Any, anything: MakeKey, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """Only null, {}, [] and the empty text are empty."""
    live = classify(anything(write_once=False), document(value, DATE), fits, why_not, no_secrets)
    assert live.state is SET


@pytest.mark.parametrize("empty", [None, {}, [], ""], ids=repr)
def test_empty_comes_before_fits(empty: Any, anything: MakeKey, fits: Fits, why_not: WhyNot, no_secrets: Redactor):
    """A schema without required fields lets {} through, and yet nothing is set."""
    key = anything(write_once=True)
    assert classify(key, document(empty, None), fits, why_not, no_secrets).state is UNSET
    assert classify(key, document(empty, DATE), fits, why_not, no_secrets).state is AMBIGUOUS


def test_a_set_value_is_normalised_and_its_unknown_fields_are_named(
    limit: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """Defaults are filled, 5.0 is 5, and what the schema doesn't know is left out and pointed at."""
    live = classify(limit, document({"soft": 5.0, "extra": 1}, DATE), fits, why_not, no_secrets)
    assert live.value == {"soft": 5, "unit": "items"}
    assert live.unknown == ("/extra",)
    assert live.updated_at == DATE


def test_a_sensitive_field_is_wrapped_before_anybody_can_show_it(
    hook: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """A live secret is a Secret from the moment that the answer is understood."""
    live = classify(hook, document({"url": "u", "api_key": "canary-live"}, DATE), fits, why_not, no_secrets)
    assert isinstance(live.value, dict)
    assert live.value["api_key"] == Secret("canary-live")
    assert "canary-live" not in repr(live)


def test_an_ambiguous_value_is_kept_and_an_ambiguous_emptiness_has_none(
    once: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """`--assume-unset` needs to show what was there; both say what to do."""
    kept = classify(once, document(FIT, None), fits, why_not, no_secrets)
    empty = classify(once, document(None, DATE), fits, why_not, no_secrets)
    assert kept.value == {"soft": 5, "unit": "items"}
    assert (empty.value, empty.updated_at) == (ABSENT, DATE)
    assert "--assume-unset" in kept.detail
    assert DATE in empty.detail


@pytest.mark.parametrize(
    "date", ["2021-07-13T20:18:25Z", "2021-07-13T20:18:25.123456+02:00", "2021-07-13t20:18:25z", "2021-07-13 20:18:25Z"]
)
def test_dates_are_kept_as_they_were_given(date: Any, limit: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor):
    """Two readings are compared by the very text."""
    assert classify(limit, document(FIT, date), fits, why_not, no_secrets).updated_at == date


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="array"),
        pytest.param(b'"ok"', id="text"),
        pytest.param(b"<html></html>", id="html"),
        pytest.param(b'{"value": {"soft": 5}, "value": {"soft": 6}, "updated_at": null}', id="value twice"),
        pytest.param(b'{"value": {"soft": 5, "soft": 6}, "updated_at": null}', id="field twice"),
        pytest.param(b'{"value": NaN, "updated_at": null}', id="NaN"),
        pytest.param(b'{"Value": {"soft": 5}}', id="another spelling"),
    ],
)
def test_a_200_of_another_shape_is_unreadable_and_says_so(
    body: Any, limit: Key, once: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """Failed to read is not empty: nothing may be written on such an answer."""
    for key in (limit, once):
        live = classify(key, Answer(200, body), fits, why_not, no_secrets)
        assert live.state is UNREADABLE
        assert live.detail.startswith("200 OK, but ")
        assert live.value is ABSENT


@pytest.mark.parametrize("flaw", list(Flaw))
def test_a_body_that_did_not_come_whole_is_unreadable_even_if_what_came_fits(
    flaw: Flaw, limit: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """Half an answer can look like a whole one."""
    answer = Answer(200, b'{"value": null, "updated_at": null}', flaw)
    assert classify(limit, answer, fits, why_not, no_secrets).state is UNREADABLE


@pytest.mark.parametrize("status", [*range(201, 209), *range(300, 310), *range(400, 432), 500, 502, 503, 504, 599, 999])
def test_every_other_status_is_no_value_whatever_its_body_says(
    status: int, limit: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """A fitting body under another status doesn't count."""
    answer = Answer(status, json.dumps({"value": FIT, "updated_at": DATE}).encode())
    live = classify(limit, answer, fits, why_not, no_secrets)
    assert live.state is (UNKNOWN_KEY if status == 404 else UNREADABLE)
    assert str(status) in live.detail
    assert live.value is ABSENT


@pytest.mark.parametrize("status", [429, 500, 503, 599])
def test_a_read_that_failed_for_now_says_to_wait_and_a_post_does_not(
    status: int, limit: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """After a POST the key is read back, and what that found decides what to do."""
    advice = "Wait a minute, and run again."
    assert advice in classify(limit, Answer(status, b""), fits, why_not, no_secrets).detail
    assert advice not in judge(Answer(status, b""), no_secrets).detail


@pytest.mark.parametrize(
    ("status", "body", "halt"),
    [
        pytest.param(401, b"{}", Halt.TENANT, id="401"),
        pytest.param(401, b"no", Halt.TENANT, id="401 in text"),
        pytest.param(403, b'{"message": "no"}', Halt.TENANT, id="403 in JSON"),
        pytest.param(403, b'{"message": "cut sho', Halt.TENANT, id="403 in half a JSON object"),
        pytest.param(403, b"<html>blocked</html>", Halt.EVERYONE, id="403 in HTML"),
        pytest.param(403, b"", Halt.EVERYONE, id="403 with nothing"),
        pytest.param(403, b"Forbidden", Halt.EVERYONE, id="403 in text"),
        pytest.param(404, b"<html>", None, id="404"),
        pytest.param(500, b"", None, id="500"),
    ],
)
def test_a_refused_credential_halts_its_tenant_and_a_blocked_address_everyone(
    status: int, body: Any, halt: Halt | None, limit: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """Reading and writing agree on how far it reaches."""
    assert classify(limit, Answer(status, body), fits, why_not, no_secrets).halt is halt
    assert judge(Answer(status, body), no_secrets).halt is halt


def test_why_a_value_does_not_fit_never_shows_the_secret_that_is_live(
    hook: Key, fits: Fits, why_not: WhyNot, no_secrets: Redactor
):
    """The old secret, which no credentials know, is in jsonschema's message; it is cut out."""
    live = classify(hook, document({"api_key": "canary-old-live-secret"}, DATE), fits, why_not, no_secrets)
    careless = classify(hook, document({"url": 5, "api_key": "canary-old"}, DATE), fits, _quoting, no_secrets)
    assert live.state is careless.state is UNREADABLE
    assert "'url' is a required property" in live.detail
    assert "canary" not in live.detail + careless.detail


def _quoting(_: Key, value: object) -> str:
    return f"bad: {value}"


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        *((status, Sent.ACCEPTED) for status in (200, 201, 202, 204, 299)),
        *((status, Sent.REJECTED) for status in (301, 307, 308, 400, 404, 405, 408, 410, 413, 415, 422, 451, 499)),
        *((status, Sent.LOST) for status in (101, 300, 302, 303, 304, 399, 500, 502, 503, 504, 599, 600, 999)),
        (401, Sent.DENIED),
        (403, Sent.DENIED),
        (409, Sent.CONFLICT),
        (429, Sent.THROTTLED),
    ],
)
def test_every_status_of_a_post_says_what_is_known(status: int, sent: Sent, no_secrets: Redactor):
    """Above all: an answer that isn't a clear no counts as lost, to be read back."""
    posted = judge(Answer(status, b'{"message": "said"}'), no_secrets)
    assert posted.sent is sent
    assert ("said" in posted.detail) is (sent is not Sent.ACCEPTED)


def test_an_accepted_post_is_accepted_whatever_its_body_is(no_secrets: Redactor):
    """Truth comes from reading back, never from this body."""
    for flaw in (None, *Flaw):
        assert judge(Answer(200, b"<html>", flaw), no_secrets).sent is Sent.ACCEPTED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["soft", "value"]), inner, max_size=2),
    max_leaves=5,
)


@given(st.integers(100, 999), JSON, st.booleans())
def test_no_answer_makes_a_write_once_key_unset_but_a_clear_200(status: int, body: Any, dated: bool):
    """Unset is what a first write rests on: a 200 whose value is empty and whose date is null or absent."""
    members = {"value": body, **({"updated_at": DATE} if dated else {})}
    key = Key("g.k", "g", "k", "/k", "k", "k", {"type": "object"}, write_once=True, order=0)
    live = classify(key, Answer(status, json.dumps(members).encode()), lambda _, __: True, lambda _, __: "", Redactor())
    empty = body in (None, "", [], {}) and body is not False and body != 0
    assert (live.state is UNSET) == (status == 200 and empty and not dated)
