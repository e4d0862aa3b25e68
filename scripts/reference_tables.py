"""What the pages of the reference are made of: Markdown tables, and the line that says who wrote a page."""

from collections.abc import Iterable, Sequence


def head(title: str, source: str, *paragraphs: str) -> str:
    """Return a page's title, who writes it from what, and its first paragraphs."""
    written = f"<!-- Written by scripts/reference.py from {source}; a test holds that it is current. -->"
    return "\n\n".join([f"# {title}", written, *paragraphs]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells are Markdown already, but for the pipes in them."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Return a code span, or nothing for nothing."""
    return f"`{text}`" if text else ""


def sentence(text: str) -> str:
    """Return a text with one full stop at its end."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
