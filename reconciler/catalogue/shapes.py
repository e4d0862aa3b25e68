"""The schema of a key's value: read from the document, references inlined, held to what is understood.

Normalising, closing and completing a value work on a small part of JSON Schema. What is outside of it is refused,
because a keyword that one room asserts and another one ignores makes two values equal that are not.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.catalogue.cursor import Cursor
from reconciler.catalogue.plainness import plain_fault
from reconciler.strictyaml import Path

_ANYWHERE: Final = ("type", "title", "description", "default", "examples", "x-ours", "x-unit")
_SCALAR: Final = (*_ANYWHERE, "enum", "const")
_NUMBER: Final = (*_SCALAR, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_UNDERSTOOD: Final[Mapping[str, tuple[str, ...]]] = {
    "object": (*_ANYWHERE, "properties", "required", "minProperties", "maxProperties"),
    "array": (*_ANYWHERE, "items", "minItems", "maxItems", "uniqueItems", "x-list-type"),
    "string": (*_SCALAR, "minLength", "maxLength", "pattern", "format", "x-sensitive", "x-sent-to"),
    "integer": _NUMBER,
    "number": _NUMBER,
    "boolean": _SCALAR,
}
_ROOT_MARKS: Final = ("x-write-once", "x-write-after")
_BESIDE_REF: Final = ("title", "description", "default", "examples", "x-ours", "x-unit", *_ROOT_MARKS)
_REF = re.compile(r"#/components/schemas/([A-Za-z0-9._-]+)")
_HINTS: Final = {
    "additionalProperties": "Leave it out: files are closed anyway, and unknown live fields don't count.",
    "nullable": "Leave it out: null means that nothing is set.",
}
ASSERTED: Final = ("uri", "date-time", "date", "email", "hostname", "ipv4", "ipv6", "uuid")
"""The formats that are asserted of files, which desired.formats does. Any other would only look like a check."""
_MOST_PLACES = 1_000
"""More than any config document has. References to references can multiply without bound."""


@dataclass(slots=True)
class Reading:
    """What is kept while a document's value schemas are read: the document, and the places looked at."""

    page: Cursor
    seen: set[Path] = field(default_factory=set)
    left: int = _MOST_PLACES


