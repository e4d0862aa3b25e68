"""A value as YAML to read and to copy: what an undo would put into a tenant's file."""

import json
import re
from collections.abc import Iterator, Mapping

from reconciler.model.values import Json
from reconciler.report.untrusted import visible

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
"""Names that some reader of YAML takes for something else."""


def yaml_lines(value: Json) -> tuple[str, ...]:
    r"""Return `value` as lines of YAML: objects as blocks, the rest on one line, texts in quotes.

    Nothing is lost, and nothing hides: what can't be seen is an escape such as `\u202e` within the quotes.
    """
    return tuple(_lines(value, ""))


def _lines(value: Json, indent: str) -> Iterator[str]:
    if not isinstance(value, Mapping) or not value:
        yield indent + _flow(value)
        return
    for name, member in value.items():
        if isinstance(member, Mapping) and member:
            yield f"{indent}{_name(name)}:"
            yield from _lines(member, indent + "  ")
        else:
            yield f"{indent}{_name(name)}: {_flow(member)}"


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) and name.lower() not in _WORDS else _quoted(name)


def _flow(value: Json) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(name)}: {_flow(member)}" for name, member in value.items()) + "}"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_flow, value))}]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """Not as JSON: that spells what lies beyond the first plane as two halves, which YAML doesn't put together."""
    return '"' + "".join(_spelled(char) for char in text) + '"'


def _spelled(char: str) -> str:
    if char in {'"', "\\"}:
        return f"\\{char}"
    return visible(char)
