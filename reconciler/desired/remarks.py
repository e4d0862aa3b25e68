"""What a reader of a drafted file should know of a key, as comments: what the catalogue says of it, in few words."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.key import Key, Schema
from reconciler.model.normal import Path

_WIDTH: Final = 100
"""Characters of a comment above a key."""
_SENTENCE: Final = re.compile(r".+?[.](?=\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Remarks:
    """Comments about one key: lines `above` it, and one `beside` each place of its value, by path."""

    above: tuple[str, ...] = ()
    beside: Mapping[Path, str] = field(default_factory=dict)


def remarks(key: Key) -> Remarks:
    """Return title, meaning and warning of `key`, and beside its places what the name doesn't say: unit, default."""
    meaning = _SENTENCE.match(" ".join(key.description.split("\n\n")[0].split()))
    above = textwrap.wrap(f"{key.title}. {meaning[0] if meaning else ''}".rstrip(), _WIDTH, break_long_words=False)
    if key.write_once:
        above.append("It can be set once in a tenant's life: never sent to a tenant that has it.")
    return Remarks(tuple(above), dict(_beside(key.schema, ())))


def _beside(schema: Schema, path: Path) -> Iterator[tuple[Path, str]]:
    said = "; ".join(_facts(schema, str(path[-1]) if path else ""))
    if said:
        yield path, said
    if not schema.get("x-sensitive"):
        for name, inner in schema.get("properties", {}).items():
            yield from _beside(inner, (*path, name))


def _facts(schema: Schema, name: str) -> Iterator[str]:
    title = schema.get("title", "")
    # The title of the key itself stands above it, and one that only repeats the name tells nothing.
    if name and title and title.casefold() != name.replace("_", " ").casefold():
        yield title
    if schema.get("x-sensitive"):
        yield "a secret of the credentials, by name"
    choice = schema.get("enum") or schema.get("items", {}).get("enum")
    if choice:
        yield f"any of {', '.join(map(_word, choice))}"
    if schema.get("x-list-type") == "set":
        yield "in any order"
    if "x-unit" in schema:
        yield f"in {schema['x-unit']}"
    if "default" in schema:
        yield f"default {_word(schema['default'])}"


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
