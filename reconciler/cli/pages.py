"""The pages of `explain` as a terminal gets them: headings, and tables that wrap within their columns. By rich."""

import io
from collections.abc import Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reconciler.catalogue.explain import API, EXAMPLE, ONCE, ORDER, RULES, VALUE, Page
from reconciler.report.layout import Style
from reconciler.report.untrusted import terminal

WIDEST = 110
"""Cells: prose that is wider is hard to read, however wide the terminal."""
_STRONG, _FAINT = "bold", "dim"
_LOUD = f"bold color({Style.BAD.rsplit(';', 1)[1]})"
_INDENT = (0, 0, 0, 2)


def drawn(pages: Sequence[Page], *, listed: bool, width: int, colour: bool) -> str:
    """Return the pages, or the list of them, in lines of at most `width` cells, at least 40."""
    made = io.StringIO()
    console = Console(
        file=made,
        width=max(40, min(width, WIDEST)),
        force_terminal=colour,
        color_system="256" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(_list(pages) if listed else Group(*(_page(one) for one in pages)))
    return "\n".join(line.rstrip() for line in made.getvalue().splitlines()) + "\n"


def _text(text: str, style: str = "") -> Text:
    """Return what stands in a schema, which may be anybody's, as text and nothing else."""
    return Text(terminal(text), style)


def _prose(text: str) -> Text:
    """Return a description, of which the one mark of Markdown that people stress with is obeyed."""
    made = Text()
    for number, part in enumerate(text.replace("\n", " ").split("**")):
        made.append(_text(part, _STRONG if number % 2 else ""))
    return made


def _table(*heads: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style=_STRONG, border_style=_FAINT)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _list(pages: Sequence[Page]) -> RenderableType:
    parts: list[RenderableType] = []
    for group, members in groupby(pages, key=lambda page: page.name.partition(".")[0]):
        table = _table(terminal(group), "What it is")
        table.columns[0].no_wrap = True
        for page in members:
            what = _prose(page.phrase)
            if page.write_once:
                what.append(" Can be set once.", _LOUD)
            table.add_row(_text(page.name.partition(".")[2]), what)
        parts += [table, Text("")]
    return Group(*parts, Text("More of one: reconciler explain KEY"))


def _page(page: Page) -> RenderableType:
    parts: list[RenderableType] = [_text(page.name, _STRONG), _text(page.title, _FAINT)]
    for paragraph in page.paragraphs:
        parts += [Text(""), _prose(paragraph)]
    if page.write_once:
        parts += [Text(""), Text(ONCE, _LOUD)]
    parts += _section(VALUE, _places(page))
    if page.rules:
        parts += _section(RULES, _rules(page))
    if page.order:
        parts += _section(ORDER, *(_text(line) for line in page.order))
    parts += _section(EXAMPLE, *(_text(line) for line in page.example.splitlines()))
    parts += _section(API, _text(page.path), *(_text(line) for line in page.answers))
    return Group(*parts, Text(""))


def _section(heading: str, *inner: RenderableType) -> list[RenderableType]:
    return [Text(""), Text(heading, _STRONG), *(Padding(one, _INDENT) for one in inner)]


def _places(page: Page) -> RenderableType:
    table = _table("Where", "What may stand there", "What it means")
    table.columns[0].no_wrap = True
    meant = any(place.meaning for place in page.places)
    table.columns[2].header = "What it means" if meant else ""
    for number, place in enumerate(page.places):
        if number and meant:
            table.add_row()
        facts = Text("\n").join(_text(fact) for fact in place.facts)
        table.add_row(_text(place.name), facts, _prose(place.meaning))
    return table


def _rules(page: Page) -> RenderableType:
    table = _table("Rule", "Why, and what to do")
    table.columns[0].no_wrap = True
    for number, rule in enumerate(page.rules):
        if number:
            table.add_row()
        name = Text("\n").join([_text(rule.id), Text(rule.severity.value, _FAINT)])
        table.add_row(name, _prose(f"{rule.reason} {rule.hint}".strip()))
    return table
