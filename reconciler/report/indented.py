"""JSON text as `json.dumps(indent=2)` writes it, several times faster: that one is Python, a call for every comma."""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

_scalar = json.JSONEncoder(allow_nan=False).encode
"""Also of what is empty. Made once: `json.dumps` makes one for every call."""


def indented(value: Any, newline: str = "\n") -> str:
    """Return dicts, lists and scalars as `json.dumps(value, indent=2, allow_nan=False)` does.

    `newline` is the line break before the closing bracket, with its indent. Raises ValueError for NaN and infinity.
    """
    if isinstance(value, str):
        return quoted(value)
    inner = newline + "  "
    if value and isinstance(value, Mapping):
        members = [f"{quoted(name)}: {indented(member, inner)}" for name, member in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{newline}}}"
    if value and isinstance(value, list):
        return f"[{inner}{f',{inner}'.join([indented(item, inner) for item in value])}{newline}]"
    return _scalar(value)
