"""The pages about keys and house rules, from the catalogue."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.sample import sample
from reconciler.model.key import KEPT_BY_PLATFORM, Key, Schema, WriteAfter
from reconciler.model.values import pointer
from scripts.reference_tables import code, head, sentence, table

_RANGES = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("multipleOf", "a multiple of {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "of the form `{}`"),
)
_SHOWN = {"type", "title", "description", "default", "enum", "format", "required", "properties", "items", "examples"}


def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    loaded = load()
    if not isinstance(loaded, Catalogue):
        raise SystemExit(str(loaded))
    return loaded


INTRODUCTION = """\
Every key that a tenant's file may declare, under its group. `reconciler explain KEY` says the same in the
terminal. Bounds are the API's own; what we ask for besides is among the [house rules](house-rules.md). A key can
be added without code: [add a key](../how-to/add-a-key.md).

Keys are written in this order where nothing else is said; write-once keys go last in their tenant."""


def keys() -> str:
    """Return the page of all keys."""
    every = catalogue()
    rows = [
        (f"[{key.short}](#{_anchor(key)})", sentence(key.title), "yes" if key.write_once else "") for key in every.keys
    ]
    overview = table(("key", "what it is", "write-once"), rows)
    source = "`schemas/openapi.yaml`"
    return "\n".join([head("Keys", source, INTRODUCTION), overview, *(_key(every, key) for key in every.keys)])


def _anchor(key: Key) -> str:
    return key.name.replace(".", "")


def _key(every: Catalogue, key: Key) -> str:
    parts = [f"## {key.name}\n", f"{sentence(key.title)}\n", f"{key.description}\n"]
    if key.write_once:
        parts.append(
            "**Can be set once.** The platform takes the first value for good. apply asks for a reviewed plan, or for "
            "`--allow-irreversible`, before the first set, and never sends this key to a tenant that has a value: "
            "[set a write-once key](../how-to/set-a-write-once-key.md).\n"
        )
    parts.append(table(("place", "type", "allowed", "default", "meaning"), _rows(key.schema)))
    order = list(_order(every, key))
    if order:
        parts.append(f"Order of writing: {' '.join(order)}\n")
    if key.rules:
        rules = ", ".join(code(rule.id) for rule in key.rules)
        parts.append(f"[House rules](house-rules.md#{_anchor(key)}): {rules}.\n")
    answers = f"GET {', '.join(key.get_statuses)}; POST {', '.join(key.post_statuses)}"
    parts.append(f"API: `{key.path}`; documented answers: {answers}.\n")
    parts.append(f"```yaml\n{sample(key)}```\n")
    return "\n".join(parts)


def _rows(
    schema: Schema, path: tuple[str, ...] = (), *, required: bool | None = None, meaning: str = ""
) -> Iterator[tuple[str, ...]]:
    """Yield a row for the value, or for each place in it."""
    unknown = {name for name in schema if not name.startswith("x-")} - _SHOWN - {name for name, _ in _RANGES}
    if unknown:
        raise SystemExit(f"scripts/reference_keys.py can't show {', '.join(sorted(unknown))} yet")
    if path or "properties" not in schema:
        default = code(_text(schema["default"])) if "default" in schema else ""
        kind = f"{schema['type']}{' (' + schema['format'] + ')' if 'format' in schema else ''}"
        yield (
            code(pointer(*path)) or "the value",
            kind,
            "; ".join([*(["needed"] if required else []), *_allowed(schema)]),
            default,
            schema.get("description", meaning) if path else meaning,
        )
    for member, field in schema.get("properties", {}).items():
        yield from _rows(field, (*path, member), required=member in schema.get("required", ()))
    if "items" in schema:
        yield from _rows(schema["items"], (*path, "*"), meaning="Each item.")


def _allowed(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(code(_text(item)) for item in schema["enum"])
    for name, form in _RANGES:
        if name in schema:
            yield "not empty" if name in {"minLength", "minItems"} and schema[name] == 1 else form.format(schema[name])
    if "x-unit" in schema:
        yield f"in {schema['x-unit']}"
    if schema.get("x-list-type") == "set":
        yield "a set: order means nothing"
    if schema.get("x-sensitive"):
        yield "sensitive: a reference `{secret: NAME}`"
    if "x-sent-to" in schema:
        kept = schema["x-sent-to"] == KEPT_BY_PLATFORM
        yield "kept by the platform" if kept else f"sent to the host of `{schema['x-sent-to']}`"


def _order(every: Catalogue, key: Key) -> Iterator[str]:
    for row in key.write_after:
        yield f"after `{row.key}`{_when(row)}" + (", before it otherwise." if row.when else ".")
    for other in every.keys:
        for row in other.write_after:
            if row.key == key.name:
                yield f"before `{other.name}`{_when(row)}" + (", after it otherwise." if row.when else ".")
    if key.write_once:
        yield "last in its tenant."


def _when(row: WriteAfter) -> str:
    fields: Mapping[str, Any] = row.when.get("properties", {})
    constants = [f"`{name}` is `{_text(field['const'])}`" for name, field in fields.items() if "const" in field]
    if not row.when:
        return ""
    said = " and ".join(constants) if constants else f"the value fits `{json.dumps(row.when)}`"
    return f" if {said}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


ABOUT_RULES = """\
Rules of ours, stricter than the API's document. They hold for what stands in a tenant's file; a live value is
never judged by them. `validate` names one as `rule/ID`. An error stops the run, a warning is told. They are data,
one file for each key, below `schemas/rules/`."""


def house_rules() -> str:
    """Return the page of all house rules."""
    parts = [head("House rules", "`schemas/rules/`", ABOUT_RULES)]
    for key in catalogue().keys:
        if key.rules:
            rows = [
                (code(rule.id), rule.severity.value, sentence(rule.reason), sentence(rule.hint)) for rule in key.rules
            ]
            parts += [f"## {key.name}\n", table(("rule", "severity", "why", "what to do"), rows)]
    return "\n".join(parts)
