"""A key's example as a person would write it into a tenant's file."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reconciler.catalogue.tenantfile import in_file
from reconciler.model.key import Key

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_WORDS: Final = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
"""Not plain text to every reader of YAML."""


def sample(key: Key) -> str:
    """Return YAML that can stand in a tenant's file as it is, secrets as references; ends with a line feed."""
    value = in_file(key, key.example)
    return "\n".join([f"{key.group}:", *member_lines(key.short, value, "  ")]) + "\n"


def member_lines(name: str, value: Any, indent: str = "") -> Iterator[str]:
    """Yield a member in block style where it holds named fields, else on its own line."""
    if isinstance(value, Mapping) and value and "secret" not in value:
        yield f"{indent}{_flow(name)}:"
        for field, item in value.items():
            yield from member_lines(field, item, f"{indent}  ")
    else:
        yield f"{indent}{_flow(name)}: {_flow(value)}"


def _flow(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(name)}: {_flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return json.dumps(value)
