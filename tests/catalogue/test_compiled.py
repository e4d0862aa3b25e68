"""The compiled form of a schema may say no to anything. Where it says yes, jsonschema has nothing against it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.authority import Authority
from reconciler.catalogue.compiled import compiled
from reconciler.model.key import Key, Schema
from reconciler.model.values import Secret

CATALOGUE = load()
assert isinstance(CATALOGUE, Catalogue)
KEYS = CATALOGUE.keys


def whole(key: Key) -> Schema:
    return {"allOf": [CATALOGUE.file_schema(key), *(rule.schema for rule in key.rules)]}  # type: ignore[union-attr]


PAIRS = {key.name: (compiled(whole(key)), Authority(whole(key))) for key in KEYS}
LIVE = {key.name: (compiled(key.schema), compiled({"not": key.schema}), Authority(key.schema)) for key in KEYS}

NUMBERS = st.one_of(
    st.integers(-3, 30),
    st.integers(-3, 30).map(float),
    st.integers(-(2**80), 2**80),
    st.sampled_from([0.5, -0.0, 1e300, 5e-324, 2.0**53, 2**53 + 1, 604800, 604801, 10000.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)
TEXTS = st.one_of(
    st.sampled_from(["", "a", "A", "A\n", "store", "dc", "https://a.example/", "http://a.example/", "https://u:p@a/"]),
    st.sampled_from(
        ["https://a/?q", "https://127.0.0.1/", "https://a/\x1c", "https://a/ä", "NAME", "NAME\n", "٣", "é"]
    ),
    st.text(max_size=4),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
NOT_FROM_FILES = st.sampled_from([math.nan, math.inf, (1, 2), b"a", Secret("x"), "\ud800", {1: 2}, {"a": (math.nan,)}])


def names(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for member in schema.values():
            yield from names(member)


WORDS = sorted({name for key in KEYS for name in names(whole(key))} | {"extra"})
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, part))


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def options(here: Any) -> list[st.SearchStrategy[Any]]:
    """Return what may come in the place of `here`: anything, or the same with a member more or less."""
    found: list[st.SearchStrategy[Any]] = [VALUES]
    if isinstance(here, dict):
        added = st.dictionaries(st.sampled_from(WORDS), LEAVES, max_size=1)
        found.append(st.tuples(st.just(here), added).map(lambda both: both[0] | both[1]))
        found += [st.just({name: member for name, member in here.items() if name != gone}) for gone in here]
    if isinstance(here, list):
        found.append(LEAVES.map(lambda item: [*here, item]))
    return found


@st.composite
def mutated(draw: st.DrawFn, key: Key) -> Any:
    """Return the key's example as it stands in a file, after up to three changes: values, fields more and less."""
    value: Any = CATALOGUE.file_schema(key)["examples"][0]  # type: ignore[union-attr]
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(sorted(places(value), key=repr)))
        here: Any = value
        for part in path:
            here = here[part]
        value = changed(value, path, draw(st.one_of(options(here))))
    return value


BY_NAME = [pytest.param(key, id=key.name) for key in KEYS]


@pytest.mark.parametrize("key", BY_NAME)
@settings(max_examples=100)
@given(data=st.data())
def test_compiled_and_jsonschema_agree_on_whatever_a_file_can_hold(key: Key, data: st.DataObject):
    """A yes to what is refused would let it through; a no to what is right would make a fleet slow in silence."""
    passes, authority = PAIRS[key.name]
    value = data.draw(mutated(key))
    assert passes(value) is authority.fits(value)
    assert passes(value) is (authority.misfits(value) == ())


@pytest.mark.parametrize("key", BY_NAME)
@settings(max_examples=60)
@given(data=st.data())
def test_compiled_says_nothing_of_an_answer_that_jsonschema_would_not_say(key: Key, data: st.DataObject):
    """A live value may hold what no file can: NaN, tuples, secrets, half a surrogate pair."""
    passes, refuses, authority = LIVE[key.name]
    value = data.draw(st.one_of(VALUES, NOT_FROM_FILES, st.dictionaries(st.sampled_from(WORDS), NOT_FROM_FILES)))
    if passes(value):
        assert authority.fits(value)
    if refuses(value):
        assert not authority.fits(value)


