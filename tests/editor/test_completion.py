"""What the real yaml-language-server offers, and what choosing it inserts."""

import re

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.tenantfile import secret_name
from reconciler.model.key import Key
from tests.editor.page import Page

pytestmark = pytest.mark.node

loaded = load()
assert isinstance(loaded, Catalogue), str(loaded)
KEYS = loaded.keys
GROUPS = loaded.groups
each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.short)


def test_an_empty_file_is_offered_its_groups_and_profiles(tenant: Page):
    """In the order of the catalogue, each with its keys in words."""
    offered = tenant.offered("|")
    assert list(offered) == ["extends", *GROUPS]
    assert all(key.title in str(offered[key.group]["documentation"]) for key in KEYS)


def test_a_group_is_offered_its_keys_and_not_again_those_that_are_there(tenant: Page):
    """Each with its meaning."""
    offered = tenant.offered(f"{KEYS[0].group}:\n  |")
    mine = [key for key in KEYS if key.group == KEYS[0].group]
    assert list(offered) == [key.short for key in mine]
    assert all(key.description in offered[key.short]["documentation"]["value"] for key in mine)
    there = f"{mine[2].group}:\n  {mine[2].short}: 60\n  |"
    assert list(tenant.offered(there)) == [key.short for key in mine if key is not mine[2]]


@each_key
def test_a_key_is_inserted_with_the_fields_that_it_needs(tenant: Page, key: Key):
    """So that nothing is forgotten: also what only the house asks for. A default is filled in, nothing else is."""
    text = tenant.inserted(f"{key.group}:\n  |", key.short)
    fields = key.schema.get("properties", {})
    needed = set(key.schema.get("required", [])) | {
        name for rule in key.rules for name in rule.schema.get("required", [])
    }
    for name, field in fields.items():
        assert (f"\n  {name}:" in text) == (name in needed or "default" in field)
        if "default" in field:
            assert re.search(rf"\n  {name}: \$\{{\d:{field['default']}\}}", text)
        if field.get("x-sensitive"):
            assert re.search(rf"\n  {name}:\n    secret: \$\d", text)
    if key.write_once:
        assert not re.search(r"[:|}]\w", text.replace("${", "$")), "what lasts for ever is written by a person"


@pytest.mark.parametrize(
    ("body", "offered"),
    [
        ("sales_order:\n  external_order_webhook:\n    |", {"url", "api_key", "timeout"}),
        ("sales_order:\n  external_order_webhook:\n    url: https://a.example/\n    |", {"api_key", "timeout"}),
        ("sales_order:\n  external_order_webhook: {u|}", {"url", "api_key", "timeout"}),
        ("sales_order:\n  external_oms:\n    enabled: |", {"true", "false"}),
        ("sales_order:\n  cancellation_allowed_from:\n    - |", {"store", "dc"}),
        ("sales_order:\n  cancellation_allowed_from: [store, |]", {"store", "dc"}),
        ("sales_order:\n  on_hold_timer_duration: |", {"1800", "3600"}),
        ("sales_order:\n  sales_order_generator_sequence:\n    size: |", {"10", "16"}),
    ],
)
def test_fields_and_values_are_offered_where_they_may_stand(tenant: Page, body: str, offered: set[str]):
    """And never something that can't be read, such as [object Object]."""
    found = tenant.offered(body)
    assert offered <= set(found)
    titles = {key.title for key in KEYS} | {"Default value"}
    assert set(found) - offered <= titles, "a title stands for all fields that are still needed"


@pytest.mark.parametrize(
    "key", [key for key in KEYS for field in key.schema.get("properties", {}).values() if field.get("x-sensitive")]
)
def test_a_secret_is_offered_as_a_reference_by_its_usual_name(tenant: Page, key: Key):
    """After the colon in one line, below it as a field, and in braces; the text of a secret is never asked for."""
    (field,) = [name for name, schema in key.schema["properties"].items() if schema.get("x-sensitive")]
    name = secret_name(key, [field])
    head = f"{key.group}:\n  {key.short}:\n    {field}:"
    assert tenant.inserted(f"{head} |", f"{{secret: {name}}}") == f"{{secret: ${{1:{name}}}}}"
    assert tenant.inserted(f"{head}\n      |", "secret") == f"secret: {name}"
    assert name in tenant.offered(f"{head}\n      secret: |")


def test_a_profile_is_offered_what_may_stand_in_it(profile: Page):
    """Neither extends nor what can be set once."""
    assert list(profile.offered("|")) == list(GROUPS)
    assert list(profile.offered(f"{GROUPS[0]}:\n  |")) == [
        key.short for key in KEYS if key.group == GROUPS[0] and not key.write_once
    ]
