"""What stands where in a tenant's file: groups, keys, fields, and the places of which nothing may be shown."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.catalogue import Catalogue
from reconciler.desired.naming import is_plain
from reconciler.model.key import Key, Schema
from reconciler.strictyaml import Path

EXTENDS: Final = "extends"


class Places:
    """The keys of a catalogue by group and short name, and what of a file may be shown."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Index the keys."""
        self.groups: dict[str, dict[str, Key]] = {}
        for key in catalogue.keys:
            self.groups.setdefault(key.group, {})[key.short] = key
        self._secretive = {key.name for key in catalogue.keys if is_secretive(key.schema)}
        self._more = {key.name for key in catalogue.keys if _marks(key.schema, "x-sensitive", "format")}

    def key(self, path: Path) -> Key | None:
        """Return the key that `path` leads to or into."""
        if len(path) < 2:
            return None
        return self.groups.get(str(path[0]), {}).get(str(path[1]))

    def secretive(self, key: Key) -> bool:
        """True if the key has a sensitive field: in such a key text may be a secret that slipped."""
        return key.name in self._secretive

    def more_than_schema(self, key: Key) -> bool:
        """True if a place of the key asks for more than its schema says: a format, or a reference."""
        return key.name in self._more

    def hidden(self, path: Path) -> bool:
        """True where a scalar must not be shown: sensitive places, and places that the schemas don't know."""
        if not path or path[0] == EXTENDS:
            return False
        if len(path) == 1:
            return path[0] not in self.groups
        key = self.key(path)
        schema = schema_at(key.schema, path[2:]) if key else None
        return schema is None or bool(schema.get("x-sensitive"))

    def sensitive(self, path: tuple[str, ...]) -> bool:
        """True at and below a sensitive place; `path` may come from a pointer, with indices as text."""
        key = self.key(path)
        parts = tuple(int(part) if part.isdigit() else part for part in path[2:])
        return key is not None and bool((schema_at(key.schema, parts) or {}).get("x-sensitive"))

    def pointed(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """Cut `path` before a name that could be a secret.

        That is an unknown one in a key with a sensitive field, and one that looks odd where there is no key.
        """
        key = self.key(path)
        if key is None:
            odd = (length for length, name in enumerate(path) if not is_plain(name))
            return path if path[0] == EXTENDS else path[: next(odd, 2)]
        if not self.secretive(key):
            return path
        known = (length for length in range(len(path), 1, -1) if _known(key.schema, path[2:length]))
        return path[: next(known, 2)]


def _known(schema: Schema, parts: tuple[str, ...]) -> bool:
    for part in parts:
        inner = schema.get("properties", {}).get(part) or (schema.get("items") if part.isdigit() else None)
        if inner is None:
            return False
        schema = inner
    return True


def schema_at(schema: Schema, path: Path) -> Schema | None:
    """Return the schema of the place `path` in a value; None where the schema knows no such place."""
    here: Schema | None = schema
    for part in path:
        if here is None or here.get("x-sensitive"):
            return here
        here = here.get("properties", {}).get(part) if isinstance(part, str) else here.get("items")
    return here


def is_secretive(schema: Schema) -> bool:
    """True if the schema marks any place as sensitive."""
    return _marks(schema, "x-sensitive")


def _marks(schema: Schema, *names: str) -> bool:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return any(schema.get(name) for name in names) or any(_marks(one, *names) for one in inner)


def places(value: Any, schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Any, Schema]]:
    """Yield every place of plain data that the schema knows, with its value; nothing below a sensitive one."""
    yield path, value, schema
    if schema.get("x-sensitive"):
        return
    if isinstance(value, Mapping):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from places(value[name], inner, (*path, name))
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from places(item, schema["items"], (*path, index))


def value_at(value: Any, path: Path) -> Any:
    """Return what stands at `path` in plain data; None where nothing does."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value
