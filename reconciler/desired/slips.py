"""Secrets that slipped into a tenant's file or profile, by what they look like: in any value, name or comment.

A sensitive field has its own rule. This one is for all other places, of which no schema says that a secret could be
there; so no message of the file may repeat what it found either.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from reconciler.desired.raw import RawTenant
from reconciler.model.problem import Problem
from reconciler.model.secret_shapes import Likeness, likenesses, spells, suspicious
from reconciler.model.words import Severity
from reconciler.strictyaml import Node

_SURE: Final = "rule/secret-literal"
_PERHAPS: Final = "rule/secret-suspected"
_REFERENCE: Final = "rule/secret-reference"
_SURE_HINT: Final = (
    "Remove it and replace it where it was issued: git keeps it, for all who can read the repository. The new one "
    "belongs into this tenant's credentials, and {secret: NAME} into the field that takes one."
)
_PERHAPS_HINT: Final = (
    "Whoever can read the repository or a report can read it. If it is one, prefer a field that takes {secret: NAME}."
)
_TELLING: Final = 12
"""Characters of a secret that a text has to show to be withheld. Messages cut what they quote, but not so short."""


def with_slips(data: bytes, raw: RawTenant, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems of a file with those of secrets in it, and none of them showing one."""
    found = _found(data, raw) if suspicious(data) or spells(data) else ()
    if not found:
        return tuple(problems)
    kept = [_withheld(problem, found) for problem in problems]
    # Of the same text, in quotes or without. One that stands beside it has to be told.
    told = {(one.line, one.column + quote) for one in kept if one.rule == _REFERENCE for quote in (0, 1)}
    return (*kept, *(_problem(one, raw.file) for one in found if (one.line, one.column) not in told))


def _found(data: bytes, raw: RawTenant) -> tuple[Likeness, ...]:
    """Return what stands in the file as it is, and what only its escapes spell, at the place of the value."""
    seen = likenesses(data.decode("utf-8-sig", "replace"))
    if not spells(data) or raw.document.root is None:
        return seen
    texts = {one.text for one in seen}
    spelled = (
        replace(one, line=line, column=column)
        for line, column, text in _texts(raw.document.root)
        for one in likenesses(text)
        if one.text not in texts
    )
    return tuple(sorted((*seen, *spelled)))


def _texts(root: Node) -> Iterator[tuple[int, int, str]]:
    """Yield every text and every name with its place. Iterative: depth is the writer's choice."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node.content, str):
            yield node.line, node.column, node.content
        elif isinstance(node.content, dict):
            yield from ((item.line, item.column, name) for name, item in node.content.items())
            waiting.extend(item.node for item in node.content.values())
        elif isinstance(node.content, tuple):
            waiting.extend(node.content)


def _problem(found: Likeness, file: str) -> Problem:
    if found.sure:
        message = f"This looks like {found.what}, and a file in git is no place for a secret"
        return Problem(file, found.line, found.column, "", _SURE, message, _SURE_HINT)
    message = f"This may be {found.what}"
    return Problem(file, found.line, found.column, "", _PERHAPS, message, _PERHAPS_HINT, Severity.WARNING)


def _withheld(problem: Problem, found: tuple[Likeness, ...]) -> Problem:
    """Take what was found out of a message that quotes the file."""
    starts = {one.text[:_TELLING] for one in found}
    parts = (problem.message, problem.hint, problem.pointer)
    message, hint, where = (any(start in part for start in starts) for part in parts)
    if not (message or hint or where):
        return problem
    return replace(
        problem,
        message="Not as it should be, and not shown: it looks like a secret" if message else problem.message,
        hint="" if hint else problem.hint,
        pointer="" if where else problem.pointer,
    )
