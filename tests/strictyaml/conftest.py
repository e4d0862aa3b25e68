from collections.abc import Callable

import pytest

from reconciler.strictyaml import Document, parse

Found = list[tuple[int, int, str, str]]


@pytest.fixture
def read() -> Callable[[str], Document]:
    """Parse text as a file named `f.yaml`."""
    return lambda text: parse(text.encode(), file="f.yaml")


@pytest.fixture
def found() -> Callable[[str | bytes], Found]:
    """Parse, and return line, column, pointer and rule of every finding."""

    def find(text: str | bytes) -> Found:
        document = parse(text if isinstance(text, bytes) else text.encode(), file="f.yaml")
        return [(p.line, p.column, p.pointer, p.rule) for p in document.problems]

    return find
