"""JSON in and out: parsed without Python's leniency, shown without what is sensitive."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.key import Schema
from reconciler.model.values import ABSENT, Absent, pointer

MASK = "********"
"""What stands for a sensitive text."""

EXTRA_FIELD = "sandbox_extra"
"""A field that no schema knows."""


def parse_json(body: bytes) -> Any | Absent:
    """Return the document in `body`; ABSENT if it isn't JSON, holds a number that JSON hasn't, or is too deep."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return ABSENT


def _refuse(word: str) -> float:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("too large a number")
    return number


_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")


def not_uris(value: Any, schema: Schema, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Yield the pointer of every text that should be a URI (`format: uri`) and has not the form of one.

    The catalogue leaves formats alone, because JSON Schema does. An API that documents one checks it.
    """
    if schema.get("format") == "uri" and isinstance(value, str) and not _URI.fullmatch(value):
        yield pointer(*path)
    elif isinstance(value, Mapping):
        fields: Mapping[str, Schema] = schema.get("properties", {})
        for name, member in value.items():
            yield from not_uris(member, fields.get(name, {}), (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from not_uris(item, schema.get("items", {}), (*path, index))


def masked(value: Any, schema: Schema) -> Any:
    """Return plain JSON with every text in a place marked `x-sensitive` replaced by a mask."""
    if schema.get("x-sensitive") and isinstance(value, str) and value:
        return MASK
    if isinstance(value, Mapping):
        fields: Mapping[str, Schema] = schema.get("properties", {})
        return {name: masked(member, fields.get(name, {})) for name, member in value.items()}
    if isinstance(value, list):
        return [masked(item, schema.get("items", {})) for item in value]
    return value


def with_extra_field(value: Any) -> Any:
    """Return an object with one unknown field more; anything else as it is."""
    return {**value, EXTRA_FIELD: "unknown to the schema"} if isinstance(value, Mapping) else value
