"""Questions to the catalogue: which keys, in which order, what fits, and what is said when it doesn't."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import reconciler
from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.checking import Checker
from reconciler.model.normal import normalise
from reconciler.model.words import Severity

CANARY = "canary-7f3a"


def test_keys_are_in_the_order_of_the_document_and_write_once_is_last(catalogue: Catalogue):
    """The order is the one that keys are written in where nothing else says."""
    assert [key.order for key in catalogue.keys] == list(range(6))
    assert [key.write_once for key in catalogue.keys] == [False] * 5 + [True]
    assert catalogue.groups == ("sales_order",)
    assert catalogue.get(catalogue.keys[2].name) is catalogue.keys[2]
    assert catalogue.get("sales_order.nothing") is None


@pytest.mark.parametrize(
    ("glob", "shorts"),
    [
        pytest.param("external_*", ["external_order_webhook", "external_oms"], id="short"),
        pytest.param("sales_order.big*", ["big_sales_order"], id="full"),
        pytest.param("external_om?", ["external_oms"], id="question-mark"),
        pytest.param("External_oms", [], id="case"),
        pytest.param("external_om[s]", [], id="brackets-are-themselves"),
        pytest.param("external", [], id="no-prefix-match"),
        pytest.param("", [], id="empty"),
    ],
)
def test_a_glob_fits_full_and_short_names(catalogue: Catalogue, glob: str, shorts: list[str]):
    """As the flag --key promises."""
    assert [key.short for key in catalogue.resolve(glob)] == shorts


def test_the_webhook_is_written_before_an_oms_is_enabled_and_after_it_is_disabled(catalogue: Catalogue):
    """With an external OMS and no webhook, order look-ups fail."""
    (oms,) = catalogue.resolve("external_oms")
    (row,) = oms.write_after
    assert row.key == "sales_order.external_order_webhook"
    assert catalogue.matches(row.when, {"enabled": True})
    assert not catalogue.matches(row.when, {"enabled": False})
    assert not catalogue.matches(row.when, {})
    assert not catalogue.matches(row.when, {"enabled": 1})


FITS = [
    pytest.param("on_hold_timer_duration", 20, "", id="integer"),
    pytest.param("on_hold_timer_duration", 20.0, "", id="integral-float"),
    pytest.param("on_hold_timer_duration", -5, "", id="no-house-rule-for-live"),
    pytest.param("on_hold_timer_duration", 20.5, "the value doesn't fit (`type`)", id="fraction"),
    pytest.param("on_hold_timer_duration", True, "the value doesn't fit (`type`)", id="boolean-is-no-integer"),
    pytest.param("on_hold_timer_duration", float("nan"), "the value doesn't fit (`type`)", id="nan"),
    pytest.param("on_hold_timer_duration", "20", "the value doesn't fit (`type`)", id="text-is-no-integer"),
    pytest.param("on_hold_timer_duration", None, "the value doesn't fit (`type`)", id="null"),
    pytest.param("cancellation_allowed_from", ["dc", "dc"], "", id="repetition-in-live"),
    pytest.param("cancellation_allowed_from", ("dc",), "", id="tuple-for-list"),
    pytest.param("cancellation_allowed_from", [], "the value doesn't fit (`minItems`)", id="empty"),
    pytest.param("cancellation_allowed_from", ["moon"], "/0 doesn't fit (`enum`)", id="not-in-enum"),
    pytest.param("external_oms", {"enabled": 1}, "/enabled doesn't fit (`type`)", id="one-is-no-boolean"),
    pytest.param("external_oms", {"enabled": True, "mode": 3}, "", id="unknown-live-field"),
    pytest.param("external_oms", {}, "the value lacks enabled (`required`)", id="required"),
    pytest.param("external_order_webhook", {"url": "no uri", "api_key": "k"}, "", id="format-not-asserted"),
    pytest.param(
        "external_order_webhook",
        {"url": "http://a", "api_key": "k", "timeout": 26},
        "/timeout doesn't fit (`maximum`)",
        id="maximum",
    ),
    pytest.param("sales_order_generator_sequence", {"size": 1}, "", id="partial-sequence"),
    pytest.param("sales_order_generator_sequence", {"size": 0}, "/size doesn't fit (`minimum`)", id="minimum"),
]


@pytest.mark.parametrize(("short", "value", "why"), FITS)
def test_a_live_value_is_held_to_the_spec_alone(catalogue: Catalogue, short: str, value: Any, why: str):
    """Not to formats and house rules: what the platform has accepted can be read."""
    (key,) = catalogue.resolve(short)
    assert catalogue.fits(key, value) is (not why)
    assert catalogue.why_not(key, value) == why


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(CANARY),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "api_key", "timeout", "enabled", "size"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(value=_JSON)
def test_why_not_never_shows_a_value_and_is_empty_exactly_when_it_fits(catalogue: Catalogue, value: Any):
    """It ends in reports, and a live value may hold a secret."""
    for key in catalogue.keys:
        why = catalogue.why_not(key, value)
        assert CANARY not in why
        assert bool(why) is not catalogue.fits(key, value)


@given(size=st.integers(1, 10**6), timeout=st.none() | st.integers(1, 25))
def test_what_fits_a_file_is_total_once_normalised(catalogue: Catalogue, size: int, timeout: int | None):
    """Every field that the platform could choose by itself has been chosen."""
    values = {
        "sales_order_generator_sequence": {"prefix": "A", "size": size, "start": 1, "step": 1},
        "external_order_webhook": {
            "url": "https://a.example",
            "api_key": {"secret": "A_KEY"},
            **({} if timeout is None else {"timeout": timeout}),
        },
    }
    for short, value in values.items():
        (key,) = catalogue.resolve(short)
        assert catalogue.checker(catalogue.file_schema(key)).fits(value)
        filled = normalise(value, key.schema)
        assert isinstance(filled, dict)
        assert set(filled) == set(key.schema["properties"])


def test_every_optional_field_has_a_default_or_a_rule_that_requires_it(catalogue: Catalogue):
    """A desired value must be total."""
    for key in catalogue.keys:
        required = {name for rule in key.rules for name in rule.schema.get("required", ())}
        for name, field in key.schema.get("properties", {}).items():
            assert name in key.schema.get("required", ()) or "default" in field or name in required, name


RULES = [
    pytest.param("external_order_webhook", {"url": "http://a.example"}, "url-https", id="plain-http"),
    pytest.param("external_order_webhook", {"url": "https://"}, "url-https", id="no-host"),
    pytest.param("external_order_webhook", {"url": "https://u:p@a.example"}, "url-no-userinfo", id="userinfo"),
    pytest.param("external_order_webhook", {"url": "https://a.example/ b"}, "url-plain-characters", id="blank"),
    pytest.param("external_order_webhook", {"url": "https://a.example\n"}, "url-plain-characters", id="line-feed"),
    pytest.param("external_order_webhook", {"url": "https://a\\@b.example"}, "url-plain-characters", id="backslash"),
    pytest.param("external_order_webhook", {"url": "https://bücher.example"}, "url-plain-characters", id="idn"),
    pytest.param("external_order_webhook", {"timeout": 0}, "timeout-at-least-1", id="timeout"),
    pytest.param("external_order_webhook", {"url": "https://a.example/?x"}, "url-is-a-base", id="query"),
    pytest.param("external_order_webhook", {"url": "https://localhost/"}, "url-public-host", id="loopback"),
    pytest.param("external_order_webhook", {"url": "https://172.20.0.1"}, "url-public-host", id="private"),
    pytest.param("on_hold_timer_duration", -1, "not-negative", id="negative"),
    pytest.param("on_hold_timer_duration", 604801, "at-most-7-days", id="over-a-week"),
    pytest.param("cancellation_allowed_from", ["dc", "dc"], "each-once", id="repetition"),
    pytest.param("big_sales_order", {"soft_limit_for_big_orders": 0}, "soft-limit-at-least-1", id="zero"),
    pytest.param("big_sales_order", {"soft_limit_for_big_orders": 10001}, "soft-limit-plausible", id="huge"),
    pytest.param("sales_order_generator_sequence", {"prefix": "A"}, "all-four-fields", id="partial"),
    pytest.param("sales_order_generator_sequence", {"prefix": "A B"}, "prefix-plain", id="blank-in-prefix"),
    pytest.param("sales_order_generator_sequence", {"size": 3}, "size-lasts", id="short"),
]


@pytest.mark.parametrize(("short", "value", "rule_id"), RULES)
def test_a_house_rule_speaks_when_it_should(catalogue: Catalogue, short: str, value: Any, rule_id: str):
    """Each rule has a value that breaks it; the table names every rule."""
    (key,) = catalogue.resolve(short)
    assert rule_id in {rule.id for rule in key.rules if not catalogue.matches(rule.schema, value)}


def test_every_house_rule_is_in_the_table_and_has_a_reason(catalogue: Catalogue):
    """A rule that nobody has seen at work may be one that never speaks."""
    rules = [(key.short, rule) for key in catalogue.keys for rule in key.rules]
    assert {(short, rule.id) for short, rule in rules} == {(row.values[0], row.values[2]) for row in RULES}
    assert all(rule.reason.endswith(".") for _, rule in rules)


def test_the_shipped_examples_break_no_rule_and_no_warning_nags_about_them(catalogue: Catalogue):
    """People copy examples."""
    for key in catalogue.keys:
        example = catalogue.file_schema(key)["examples"][0]
        assert catalogue.checker(catalogue.file_schema(key)).misfits(example) == ()
        assert [rule.id for rule in key.rules if not catalogue.matches(rule.schema, example)] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://orders.acme.example/",
        "https://orders.acme.example:8443/base/path",
        "https://10-orders.example",
        "https://a.example/%20x",
        "https://a.example/~user/@me",
    ],
)
def test_ordinary_urls_break_no_rule(catalogue: Catalogue, url: str):
    """Not even a warning."""
    (key,) = catalogue.resolve("external_order_webhook")
    value = {"url": url, "api_key": {"secret": "A"}}
    assert [rule.id for rule in key.rules if not catalogue.matches(rule.schema, value)] == []


def test_the_url_rules_are_linear_in_the_length_of_what_is_written(catalogue: Catalogue):
    """A file of a mebibyte may hold one long URL; every pattern must get through it at once."""
    (key,) = catalogue.resolve("external_order_webhook")
    for long in ("https://" + "a" * 500_000, "https://" + "@" * 500_000, "/" * 500_000, " " * 500_000):
        for rule in key.rules:
            catalogue.matches(rule.schema, {"url": long})


def test_misfits_name_unknown_and_missing_fields_each_once(catalogue: Catalogue):
    """So that whoever validates files can point at each of them."""
    (key,) = catalogue.resolve("external_order_webhook")
    misfits = catalogue.checker(catalogue.file_schema(key)).misfits({"urll": 1, "timeout": 99})
    assert [(misfit.path, misfit.keyword, misfit.names) for misfit in misfits] == [
        ((), "additionalProperties", ("urll",)),
        ((), "required", ("url", "api_key")),
        (("timeout",), "maximum", ()),
    ]


def test_items_are_sorted_by_number_in_misfits():
    """The tenth item comes after the second."""
    misfits = Checker({"items": {"type": "integer"}}).misfits(["x"] * 11)
    assert [misfit.path for misfit in misfits] == [(index,) for index in range(11)]


def test_both_weights_of_rule_are_used(catalogue: Catalogue):
    """Otherwise one of the two ways through validation would never be walked."""
    assert {rule.severity for key in catalogue.keys for rule in key.rules} == set(Severity)


def _spoken(tree: ast.AST) -> set[int]:
    """Return the ids of the strings that only people read: docstrings, and the examples below a command's help."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    epilogs = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "epilog"]
    named = [
        node for node in ast.walk(tree) if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EPILOG"
    ]
    prose = [*(node.value for node in statements), *(node.value for node in epilogs), *(node.value for node in named)]
    return {id(node) for node in prose if isinstance(node, ast.Constant)}


def _words(tree: ast.AST) -> Iterator[str]:
    spoken = _spoken(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_the_search_for_names_looks_at_code_and_not_at_prose():
    """A search that finds nothing because it looks nowhere would be worse than none."""
    tree = ast.parse("'a_key in prose'\nEPILOG = 'a_key'\nx.a_key = {'a_key': 1}")
    assert sorted(_words(tree)) == ["EPILOG", "a_key", "a_key", "x"]


def test_no_key_is_named_in_python_code(catalogue: Catalogue):
    """Facts about keys live in schemas/; code that knows one by name would miss the next. Prose may have examples."""
    package = Path(reconciler.__file__).parent
    names = {name for key in catalogue.keys for name in (key.short, key.group)}
    names |= {field for key in catalogue.keys for field in key.schema.get("properties", {}) if "_" in field}
    forbidden = re.compile("|".join(sorted(names)))
    found = [
        f"{path.relative_to(package)}: {word}"
        for path in sorted(package.rglob("*.py"))
        for word in _words(ast.parse(path.read_text()))
        if forbidden.search(word)
    ]
    assert found == []


def test_loading_twice_gives_equal_catalogues(catalogue: Catalogue):
    """Nothing depends on the order of a directory, a set or the time."""
    assert load() == catalogue
