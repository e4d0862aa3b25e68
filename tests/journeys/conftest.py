"""A stage for each test, on one sandbox for each worker that is emptied in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import RunningSandbox, Sandbox
from tests.journeys.stage import Stage


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """The one server."""
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def sandbox(served: RunningSandbox) -> RunningSandbox:
    """The one server, empty."""
    served.reset()
    return served


@pytest.fixture
def stage(tmp_path: Path, sandbox: RunningSandbox) -> Stage:
    """A working directory without tenants, settings that lead to the sandbox, and credentials for it."""
    return Stage(tmp_path, sandbox)
