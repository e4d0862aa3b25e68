"""Values against JSON Schemas: the only importer of jsonschema, whose import is too slow for every start.

Never fetches a reference, never asserts a format, and never puts a value into what it says.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from reconciler.model.key import Schema
from reconciler.model.values import pointer


@dataclass(frozen=True, slots=True)
class Misfit:
    """One way in which a value doesn't fit: the path in it, the keyword that says so, and what that asks for.

    `names` are the fields that `required` misses, or that `additionalProperties` doesn't know. `expected` is
    the keyword's value in the schema. Of the value itself, nothing but names of fields is kept.
    """

    path: tuple[str | int, ...]
    keyword: str
    expected: Any
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name place and keyword, without any value."""
        where = pointer(*self.path) or "the value"
        what = f"lacks {', '.join(self.names)}" if self.keyword == "required" else "doesn't fit"
        return f"{where} {what} (`{self.keyword}`)"


class Checker:
    """One schema, ready to be asked many times. Takes plain JSON data, with tuples for lists if need be."""

    __slots__ = ("_validator",)

    def __init__(self, schema: Schema) -> None:
        """Build the validator; `schema` has no references."""
        self._validator = _Validator(schema, registry=Registry())

    def fits(self, value: Any) -> bool:
        """True if `value` fits the schema: a boolean is no number, 20.0 is an integer, NaN is nothing."""
        return bool(self._validator.is_valid(value))

    def misfits(self, value: Any) -> tuple[Misfit, ...]:
        """Return every way in which `value` doesn't fit, sorted by place, each once."""
        found = {(_order(misfit), str(misfit)): misfit for misfit in map(_misfit, self._errors(value))}
        return tuple(found[key] for key in sorted(found))

    def _errors(self, value: Any) -> Iterator[ValidationError]:
        yield from self._validator.iter_errors(value)


def schema_fault(schema: Any) -> str:
    """Return where `schema` is no JSON Schema (2020-12), as pointer and keyword; empty if it is one."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"{pointer(*error.absolute_path) or 'the schema'} (`{error.validator}`)"
    return ""


def plain_fault(schema: Any) -> str:
    """Return what keeps `schema` from being one JSON Schema without references or marks; empty if it is."""
    foreign = next((name for name, _ in _keywords(schema) if name in _FOREIGN or name.startswith("x-")), "")
    if foreign:
        return f"{foreign} can't stand in it"
    return schema_fault(schema)


_FOREIGN: Final = {*("$ref", "$dynamicRef", "$recursiveRef", "$schema", "$id", "$anchor", "$dynamicAnchor", "$defs")}
_NAMES: Final = {"properties", "dependentRequired", "dependentSchemas", "patternProperties"}
_DATA: Final = {"enum", "const"}


def _keywords(schema: Any, *, names_are_data: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield every keyword of a schema and of those within it."""
    if isinstance(schema, list):
        for item in schema:
            yield from _keywords(item)
    elif isinstance(schema, Mapping):
        for name, member in schema.items():
            if not names_are_data:
                yield name, member
            if names_are_data or name not in _DATA:
                yield from _keywords(member, names_are_data=not names_are_data and name in _NAMES)


def _misfit(error: ValidationError) -> Misfit:
    path = tuple(error.absolute_path)
    keyword = str(error.validator)
    expected: Any = error.validator_value
    instance: Any = error.instance
    names: tuple[str, ...] = ()
    if keyword == "required":
        names = tuple(name for name in expected if name not in instance)
    elif keyword == "additionalProperties":
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        names = tuple(name for name in instance if name not in known)
    return Misfit(path, keyword, expected, names)


def _order(misfit: Misfit) -> tuple[tuple[str, int, str], ...]:
    """Sort by path: numbers as numbers, and a place before what is in it."""
    return tuple(("", part, "") if isinstance(part, int) else ("name", 0, part) for part in misfit.path)


def _is_array(_: object, value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_object(_: object, value: object) -> bool:
    return isinstance(value, Mapping)


def _is_number(_: object, value: object) -> bool:
    """NaN passes every bound of jsonschema's, and JSON doesn't have it."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_Validator = extend(  # type: ignore[no-untyped-call]  # the stubs leave it out
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"array": _is_array, "object": _is_object, "number": _is_number}
    ),
)