def read_schema(place: Cursor, reading: Reading, *, root: bool = True, above: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema at `place` with references inlined; what isn't understood is a finding and left out.

    `above` are the references that are being inlined: one of them again is a cycle.
    """
    reading.seen.add(place.path)
    reading.left -= 1
    if reading.left < 0:
        if reading.left == -1:
            place.say("ref", f"The value schemas have more than {_MOST_PLACES} places", "Use fewer references.")
        return {}
    if not isinstance(place.value, Mapping):
        place.say("schema", "A schema with a type is expected here")
        return {}
    if "$ref" in place.value:
        return _inlined(place, reading, root=root, above=above)
    return _own(place, reading, root=root, above=above)


def _inlined(place: Cursor, reading: Reading, *, root: bool, above: tuple[str, ...]) -> dict[str, Any]:
    reference = place.member("$ref")
    match = _REF.fullmatch(reference.value) if isinstance(reference.value, str) else None
    if match is None:
        reference.say("ref", "Only references to #/components/schemas/NAME are followed")
        return {}
    name = match[1]
    target = reading.page.member("components", "schemas", name)
    if not target.present or name in above:
        reference.say("ref", f"{name} refers to itself" if target.present else f"There is no schema {name}")
        return {}
    beside = {}
    for keyword, member in place.members():
        if keyword in _BESIDE_REF and (root or keyword not in _ROOT_MARKS):
            beside[keyword] = member.value
        elif keyword != "$ref":
            member.say("schema", f"{keyword} can't stand beside a reference", "Put it into that schema.")
    return {**read_schema(target, reading, root=root, above=(*above, name)), **beside}


def _own(place: Cursor, reading: Reading, *, root: bool, above: tuple[str, ...]) -> dict[str, Any]:
    kind = place.member("type").value
    if not isinstance(kind, str) or kind not in _UNDERSTOOD:
        hint = f"Give one of: {', '.join(_UNDERSTOOD)}. An optional value is left out, never null."
        place.say("schema", "A value needs a single, known type", hint)
        return {}
    understood = (*_UNDERSTOOD[kind], *(_ROOT_MARKS if root else ()))
    schema: dict[str, Any] = {}
    for keyword, member in place.members():
        if keyword in understood:
            schema[keyword] = _keyword(keyword, member, reading, above)
        else:
            _refuse(keyword, member, kind)
    if kind == "array" and "items" not in schema:
        place.say("schema", "An array needs a schema of its items")
    for name in _missing(schema):
        place.member("required").say("schema", f"{name} is required, and no such field is described")
    return schema


def _keyword(keyword: str, member: Cursor, reading: Reading, above: tuple[str, ...]) -> Any:
    if keyword == "properties":
        return {name: read_schema(field_, reading, root=False, above=above) for name, field_ in member.members()}
    if keyword == "items":
        return read_schema(member, reading, root=False, above=above)
    if keyword.startswith("x-"):
        _check_mark(keyword, member)
    elif keyword == "format" and member.value not in ASSERTED:
        member.say("schema", f"The format {member.value} is checked by nobody", f"There are: {', '.join(ASSERTED)}.")
    elif keyword in {"title", "description"}:
        return member.text()
    return member.value


def _refuse(keyword: str, member: Cursor, kind: str) -> None:
    if keyword in _ROOT_MARKS:
        member.say("mark", f"{keyword} belongs to the value of a key as a whole")
    elif keyword.startswith("x-"):
        member.say("mark", f"{keyword} is no mark that the type {kind} can have")
    else:
        hint = _HINTS.get(keyword, "Describe the value without it; a house rule may say the rest.")
        member.say("schema", f"{keyword} is not understood for the type {kind}", hint)


def _check_mark(keyword: str, member: Cursor) -> None:
    """Hold a mark to its form. What it points to is looked at once the whole value is known."""
    value = member.value
    if keyword in {"x-sensitive", "x-write-once"} and value is not True:
        member.say("mark", f"{keyword} can only be true", "Leave it out otherwise.")
    elif keyword == "x-list-type" and value != "set":
        member.say("mark", "x-list-type can only be set", "Leave it out for a list whose order matters.")
    elif keyword in {"x-unit", "x-ours"}:
        member.text()
    elif keyword == "x-write-after":
        for item in member.items():
            item.only("key", "when")
            item.member("key").text()
            fault = plain_fault(item.member("when").value) if item.member("when").present else ""
            if fault:
                item.member("when").say("mark", f"Not one plain JSON Schema: {fault}")


def _missing(schema: Mapping[str, Any]) -> Iterator[str]:
    required, fields = schema.get("required", []), schema.get("properties", {})
    if isinstance(required, list):
        yield from (str(name) for name in required if name not in fields)


def stray_marks(page: Cursor, seen: set[Path]) -> None:
    """Add a finding for each mark that nobody reads: a mistyped x-write-once must not pass in silence."""
    _stray(page, seen, names_are_data=False)


_DATA: Final = {"example", "examples", "default", "enum", "const"}
_NAMES: Final = {*("properties", "schemas", "responses", "paths", "content", "headers", "securitySchemes", "variables")}
_MARKS: Final = {
    *_ROOT_MARKS,
    *(mark for marks in _UNDERSTOOD.values() for mark in marks if mark.startswith("x-")),
}


def _stray(place: Cursor, seen: set[Path], *, names_are_data: bool) -> None:
    if isinstance(place.value, list):
        for item in place.items():
            _stray(item, seen, names_are_data=False)
    elif isinstance(place.value, Mapping):
        for name, member in place.members():
            if names_are_data:
                _stray(member, seen, names_are_data=False)
            elif name.startswith("x-"):
                _judge(name, member, seen)
            elif name == "$ref" and not str(member.value).startswith("#/components/"):
                member.say("ref", "Only references within the document are followed")
            elif name not in _DATA:
                _stray(member, seen, names_are_data=name in _NAMES)


def _judge(name: str, member: Cursor, seen: set[Path]) -> None:
    if name not in _MARKS:
        member.say("mark", f"{name} is no known mark", f"Known are: {', '.join(sorted(_MARKS))}.")
    elif name != "x-ours" and member.path[:-1] not in seen:
        member.say("mark", f"{name} has no effect here", "It belongs to the schema of a key's value.")
