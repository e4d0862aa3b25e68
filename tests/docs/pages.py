"""The pages for people, and what is in them: fenced blocks, links, tables."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]))

UNSORTED = frozenset(
    f"docs/{name}.md"
    for name in (
        "index",
        "github",
        "security",
    )
)
"""The pages that may lie in docs/ itself. All others have their place: scripts/move_page.py moves one there."""

_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One fenced block: its language, empty where none is given, and its text."""

    language: str
    text: str


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: str, language: str | None = None) -> list[Block]:
    """Return the fenced blocks of a page, in order; those of one language, if given."""
    found = [Block(match["language"], match["text"]) for match in _FENCE.finditer(text_of(page))]
    return [block for block in found if language is None or block.language == language]


def prose(page: str) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))
