"""A key in words, for a person at a terminal: what it does, what may stand in it, what to write."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.catalogue.catalogue import Catalogue
from reconciler.catalogue.sample import sample
from reconciler.model.key import HouseRule, Key, Schema, WriteAfter
from reconciler.model.values import pointer

Block = tuple[str, list[str]]
"""A heading and its lines, not yet indented."""


def explain(catalogue: Catalogue, key: Key | None = None, *, width: int = 80) -> str:
    """Return what is to be known of `key`, or the list of all keys; plain text that ends with a line feed.

    Prose is wrapped at `width` characters (at least 40); the example and paths are never broken.
    """
    width = max(width, 40)
    return _one(catalogue, key, width) if key else _every(catalogue, width)


def _every(catalogue: Catalogue, width: int) -> str:
    lines: list[str] = []
    for group in catalogue.groups:
        lines.append(f"{group}:")
        for key in (key for key in catalogue.keys if key.group == group):
            once = " (can be set once)" if key.write_once else ""
            lines.extend(_wrapped(f"{key.title}{once}", width, first=f"  {key.short}: ", rest="    "))
    lines.extend(["", *_wrapped("`reconciler explain KEY` tells more of one.", width)])
    return "\n".join(lines) + "\n"


def _one(catalogue: Catalogue, key: Key, width: int) -> str:
    lines = [key.name, key.title, ""]
    for paragraph in key.description.split("\n\n"):
        lines.extend([*_wrapped(paragraph, width), ""])
    if key.write_once:
        warning = (
            "CAN BE SET ONCE. The platform takes the first value for good: apply asks for a reviewed plan (or "
            "--allow-irreversible) before the first set, and never sends this key to a tenant that has a value."
        )
        lines.extend([*_wrapped(warning, width), ""])
    for heading, inner in _blocks(catalogue, key, width):
        lines.extend([heading, *(f"  {line}".rstrip() for line in inner), ""])
    return "\n".join(lines).rstrip("\n") + "\n"


def _blocks(catalogue: Catalogue, key: Key, width: int) -> Iterator[Block]:
    answers = [f"GET answers {', '.join(key.get_statuses)}", f"POST answers {', '.join(key.post_statuses)}"]
    yield "API", [key.path, *(line for text in answers for line in _wrapped(text, width - 2, rest="    "))]
    yield "Value", list(_fields(key.schema, width - 2))
    if key.rules:
        rules = [line for rule in key.rules for line in _rule(rule, width - 2)]
        yield "House rules, for what stands in files", rules
    order = [line for text in order_of_writing(catalogue.keys, key) for line in _wrapped(text, width - 2)]
    if order:
        yield "Order of writing", order
    yield "Example, as it stands in tenants/TENANT.yaml", sample(key).splitlines()


def _fields(schema: Schema, width: int, path: tuple[str, ...] = (), *, required: bool | None = None) -> Iterator[str]:
    """Yield a line of facts for each place of the value, with what it means below."""
    name = pointer(*path) or "the value"
    if path or "properties" not in schema:
        yield from _wrapped(", ".join(_facts(schema, required=required)), width, first=f"{name}: ", rest="    ")
    if path and schema.get("description"):
        yield from _wrapped(schema["description"], width, first="    ", rest="    ")
    for member, field in schema.get("properties", {}).items():
        yield from _fields(field, width, (*path, member), required=member in schema.get("required", ()))
    if "items" in schema:
        yield from _fields(schema["items"], width, (*path, "*"))


_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} fields",
    "maxProperties": "at most {} fields",
    "pattern": "of the form {}",
    "const": "always {}",
    "default": "default {}",
}


def _facts(schema: Schema, *, required: bool | None) -> Iterator[str]:
    suffix = f" ({schema['format']})" if "format" in schema else ""
    yield f"{schema['type']}{suffix}"
    if required is not None:
        yield "required" if required else "optional to the API"
    if "enum" in schema:
        yield f"one of {', '.join(_text(item) for item in schema['enum'])}"
    if schema.get("x-list-type") == "set":
        yield "a set: order and repetitions mean nothing"
    if 1 in (schema.get("minLength"), schema.get("minItems")):
        yield "not empty"
    for name, form in _BOUNDS.items():
        if name in schema and (name not in {"minLength", "minItems"} or schema[name] != 1):
            yield form.format(_text(schema[name]))
    if "x-unit" in schema:
        yield f"in {schema['x-unit']}"
    if schema.get("x-sensitive"):
        yield "sensitive: a reference {secret: NAME} in files"
    if "x-sent-to" in schema:
        yield f"sent to the host of {schema['x-sent-to']}"


def _rule(rule: HouseRule, width: int) -> Iterator[str]:
    text = f"{rule.reason} {rule.hint}".strip()
    yield f"{rule.id} ({rule.severity.value})"
    yield from _wrapped(text, width, first="    ", rest="    ")


def order_of_writing(keys: Iterable[Key], key: Key) -> Iterator[str]:
    """Yield, as sentences, what is written before and after `key`, one of `keys`."""
    for row in key.write_after:
        yield f"After {row.key} {_when(row)}" + (", before it otherwise." if row.when else ".")
    for other in keys:
        for row in other.write_after:
            if row.key == key.name:
                otherwise = ", after it otherwise." if row.when else "."
                yield f"Before {other.name} {_when(row, 'its ')}{otherwise}"
    if key.write_once:
        yield "Last in its tenant, because it can't be undone."


def _when(row: WriteAfter, whose: str = "") -> str:
    """Say a condition in words where it only asks for constants, which is nearly always."""
    fields: Mapping[str, Any] = row.when.get("properties", {})
    if not row.when:
        return "always"
    plain = set(row.when) <= {"properties", "required"} and all(set(field) == {"const"} for field in fields.values())
    if plain and fields:
        return "if " + " and ".join(f"{whose}{name} is {_text(field['const'])}" for name, field in fields.items())
    return f"if {whose or 'the '}value fits {json.dumps(row.when)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
