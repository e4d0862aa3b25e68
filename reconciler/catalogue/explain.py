"""A key in words: what it does, what may stand in it, what to write. As a page of facts, and that as plain text."""

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.catalogue.catalogue import Catalogue
from reconciler.catalogue.sample import sample
from reconciler.model.key import KEPT_BY_PLATFORM, HouseRule, Key, Schema, WriteAfter
from reconciler.model.values import pointer

Block = tuple[str, list[str]]
"""A heading and its lines, not yet indented."""
ONCE = (
    "CAN BE SET ONCE. The platform takes the first value for good: apply asks for a reviewed plan (or "
    "--allow-irreversible) before the first set, and never sends this key to a tenant that has a value."
)
API = "API"
VALUE = "Value"
RULES = "House rules, for what stands in files"
ORDER = "Order of writing"
EXAMPLE = "Example, as it stands in tenants/TENANT.yaml"


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a key's value: its JSON Pointer (or `the value`), what may stand there, and what it means."""

    name: str
    facts: tuple[str, ...]
    meaning: str


@dataclass(frozen=True, slots=True)
class Page:
    """All that is to be known of one key, in words. Texts are those of the schemas: escape them for the medium.

    `phrase` is the first sentence of what it means, and `example` YAML as it may stand in a tenant's file.
    """

    name: str
    title: str
    write_once: bool
    paragraphs: tuple[str, ...]
    path: str
    answers: tuple[str, ...]
    places: tuple[Place, ...]
    rules: tuple[HouseRule, ...]
    order: tuple[str, ...]
    example: str

    @property
    def phrase(self) -> str:
        """The first sentence; all of it, where it has only one."""
        first, stop, _ = self.paragraphs[0].replace("\n", " ").partition(". ")
        return f"{first}." if stop else first


def page(catalogue: Catalogue, key: Key) -> Page:
    """Return the page of `key`."""
    return Page(
        name=key.name,
        title=key.title,
        write_once=key.write_once,
        paragraphs=tuple(key.description.split("\n\n")),
        path=key.path,
        answers=(f"GET answers {', '.join(key.get_statuses)}", f"POST answers {', '.join(key.post_statuses)}"),
        places=tuple(_places(key.schema)),
        rules=tuple(key.rules),
        order=tuple(order_of_writing(catalogue.keys, key)),
        example=sample(key),
    )


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
    told = page(catalogue, key)
    lines = [told.name, told.title, ""]
    for paragraph in (*told.paragraphs, *([ONCE] if told.write_once else [])):
        lines.extend([*_wrapped(paragraph, width), ""])
    for heading, inner in _blocks(told, width):
        lines.extend([heading, *(f"  {line}".rstrip() for line in inner), ""])
    return "\n".join(lines).rstrip("\n") + "\n"


def _blocks(told: Page, width: int) -> Iterator[Block]:
    yield API, [told.path, *(line for text in told.answers for line in _wrapped(text, width - 2, rest="    "))]
    yield VALUE, [line for place in told.places for line in _place(place, width - 2)]
    if told.rules:
        yield RULES, [line for rule in told.rules for line in _rule(rule, width - 2)]
    order = [line for text in told.order for line in _wrapped(text, width - 2)]
    if order:
        yield ORDER, order
    yield EXAMPLE, told.example.splitlines()


def _place(place: Place, width: int) -> Iterator[str]:
    yield from _wrapped(", ".join(place.facts), width, first=f"{place.name}: ", rest="    ")
    if place.meaning:
        yield from _wrapped(place.meaning, width, first="    ", rest="    ")


def _places(schema: Schema, path: tuple[str, ...] = (), *, required: bool | None = None) -> Iterator[Place]:
    """Yield each place of the value, with what it means; of an object as a whole, the page tells already."""
    if path or "properties" not in schema:
        facts = tuple(_facts(schema, required=required))
        yield Place(pointer(*path) or "the value", facts, schema.get("description", "") if path else "")
    for member, field in schema.get("properties", {}).items():
        yield from _places(field, (*path, member), required=member in schema.get("required", ()))
    if "items" in schema:
        yield from _places(schema["items"], (*path, "*"))


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
        kept = schema["x-sent-to"] == KEPT_BY_PLATFORM
        yield "kept by the platform" if kept else f"sent to the host of {schema['x-sent-to']}"


def _rule(rule: HouseRule, width: int) -> Iterator[str]:
    yield f"{rule.id} ({rule.severity.value})"
    yield from _wrapped(f"{rule.reason} {rule.hint}".strip(), width, first="    ", rest="    ")


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
