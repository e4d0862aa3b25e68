"""The few forms of markup that the page is made of. Text is escaped here; what is markup already, isn't."""

import re
from collections.abc import Iterable, Iterator, Sequence

from reconciler.report.untrusted import html

SHOWN = 100
"""Rows of a list or a table that are there to be read at once: below them comes what the reader is looking for."""
_SIGNS = re.compile(r"(?<=[_./-])(?=[^_./-])")


def section(title: str, *inner: str, name: str = "") -> Iterator[str]:
    """Yield a section of the page with its heading. `inner` is markup; `name` is the section's id."""
    place = f' id="{name}"' if name else ""
    yield f"<section{place}>\n<h2>{html(title)}</h2>"
    yield from inner
    yield "</section>"


def listed(title: str, items: Iterable[str], name: str = "") -> Iterator[str]:
    """Yield a section that is a list of texts; nothing if there are none. What goes beyond `SHOWN` is folded."""
    rows = [f"<li>{html(item)}</li>" for item in items]
    if rows:
        yield from section(title, "<ul>", *rows[:SHOWN], "</ul>", *_rest(rows, "<ul>", "</ul>"), name=name)


def table(heads: Iterable[str], rows: Iterable[str], kind: str = "") -> Iterator[str]:
    """Yield a table in a box of its own that scrolls. `rows` are markup; `kind` is one more class of the box.

    What goes beyond `SHOWN` is folded.
    """
    head = "".join(f'<th scope="col">{html(name)}</th>' for name in heads)
    # Focusable, because a wide table is scrolled with the keyboard too.
    before = f'<div class="{f"scroll {kind}".rstrip()}" tabindex="0">\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>'
    after = "</tbody>\n</table>\n</div>"
    every = list(rows)
    yield before
    yield from every[:SHOWN]
    yield after
    yield from _rest(every, before, after)


def _rest(rows: Sequence[str], before: str, after: str) -> Iterator[str]:
    left = len(rows) - SHOWN
    if left > 0:
        yield f"<details><summary>{left:,} more</summary>{before}"
        yield from rows[SHOWN:]
        yield f"{after}</details>"


def row(*cells: str) -> str:
    """Return a row of a table; `cells` are markup."""
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def code(text: str) -> str:
    """Return a text as it stands in a file or on a wire; it may be broken behind a sign."""
    return f"<code>{_SIGNS.sub('<wbr>', html(text))}</code>"


def folded(summary: str, *inner: str, opened: bool = False) -> str:
    """Return markup that a person can unfold. `summary` is text, `inner` is markup."""
    return f"<details{' open' if opened else ''}><summary>{html(summary)}</summary>{''.join(inner)}</details>"
