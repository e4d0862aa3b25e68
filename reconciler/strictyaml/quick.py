"""The quick way through a file with nothing out of the ordinary: events to plain data, with next to no positions.

It may give up wherever it likes; where it doesn't, `parse` has no finding and the same value. A property test holds
the two together: what is refused there has to be given up here.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
)

from reconciler.strictyaml.decoding import control_character, unquestioned
from reconciler.strictyaml.events import events_of
from reconciler.strictyaml.parser import MAX_DEPTH
from reconciler.strictyaml.scalars import Trap, resolve

MAX_BYTES: Final = 1 << 16
"""So few that the number of values need not be counted: none has less than a byte."""

_ODD: Final = object()
_TEXT: Final = frozenset({str})


class Placed(NamedTuple):
    """The mapping that a file says, and for each mapping in it where the names of its members stand, in order.

    Lines and columns start at 1.
    """

    content: dict[str, Any]
    names: Mapping[str, Sequence[tuple[int, int]]]


def quick(data: bytes) -> dict[str, Any] | None:
    """Return the mapping that `data` says, or None if only `parse` can tell. Never raises for what a file holds."""
    placed = quick_placed(data)
    return None if placed is None else placed.content


def quick_placed(data: bytes) -> Placed | None:
    """As `quick`, with the places of the names on the second level."""
    text = unquestioned(data) if len(data) <= MAX_BYTES else None
    if text is None:
        return None
    places: list[list[tuple[int, int]]] = []
    try:
        documents = _read(text, places)
    except YAMLError:
        return None
    # More than one is a second document; a lone scalar or list is nobody's file.
    if documents is None or len(documents) != 1 or type(documents[0]) is not dict:
        return None
    content = documents[0]
    inner = (name for name, value in content.items() if type(value) is dict)
    return Placed(content, dict(zip(inner, places, strict=True)))


def _read(text: str, places: list[list[tuple[int, int]]]) -> list[Any] | None:
    """Return the documents of `text`; None to give up. For ten thousand files, every line of this loop counts.

    Each open mapping or sequence is a flat list; that of a mapping has names and values by turns. `places` gets those
    of the names in each mapping on the second level.
    """
    around: list[list[Any]] = []
    here: list[Any] = []
    names: list[tuple[int, int]] = []
    next_event = events_of(text)
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is ScalarEvent:
            value = _quoted(event) if event.style else _plain(event.value)
            if value is _ODD or event.tag is not None or event.anchor is not None:
                return None
            if len(around) == 2 and len(here) % 2 == 0:
                names.append((event.start_mark.line + 1, event.start_mark.column + 1))
            here.append(value)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if event.tag is not None or event.anchor is not None or len(around) >= MAX_DEPTH:
                return None
            around.append(here)
            here = []
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            inner = here if kind is SequenceEndEvent else _mapping(here)
            if inner is None:
                return None
            here = around.pop()
            here.append(inner)
            if len(around) == 1:
                if kind is MappingEndEvent:
                    places.append(names)
                names = []  # those of a sequence are none
        elif _is_odd(event):
            return None
    return here


def _mapping(flat: list[Any]) -> dict[str, Any] | None:
    """Return names and values as a mapping; None if a name is no text, or stands there twice."""
    names = flat[::2]
    if not _TEXT.issuperset(map(type, names)):
        return None
    made = dict(zip(names, flat[1::2], strict=True))
    return made if len(made) == len(names) else None


@lru_cache(maxsize=4096)
def _plain(text: str) -> object:
    value = resolve(text)
    return _ODD if isinstance(value, Trap) or text == "<<" else value


def _quoted(event: ScalarEvent) -> object:
    return _ODD if control_character(event.value) else event.value


def _is_odd(event: Event) -> bool:
    if isinstance(event, DocumentStartEvent):
        return bool(event.version or event.tags)
    return isinstance(event, AliasEvent)
