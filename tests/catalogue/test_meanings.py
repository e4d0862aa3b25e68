from collections.abc import Mapping
from typing import Any

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.meanings import meaning, meanings
from reconciler.model.key import Key
from reconciler.model.meaning import FieldMeaning, Meaning


def _key(schema: Mapping[str, Any]) -> Key:
    return Key("g.k", "g", "k", "/v0/config/g/k", "A title", "A text.", schema, write_once=False, order=0)


def test_every_key_of_the_catalogue_has_a_meaning():
    """With its title and its description, as `explain` shows them."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    found = meanings(catalogue)
    assert list(found) == [key.name for key in catalogue.keys]
    assert all(one.title and one.text for one in found.values())


def test_a_unit_is_found_by_pointer():
    """That of a plain value under the empty pointer, that of a field however deep under its own."""
    inner = {"type": "integer", "title": "Deep", "description": "Down here.", "x-unit": "items"}
    schema = {"type": "object", "properties": {"a/b": {"type": "object", "properties": {"c": inner}}}}
    found = meaning(_key(schema))
    assert found == Meaning("A title", "A text.", {"/a~1b/c": FieldMeaning("Deep", "items", "Down here.")})
    assert (found.unit("/a~1b/c"), found.unit("/elsewhere"), found.unit()) == ("items", "", "")
    assert meaning(_key({"type": "integer", "title": "T", "x-unit": "seconds"})).unit() == "seconds"
