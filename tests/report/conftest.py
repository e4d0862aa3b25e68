"""What the tests of the report room share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

GOLDEN = Path(__file__).parent / "golden"
ROOT = Path(__file__).parents[2]

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Whole reports are slow to make up, and the room's tests are to be quick."""


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with tests/report/golden/NAME; with UPDATE_GOLDEN=1 write it instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, f"{name} changed: look, then UPDATE_GOLDEN=1"

    return compare
