"""The tally of a campaign, handed to whoever prints it, and the stage on which it is played."""

from collections.abc import Iterator

import pytest

from tests.campaigns.tally import PROPERTY, Tally
from tests.journeys.conftest import catalogue, sandbox, served, stage

__all__ = ["catalogue", "sandbox", "served", "stage"]


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Counts for the campaign that the marker `campaign("name")` names. A violation fails the test."""
    marker = request.node.get_closest_marker("campaign")
    assert marker is not None, "a test with a tally says which campaign it belongs to"
    made = Tally(marker.args[0])
    yield made
    request.node.user_properties.append((PROPERTY, made.plain()))
    assert not made.violations, "\n".join(made.violations[:20])
