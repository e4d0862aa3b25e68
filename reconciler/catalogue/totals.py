"""What must hold of a value's schema as a whole: it can be completed, secrets are bound, samples fit."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.catalogue.authority import schema_fault
from reconciler.catalogue.checking import Checker
from reconciler.catalogue.cursor import Cursor
from reconciler.model.key import KEPT_BY_PLATFORM, HouseRule, Schema
from reconciler.model.values import pointer
from reconciler.model.words import Severity

Where = tuple[str, ...]
"""A path in a schema's values: names of fields, and `*` for any item."""


def check_whole(place: Cursor, schema: Schema, rules: Iterable[HouseRule]) -> None:
    """Add what is wrong with the inlined `schema` of a value as a whole, at `place`."""
    fault = schema_fault(schema)
    if fault:
        place.say("schema", f"Not a JSON Schema: {fault}")
        return
    _check_secrets(place, schema)
    _check_total(place, schema, frozenset(_required_by(rules)))
    _check_samples(place, schema)


def check_example(place: Cursor, schema: Schema) -> None:
    """Add a finding if the example at `place` doesn't fit a schema that may be faulty itself."""
    misfits = () if schema_fault(schema) else Checker(schema).misfits(place.value)
    if misfits:
        place.say("example", f"The example doesn't fit: {misfits[0]}")


def nodes(schema: Any, where: Where = ()) -> Iterator[tuple[Where, Schema]]:
    """Yield every place of a value with its schema, the value itself first; rules may use `allOf`."""
    if not isinstance(schema, Mapping):
        return
    yield where, schema
    for inner in schema.get("allOf", []):
        yield from nodes(inner, where)
    for name, field in schema.get("properties", {}).items():
        yield from nodes(field, (*where, name))
    if "items" in schema:
        yield from nodes(schema["items"], (*where, "*"))


def _check_secrets(place: Cursor, schema: Schema) -> None:
    for where, node in nodes(schema):
        here = pointer(*where) or "the value"
        if "x-sent-to" in node and not node.get("x-sensitive"):
            place.say("mark", f"{here} has x-sent-to without x-sensitive")
        elif node.get("x-sensitive") and "x-sent-to" not in node:
            hint = (
                "Nothing would bind the secret to a host. Give x-sent-to: the JSON Pointer, within the value, of the "
                f"URL that the platform sends it to; or {KEPT_BY_PLATFORM}, if it sends it nowhere."
            )
            place.say("mark", f"{here} has x-sensitive without x-sent-to", hint)
        elif (
            "x-sent-to" in node
            and node["x-sent-to"] != KEPT_BY_PLATFORM
            and not _always_text(schema, node["x-sent-to"])
        ):
            hint = "Give the JSON Pointer, within the value, of a text that is always there and no secret."
            place.say("mark", f"x-sent-to of {here} doesn't point to a URL", hint)
        if node.get("x-sensitive") and {"default", "enum", "const"} & set(node):
            place.say("mark", f"{here} is sensitive: its text can't stand in the schema")
        if node.get("x-list-type") == "set" and any(inner.get("x-sensitive") for _, inner in nodes(node)):
            place.say("mark", f"{here} is a set, and holds secrets, which can't be sorted unseen")
        if _literal_secret(node.get("default"), node):
            place.say("mark", f"The default of {here} holds a secret's text")


def _always_text(schema: Schema, target: Any) -> bool:
    """True if the pointer `target` leads to text that is always there and may be shown."""
    if not isinstance(target, str) or (target and not target.startswith("/")):
        return False
    node = schema
    for part in target.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        field = node.get("properties", {}).get(name)
        if field is None or (name not in node.get("required", []) and "default" not in field):
            return False
        node = field
    return node.get("type") == "string" and not node.get("x-sensitive")


def _literal_secret(default: Any, schema: Schema) -> bool:
    if isinstance(default, str):
        return bool(schema.get("x-sensitive"))
    if isinstance(default, Mapping):
        fields = schema.get("properties", {})
        return any(_literal_secret(item, fields.get(name, {})) for name, item in default.items())
    if isinstance(default, list):
        return any(_literal_secret(item, schema.get("items", {})) for item in default)
    return False


def _check_total(place: Cursor, schema: Schema, required: frozenset[Where]) -> None:
    """Hold the value to be total: left to the platform, a field would get what nobody has reviewed."""
    for where, node in nodes(schema):
        for name, field in node.get("properties", {}).items():
            here = (*where, name)
            if name not in node.get("required", []) and "default" not in field and here not in required:
                hint = "Give the documented default, or a house rule (severity error) that requires it."
                place.say("total", f"{pointer(*here)} is optional and has no default", hint)


def _required_by(rules: Iterable[HouseRule]) -> Iterator[Where]:
    for rule in rules:
        if rule.severity is Severity.ERROR:
            for where, node in nodes(rule.schema):
                yield from ((*where, name) for name in node.get("required", []))


def _check_samples(place: Cursor, schema: Schema) -> None:
    for where, node in nodes(schema):
        samples = [node["default"]] if "default" in node else []
        checker = Checker(node)
        if not all(checker.fits(sample) for sample in [*samples, *node.get("examples", [])]):
            here = pointer(*where) or "the value"
            place.say("schema", f"A default or example of {here} doesn't fit its own schema")
