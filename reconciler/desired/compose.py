"""Values to the text of a tenant's file: what `import` writes, in the one style that reading it back understands."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.desired.places import EXTENDS
from reconciler.desired.remarks import Remarks
from reconciler.model.key import Key
from reconciler.model.normal import Path
from reconciler.model.values import Secret, SecretRef, Value

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MEANS_SOMETHING = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""To one YAML reader or another. Quoted, they are text to all."""
_FARTHEST = 60
"""The column behind which comments beside a value are no longer aligned."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a file. With `instead_of`, it stands there as a comment, and that says why."""

    key: Key
    value: Value
    instead_of: tuple[str, ...] = ()
    remarks: Remarks = field(default_factory=Remarks)


def compose(
    entries: Iterable[Entry], header: Sequence[str] = (), footer: Sequence[str] = (), extends: Sequence[str] = ()
) -> str:
    """Return a file with `entries` in catalogue order, each group once, and comments before and after.

    `extends` are the profiles that it names. Raises ValueError for a Secret: a file holds references only.
    """
    lines = [_comment(line) for line in header]
    if extends:
        lines.append(f"{EXTENDS}: [{', '.join(extends)}]")
    ordered = sorted(entries, key=lambda entry: entry.key.order)
    for group in dict.fromkeys(entry.key.group for entry in ordered):
        members = [entry for entry in ordered if entry.key.group == group]
        commented = all(entry.instead_of for entry in members)
        lines.append(f"{'# ' if commented else ''}{group}:")
        for number, entry in enumerate(members):
            lines += ["" for _ in entry.remarks.above[:1] if number]
            lines += _entry(entry)
    if not extends and all(entry.instead_of for entry in ordered):
        # A file of comments alone would be an empty one, which is refused as a slip.
        lines.append("{}  # Nothing is declared. These braces go when something is.")
    lines += [_comment(line) for line in footer]
    return "\n".join(lines) + "\n"


def snippet(entry: Entry) -> str:
    """Return a file with one key alone, whatever speaks against it: to ask whether it would be valid."""
    return compose([Entry(entry.key, entry.value)])


def _entry(entry: Entry) -> list[str]:
    text = _aligned(list(_member(entry.key.short, entry.value, 1, (), entry.remarks.beside)))
    above = [f"  # {_one_line(line)}" for line in entry.remarks.above]
    if not entry.instead_of:
        return [*above, *text]
    return [*above, *(f"  # {_one_line(why)}" for why in entry.instead_of), *(f"  # {line[2:]}" for line in text)]


def _aligned(lines: Sequence[tuple[str, str]]) -> list[str]:
    """Put each line's comment behind it, all of them at one column as far as they can be."""
    column = max((len(text) for text, comment in lines if comment and len(text) <= _FARTHEST), default=0)
    return [f"{text:<{column}}  # {_one_line(comment)}" if comment else text for text, comment in lines]


def _member(name: str, value: Value, depth: int, path: Path, beside: Mapping[Path, str]) -> Iterator[tuple[str, str]]:
    """Yield a mapping's members line by line, each with its comment; all else stands on the line of its name."""
    indent = "  " * depth
    if isinstance(value, Mapping) and value:
        yield f"{indent}{_text(name)}:", beside.get(path, "")
        for member, inner in value.items():
            yield from _member(member, inner, depth + 1, (*path, member), beside)
    else:
        yield f"{indent}{_text(name)}: {_flow(value)}", beside.get(path, "")


def _flow(value: Value) -> str:
    match value:
        case Secret():
            raise ValueError("a file holds references, not secrets")
        case SecretRef(name=name):
            return f"{{secret: {name}}}"
        case bool() | None:
            return json.dumps(value)
        case str():
            return _text(value)
        case int():
            return str(value)
        case float():
            return _number(value)
        case tuple():
            return f"[{', '.join(_flow(item) for item in value)}]"
        case _:
            return "{" + ", ".join(f"{_text(name)}: {_flow(member)}" for name, member in value.items()) + "}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("not a JSON number")
    return repr(value)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANS_SOMETHING:
        return text
    # Also what doesn't print is escaped: a file may not hold it as it is, not even in a comment.
    return _one_line(json.dumps(text, ensure_ascii=False))


def _comment(line: str) -> str:
    return f"# {_one_line(line)}" if line else ""


def _one_line(text: str) -> str:
    """Line feeds and what doesn't print become escapes: in a comment, where they could end it, and in a text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
