"""What may stand in a tenant's file: the spec's schemas closed, secrets as references. House rules are asked beside."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.model.key import Key, Schema

RESERVED: Final = "extends"
"""The one name at the top of a tenant's file that is no group."""
SECRET_NAME: Final = r"^[A-Z][A-Z0-9_]*$"  # noqa: S105 - the form of a name, not a password
"""What a secret's name looks like. To Python, `$` also fits before a line feed at the end: there, use `fullmatch`."""
SECRET_NAME_LENGTH: Final = 128
"""Characters; the longest name of a secret."""
PROFILE_NAME: Final = r"^(?:[^/\s]+/)*_[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"

_NOT_IN_FILES: Final = ("x-ours", "x-write-after", "x-write-once", "x-sent-to")


def file_schema(key: Key) -> Schema:
    """Return the spec's schema of `key` as it stands in a file: closed, with references in sensitive places.

    House rules are not in it. A sensitive place keeps the mark `x-sensitive`.
    """
    return {**_closed(key.schema), "examples": [in_file(key, key.example)]}


def in_file(key: Key, value: Any) -> Any:
    """Return `value` with each sensitive text replaced by `{"secret": NAME}`; the name is `secret_name`."""
    return _referred(key, value, key.schema, ())


def secret_name(key: Key, path: Iterable[str | int]) -> str:
    """Return KEY_FIELD in capitals: the name of a secret that nobody has named. `path` is within the value."""
    words = "_".join([key.short, *(str(part) for part in path)])
    return re.sub("[^A-Z0-9]+", "_", words.upper())


def _closed(schema: Schema) -> dict[str, Any]:
    if schema.get("x-sensitive"):
        return _reference(schema)
    closed = {name: member for name, member in schema.items() if name not in _NOT_IN_FILES}
    if "properties" in schema:
        closed["properties"] = {name: _closed(field) for name, field in schema["properties"].items()}
        closed["additionalProperties"] = False
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    return closed


def _reference(schema: Schema) -> dict[str, Any]:
    """Return the schema of `{secret: NAME}` for a place whose text must not stand in a file."""
    texts = {name: schema[name] for name in ("title", "description") if name in schema}
    return {
        **texts,
        "x-sensitive": True,
        "type": "object",
        "required": ["secret"],
        "additionalProperties": False,
        "properties": {
            "secret": {
                "type": "string",
                "title": "Name of the secret",
                "description": "An entry under `secrets` of this tenant's credentials: capitals, digits, underscores.",
                "pattern": SECRET_NAME,
                "maxLength": SECRET_NAME_LENGTH,
            }
        },
    }


def _referred(key: Key, value: Any, schema: Schema, path: tuple[str | int, ...]) -> Any:
    if schema.get("x-sensitive"):
        return {"secret": secret_name(key, path)}
    if isinstance(value, Mapping):
        inner = schema.get("properties", {})
        return {name: _referred(key, item, inner.get(name, {}), (*path, name)) for name, item in value.items()}
    if isinstance(value, list):
        items = schema.get("items", {})
        return [_referred(key, item, items, (*path, index)) for index, item in enumerate(value)]
    return value
