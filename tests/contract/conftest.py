"""One Prism and one WireMock a worker, each of which forgets between tests."""

from collections.abc import Iterator

import pytest

from tests.campaigns.conftest import tally
from tests.contract import wiremock as foreign
from tests.contract.gateway import Gateway, gateway, missing, prism
from tests.contract.wiremock import WireMock

__all__ = ["tally"]


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Prism and the gateway, for as long as this worker tests."""
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    with prism(tmp_path_factory.mktemp("prism") / "log") as port, gateway(port) as made:
        yield made


@pytest.fixture
def mock(standing: Gateway) -> Gateway:
    """Prism behind the gateway, with nothing asked for and nothing seen."""
    standing.reset()
    return standing


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireMock]:
    """WireMock, for as long as this worker tests."""
    if lacking := foreign.missing():
        pytest.skip(f"not installed: {lacking}")
    with foreign.wiremock(tmp_path_factory.mktemp("wiremock")) as running:
        yield running
