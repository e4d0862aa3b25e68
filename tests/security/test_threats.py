"""The list of threats holds together: each is tried, each defence can be seen to matter, and the page is current."""

import pytest

from scripts.security_figures import main
from tests.breaks.breaks import BREAKS
from tests.security.threats import THREATS


@pytest.mark.parametrize("name", THREATS)
def test_each_defence_of_a_threat_is_taken_away_by_a_break(name: str):
    """tests/breaks/break_and_see.py takes it away, and sees a test turn red."""
    assert THREATS[name].breaks
    assert set(THREATS[name].breaks) <= {one.name for one in BREAKS}


@pytest.mark.parametrize("name", THREATS)
def test_each_threat_is_tried(name: str, request: pytest.FixtureRequest):
    """By tests that are there: a pattern that fits nothing would look like a defence."""
    patterns = THREATS[name].tests
    assert patterns
    for pattern in patterns:
        file, _, _ = pattern.partition("::")
        assert list(request.config.rootpath.glob(file)), pattern


def test_the_page_says_what_is_done_today():
    """To write it afresh: python -m scripts.security_figures."""
    assert main(["--check"]) == 0
