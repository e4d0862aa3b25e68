"""One language server for all tests of a worker: it takes a second to start, and forgets nothing that matters."""

from collections.abc import Iterator

import pytest

from tests.editor.page import Page
from tests.editor.server import Editor, editor, missing


@pytest.fixture(scope="session")
def server() -> Iterator[Editor]:
    """The server, with nothing from the network."""
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    with editor() as running:
        yield running


@pytest.fixture
def tenant(server: Editor) -> Page:
    """A tenant's file."""
    return Page(server, "opened.yaml", "tenant")


@pytest.fixture
def profile(server: Editor) -> Page:
    """A profile's file."""
    return Page(server, "_opened.yaml", "profile")
