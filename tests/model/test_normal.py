"""One form for every value: normalising, equality, unknown fields, and where the references are."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.normal import Match, at, compare, normalise, references, resolve, same, unknown_fields
from reconciler.model.problem import Problem
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import ABSENT, Secret, SecretRef, Value

OBJECT: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "url": {"type": "string"},
        "timeout": {"type": "integer", "default": 15},
        "tags": {"type": "array", "items": {"type": "string"}, "x-list-type": "set"},
        "api_key": {"type": "string", "x-sensitive": True},
        "inner": {"type": "object", "properties": {"deep": {"type": "boolean", "default": False}}},
    },
}
SET: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}, "x-list-type": "set"}

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, 2.5, 1e300]) | st.text(max_size=2)
plain = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    field = st.tuples(inner, st.none() | plain).map(lambda it: it[0] if it[1] is None else {**it[0], "default": it[1]})
    return st.dictionaries(st.sampled_from("abc"), field, max_size=3).map(lambda it: {"properties": it})


schemas = st.recursive(
    st.sampled_from([{}, {"type": "integer"}, {"type": "string", "x-sensitive": True}]),
    lambda inner: (
        st.tuples(inner, st.booleans()).map(
            lambda it: {"items": it[0], "x-list-type": "set"} if it[1] else {"items": it[0]}
        )
        | _objects(inner)
    ),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(plain, schemas)
def test_normalising_twice_is_normalising_once(value: Any, schema: Mapping[str, Any]):
    """The normal form is its own normal form, also where the value doesn't fit the schema."""
    once = normalise(value, schema)

    assert same(normalise(once, schema), once)


@settings(max_examples=100, deadline=None)
@given(plain, schemas)
def test_a_value_is_the_same_as_itself_read_again(value: Any, schema: Mapping[str, Any]):
    """Reading twice what nobody has written is no change."""
    assert same(normalise(value, schema), normalise(value, schema))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["dc", "store", "hub", 1, True, 1.0, None]), max_size=6), st.randoms())
def test_a_set_has_one_form_in_any_order_and_with_repetitions(items: list[Any], random: Any):
    """Shuffled and doubled, a set is still the same."""
    other = [*items, *items]
    random.shuffle(other)

    assert same(normalise(items, {"x-list-type": "set"}), normalise(other, {"x-list-type": "set"}))


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        pytest.param(20.0, {}, 20, id="whole-float"),
        pytest.param(-0.0, {}, 0, id="minus-zero"),
        pytest.param(0.5, {}, 0.5, id="fraction"),
        pytest.param([3, 1], {}, (3, 1), id="a-list-keeps-its-order"),
        pytest.param(["store", "dc", "dc"], SET, ("dc", "store"), id="set"),
        pytest.param([[2, 1], [1, 2]], {"x-list-type": "set"}, ((1, 2), (2, 1)), id="set-of-lists"),
        pytest.param(
            [{"b": 1, "a": 2}, {"a": 2, "b": 1.0}], {"x-list-type": "set"}, ({"a": 2, "b": 1},), id="set-of-objects"
        ),
        pytest.param(
            ["b", "a", "b"],
            {"x-list-type": "set", "items": {"x-sensitive": True}},
            (Secret("a"), Secret("b")),
            id="set-of-secrets",
        ),
        pytest.param({"b": 1, "a": 2}, {}, {"a": 2, "b": 1}, id="object-of-any-fields"),
        pytest.param({"url": "u", "zzz": 1}, OBJECT, {"url": "u", "timeout": 15}, id="unknown-left-out-default-filled"),
        pytest.param({"timeout": None}, OBJECT, {"timeout": None}, id="an-explicit-null-is-kept"),
        pytest.param({"inner": {}}, OBJECT, {"timeout": 15, "inner": {"deep": False}}, id="nested-default"),
        pytest.param("text", {}, "text", id="text"),
        pytest.param(SecretRef("K"), {"x-sensitive": True}, SecretRef("K"), id="a-reference-stays"),
    ],
)
def test_the_normal_form(value: Any, schema: Mapping[str, Any], expected: Value):
    """Defaults filled, unknown fields left out, sets sorted, whole numbers whole."""
    normal = normalise(value, schema)

    assert same(normal, expected)
    assert repr(normal) == repr(normalise(expected, schema))  # the order of members too


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object()], ids=["set", "bytes-items", "object"])
def test_what_json_cannot_hold_is_a_bug(value: object):
    """Something that is no JSON value never got through a parser of ours."""
    if isinstance(value, bytes):
        assert normalise(value, {}) == tuple(value)  # a sequence of numbers, for all that is known here
    else:
        with pytest.raises(TypeError, match=r"not a JSON value: \w+"):
            normalise(value, {})


