"""The page about states: the truth tables that stand in the docstrings of the modules that decide."""

import ast
from itertools import groupby
from pathlib import Path

from scripts.reference_tables import head, table

CODE = Path(__file__).resolve().parent.parent / "reconciler"
INTRODUCTION = """\
From an answer to a state, from a state to an action, from outcomes to a result: these tables are the ones in the code,
which holds to them by tests that try every cell. Why they are as they are is told in
[live states](../explanation/live-states.md)."""
EMPTY = """\
Empty is null, `{}`, `[]` or an empty text; false and 0 are values. A value fits if it fits the API's document, without
formats and house rules.
"""
FLAGS = """\
`rewrite` is `--rewrite`, `assume-unset` is `--assume-unset`; each acts in its own rows only. No row writes a write-once
key that has a value.
"""


def tables_of(module: str) -> list[str]:
    """Return the tables in a module's docstring, as Markdown."""
    text = ast.get_docstring(ast.parse((CODE / module).read_text(encoding="utf-8"))) or ""
    found: list[str] = []
    for is_row, lines in groupby(text.splitlines(), key=lambda line: line.startswith("|")):
        if is_row:
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            found.append(table(rows[0], _joined(rows[2:])))
    return found


def _joined(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows with each that has an empty first cell added to the one above: docstrings are narrow."""
    whole: list[list[str]] = []
    for row in rows:
        if row[0] or not whole:
            whole.append(row)
        else:
            whole[-1] = [f"{above} {below}".strip() for above, below in zip(whole[-1], row, strict=True)]
    return whole


def states() -> str:
    """Return the whole page."""
    read, posted = tables_of("platform/answers.py")
    (decided,) = tables_of("planning/decide.py")
    of_key, of_run, *more = tables_of("report/verdict.py")
    parts = [
        head("States, actions and results", "docstrings", INTRODUCTION),
        "## What a GET means\n",
        EMPTY,
        read,
        "## What plan makes of it\n",
        FLAGS,
        decided,
        "## What the answer to a POST means\n",
        "What follows from it is told in [reliability](../explanation/reliability.md).\n",
        posted,
        "## How a key counts\n",
        of_key,
        "## How a run ends\n",
        "The furthest down that holds for any tenant.\n",
        of_run,
        *more,
    ]
    return "\n".join(parts)
