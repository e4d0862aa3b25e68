"""What a finding says, keyword by keyword: what stands there, and what is allowed.

The texts of jsonschema are never used: they hold values. Text is shown only in keys without a sensitive field,
because a secret slips into the field beside its own; numbers and booleans are always shown.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.catalogue.misfit import Misfit
from reconciler.desired.naming import listed, quoted, suggestion
from reconciler.desired.places import schema_at
from reconciler.model.key import HouseRule, Key
from reconciler.strictyaml import Path

_SHOWN: Final = 60
_EXPECTED: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a declared key: what it is called, what stands there, and whether text may be shown."""

    key: Key
    path: Path
    value: Any
    secretive: bool

    @property
    def name(self) -> str:
        """The field, or "item 2 of" the list that it is in."""
        for length in range(len(self.path), 0, -1):
            part = self.path[length - 1]
            if isinstance(part, str):
                return self._item(part, self.path[length:])
        return self._item(self.key.short, self.path)

    @staticmethod
    def _item(of: str, indices: Path) -> str:
        return f"item {'.'.join(str(int(index) + 1) for index in indices)} of {of}" if indices else of

    @property
    def told(self) -> str:
        """What stands there, as far as it may be shown."""
        return told(self.value, secretive=self.secretive)


def told(value: Any, *, secretive: bool) -> str:
    """Return `value` for a message: numbers and words as they are, short text if allowed, else only its kind."""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    # A URL may carry a password, or a token in its query.
    if not isinstance(value, str) or not value or secretive or "@" in value or "://" in value:
        return kind_of(value)
    short = value if len(value) <= _SHOWN else value[:_SHOWN] + "…"
    return json.dumps(short, ensure_ascii=False)


def kind_of(value: Any) -> str:
    """Return what kind of thing `value` is, showing nothing of it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text" if value else "an empty text"
    kind = "a mapping" if isinstance(value, Mapping) else "a list"
    return kind if value else f"{kind} without content"


def spec_text(misfit: Misfit, place: Place) -> tuple[str, str]:
    """Return message and hint for one misfit with the spec's schema."""
    if misfit.keyword == "type":
        return _type_text(misfit.expected, place)
    if misfit.keyword == "required":
        return f"{place.name} lacks {listed(misfit.names)}", "Add what is missing; a key is written as a whole."
    if misfit.keyword in {"enum", "const"}:
        return _enum_text(misfit, place)
    if misfit.keyword in _LIMITS:
        allowed = f"the platform allows {_LIMITS[misfit.keyword](misfit.expected)}"
        unit = (schema_at(place.key.schema, place.path) or {}).get("x-unit", "")
        return f"{place.name} {_found(misfit.keyword, place)}; {allowed}", f"The unit is {unit}." if unit else ""
    return f"{place.name} doesn't fit the API's schema ({misfit.keyword})", "See: reconciler explain"


def rule_text(misfit: Misfit, rule: HouseRule, place: Place) -> tuple[str, str]:
    """Return message and hint for one misfit with a house rule: its reason speaks."""
    if misfit.keyword == "required":
        state = f"{place.name} lacks {listed(misfit.names)}"
    elif isinstance(place.value, bool | int | float) or misfit.keyword == "uniqueItems":
        state = f"{place.name} {_found(misfit.keyword, place)}"
    else:
        state = f"{place.name} is against the house rule {rule.id}"
    return f"{state}. {rule.reason}", rule.hint


def unknown_text(name: str, place: Place, known: Mapping[str, Any]) -> tuple[str, str]:
    """Return message and hint for a field that the key doesn't have."""
    shown = "" if place.secretive else f" {quoted(name)}"
    return f"{place.name} has a field{shown} that the API doesn't know", suggestion(name, known)


def _type_text(expected: Any, place: Place) -> tuple[str, str]:
    kinds = [expected] if isinstance(expected, str) else list(expected)
    wanted = " or ".join(_EXPECTED.get(kind, kind) for kind in kinds)
    if place.value is None:
        hint = "Give a value, or remove the line. A key that was set once can't be unset, only left alone."
        return f"{place.name} is empty; {wanted} is expected", hint
    hint = _type_hint(kinds, place)
    numeric = bool({"integer", "number", "boolean"} & set(kinds))
    found = place.told if numeric or not place.secretive else kind_of(place.value)
    return f"{place.name} is {found}; {wanted} is expected", hint


def _type_hint(kinds: list[str], place: Place) -> str:
    schema = schema_at(place.key.schema, place.path) or {}
    if isinstance(place.value, str) and {"integer", "number", "boolean"} & set(kinds):
        if kinds == ["boolean"]:
            return "Write true or false."
        if _NUMBER.fullmatch(place.value):
            return "Write the number without quotes."
        return f"Write the number alone; the unit is {schema['x-unit']}." if "x-unit" in schema else "Write a number."
    if kinds == ["array"] and not isinstance(place.value, Mapping):
        return "Write a list: [first, second]."
    if kinds == ["object"] and schema.get("properties"):
        return f"Write its fields below it, indented: {listed(schema['properties'])}."
    return ""


_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?")


def _enum_text(misfit: Misfit, place: Place) -> tuple[str, str]:
    allowed = misfit.expected if misfit.keyword == "enum" else [misfit.expected]
    names = [one if isinstance(one, str) else json.dumps(one) for one in allowed]
    hint = suggestion(place.value, names) if isinstance(place.value, str) and len(names) > 1 else ""
    return f"{place.name} is {place.told}; allowed: {listed(names)}", hint


def _found(keyword: str, place: Place) -> str:
    """Say what stands there in the words that fit the keyword."""
    value = place.value
    if keyword in {"minLength", "maxLength"} and isinstance(value, str):
        return f"has {_count(len(value), 'character')}"
    if keyword in {"minItems", "maxItems"} and isinstance(value, list):
        return f"has {_count(len(value), 'item')}"
    if keyword in {"minProperties", "maxProperties"} and isinstance(value, Mapping):
        return f"has {_count(len(value), 'field')}"
    if keyword == "uniqueItems":
        return "holds something twice"
    return f"is {place.told}"


def _count(number: object, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_LIMITS: Final[Mapping[str, Callable[[Any], str]]] = {
    "minimum": lambda bound: f"at least {bound}",
    "maximum": lambda bound: f"at most {bound}",
    "exclusiveMinimum": lambda bound: f"only more than {bound}",
    "exclusiveMaximum": lambda bound: f"only less than {bound}",
    "multipleOf": lambda step: f"only multiples of {step}",
    "minLength": lambda count: f"no fewer than {_count(count, 'character')}",
    "maxLength": lambda count: f"at most {_count(count, 'character')}",
    "minItems": lambda count: f"no fewer than {_count(count, 'item')}",
    "maxItems": lambda count: f"at most {_count(count, 'item')}",
    "minProperties": lambda count: f"no fewer than {_count(count, 'field')}",
    "maxProperties": lambda count: f"at most {_count(count, 'field')}",
    "uniqueItems": lambda _: "each only once",
    "pattern": lambda pattern: f"only what fits the pattern {pattern}",
}