def test_text_in_a_sensitive_place_becomes_a_secret_when_it_is_built():
    """Nothing later than normalising ever holds the text; what is no text there stays what it is."""
    value = normalise({"api_key": "canary"}, OBJECT)

    assert value == {"timeout": 15, "api_key": Secret("canary")}
    assert normalise({"api_key": 7}, OBJECT) == {"timeout": 15, "api_key": 7}


SECRETS = {"KEY": BoundSecret(Secret("right"), "https://x.example"), "ODD": BoundSecret(Secret("****"), "https://x")}


@pytest.mark.parametrize(
    ("desired", "live", "expected"),
    [
        pytest.param(20, 20.0, Match.EQUAL, id="20-is-20.0"),
        pytest.param(True, 1, Match.DIFFERENT, id="true-is-not-1"),
        pytest.param(1, True, Match.DIFFERENT, id="1-is-not-true"),
        pytest.param(0, False, Match.DIFFERENT, id="0-is-not-false"),
        pytest.param((1, True), (True, 1), Match.DIFFERENT, id="nor-in-an-array"),
        pytest.param(None, False, Match.DIFFERENT, id="null-is-not-false"),
        pytest.param("1", 1, Match.DIFFERENT, id="text-is-not-a-number"),
        pytest.param((), {}, Match.DIFFERENT, id="an-array-is-not-an-object"),
        pytest.param({"a": 1}, {"a": 1, "b": None}, Match.DIFFERENT, id="null-is-not-absent"),
        pytest.param(2**53, 2**53 + 1, Match.DIFFERENT, id="big-integers-are-exact"),
        pytest.param({"k": SecretRef("KEY")}, {"k": Secret("right")}, Match.EQUAL, id="the-secret-is-there"),
        pytest.param({"k": SecretRef("KEY")}, {"k": Secret("wrong")}, Match.DIFFERENT, id="another-secret-is-there"),
        pytest.param({"k": SecretRef("KEY")}, {"k": Secret("***")}, Match.NOT_COMPARABLE, id="masked"),
        pytest.param({"k": SecretRef("NONE")}, {"k": Secret("x")}, Match.NOT_COMPARABLE, id="not-at-hand"),
        pytest.param({"k": SecretRef("ODD")}, {"k": Secret("****")}, Match.EQUAL, id="equal-though-it-looks-masked"),
        pytest.param({"k": SecretRef("KEY")}, {"k": 7}, Match.DIFFERENT, id="no-text-there"),
        pytest.param({"k": SecretRef("KEY")}, {}, Match.DIFFERENT, id="nothing-there"),
        pytest.param({}, {"k": Secret("right")}, Match.DIFFERENT, id="a-secret-that-nobody-wants"),
        pytest.param({"k": "right"}, {"k": Secret("right")}, Match.DIFFERENT, id="plain-text-is-no-secret"),
        pytest.param(
            {"k": SecretRef("KEY"), "u": 1},
            {"k": Secret("***"), "u": 2},
            Match.DIFFERENT,
            id="masked-but-the-rest-differs",
        ),
        pytest.param(
            (SecretRef("KEY"), SecretRef("KEY")),
            (Secret("***"), Secret("wrong")),
            Match.DIFFERENT,
            id="one-masked-one-wrong",
        ),
        pytest.param(
            (SecretRef("KEY"), SecretRef("KEY")),
            (Secret("right"), Secret("***")),
            Match.NOT_COMPARABLE,
            id="one-masked",
        ),
    ],
)
def test_equality(desired: Value, live: Value, expected: Match):
    """The table of Comparison, and JSON's equality rather than Python's."""
    assert compare(normalise(desired, {}), normalise(live, {}), SECRETS).match is expected


def test_a_comparison_names_the_sensitive_fields_by_verdict():
    """Each reference has a verdict of its own, also where the other fields differ; pointers come sorted."""
    desired: Value = {"z": SecretRef("KEY"), "a": SecretRef("KEY"), "m": SecretRef("KEY"), "n": 1}
    live: Value = {"z": Secret("wrong"), "a": Secret("old"), "m": Secret("***"), "n": 2}

    verdict = compare(desired, live, SECRETS)

    assert verdict.match is Match.DIFFERENT
    assert verdict.pointers(Match.DIFFERENT) == ("/a", "/z")
    assert verdict.pointers(Match.NOT_COMPARABLE) == ("/m",)
    assert verdict.pointers(Match.EQUAL) == ()


