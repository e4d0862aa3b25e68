"""What `explain` tells a person: everything that the schemas know, readable at any width."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from reconciler.catalogue import Catalogue
from reconciler.catalogue.explain import explain
from reconciler.catalogue.sample import sample
from reconciler.strictyaml import parse


def _said(catalogue: Catalogue, short: str, width: int = 400) -> str:
    (key,) = catalogue.resolve(short)
    return explain(catalogue, key, width=width)


def test_the_list_names_every_key_with_its_title_and_says_which_can_be_set_once(catalogue: Catalogue):
    """In catalogue order."""
    lines = explain(catalogue).splitlines()
    assert lines[0] == "sales_order:"
    for key, line in zip(catalogue.keys, lines[1:], strict=False):
        once = " (can be set once)" if key.write_once else ""
        assert line == f"  {key.short}: {key.title}{once}"


def test_a_key_is_explained_with_all_that_is_known(catalogue: Catalogue):
    """Path, statuses, meaning, facts of each field, rules with reasons, order, example."""
    text = _said(catalogue, "external_order_webhook")
    (key,) = catalogue.resolve("external_order_webhook")
    assert key.path in text
    assert key.description in text
    assert "/url: string (uri), required, not empty" in text
    assert "/timeout: integer, optional to the API, at most 25, default 15, in seconds" in text
    assert "sensitive: a reference {secret: NAME} in files, sent to the host of /url" in text
    for rule in key.rules:
        assert f"{rule.id} ({rule.severity.value})" in text
        assert rule.reason in text
    assert "Before sales_order.external_oms if its enabled is true, after it otherwise." in text
    assert "api_key: {secret: EXTERNAL_ORDER_WEBHOOK_API_KEY}" in text
    assert "API_KEY," not in text, "the sample's literal key is not shown"


def test_both_sides_of_an_order_of_writing_are_told(catalogue: Catalogue):
    """Whoever asks about either key learns of the other."""
    text = _said(catalogue, "external_oms")
    assert "After sales_order.external_order_webhook if enabled is true, before it otherwise." in text


@pytest.mark.parametrize(
    ("row", "said", "answered"),
    [
        pytest.param({}, "After {} always.", "Before {} always.", id="always"),
        pytest.param(
            {"when": {"required": ["zones"]}},
            'After {} if the value fits {{"required": ["zones"]}}, before it otherwise.',
            'Before {} if its value fits {{"required": ["zones"]}}, after it otherwise.',
            id="any-schema",
        ),
    ],
)
def test_a_condition_that_has_no_plain_words_is_shown_as_it_is(
    extra_document: dict[str, Any],
    folder: Callable[..., Path],
    loaded: Callable[[Path], Catalogue],
    row: dict[str, Any],
    said: str,
    answered: str,
):
    """Better a schema than half a sentence."""
    (item,) = extra_document["paths"].values()
    value = item["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["value"]
    value["x-write-after"] = [{"key": "sales_order.big_sales_order", **row}]
    found = loaded(folder(extra_document))
    assert said.format("sales_order.big_sales_order") in _said(found, "store_radius")
    assert answered.format("routing.store_radius") in _said(found, "big_sales_order")


def test_a_write_once_key_comes_with_a_warning(catalogue: Catalogue):
    """Before anything else that could be copied."""
    text = _said(catalogue, "sales_order_generator_sequence")
    assert text.index("CAN BE SET ONCE") < text.index("Example")
    assert "CAN BE SET ONCE" not in _said(catalogue, "big_sales_order")


def test_a_value_that_is_no_object_is_explained_too(catalogue: Catalogue):
    """A number and a list stand for themselves."""
    assert "the value: integer, in seconds" in _said(catalogue, "on_hold_timer_duration")
    text = _said(catalogue, "cancellation_allowed_from")
    assert "the value: array, a set: order and repetitions mean nothing, not empty" in text
    assert "one of store, dc" in text


@pytest.mark.parametrize("width", [0, 40, 72, 100])
def test_prose_is_wrapped_at_the_width(catalogue: Catalogue, width: int):
    """Only what would break by being cut is longer: paths, ids, the example."""
    for key in catalogue.keys:
        text = explain(catalogue, key, width=width)
        assert text.endswith("\n")
        for line in text[: text.index("Example")].splitlines():
            assert len(line) <= max(width, 40) or " " not in line.strip() or line.strip() == key.path, line
            assert line == line.rstrip()


def test_every_example_is_strict_yaml_that_fits_the_tenant_schema(catalogue: Catalogue):
    """It can be pasted."""
    for key in catalogue.keys:
        document = parse(sample(key).encode(), file="sample.yaml")
        assert document.problems == ()
        assert jsonschema_rs.Draft202012Validator(dict(catalogue.tenant_schema())).is_valid(document.value)


def test_an_example_quotes_what_yaml_would_read_otherwise(
    extra_document: dict[str, Any], folder: Callable[..., Path], loaded: Callable[[Path], Catalogue]
):
    """`on` is a name here, and a boolean to other readers."""
    found = loaded(folder(extra_document))
    text = sample(found.keys[-1])
    assert 'zones: [{name: "on"}]' in text
    assert "token: {secret: STORE_RADIUS_TOKEN}" in text
    assert "CANARY" not in text + explain(found, found.keys[-1])
    value = parse(text.encode(), file="sample.yaml").value
    assert value["routing"]["store_radius"]["zones"] == [{"name": "on"}]
