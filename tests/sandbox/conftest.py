"""One server for the whole room, put back to an empty state before each test; its clock stands still."""

from collections.abc import Iterator

import httpx
import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import RunningSandbox, Sandbox
from tests.sandbox.calling import START, Caller, StandingClock


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue."""
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


@pytest.fixture(scope="session")
def ticking() -> StandingClock:
    """The clock of the one server."""
    return StandingClock()


@pytest.fixture(scope="session")
def served(
    tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue, ticking: StandingClock
) -> Iterator[RunningSandbox]:
    """The one server."""
    db = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    with Sandbox(db, catalogue, seed=None, clock=ticking).running() as running:
        yield running


@pytest.fixture
def clock(ticking: StandingClock) -> StandingClock:
    """The server's clock, back at its start."""
    ticking.moment = START
    return ticking


@pytest.fixture
def sandbox(served: RunningSandbox, clock: StandingClock) -> RunningSandbox:
    """The one server, empty."""
    served.reset()
    return served


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A client that follows no redirect and knows no proxy."""
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


@pytest.fixture
def call(sandbox: RunningSandbox, http: httpx.Client) -> Caller:
    """Call the empty server."""
    return Caller(sandbox, http)