@settings(max_examples=100, deadline=None)
@given(plain, schemas, st.randoms())
def test_the_order_of_members_and_explicit_defaults_do_not_count(value: Any, schema: Mapping[str, Any], random: Any):
    """A value written with its members shuffled and its defaults spelled out is equal to the one as it was."""
    assert same(normalise(_shuffled(value, random), schema), normalise(value, schema))
    if isinstance(value, dict) and schema.get("properties"):
        spelled = {
            **{name: field["default"] for name, field in schema["properties"].items() if "default" in field},
            **value,
            "unknown": 1,
        }
        assert same(normalise(spelled, schema), normalise(value, schema))


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, dict):
        names = list(value)
        random.shuffle(names)
        return {name: _shuffled(value[name], random) for name in names}
    return [_shuffled(item, random) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        pytest.param({"url": "u", "b/c": 1, "a~": 2}, OBJECT, ("/a~0", "/b~1c"), id="sorted-and-escaped"),
        pytest.param({"inner": {"new": 1}}, OBJECT, ("/inner/new",), id="nested"),
        pytest.param({"new": {"deep": 1}}, OBJECT, ("/new",), id="not-below-an-unknown-field"),
        pytest.param([{"url": 1}, {"x": 1}], {"items": OBJECT}, ("/1/x",), id="in-an-array"),
        pytest.param([{"x": 1}], {}, (), id="array-of-anything"),
        pytest.param({"any": 1}, {}, (), id="object-of-any-fields"),
        pytest.param("text", OBJECT, (), id="text"),
        pytest.param(7, OBJECT, (), id="number"),
    ],
)
def test_unknown_fields_are_named(value: Any, schema: Mapping[str, Any], expected: tuple[str, ...]):
    """The pointers of what a POST would drop."""
    assert unknown_fields(value, schema) == expected


def test_references_are_found_wherever_they_stand():
    """In objects, in arrays, and as the whole value, each with its path."""
    value: Value = {"a": (1, SecretRef("ONE")), "b": {"c": SecretRef("TWO")}, "d": "x"}

    assert list(references(value)) == [(("a", 1), SecretRef("ONE")), (("b", "c"), SecretRef("TWO"))]
    assert list(references(SecretRef("ALL"))) == [((), SecretRef("ALL"))]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param((), {"a": (1, {"b": None})}, id="whole"),
        pytest.param(("a", 0), 1, id="index"),
        pytest.param(("a", 1, "b"), None, id="null-is-there"),
        pytest.param(("a", 2), ABSENT, id="beyond-the-end"),
        pytest.param(("a", "0"), ABSENT, id="a-name-is-no-index"),
        pytest.param(("x",), ABSENT, id="no-such-name"),
        pytest.param(("a", 0, "b"), ABSENT, id="below-a-scalar"),
    ],
)
def test_at_finds_what_stands_there_or_absent(path: tuple[str | int, ...], expected: object):
    """Nothing there is ABSENT, which is not null."""
    assert at({"a": (1, {"b": None})}, path) == expected


def test_resolving_puts_each_secret_in_its_place():
    """What is sent holds the secrets; without one at hand that is a bug, since the gate has looked."""
    value: Value = {"a": (1, SecretRef("KEY")), "b": True}

    assert resolve(value, SECRETS) == {"a": (1, Secret("right")), "b": True}
    with pytest.raises(KeyError):
        resolve(SecretRef("NONE"), SECRETS)


@given(plain, plain)
def test_same_is_equality_of_json(one: Any, other: Any):
    """Two live values are the same if and only if neither type nor content differs anywhere."""
    first, second = normalise(one, {}), normalise(other, {})

    assert same(first, second) is (compare(first, second, {}).match is Match.EQUAL)
    assert same(first, second) is same(second, first)


def test_same_sees_through_secrets():
    """Whether anyone has written since is a question of the last secret too."""
    assert same({"k": Secret("a")}, {"k": Secret("a")})
    assert not same({"k": Secret("a")}, {"k": Secret("b")})
    assert not same(True, 1)


def test_a_finding_says_where():
    """File, line and column; the file alone if the finding is about all of it."""
    assert Problem("tenants/acme.yaml", 3, 7, "/x", "spec/type", "m").where == "tenants/acme.yaml:3:7"
    assert Problem("tenants/acme.yaml", 0, 0, "", "file/size", "m").where == "tenants/acme.yaml"