PATTERNS = ["^a", r"^\d+$", r"\s", r"[^!-~]", "a$", r"\w", r"^[A-Z]*$", "(a|b)*c", "(a+)+b", r"\n$"]
SIMPLE = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number", "string", "boolean", "null", "array", "object"])}
    ),
    st.fixed_dictionaries({"type": st.just(["string", "null"])}),
    st.fixed_dictionaries({"const": VALUES}),
    st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=3)}),
    st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]).flatmap(
        lambda name: st.fixed_dictionaries({name: NUMBERS})
    ),
    st.sampled_from(["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"]).flatmap(
        lambda name: st.fixed_dictionaries({name: st.integers(0, 3)})
    ),
    st.fixed_dictionaries({"uniqueItems": st.booleans()}),
    st.fixed_dictionaries({"pattern": st.sampled_from(PATTERNS)}),
    st.fixed_dictionaries({"format": st.sampled_from(["uri", "date-time", "ipv4", "regex"])}),
    st.fixed_dictionaries({"required": st.lists(st.sampled_from(WORDS[:4]), max_size=2, unique=True)}),
    st.booleans(),
)
SCHEMAS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.sampled_from(["allOf", "anyOf", "oneOf"]).flatmap(
            lambda name: st.fixed_dictionaries({name: st.lists(inner, min_size=1, max_size=3)})
        ),
        st.fixed_dictionaries({"items": inner}),
        st.fixed_dictionaries(
            {
                "properties": st.dictionaries(st.sampled_from(WORDS[:4]), inner, max_size=2),
                "additionalProperties": inner,
            }
        ),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
    ),
    max_leaves=5,
)
FEW = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS[:4]), inner), max_leaves=5
)


@settings(max_examples=500)
@given(schema=SCHEMAS, value=FEW)
def test_every_keyword_that_is_compiled_means_the_same_to_both(schema: Any, value: Any):
    """Also below `not` and `oneOf`, where a stricter reading would turn into a laxer one."""
    whole_schema = {"allOf": [schema]}
    assert compiled(whole_schema)(value) is Authority(whole_schema).fits(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "integer"}, 20.0, id="20.0-is-20"),
        pytest.param({"const": 1}, 1.0, id="1.0-is-1"),
        pytest.param({"uniqueItems": True}, [1, True], id="true-is-not-1"),
        pytest.param({"format": "uri", "minLength": 1}, "not a uri", id="format-is-not-asserted"),
    ],
)
def test_what_the_library_reads_otherwise_as_it_comes_passes_as_jsonschema_has_it(schema: Schema, value: Any):
    """The differences that were seen, one by one."""
    assert compiled(schema)(value)
    assert Authority(schema).fits(value)
    assert not compiled({"not": schema})(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "integer"}, True, id="true-is-no-number"),
        pytest.param({"enum": [1]}, True, id="true-is-not-1"),
        pytest.param({"enum": [[0]]}, [False], id="false-is-not-0-within"),
        pytest.param({"type": "number"}, math.nan, id="nan"),
        pytest.param({"type": "number"}, math.inf, id="infinity"),
        pytest.param({"type": "string", "pattern": "^https://"}, "http://a", id="pattern"),
        pytest.param({"pattern": "^a$"}, "a\n", id="dollar-before-a-line-feed"),
        pytest.param({"pattern": r"^\d$"}, "٣", id="a-digit-of-any-script"),
    ],
)
def test_what_jsonschema_refuses_is_not_passed(schema: Schema, value: Any):
    """The traps of JSON in Python."""
    assert not compiled(schema)(value)
    assert not Authority(schema).fits(value)


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"multipleOf": 0.01}, id="multipleOf"),
        pytest.param({"patternProperties": {"a": {}}}, id="patternProperties"),
        pytest.param({"contains": {}}, id="contains"),
        pytest.param({"properties": {"a": {"dependentRequired": {}}}}, id="within-a-property"),
        pytest.param({"allOf": [{"not": {"propertyNames": {}}}]}, id="within-not"),
        pytest.param({"$ref": "#"}, id="reference"),
        pytest.param({"if": {"unevaluatedItems": False}}, id="within-if"),
    ],
)
def test_a_schema_with_a_keyword_that_was_not_compared_passes_nothing(schema: Schema):
    """Then jsonschema is asked every time: slow, and right."""
    values: list[Any] = [{}, [], 1, "a", None]
    assert not any(compiled(schema)(value) for value in values)


def test_a_schema_that_no_library_takes_passes_nothing():
    """It is jsonschema that will say so."""
    assert not compiled({"pattern": "("})("a")
    assert not compiled({"minLength": "x"})("a")
