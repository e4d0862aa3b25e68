"""What a key means, in words for people: taken from the catalogue by a journey, shown by the renderers.

Reports hold no meanings: they would be the same in every one. So a renderer that is given none shows none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """One place of a value. `title` and `text` may be empty; `unit` is what a number counts, such as `seconds`."""

    title: str = ""
    unit: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A key: `title` is a phrase, `text` its meaning as plain text, `fields` its places by JSON Pointer.

    The pointer of the value itself is the empty string; only places of which something is known are listed.
    """

    title: str
    text: str
    fields: Mapping[str, FieldMeaning] = field(default_factory=dict)

    def unit(self, pointer: str = "") -> str:
        """Return what the number at `pointer` counts, the empty string where it counts nothing that is known."""
        found = self.fields.get(pointer)
        return found.unit if found else ""


Meanings: TypeAlias = Mapping[str, Meaning]
"""By the full name of the key. A report may hold keys that are not in it: it may come from another catalogue."""

NO_MEANINGS: Final[Meanings] = MappingProxyType({})
