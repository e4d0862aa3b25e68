"""From the catalogue to what the renderers may tell of a key."""

from collections.abc import Iterator

from reconciler.catalogue.catalogue import Catalogue
from reconciler.model.key import Key, Schema
from reconciler.model.meaning import FieldMeaning, Meaning, Meanings
from reconciler.model.values import pointer


def meanings(catalogue: Catalogue) -> Meanings:
    """Return what every key of `catalogue` means, by its full name."""
    return {key.name: meaning(key) for key in catalogue.keys}


def meaning(key: Key) -> Meaning:
    """Return what `key` means: title, description, and what is known of the places of its value."""
    return Meaning(key.title, key.description, dict(_fields(key.schema, "")))


def _fields(schema: Schema, where: str) -> Iterator[tuple[str, FieldMeaning]]:
    # The words for the value as a whole are those of the key.
    words = (schema.get("title", ""), schema.get("description", "")) if where else ("", "")
    found = FieldMeaning(words[0], schema.get("x-unit", ""), words[1])
    if found != FieldMeaning():
        yield where, found
    for name, member in schema.get("properties", {}).items():
        yield from _fields(member, where + pointer(name))
