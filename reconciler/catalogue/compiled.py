"""JSON Schemas compiled by jsonschema-rs, the only importer of it: a quick yes for values that fit.

The yes must be jsonschema's, so a schema is compiled only if every keyword in it means the same to both, which a
property test holds. Two don't, as they come: `pattern`, whose regular expressions are another dialect there, is
Python's `re` here too; a schema with any other keyword, such as `multipleOf`, whose fractions are rounded otherwise,
passes nothing. No format is asserted.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from jsonschema_rs import Draft202012Validator

from reconciler.model.key import Schema

Passes: TypeAlias = Callable[[Any], bool]
"""True if a value fits for certain; false if jsonschema has to be asked. Never raises."""


def compiled(schema: Schema) -> Passes:
    """Return the compiled form of `schema`; of one that can't be compiled, a form that passes nothing."""
    try:
        bare = _bare(schema)
        is_valid = Draft202012Validator(bare, keywords={"pattern": _Pattern}, validate_formats=False).is_valid
    except (TypeError, ValueError):
        return _never

    def passes(value: Any) -> bool:
        try:
            return is_valid(value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            # No plain JSON, or too deep: not for this form to say.
            return False

    return passes


def _never(_: Any) -> bool:
    return False


class _Pattern:
    """The keyword `pattern`, as jsonschema reads it."""

    def __init__(self, _parent: dict[str, Any], value: Any, _path: list[str | int]) -> None:
        self._search = re.compile(value).search

    def validate(self, instance: Any) -> None:
        """Raise ValueError for a text that doesn't fit: the library's way to be told."""
        if isinstance(instance, str) and self._search(instance) is None:
            raise ValueError


_FINAL: Final = {
    *("type", "enum", "const", "required", "uniqueItems", "pattern"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
}
"""Keywords whose value is no schema."""
_SCHEMA: Final = {"items", "additionalProperties", "not", "if", "then", "else"}
_SCHEMAS: Final = {"allOf", "anyOf", "oneOf"}
_SILENT: Final = {
    *("title", "description", "markdownDescription", "default", "examples", "format"),
    *("$schema", "$comment", "deprecated", "readOnly", "writeOnly"),
}
"""Keywords that say nothing about what fits. Marks of ours (`x-…`) are among them."""


def _bare(schema: Any) -> Any:
    """Return `schema` with nothing but keywords that both libraries read alike. Raises for others."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, Mapping):
        raise TypeError("no schema")
    said = {name: member for name, member in schema.items() if name not in _SILENT and not name.startswith("x-")}
    return {name: _bare_member(name, member) for name, member in said.items()}


def _bare_member(name: str, member: Any) -> Any:
    if name in _FINAL:
        return member
    if name in _SCHEMA:
        return _bare(member)
    if name in _SCHEMAS and isinstance(member, list):
        return [_bare(inner) for inner in member]
    if name == "properties" and isinstance(member, Mapping):
        return {field: _bare(inner) for field, inner in member.items()}
    raise ValueError(f"{name} is not compiled")
