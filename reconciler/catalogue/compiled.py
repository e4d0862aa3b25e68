"""JSON Schemas compiled by jsonschema-rs, the only importer of it: a quick yes for values that fit.

The yes must be jsonschema's, so a schema is compiled only if every keyword in it means the same to both, which a
property test holds. `pattern` is matched by `linear` for both: Python's `re` would try for hours what `^(a+)+$` could
mean (docs/decisions/0027). A schema with any other keyword, such as `multipleOf`, whose fractions are rounded
otherwise, passes nothing. No format is asserted.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from jsonschema_rs import Draft202012Validator, RegexOptions

from reconciler.model.key import Schema

_LARGEST_PATTERN: Final = 1 << 16
"""Bytes that a pattern may be compiled to: the time for a text grows with that, too. An address takes a half of it."""

Passes: TypeAlias = Callable[[Any], bool]
"""True if a value fits for certain; false if jsonschema has to be asked. Never raises."""


def compiled(schema: Schema) -> Passes:
    """Return the compiled form of `schema`; of one that can't be compiled, a form that passes nothing."""
    try:
        bare = _bare(schema)
        is_valid = Draft202012Validator(bare, pattern_options=_options(), validate_formats=False).is_valid
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


@lru_cache(maxsize=256)
def linear(pattern: str) -> Passes:
    """Return what tells of a text whether `pattern` fits somewhere in it, in time that grows with the text's length.

    The dialect is ECMA's, as JSON Schema has it. Raises ValueError for a pattern that can't be matched like that: it
    looks ahead or back, refers to a group, or grows too large, as `(a{1000}){1000}` does.
    """
    is_valid = Draft202012Validator({"pattern": pattern}, pattern_options=_options(), validate_formats=False).is_valid

    def fits(text: Any) -> bool:
        try:
            return is_valid(text)
        except UnicodeEncodeError:  # half of a surrogate pair is no text
            return False

    return fits


def _options() -> RegexOptions:
    return RegexOptions(size_limit=_LARGEST_PATTERN)


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
