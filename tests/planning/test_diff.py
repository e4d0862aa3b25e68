"""Field-level changes: for people, complete, each field once, and without a secret."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.normal import Match, compare, normalise
from reconciler.model.plan import FieldChange
from reconciler.model.values import ABSENT, Absent, Secret, SecretRef, Value
from reconciler.planning.diff import field_changes

HIDDEN = {"sensitive": True}
NAMED = {"secret": "HOOK"}
REF = SecretRef("HOOK")
OLD = Secret("canary-old")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(1, 2, [("", 1, 2)], id="whole-value"),
        pytest.param(None, 2, [("", None, 2)], id="null-before"),
        pytest.param({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("/b", 2, 3)], id="only-what-differs"),
        pytest.param({"a": 1}, {"b": 1}, [("/a", 1, ABSENT), ("/b", ABSENT, 1)], id="dropped-and-added"),
        pytest.param({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, [("/a/b/c", 1, 2)], id="nested"),
        pytest.param({"a": {"b": 1}}, {"a": "x"}, [("/a", {"b": 1}, "x")], id="another-type"),
        pytest.param({"a": True}, {"a": 1}, [("/a", True, 1)], id="true-is-not-1"),
        pytest.param({"a": 1}, {"a": 1.5}, [("/a", 1, 1.5)], id="fraction"),
        pytest.param({"a": None}, {}, [("/a", None, ABSENT)], id="null-is-not-absent"),
        pytest.param({"a/b": 1, "c~d": 1}, {"a/b": 2, "c~d": 2}, [("/a~1b", 1, 2), ("/c~0d", 1, 2)], id="escapes"),
        pytest.param(
            {"": 1, "it's": 1, '"': 1}, {"": 1, "it's": 2, '"': 2}, [('/"', 1, 2), ("/it's", 1, 2)], id="quotes"
        ),
        pytest.param({"": 1}, {"": 2}, [("/", 1, 2)], id="empty-name"),
        pytest.param({"__x": 1}, {"__x": 2}, [("/__x", 1, 2)], id="a-name-that-python-thinks-private"),
        pytest.param({"0": {"1": 1}}, {"0": {"1": 2}}, [("/0/1", 1, 2)], id="names-of-digits-are-no-indexes"),
        pytest.param(("store",), ("dc", "store"), [("", ("store",), ("dc", "store"))], id="array-is-one-field"),
        pytest.param({"a": (1, 2)}, {"a": (1, 3)}, [("/a", (1, 2), (1, 3))], id="array-in-an-object"),
        pytest.param(
            {"a": ({"b": 1, "c": 1},)},
            {"a": ({"b": 2, "c": 2},)},
            [("/a", ({"b": 1, "c": 1},), ({"b": 2, "c": 2},))],
            id="objects-in-an-array-are-that-array",
        ),
        pytest.param((0, True), (0, 1), [("", (0, True), (0, 1))], id="true-is-not-1-in-an-array"),
        pytest.param(("1",), (1,), [("", ("1",), (1,))], id="nor-is-text-a-number"),
        pytest.param({"a": ((1,), (2,))}, {"a": ((1, 2),)}, [("/a", ((1,), (2,)), ((1, 2),))], id="arrays-in-an-array"),
        pytest.param({"a": ({"b": 1, "c": 2},)}, {"a": ({"c": 2, "b": 1},)}, [], id="members-in-another-order"),
        pytest.param({"a": (1,)}, {"a": "['1']"}, [("/a", (1,), "['1']")], id="an-array-is-not-its-text"),
        pytest.param({"a": 1, "b": (1,)}, {"a": 1, "b": (1,)}, [], id="equal"),
        pytest.param("line\none", "line\ntwo", [("", "line\none", "line\ntwo")], id="lines"),
        pytest.param({"k": 2**60}, {"k": 2**60 + 1}, [("/k", 2**60, 2**60 + 1)], id="big-integers"),
        pytest.param(
            {"z": 1, "m": 1, "a": 1}, {"z": 2, "m": 2, "a": 2}, [("/a", 1, 2), ("/m", 1, 2), ("/z", 1, 2)], id="sorted"
        ),
    ],
)
def test_the_fields_that_differ(before: Value, after: Value, expected: list[tuple[str, Any, Any]]):
    """One entry for each field that differs, by pointer, with both sides."""
    changes = field_changes(before, after, ())

    assert changes == tuple(FieldChange(*row) for row in expected)
    assert repr(changes) == repr(tuple(FieldChange(*row) for row in expected))  # where True is not 1


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(5, [("", 5, False)], id="scalar"),
        pytest.param((1, 2), [("", (1, 2), False)], id="array"),
        pytest.param(
            {"url": "u", "api_key": REF, "a/b": {"c": 1}},
            [("/api_key", NAMED, True), ("/a~1b", {"c": 1}, False), ("/url", "u", False)],
            id="members-sorted-the-secret-marked",
        ),
        pytest.param(REF, [("", NAMED, True)], id="a-secret-alone"),
        pytest.param({}, [], id="empty-object"),
    ],
)
def test_without_a_before_every_member_is_an_addition(after: Value, expected: list[tuple[str, Any, bool]]):
    """A first set shows all that it sets, with nothing on the other side."""
    changes = field_changes(ABSENT, after, ())

    assert changes == tuple(FieldChange(where, ABSENT, value, sensitive) for where, value, sensitive in expected)


@pytest.mark.parametrize(
    ("before", "after", "differ", "expected"),
    [
        pytest.param({"k": OLD}, {"k": REF}, ["/k"], [("/k", HIDDEN, NAMED)], id="known-to-differ"),
        pytest.param({"k": OLD}, {"k": REF}, [], [], id="not-known-to-differ"),
        pytest.param({}, {"k": REF}, ["/k"], [("/k", ABSENT, NAMED)], id="added-once"),
        pytest.param({}, {"k": REF}, [], [("/k", ABSENT, NAMED)], id="added-though-nobody-said-so"),
        pytest.param({"k": OLD}, {}, [], [("/k", HIDDEN, ABSENT)], id="dropped"),
        pytest.param({"k": 7}, {"k": REF}, ["/k"], [("/k", 7, NAMED)], id="no-text-before"),
        pytest.param({"k": OLD}, {"k": "text"}, [], [("/k", HIDDEN, "text")], id="no-reference-after"),
        pytest.param({"k": OLD}, {"k": "secret"}, [], [("/k", HIDDEN, "secret")], id="a-text-that-is-called-so"),
        pytest.param({"k": None}, {"k": REF}, [], [("/k", None, NAMED)], id="null-before"),
        pytest.param({"a/b": OLD}, {"a/b": REF}, ["/a~1b"], [("/a~1b", HIDDEN, NAMED)], id="escaped"),
        pytest.param({"o": {"k": OLD}}, {"o": {"k": REF}}, ["/o/k"], [("/o/k", HIDDEN, NAMED)], id="nested"),
    ],
)
def test_a_sensitive_field_is_masked_on_both_sides(
    before: Value, after: Value, differ: list[str], expected: list[tuple[str, Any, Any]]
):
    """Old and new alike are hidden, and the entry says that it is sensitive; no pointer is there twice."""
    changes = field_changes(before, after, differ)

    assert changes == tuple(FieldChange(*row, sensitive=True) for row in expected)
    assert "canary" not in repr(changes)


def test_a_secret_and_a_plain_field_are_listed_side_by_side():
    """What is plain keeps its text; the two kinds are sorted into one list."""
    changes = field_changes({"k": OLD, "u": "a", "z": 1}, {"k": REF, "u": "b", "z": 1}, ["/k"])

    assert changes == (FieldChange("/k", HIDDEN, NAMED, sensitive=True), FieldChange("/u", "a", "b"))


names = st.sampled_from(["a", "b", "__c", "d/e", "~", ""])
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.just(0.5) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80, deadline=None)
@given(plain, plain)
def test_something_is_listed_if_and_only_if_the_values_differ(one: Any, other: Any):
    """A change without a field, or a field without a change, would make a reader doubt the report."""
    before, after = normalise(one, {}), normalise(other, {})

    changes = field_changes(before, after, ())

    assert bool(changes) is (compare(after, before, {}).match is Match.DIFFERENT)
    assert len({change.pointer for change in changes}) == len(changes)


@settings(max_examples=80, deadline=None)
@given(plain, plain)
def test_the_changes_lead_from_before_to_after(one: Any, other: Any):
    """Putting every listed field into the before-value makes the after-value: nothing is left out."""
    before, after = normalise(one, {}), normalise(other, {})

    patched = before
    for change in field_changes(before, after, ()):
        path = [part.replace("~1", "/").replace("~0", "~") for part in change.pointer.split("/")[1:]]
        patched = _put(patched, path, change.after)

    assert compare(patched, after, {}).match is Match.EQUAL


def _put(value: Value, path: list[str], new: Any) -> Value:
    if not path:
        assert not isinstance(new, Absent)
        return new  # type: ignore[no-any-return]
    assert isinstance(value, Mapping)
    members = dict(value)
    if len(path) == 1 and isinstance(new, Absent):
        del members[path[0]]
    elif len(path) == 1:
        members[path[0]] = new
    else:
        members[path[0]] = _put(members[path[0]], path[1:], new)
    return members


PROBE = """
import sys
from tests.planning.making import TIMER, HOOK, REF, SECRETS, NUMBERS, UNSET, UNREADABLE, plan_of, set_to
hook = {"url": "https://hook.example", "api_key": "canary-hook"}
for live, url in %s:
    there = set_to(HOOK, {**hook, "url": url or hook["url"]})
    plan = plan_of("acme", (TIMER, 2, live), (HOOK, {**hook, "api_key": REF}, there), (NUMBERS, {}, UNSET))
print("deepdiff" in sys.modules)
"""


@pytest.mark.parametrize(
    ("live", "imported"),
    [
        pytest.param("[(set_to(TIMER, 2), ''), (UNSET, ''), (UNREADABLE, '')]", "False", id="nothing-differs"),
        pytest.param("[(set_to(TIMER, 3), '')]", "False", id="a-key-without-fields-differs"),
        pytest.param("[(set_to(TIMER, 2), 'https://x.example')]", "True", id="a-field-differs"),
    ],
)
def test_the_diff_library_is_imported_only_where_a_field_differs(live: str, imported: str):
    """Its import takes longer than a whole plan of a fleet that is in sync."""
    done = subprocess.run([sys.executable, "-c", PROBE % live], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == imported
