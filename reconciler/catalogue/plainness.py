"""Whether a schema is one that stands for itself: no references, nothing of ours."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.catalogue.authority import schema_fault

_FOREIGN: Final = {
    *("$ref", "$dynamicRef", "$recursiveRef", "$schema", "$id", "$anchor", "$dynamicAnchor", "$defs"),
    # Nobody asserts it here, and a rule that holds nothing looks like one that does.
    "format",
    # Matched by Python's `re`, which may take for ever; and judged once more on each level that they stand on.
    *("patternProperties", "unevaluatedProperties", "unevaluatedItems"),
}
_NAMES: Final = {"properties", "dependentRequired", "dependentSchemas", "patternProperties"}
_DATA: Final = {"enum", "const"}


def plain_fault(schema: Any) -> str:
    """Return what keeps `schema` from being one JSON Schema without references or marks; empty if it is."""
    foreign = next((name for name, _ in _keywords(schema) if name in _FOREIGN or name.startswith("x-")), "")
    if foreign:
        return f"{foreign} can't stand in it"
    return schema_fault(schema)


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
