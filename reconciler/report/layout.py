"""Lines for a terminal: how wide text is, where it wraps, and what colour it has. Knows nothing of reports."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum


class Style(StrEnum):
    """What a line means, as the parameters of ANSI's SGR. Colour repeats what the words say.

    The colours are among the 256 that no theme changes, and neither bright nor dark, so that they can be read on black
    and on white. Of the sixteen old ones, yellow on white and blue on black are as good as not there.
    """

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    BAD = "38;5;160"
    GOOD = "38;5;28"
    CHANGE = "38;5;130"
    LOUD = "1;38;5;160"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, already harmless, with a style: for all of it, or for so many characters of its beginning."""

    text: str
    style: Style = Style.PLAIN
    marked: int | None = None


def painted(line: Line) -> str:
    """Return the line with its colour."""
    text = line.text
    cut = len(text) if line.marked is None else line.marked
    return f"\x1b[{line.style}m{text[:cut]}\x1b[0m{text[cut:]}" if line.style and text and cut else text


def marked(lines: Iterable[Line], first: int) -> Iterator[Line]:
    """Yield the lines with only the beginning of the first in colour: values are read best in the terminal's own."""
    for line in lines:
        yield replace(line, marked=first)
        first = 0


def cells(text: str) -> int:
    """Return how many terminal cells `text` takes: wide letters two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def _cell(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def padded(text: str, width: int) -> str:
    """Return `text` with blanks up to `width` cells."""
    return text + " " * (width - cells(text))


def wrapped(text: str, width: int, *, first: str = "", rest: str = "", style: Style = Style.PLAIN) -> Iterator[Line]:
    """Yield `text` in lines of at most `width` cells, the first after `first`, the others after `rest`.

    A word that is wider than a line is cut. At least 20 cells are left for text, however narrow the terminal.
    """
    lead, taken = first, first
    for word in text.split(" "):
        glue = "" if taken == lead else " "
        if cells(taken) + cells(glue) + cells(word) <= max(width, cells(lead) + 20):
            taken += glue + word
            continue
        if taken != lead:
            yield Line(taken.rstrip(), style)
            lead = rest
        *full, taken = _cut(word, max(width - max(cells(lead), cells(rest)), 20), lead, rest)
        for piece in full:
            yield Line(piece.rstrip(), style)
        lead = rest if full else lead
    yield Line(taken.rstrip(), style)


def _cut(word: str, room: int, first: str, rest: str) -> Iterator[str]:
    """Yield `word` in pieces of at most `room` cells, each after its indent."""
    piece, lead = "", first
    for char in word:
        if cells(piece) + cells(char) > room:
            yield lead + piece
            piece, lead = "", rest
        piece += char
    yield lead + piece
