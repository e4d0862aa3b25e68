"""What jsonschema says of a value: whether it fits, and what is wrong with it. The only importer of jsonschema.

Loaded for a value that the compiled form doesn't pass, and to judge schemas: the import takes longer than a start.
Never fetches a reference, never asserts a format.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from reconciler.catalogue.compiled import linear
from reconciler.catalogue.misfit import Misfit
from reconciler.model.key import Schema
from reconciler.model.values import pointer

_MOST = 1000
"""Misfits of one value. A list of a hundred thousand items has as many, and nobody reads them."""


class Authority:
    """One schema, ready to be asked many times. Takes plain JSON data, with tuples for lists if need be."""

    __slots__ = ("_validator",)

    def __init__(self, schema: Schema) -> None:
        """Build the validator; `schema` has no references."""
        self._validator = _Validator(schema, registry=Registry())

    def fits(self, value: Any) -> bool:
        """True if `value` fits the schema: a boolean is no number, 20.0 is an integer, NaN is nothing."""
        return bool(self._validator.is_valid(value))

    def misfits(self, value: Any) -> tuple[Misfit, ...]:
        """Return every way in which `value` doesn't fit, up to a thousand, sorted by place, each once."""
        errors = islice(self._validator.iter_errors(value), _MOST)
        found = {(_order(misfit), str(misfit)): misfit for misfit in map(_misfit, errors)}
        return tuple(found[key] for key in sorted(found))


def schema_fault(schema: Any) -> str:
    """Return where `schema` is no JSON Schema (2020-12), as pointer and keyword; empty if it is one."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"{pointer(*error.absolute_path) or 'the schema'} (`{error.validator}`)"
    return next((f"{pointer(*path)} ({fault})" for path, fault in _slow_patterns(schema, ())), "")


_NO_SCHEMA = frozenset({"enum", "const", "default", "examples"})


def _slow_patterns(schema: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every `pattern` that could take long, with the reason. A field of that name has a schema, and no text."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _slow_patterns(item, (*path, index))
    elif isinstance(schema, Mapping):
        for name, member in schema.items():
            if name == "pattern" and isinstance(member, str):
                try:
                    linear(member)
                except ValueError:
                    yield (*path, name), "it looks around, refers back, or is too large: it could take for ever"
            elif name not in _NO_SCHEMA:
                yield from _slow_patterns(member, (*path, name))


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


def _unique_items(_: object, unique: object, instance: object, __: object) -> Iterator[ValidationError]:
    """As jsonschema judges it, which compares each item with each: hours for what fits into a file."""
    if unique and isinstance(instance, list | tuple) and len(set(map(_told_apart, instance))) < len(instance):
        yield ValidationError("not unique")


def _pattern(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not linear(pattern)(instance):
        yield ValidationError("no match")


def _told_apart(value: object) -> object:
    """Return something hashable that is equal for equal JSON values alone: `1` is `1.0`, and not `true`."""
    if isinstance(value, Mapping):
        return frozenset((name, _told_apart(member)) for name, member in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_told_apart, value))
    return (bool, value) if isinstance(value, bool) else value


_Validator = extend(  # type: ignore[no-untyped-call]  # the stubs leave it out
    Draft202012Validator,
    validators={"pattern": _pattern, "uniqueItems": _unique_items},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"array": _is_array, "object": _is_object, "number": _is_number}
    ),
)
