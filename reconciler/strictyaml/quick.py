"""The quick way through a file with nothing out of the ordinary: events to plain data, without positions.

It may give up wherever it likes; where it doesn't, `parse` has no finding and the same value. A property test holds
the two together: what is refused there has to be given up here.
"""

from functools import lru_cache
from typing import Any, Final

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


def quick(data: bytes) -> dict[str, Any] | None:
    """Return the mapping that `data` says, or None if only `parse` can tell. Never raises for what a file holds."""
    text = unquestioned(data) if len(data) <= MAX_BYTES else None
    if text is None:
        return None
    try:
        content = _read(text)
    except YAMLError:
        return None
    # More than one is a second document; a lone scalar or list is nobody's file.
    return content[0] if content is not None and len(content) == 1 and type(content[0]) is dict else None


def _read(text: str) -> list[Any] | None:
    """Return the documents of `text`; None to give up. For ten thousand files, every line of this loop counts.

    Each open mapping or sequence is a flat list; that of a mapping has names and values by turns.
    """
    around: list[list[Any]] = []
    here: list[Any] = []
    next_event = events_of(text)
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is ScalarEvent:
            value = _quoted(event) if event.style else _plain(event.value)
            if value is _ODD or event.tag is not None or event.anchor is not None:
                return None
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
