"""The schemas that editors take: the same verdict as the catalogue's own, and everything that is known, in words."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.catalogue import Catalogue, CatalogueProblem
from reconciler.catalogue.editor.spread import spread, to_editor
from reconciler.catalogue.load import editor_stale, editor_write
from reconciler.model.key import HouseRule, Key
from reconciler.model.words import Severity
from tests.catalogue.test_compiled import CATALOGUE, KEYS, LEAVES, VALUES, WORDS, mutated

each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.short)


def entry(key: Key, catalogue: Catalogue = CATALOGUE) -> Mapping[str, Any]:  # type: ignore[assignment]
    found: Mapping[str, Any] = catalogue.tenant_schema()["properties"][key.group]["properties"][key.short]
    return found


def nodes(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a schema, the schema itself first."""
    if isinstance(schema, Mapping):
        yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            yield from nodes(inner)


def fields(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schemas of a key's fields and items, at any depth."""
    for inner in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
        yield inner
        yield from fields(inner)


# What fits. Judged as an editor's validator does: some patterns in these schemas look ahead, which ours refuses.

OURS = {key.name: Draft202012Validator(entry(key)) for key in KEYS}
ASKED = {
    key.name: Draft202012Validator(
        {
            "allOf": [
                CATALOGUE.file_schema(key),  # type: ignore[union-attr]
                *(rule.schema for rule in key.rules if rule.severity is Severity.ERROR),
            ]
        }
    )
    for key in KEYS
}


@each_key
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_what_fits_is_what_the_api_and_the_house_rules_of_severity_error_allow(key: Key, data: st.DataObject):
    """Nothing that is done for editors changes a verdict."""
    value = data.draw(mutated(key))
    assert OURS[key.name].is_valid(value) == ASKED[key.name].is_valid(value)


_PLACES = st.recursive(
    st.sampled_from(
        [
            {"minimum": 1},
            {"not": {"type": "string", "pattern": "^[^/]*@|a$"}},
            {"not": {"type": "string", "pattern": "a|b"}, "pattern": "."},
            {"not": {"pattern": "a"}},
            {"required": ["url", "extra"]},
            {"additionalProperties": {"type": "integer"}},
            {"maxProperties": 2},
            {"const": 15},
        ]
    ),
    lambda inner: st.builds(
        lambda one, members: {**one, "properties": members},
        inner,
        st.dictionaries(st.sampled_from(WORDS), inner | st.booleans(), max_size=3),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@example({"not": {"type": "string", "pattern": "[^a-z]"}}, "abC")
@example({"not": {"type": "string", "pattern": "b$"}}, "a\nb")
@example({"additionalProperties": {"type": "integer"}, "properties": {"url": {"minimum": 1}}}, {"url": "a"})
@example({"properties": {"url": {"properties": {"url": {"const": 1}}}}, "required": ["url"]}, {"url": {"url": 2}})
@given(rule=_PLACES, value=st.dictionaries(st.sampled_from(WORDS), LEAVES | VALUES, max_size=4) | LEAVES)
def test_a_rule_put_where_it_speaks_allows_what_it_allowed(rule: Mapping[str, Any], value: Any):
    """Whatever it is made of: fields that the key has and others, `not`, and what depends on its `properties`."""
    schema = {"type": "object", "properties": {name: {"properties": {"url": {}}} for name in ("url", "timeout")}}
    whole: dict[str, Any] = {"properties": {"url": {"properties": {"url": {}}}, "timeout": {"properties": {"url": {}}}}}
    for spoken in spread([HouseRule("a", Severity.ERROR, "Because.", rule)], schema):
        place = whole
        for name in spoken.where:
            place = place["properties"][name]
        place.setdefault("allOf", []).append(to_editor(spoken))
    assert Draft202012Validator(whole).is_valid(value) == Draft202012Validator(rule).is_valid(value)


def test_no_place_of_a_key_has_fields_in_a_rule_beside_it():
    """An editor would offer them a second time, without words, and with the wrong text to insert."""
    for key in KEYS:
        for place in (entry(key), *fields(entry(key))):
            assert not any("properties" in part for part in place.get("allOf", []))


def test_an_editors_keywords_are_annotations_to_everybody_else(schemas: Path):
    """The files are JSON Schemas of the dialect that they name, to two validators; a pattern is one to Python too."""
    for name in ("tenant.schema.json", "profile.schema.json"):
        schema = json.loads((schemas / name).read_bytes())
        Draft202012Validator.check_schema(schema)
        assert jsonschema_rs.Draft202012Validator(schema).is_valid({"sales_order": {"external_oms": {"enabled": True}}})
        for node in nodes(schema):
            if isinstance(node.get("pattern"), str):
                re.compile(node["pattern"])


# Words.


@each_key
def test_every_place_has_a_title_and_says_what_it_means_in_markdown_and_in_plain_text(key: Key):
    """The plain text is for editors that show no Markdown."""
    for place in (entry(key), *fields(entry(key))):
        assert place["title"]
        assert place["markdownDescription"]
        assert place["description"]
        assert "**" not in place["description"]
        assert "```" not in place["description"]


@each_key
def test_unit_default_and_bounds_stand_at_the_field_and_at_its_key(key: Key):
    """So that nobody has to guess what a number counts."""
    for name, spec in key.schema.get("properties", {"": key.schema}).items():
        place = entry(key)["properties"][name] if name else entry(key)
        for text in {place["markdownDescription"], entry(key)["markdownDescription"]}:
            if "x-unit" in spec:
                assert f"unit: **{spec['x-unit']}**" in text
            if "default" in spec and name not in key.schema.get("required", []):
                assert f"left out, `{spec['default']}` counts" in text
            if "maximum" in spec:
                assert f"to {spec['maximum']}" in text or f"at most {spec['maximum']}" in text


def test_bounds_of_the_api_and_of_the_house_are_told_as_one():
    """Whoever types a number wants to know from what to what."""
    (key,) = CATALOGUE.resolve("external_order_webhook")  # type: ignore[union-attr]
    assert "1 to 25" in entry(key)["properties"]["timeout"]["markdownDescription"]


@each_key
def test_every_house_rule_stands_with_its_id_and_reason_where_it_speaks(key: Key):
    """Advice too; but only errors turn a file red."""
    written = [node for node in nodes(entry(key)) if "x-rule" in node]
    errors = [rule for rule in key.rules if rule.severity is Severity.ERROR]
    assert sorted(node["x-rule"] for node in written) == sorted(rule.id for rule in errors)
    assert {node["x-reason"] for node in written} == {rule.reason for rule in errors}
    for rule in key.rules:
        spoken = {one.where for one in spread([rule], key.schema)}
        for where in spoken:
            place = entry(key)
            for name in where:
                place = place["properties"][name]
            assert f"`{rule.id}`: {rule.reason}" in place["markdownDescription"]


@each_key
def test_write_once_and_the_order_of_writing_are_told_first_and_last(key: Key):
    """The warning is what must be read."""
    text = entry(key)["markdownDescription"]
    assert text.startswith("**This can be set once in a tenant's life") is key.write_once
    assert ("Order of writing: " in text) == bool(key.write_once or key.write_after or _is_after(key))


def _is_after(key: Key) -> bool:
    return any(row.key == key.name for other in KEYS for row in other.write_after)


def test_marks_and_notes_of_ours_stay_out():
    """Nobody who edits a file can do anything with them."""
    text = json.dumps(CATALOGUE.tenant_schema())  # type: ignore[union-attr]
    assert "x-ours" not in text
    assert "x-write-" not in text


def test_no_example_is_a_mapping():
    """An editor would offer it as [object Object]; what a whole key looks like stands in its words."""
    for key in KEYS:
        for node in nodes(entry(key)):
            assert not any(isinstance(example, Mapping) for example in node.get("examples", []))
        assert f"\n{key.short}:" in entry(key)["markdownDescription"] or "properties" not in key.schema


def test_what_can_be_set_once_is_never_filled_in():
    """An editor may insert the names of the fields; each value is somebody's decision."""
    for key in (key for key in KEYS if key.write_once):
        for place in fields(entry(key)):
            assert "default" not in place
            assert len(place.get("defaultSnippets", [])) != 1


# A key of somebody's own.


def test_a_key_of_another_group_has_words_snippets_and_references_too(
    extra_document: dict[str, Any], folder: Callable[..., Path], loaded: Callable[[Path], Catalogue]
):
    """With no change to Python; and its secret's sample doesn't stand in the schema."""
    found = loaded(folder(extra_document))
    place = entry(found.keys[-1], found)
    assert "unit: **kilometres**" in place["properties"]["kilometres"]["markdownDescription"]
    (snippet,) = place["properties"]["token"]["defaultSnippets"]
    assert snippet["label"] == "{secret: STORE_RADIUS_TOKEN}"
    assert "CANARY" not in json.dumps(found.tenant_schema())
    assert "store_radius" in found.tenant_schema()["properties"]["routing"]["markdownDescription"]


# Profiles.


def test_a_profile_takes_neither_extends_nor_what_can_be_set_once(catalogue: Catalogue):
    """And says why; all else is as in a tenant's file."""
    schema = catalogue.profile_schema()
    checker = Draft202012Validator(schema)
    for key in catalogue.keys:
        value = catalogue.file_schema(key)["examples"][0]
        assert checker.is_valid({key.group: {key.short: value}}) is not key.write_once
        place = schema["properties"][key.group]["properties"][key.short]
        assert key.description in place["markdownDescription"]
        assert place.get("doNotSuggest", False) is key.write_once
        assert (f"`{key.short}`" in schema["properties"][key.group]["markdownDescription"]) is not key.write_once
    assert not checker.is_valid({"extends": ["_other"]})
    assert not checker.is_valid({"sales_orders": {}})


def test_a_catalogue_without_keys_that_can_be_set_once_makes_a_profile_of_all(catalogue: Catalogue):
    """Nothing is refused there but `extends`."""
    ordinary = Catalogue(tuple(key for key in catalogue.keys if not key.write_once), "", b"")
    schema = ordinary.profile_schema()
    assert "allOf" not in schema["properties"]["sales_order"]
    assert schema["properties"]["sales_order"] == ordinary.tenant_schema()["properties"]["sales_order"]


# A repository of tenants.


def test_a_repository_of_tenants_gets_the_two_files_and_nothing_else(tmp_path: Path, schemas: Path):
    """The same bytes as the shipped ones; what stands beside them is left alone, and what is stale is told."""
    out = tmp_path / "schemas"
    both = ("profile.schema.json", "tenant.schema.json")
    assert editor_stale(out) == both
    assert editor_write(out) == both
    assert sorted(path.name for path in out.iterdir()) == list(both)
    assert all((out / name).read_bytes() == (schemas / name).read_bytes() for name in both)
    (out / "tenant.schema.json").write_text("{}")
    (out / "other.json").write_text("{}")
    assert editor_stale(out) == editor_write(out) == ("tenant.schema.json",)
    assert editor_stale(out) == editor_write(out) == ()
    assert (out / "other.json").read_text() == "{}"


def test_keys_of_ones_own_are_in_them(extra_document: dict[str, Any], folder: Callable[..., Path], tmp_path: Path):
    """And a catalogue that can't be used is said so, with nothing written."""
    out = tmp_path / "out"
    editor_write(out, folder(extra_document))
    assert list(json.loads((out / "tenant.schema.json").read_bytes())["properties"]) == [
        "extends",
        "sales_order",
        "routing",
    ]
    broken = folder({}, name="broken")
    assert isinstance(editor_write(tmp_path / "none", broken), CatalogueProblem)
    assert isinstance(editor_stale(tmp_path / "none", broken), CatalogueProblem)
    assert not (tmp_path / "none").exists()
