"""What may stand in a tenant's file: the spec's schemas closed, secrets as references, house rules beside."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reconciler.catalogue.keyfile import DERIVED, DIALECT
from reconciler.model.key import Key, Schema
from reconciler.model.words import Severity

RESERVED: Final = "extends"
"""The one name at the top of a tenant's file that is no group."""
SECRET_NAME: Final = r"^[A-Z][A-Z0-9_]*$(?!\n)"  # noqa: S105 - the form of a name, not a password
"""What a secret's name looks like. The lookahead: to Python, `$` also fits before a line feed at the end."""
PROFILE_NAME: Final = r"^(?:[^/\s]+/)*_[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$(?!\n)"

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


def tenant_schema(keys: Iterable[Key]) -> dict[str, Any]:
    """Return the schema of a whole tenant's file, for editors, and for whoever validates with another tool.

    House rules of severity error are in it through `allOf`, marked `x-rule`; warnings in the hover text only.
    """
    groups: dict[str, dict[str, Any]] = {}
    for key in keys:
        groups.setdefault(key.group, {})[key.short] = _entry(key)
    return {
        "$schema": DIALECT,
        "$comment": DERIVED,
        "title": "A tenant's configuration",
        "description": "The keys that git declares for a tenant. What isn't declared is neither read nor written.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            RESERVED: _extends(),
            **{group: _group(group, entries) for group, entries in groups.items()},
        },
    }


def _extends() -> dict[str, Any]:
    text = (
        "Profiles whose keys this file takes over: `_name` stands for `_name.yaml` in the folder of tenants. "
        "Whole keys are taken; a later profile wins over an earlier one, and this file over all."
    )
    return {
        "title": "Profiles",
        "description": text,
        "markdownDescription": text,
        "type": "array",
        "uniqueItems": True,
        "items": {"type": "string", "title": "Profile", "pattern": PROFILE_NAME},
        "examples": [["_retail-default"]],
    }


def _group(group: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "title": f"Keys of the group {group}",
        "description": f"The keys of the API's group {group}.",
        "type": "object",
        "additionalProperties": False,
        "properties": dict(entries),
    }


def _entry(key: Key) -> dict[str, Any]:
    rules = [rule for rule in key.rules if rule.severity is Severity.ERROR]
    schema = {**file_schema(key), "markdownDescription": _hover(key)}
    if rules:
        schema["allOf"] = [
            {
                "x-rule": rule.id,
                "x-reason": rule.reason,
                **({"x-hint": rule.hint} if rule.hint else {}),
                **rule.schema,
            }
            for rule in rules
        ]
    return schema


def _hover(key: Key) -> str:
    parts = [key.description]
    if key.write_once:
        parts.append("**Can be set once, and never changed.**")
    rules = [f"- {_WEIGHT[rule.severity]}: {rule.reason}" for rule in key.rules]
    return "\n\n".join([*parts, "\n".join(rules)]).strip()


_WEIGHT: Final = {Severity.ERROR: "Rule", Severity.WARNING: "Advice"}


def _closed(schema: Schema) -> dict[str, Any]:
    if schema.get("x-sensitive"):
        return _reference(schema)
    closed = {name: member for name, member in schema.items() if name not in _NOT_IN_FILES}
    if "description" in closed:
        closed["markdownDescription"] = _described(schema)
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
        **({"markdownDescription": _described(schema)} if "description" in schema else {}),
        "x-sensitive": True,
        "type": "object",
        "required": ["secret"],
        "additionalProperties": False,
        "properties": {
            "secret": {
                "type": "string",
                "title": "Name of the secret",
                "description": "An entry under `secrets` of this tenant's credentials, in capitals.",
                "pattern": SECRET_NAME,
            }
        },
    }


def _described(schema: Schema) -> str:
    notes = [f"Unit: {schema['x-unit']}."] if "x-unit" in schema else []
    if "default" in schema:
        notes.append(f"Default: `{schema['default']}`.")
    return "\n\n".join([schema["description"], *([" ".join(notes)] if notes else [])])


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
