"""A key as a file: `keys/NAME.schema.json`, a JSON Schema of its value with everything else that is known of it."""

from collections.abc import Mapping
from typing import Any, Final

from reconciler.catalogue.ordering import write_after
from reconciler.model.key import HouseRule, Key
from reconciler.model.words import Severity

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DERIVED: Final = "Derived by `reconciler schemas` from openapi.yaml and rules/. Change those, not this file."
_OWN: Final = ("$schema", "$comment", "x-derived-from", "x-key", "x-house-rules")


def to_document(key: Key, digest: str) -> dict[str, Any]:
    """Return the content of the file of `key`; `from_document` gives the same key back."""
    return {
        "$schema": DIALECT,
        "$comment": DERIVED,
        "x-derived-from": digest,
        "x-key": {
            "name": key.name,
            "group": key.group,
            "short": key.short,
            "path": key.path,
            "order": key.order,
            "get_statuses": list(key.get_statuses),
            "post_statuses": list(key.post_statuses),
            "example": key.example,
        },
        "x-house-rules": [_rule(rule) for rule in key.rules],
        **key.schema,
    }


def from_document(document: Mapping[str, Any]) -> Key:
    """Return the key in a file that `to_document` has made. Raises KeyError, TypeError or ValueError for others."""
    facts: Mapping[str, Any] = document["x-key"]
    schema = {name: member for name, member in document.items() if name not in _OWN}
    return Key(
        name=facts["name"],
        group=facts["group"],
        short=facts["short"],
        path=facts["path"],
        title=schema["title"],
        description=schema["description"],
        schema=schema,
        write_once=schema.get("x-write-once") is True,
        order=facts["order"],
        unit=schema.get("x-unit", ""),
        write_after=write_after(facts["group"], schema),
        rules=tuple(_house_rule(rule) for rule in document["x-house-rules"]),
        get_statuses=tuple(facts["get_statuses"]),
        post_statuses=tuple(facts["post_statuses"]),
        example=facts["example"],
    )


def _rule(rule: HouseRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "severity": rule.severity.value,
        "reason": rule.reason,
        **({"hint": rule.hint} if rule.hint else {}),
        "schema": rule.schema,
    }


def _house_rule(rule: Mapping[str, Any]) -> HouseRule:
    return HouseRule(rule["id"], Severity(rule["severity"]), rule["reason"], rule["schema"], rule.get("hint", ""))
