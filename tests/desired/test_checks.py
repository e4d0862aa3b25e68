"""Keys that nobody has: what holds for the six must hold for the next."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.desired.fleet import Fleet, load
from reconciler.desired.listing import list_files
from reconciler.model.key import HouseRule, Key
from reconciler.model.values import SecretRef
from reconciler.model.words import Severity

CANARY = "canary-8d1f"

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["name", "targets"],
    "minProperties": 2,
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"},
        "mode": {"const": "on", "type": "string"},
        "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "multipleOf": 0.25, "default": 0.5},
        "since": {"type": "string", "format": "date-time"},
        "targets": {
            "type": "array",
            "maxItems": 2,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["token"],
                "properties": {
                    "token": {"type": "string", "minLength": 1, "x-sensitive": True},
                    "port": {"type": "integer", "minimum": 1, "default": 443, "x-unit": "port"},
                },
            },
        },
    },
}
RULE = HouseRule(
    "even-port", Severity.WARNING, "Odd ports are odd.", {"properties": {"name": {"not": {"const": "zz"}}}}
)


def made(schema: Mapping[str, Any], short: str = "relay", **more: Any) -> Key:
    return Key(f"wires.{short}", "wires", short, f"/v0/{short}", short, "", schema, write_once=False, order=0, **more)


@pytest.fixture(scope="module")
def judge(memory: Callable[..., Any]) -> Callable[[str], Fleet]:
    """Load one tenant against two keys of our own: one with secrets in a list, one that is a secret itself."""
    plain = {"type": "object", "properties": {"label": {"type": "string", "enum": ["aa", "ab"]}}}
    keys = (made(SCHEMA, rules=(RULE,)), made({"type": "string", "x-sensitive": True}, "pass"), made(plain, "plain"))
    catalogue = Catalogue(keys, "https://{tenant}.example", b"")

    def judged(text: str) -> Fleet:
        files = memory({"acme.yaml": text.encode("utf-8", "surrogatepass")})
        return load(list_files(files, shown=""), None, catalogue)

    return judged


def findings(fleet: Fleet) -> list[str]:
    return [f"{one.line}:{one.column} {one.pointer} {one.rule}: {one.message}" for one in fleet.tenants[0].problems]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("{name: ab, targets: []}", [], id="good"),
        pytest.param(
            "{name: a, targets: []}",
            ["1:23 /name spec/minLength: name has 1 character; the platform allows no fewer than 2 characters"],
            id="minLength",
        ),
        pytest.param(
            "{name: abcde, targets: []}",
            ["1:23 /name spec/maxLength: name has 5 characters; the platform allows at most 4 characters"],
            id="maxLength",
        ),
        pytest.param(
            "{name: A1, targets: []}",
            ["1:23 /name spec/pattern: name is text; the platform allows only what fits the pattern ^[a-z]+$"],
            id="pattern",
        ),
        pytest.param(
            "{name: ab, targets: [], mode: off}",
            ["1:46 /mode spec/const: mode is text; allowed: on"],
            id="const",
        ),
        pytest.param(
            "{name: ab, targets: [], ratio: 0}",
            ["1:47 /ratio spec/exclusiveMinimum: ratio is 0; the platform allows only more than 0"],
            id="exclusiveMinimum",
        ),
        pytest.param(
            "{name: ab, targets: [], ratio: 1.0}",
            ["1:47 /ratio spec/exclusiveMaximum: ratio is 1.0; the platform allows only less than 1"],
            id="exclusiveMaximum",
        ),
        pytest.param(
            "{name: ab, targets: [], ratio: 0.3}",
            ["1:47 /ratio spec/multipleOf: ratio is 0.3; the platform allows only multiples of 0.25"],
            id="multipleOf",
        ),
        pytest.param(
            "{name: ab, targets: [], since: 2024-13-01T00:00:00Z}",
            ["1:47 /since spec/format: since is not a moment such as 2024-01-31T12:30:00Z"],
            id="format",
        ),
        pytest.param(
            "{name: ab, targets: [{token: {secret: A}}, {token: {secret: A}}]}",
            ["1:36 /targets spec/uniqueItems: targets holds something twice; the platform allows each only once"],
            id="uniqueItems",
        ),
        pytest.param(
            "{name: ab, targets: [{token: {secret: A}}, {token: {secret: B}}, {token: {secret: C}}]}",
            ["1:36 /targets spec/maxItems: targets has 3 items; the platform allows at most 2 items"],
            id="maxItems",
        ),
        pytest.param(
            "{name: ab, targets: [{port: 0}]}",
            [
                "1:37 /targets/0 spec/required: item 1 of targets lacks token",
                "1:44 /targets/0/port spec/minimum: port is 0; the platform allows at least 1",
            ],
            id="in-an-item",
        ),
        pytest.param(
            "{name: ab, targets: [7]}",
            ["1:37 /targets/0 spec/type: item 1 of targets is a number; a mapping is expected"],
            id="wrong-item",
        ),
        pytest.param(
            "{name: zz, targets: []}",
            ["1:23 /name rule/even-port: name is against the house rule even-port. Odd ports are odd."],
            id="house-rule-warning",
        ),
    ],
)
def test_each_keyword_says_what_is_there_and_what_is_allowed(
    value: str, expected: list[str], judge: Callable[[str], Fleet]
):
    """Text is not shown: the key has a sensitive field."""
    assert findings(judge(f"wires: {{relay: {value}}}")) == [
        f"{place} /wires/relay{rest}" for place, rest in (one.split(" ", 1) for one in expected)
    ]


def test_text_is_shown_in_a_key_without_secrets(judge: Callable[[str], Fleet]):
    """With what was probably meant."""
    (problem,) = judge("wires: {plain: {label: a}}").tenants[0].problems
    assert problem.message == 'label is "a"; allowed: aa, ab'
    assert problem.hint == 'Did you mean "ab"? Possible: aa, ab.' or 'Did you mean "aa"?' in problem.hint


def test_a_url_is_never_shown_because_it_may_carry_a_password(judge: Callable[[str], Fleet]):
    """Not in a key without secrets either."""
    problems = judge(f"wires: {{plain: {{label: 'https://u:{CANARY}@h'}}}}").tenants[0].problems
    assert len(problems) == 2
    assert CANARY not in repr(problems)


def test_references_are_kept_wherever_the_schema_has_secrets(judge: Callable[[str], Fleet]):
    """In a list, and as the whole value."""
    tenant = judge("wires: {pass: {secret: P}, relay: {name: ab, targets: [{token: {secret: T}}]}}").tenants[0]
    assert tenant.problems == ()
    values = {key.key: key.value for key in tenant.keys}
    assert values["wires.pass"] == SecretRef("P")
    assert values["wires.relay"] == {"name": "ab", "ratio": 0.5, "targets": ({"token": SecretRef("T"), "port": 443},)}


def test_an_empty_value_that_fits_is_refused_all_the_same(judge: Callable[[str], Fleet]):
    """Live, empty means unset: it would be written for ever."""
    assert findings(judge("wires: {plain: {}}")) == [
        "1:16 /wires/plain rule/empty: plain is declared with an empty value, which means unset to the API"
    ]


WRONG_FORMS = [
    "%s", '"%s"', "[%s]", "{%s: 1}", "{secret: %s}", "{secret: [%s]}", "{secret: {secret: %s}}", "{secret: A, %s: B}",
    "{%s}", "{secret: %s, secret: %s}", "{%s: 0755, %s: 12:30}", "&%s x", "*%s", "!%s x", "!!%s x", "|\n      %s\n",
    "'%s", "%s: %s", "{secret: A} %s", "{secret: A\n%s", '"%s\\0"', '"%s\\ud800"', "[[[[%s]]]]",
    "{? %s : 1}", "{? [%s] : 0755}", "{<<: %s}", "%%%s", "@%s", "{secret: A}\n--- %s", "%s\x07", "1_%s", "{1: %s}",
]  # fmt: skip


@pytest.mark.parametrize("form", [pytest.param(form, id=str(n)) for n, form in enumerate(WRONG_FORMS)])
def test_a_literal_secret_is_never_shown_in_any_wrong_form(form: str, judge: Callable[[str], Fleet]):
    """Neither where it belongs, nor in the fields beside it, nor as a key of its own."""
    wrong = form.replace("%s", CANARY).replace("%%", "%")
    files = [
        f"wires:\n  relay:\n    name: ab\n    targets:\n    - token: {wrong}\n",
        f"wires:\n  relay:\n    name: {wrong}\n    targets: [{{token: {wrong}}}]\n",
        f"wires:\n  relay:\n    ratio: {wrong}\n    nmae: {wrong}\n",
        f"wires:\n  relay: {wrong}\n  pass: {wrong}\n",
        f"wires:\n  pass:{wrong}\n",
        f"wires: {{relay: {{name: ab, token:{CANARY}, {CANARY}: 0755, {CANARY}: 1}}, pass:{CANARY}}}",
    ]
    for text in files:
        fleet = judge(text)
        assert fleet.tenants[0].problems, text
        assert CANARY not in repr(fleet), text


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "targets", "token", "secret", "port", "mode", "label", "x"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


def written(tree: Any) -> str:
    """Write a tree as flow YAML, escapes and all."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{written(name)}: {written(value)}" for name, value in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(written(item) for item in tree) + "]"
    if isinstance(tree, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in tree) + '"'
    return json.dumps(tree) if tree is None or isinstance(tree, bool) else str(tree)


@settings(deadline=None)
@given(tree=JSON_LIKE)
@pytest.mark.parametrize("key", [pytest.param(key, id=key) for key in ("relay", "pass", "plain", "wires")])
def test_any_tree_is_judged_without_a_crash(key: str, tree: Any, judge: Callable[[str], Fleet]):
    """A tenant has problems or the key, never neither, and every problem has a place."""
    (tenant,) = judge(f"wires: {{{key}: {written(tree)}}}").tenants
    assert tenant.problems or tenant.keys
    for problem in tenant.problems:
        assert problem.line >= 1
        assert problem.message
        problem.message.encode()


@given(data=st.binary(max_size=80) | st.text(max_size=40).map(lambda text: f"wires: {text}".encode("utf-8", "replace")))
def test_any_bytes_are_judged_without_a_crash(data: bytes, judge: Callable[[str], Fleet]):
    """One tenant comes back."""
    (tenant,) = judge(data.decode("utf-8", "replace")).tenants
    assert tenant.tenant == "acme"
