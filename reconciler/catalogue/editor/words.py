"""What is shown over a key or a field: meaning, unit, bounds, default, house rules, order. As Markdown and as text."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from reconciler.catalogue.editor.spread import Spoken, at
from reconciler.catalogue.explain import order_of_writing
from reconciler.catalogue.sample import member_lines
from reconciler.catalogue.tenantfile import in_file
from reconciler.model.key import KEPT_BY_PLATFORM, Key, Schema
from reconciler.model.words import Severity

_WEIGHT: Final = {Severity.ERROR: "Rule", Severity.WARNING: "Advice"}
_ONCE: Final = (
    "**This can be set once in a tenant's life, and never changed or unset.** It is left alone where a value is live "
    "already; a first set asks for a reviewed plan."
)
_KINDS: Final = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` or `false`"}
_COUNTED: Final = {
    ("minLength", "maxLength"): "characters",
    ("minItems", "maxItems"): "items",
    ("minProperties", "maxProperties"): "fields",
}

_OTHERS: Final = {"exclusiveMinimum": "more than", "exclusiveMaximum": "less than", "multipleOf": "a multiple of"}


def of_key(key: Key, keys: Iterable[Key], spoken: Iterable[Spoken]) -> str:
    """Return the Markdown of a key; `spoken` is what its rules say of the value and of each place in it."""
    said = tuple(spoken)
    here = at(said, ())
    fields = key.schema.get("properties", {})
    required = _required(key.schema, here)
    listed = [
        f"- `{name}`: {_line(field, at(said, (name,)), required=name in required, brief=True)}"
        for name, field in fields.items()
    ]
    value = in_file(key, key.example)
    example = "\n".join(["```yaml", *member_lines(key.short, value), "```"])
    order = " ".join(order_of_writing(keys, key))
    parts = [
        _ONCE if key.write_once else "",
        key.description,
        "" if fields else _capital(_line(key.schema, here)),
        "\n".join(listed),
        _ruled(here),
        f"Order of writing: {order}" if order else "",
        f"Example:\n\n{example}" if isinstance(value, Mapping) else "",
    ]
    return _joined(parts)


def of_field(schema: Schema, spoken: Iterable[Spoken], *, required: bool | None) -> str:
    """Return the Markdown of a field, or of an item of a list (`required` is None)."""
    here = tuple(spoken)
    return _joined([schema.get("description", ""), _capital(_line(schema, here, required=required)), _ruled(here)])


def of_group(group: str, keys: Iterable[Key]) -> str:
    """Return the Markdown of a group: its keys, a line each."""
    rows = [f"- `{key.short}`: {key.title}{', can be set once' if key.write_once else ''}" for key in keys]
    return _joined([f"The keys of the API's group `{group}`. What isn't declared is left alone.", "\n".join(rows)])


def plain(markdown: str) -> str:
    """Return the same for editors that show no Markdown: without emphasis, and without the example."""
    return markdown.partition("\n\nExample:\n\n")[0].replace("**", "")


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _required(schema: Schema, spoken: Iterable[Spoken]) -> set[str]:
    """Return the fields that the API or a house rule asks for."""
    asked = {name for one in spoken if one.rule.severity is Severity.ERROR for name in one.part.get("required", [])}
    return asked | set(schema.get("required", []))


def _line(schema: Schema, spoken: Iterable[Spoken], *, required: bool | None = None, brief: bool = False) -> str:
    return " · ".join(_facts(schema, tuple(spoken), required=required, brief=brief))


def _facts(schema: Schema, spoken: tuple[Spoken, ...], *, required: bool | None, brief: bool) -> Iterator[str]:
    """Yield what can be said in a word or two, the bounds of the API and those of house rules taken together."""
    said = [schema, *(one.part for one in spoken if one.rule.severity is Severity.ERROR)]
    kind = _kind(schema)
    if kind:
        yield kind
    if schema.get("x-list-type") == "set":
        yield "a set: order means nothing"
    if "x-unit" in schema:
        yield f"unit: **{schema['x-unit']}**"
    yield from _bounds(said)
    if schema.get("x-sensitive") and "x-sent-to" in schema:
        kept = schema["x-sent-to"] == KEPT_BY_PLATFORM
        yield "kept by the platform" if kept else f"sent to the host of `{schema['x-sent-to'].removeprefix('/')}`"
    if "default" in schema and not required:
        yield f"left out, {_code(schema['default'])} counts"
    elif required is not None:
        yield "**required**" if required else "optional"
    if "examples" in schema and not brief:
        yield f"such as {' or '.join(_code(example) for example in schema['examples'])}"


def _kind(schema: Schema, *, alone: bool = True) -> str:
    """Return the kind in words; nothing for what editors list by themselves, unless it is not `alone`."""
    if schema.get("x-sensitive"):
        return "reference to a secret, `{secret: NAME}`"
    if "enum" in schema or "const" in schema:
        return "" if alone else " or ".join(_code(value) for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        item = _kind(schema.get("items", {}), alone=False)
        return f"list of {item}" if item else "list"
    if schema.get("format") == "uri":
        return "absolute URI"
    suffix = f" ({schema['format']})" if "format" in schema else ""
    return _KINDS.get(schema.get("type", ""), "") + suffix


def _bounds(said: Iterable[Schema]) -> Iterator[str]:
    schemas = tuple(said)
    if "enum" in schemas[0] or "const" in schemas[0] or schemas[0].get("x-sensitive"):
        return
    low = max((schema["minimum"] for schema in schemas if "minimum" in schema), default=None)
    high = min((schema["maximum"] for schema in schemas if "maximum" in schema), default=None)
    if (text := _range(low, high)) is not None:
        yield text
    for (fewest, most), noun in _COUNTED.items():
        low = max((schema[fewest] for schema in schemas if fewest in schema), default=None)
        high = min((schema[most] for schema in schemas if most in schema), default=None)
        if (low, high) == (1, None):
            yield "not empty"
        elif (text := _range(low, high)) is not None:
            yield f"{text} {noun}"
    for name, words in _OTHERS.items():
        yield from (f"{words} {schema[name]}" for schema in schemas if name in schema)


def _range(low: Any, high: Any) -> str | None:
    if low is None and high is None:
        return None
    if low is None or high is None:
        return f"at least {low}" if high is None else f"at most {high}"
    return f"{low} to {high}"


def _ruled(spoken: Iterable[Spoken]) -> str:
    """Return the house rules that speak here, errors first; `validate` names them by the same id."""
    by_rule = {one.rule.id: one.rule for one in spoken}
    rules = sorted(by_rule.values(), key=lambda rule: rule.severity is not Severity.ERROR)
    return "\n".join(f"- {_WEIGHT[rule.severity]} `{rule.id}`: {rule.reason} {rule.hint}".rstrip() for rule in rules)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _code(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"
