"""One Prism a worker, and a gateway before it that forgets between tests."""

from collections.abc import Iterator

import pytest

from tests.contract.gateway import Gateway, gateway, missing, prism


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
