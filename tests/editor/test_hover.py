"""What is shown over a key and a field by the real yaml-language-server."""

import json

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.tenantfile import in_file
from reconciler.model.key import Key
from tests.editor.page import Page
from tests.editor.server import editor

pytestmark = pytest.mark.node

loaded = load()
assert isinstance(loaded, Catalogue), str(loaded)
KEYS = loaded.keys
each_key = pytest.mark.parametrize("key", KEYS, ids=lambda key: key.short)


def over_key(key: Key) -> str:
    return json.dumps({key.group: {key.short: in_file(key, key.example)}}).replace(f'"{key.short}"', f'"|{key.short}"')


@each_key
def test_a_key_is_shown_with_its_meaning_order_and_an_example(tenant: Page, key: Key):
    """And, first of all, that it can be set once."""
    shown = tenant.hover(over_key(key))
    assert shown.startswith(f"#### {key.title}\n")
    assert key.description in shown
    assert ("**This can be set once in a tenant's life" in shown) is key.write_once
    assert ("Order of writing: " in shown) is bool(key.write_once or key.write_after or _is_after(key))
    assert (f"```yaml\n{key.short}:" in shown) is ("properties" in key.schema)
    for name in key.schema.get("properties", {}):
        assert f"- `{name}`: " in shown


def _is_after(key: Key) -> bool:
    return any(row.key == key.name for other in KEYS for row in other.write_after)


@each_key
def test_a_field_is_shown_with_its_meaning_unit_default_and_rules(tenant: Page, key: Key):
    """Each where it speaks; a rule by the id that `validate` names."""
    for name, field in key.schema.get("properties", {}).items():
        shown = tenant.hover(over_key(key).replace("|", "").replace(f'"{name}"', f'"|{name}"'))
        assert shown.startswith(f"#### {field['title']}\n")
        assert field["description"] in shown
        assert ("x-unit" in field) is ("unit: **" in shown)
        assert f"unit: **{field.get('x-unit', '')}**" in shown or "x-unit" not in field
        if "default" in field and name not in key.schema["required"]:
            assert f"left out, `{field['default']}` counts" in shown
        for rule in key.rules:
            if name in rule.schema.get("properties", {}):
                assert f"`{rule.id}`: {rule.reason}" in shown


def test_a_bound_that_the_house_sets_stands_with_that_of_the_api(tenant: Page):
    """As one range, with its unit."""
    shown = tenant.hover("sales_order: {external_order_webhook: {|timeout: 3}}")
    assert "Whole number · unit: **seconds** · 1 to 25 · left out, `15` counts" in shown


def test_a_group_is_shown_with_its_keys(tenant: Page):
    """Titles, a line each."""
    shown = tenant.hover("sales_|order:\n  external_oms: {enabled: true}")
    assert all(f"- `{key.short}`: {key.title}" in shown for key in KEYS if key.group == "sales_order")


def test_a_secrets_name_is_explained(tenant: Page):
    """Where the text of it goes."""
    shown = tenant.hover("sales_order: {external_order_webhook: {api_key: {|secret: A}}}")
    assert "`secrets` of this tenant's credentials" in shown


@pytest.mark.parametrize("key", [key for key in KEYS if key.write_once], ids=lambda key: key.short)
def test_in_a_profile_what_can_be_set_once_still_tells_what_it_is(profile: Page, key: Key):
    """After saying that it can't stand there."""
    shown = profile.hover(over_key(key))
    assert "never stands in a profile" in shown
    assert key.description in shown


def test_an_editor_without_markdown_gets_the_same_in_plain_text(tenant: Page):
    """Here of completion: the words for a field hold no emphasis."""
    with editor(markdown=False) as plain:
        page = Page(plain, "opened.yaml", "tenant")
        words = page.offered("sales_order:\n  external_order_webhook:\n    |")["timeout"]["documentation"]
    assert isinstance(words, str)
    assert "unit: seconds · 1 to 25" in words
    assert "**" not in words
