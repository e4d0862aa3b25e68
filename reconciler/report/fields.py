"""The field changes of a key as people read them. Returns raw text: each renderer escapes it for its medium."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.plan import Change, FieldChange
from reconciler.model.values import ABSENT, Absent, Json, pointer
from reconciler.model.words import Action


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One line: `sign` is `+ ~ -`, `label` the field, `before` and `after` texts; an empty one isn't shown.

    `pointer` is the JSON Pointer. Of a `sensitive` field, `before` says what happens and `after` names the secret.
    """

    sign: str
    label: str
    before: str
    after: str
    pointer: str = ""
    sensitive: bool = False

    @property
    def text(self) -> str:
        """`before → after`, or the one that there is."""
        return " → ".join(part for part in (self.before, self.after) if part)


def field_lines(change: Change) -> tuple[FieldLine, ...]:
    """Return a line for each field that differs; for a whole value that comes new, one for each of its fields.

    A blocked key changes nothing, so it has none: `wording.blocked` says how it differs. A sensitive field shows
    no value, only which secret it would be.
    """
    return differing_lines(change) if change.action.writes else ()


def differing_lines(change: Change) -> tuple[FieldLine, ...]:
    """Return the same for a blocked key too, of which only how live differs from the file can be told."""
    return tuple(_line(part) for field in differences(change) for part in _members(field))


def differences(change: Change) -> tuple[FieldChange, ...]:
    """Return the fields that differ; the whole value where the change names none."""
    whole = FieldChange("", change.before, change.after)
    return change.changes or ((whole,) if change.action.writes or change.action is Action.BLOCKED else ())


def _members(field: FieldChange) -> Iterator[FieldChange]:
    """Take an object that is added as a whole apart, so that it reads like any other change."""
    if field.before is ABSENT and isinstance(field.after, Mapping) and field.after and not field.sensitive:
        for name, value in field.after.items():
            yield FieldChange(field.pointer + pointer(name), ABSENT, value, sensitive=is_reference(value))
    else:
        yield field


def is_reference(value: Json) -> bool:
    """True for `{"secret": NAME}`, which is all that a report shows of a secret that a file wants."""
    return isinstance(value, Mapping) and set(value) == {"secret"}


def _line(field: FieldChange) -> FieldLine:
    sign, word = "~", "changes"
    if field.before is ABSENT:
        sign, word = "+", "set"
    elif field.after is ABSENT:
        sign, word = "-", "dropped"
    if field.sensitive:
        told = f"(sensitive, {word})"
        return FieldLine(sign, label(field.pointer), told, _reference(field.after), field.pointer, sensitive=True)
    return FieldLine(sign, label(field.pointer), value_text(field.before), value_text(field.after), field.pointer)


def _reference(value: Json | Absent) -> str:
    name = value.get("secret") if isinstance(value, Mapping) else None
    return f"secret {name}" if isinstance(name, str) else ""


def label(where: str) -> str:
    """Return a JSON Pointer as people write it: `/a/b` is `a.b`, and the whole value is `value`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in where.split("/")[1:]]
    return ".".join(parts) or "value"


def value_text(value: Json | Absent) -> str:
    """Return a value as compact JSON, the empty string for ABSENT."""
    if type(value) is int:
        return int.__repr__(value)  # frequent, and an encoder is slow to begin
    return "" if value is ABSENT else _compact(value)


_compact = json.JSONEncoder(ensure_ascii=False, default=dict).encode
"""Made once. What JSON doesn't know is a Mapping that is no dict."""
