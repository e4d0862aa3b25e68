"""Pieces of a line of Markdown, made of strings from outside: each is literal, and none ends its cell or its link."""

from collections.abc import Sequence

from reconciler.report.links import Links
from reconciler.report.untrusted import markdown

VALUE = 200
NAMES = 8
"""Tenants or places that are named; the others are counted."""
_SENTENCE = 1_000
"""Characters of a value, or of a sentence with strings from outside, that are shown; JSON and HTML hold all."""


def code(text: str, limit: int = VALUE) -> str:
    """Return `text` as code. GitHub looks for no links and mentions in it; the escaping holds without it too."""
    return f"<code>{markdown(_cut(text, limit))}</code>" if text else ""


def name(text: str) -> str:
    """Return the name of a tenant or the like."""
    return markdown(_cut(text, VALUE))


def sentence(text: str) -> str:
    """Return a sentence with strings from outside."""
    return markdown(_cut(text, _SENTENCE))


def link(inner: str, address: str) -> str:
    """Return `inner`, which is harmless already, as a link to an address that `Links` made; without one, as it is."""
    return f"[{inner}]({address})" if address and inner else inner


def place(links: Links, file: str, line: int, shown: str = "") -> str:
    """Return `file:line`, or `shown` in its place, as a link where that is known."""
    return link(code(shown or f"{file}:{line}"), links.to(file, line))


def listed(shown: Sequence[str], total: int) -> str:
    """Return harmless names with commas between, and how many more there are."""
    more = total - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


def row(*cells: str) -> str:
    """Return a row of a table."""
    return "| " + " | ".join(cells) + " |\n"


def table(*heads: str) -> str:
    """Return the first two lines of a table."""
    return row(*heads) + "|" + " --- |" * len(heads) + "\n"


def window(before: str, after: str) -> tuple[str, str]:
    """Cut two long texts around the first place where they differ: a cut must not make them look alike."""
    if max(len(before), len(after)) <= VALUE:
        return before, after
    pairs = zip(before, after, strict=False)
    start = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))
    start = max(start - 40, 0) if before and after else 0
    return _part(before, start), _part(after, start)


def _part(text: str, start: int) -> str:
    if len(text) <= VALUE:
        return text
    head, tail = ("…" if start else ""), ("…" if start + VALUE < len(text) else "")
    return f"{head}{text[start : start + VALUE]}{tail} ({len(text):,} characters)"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
