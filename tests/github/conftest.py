"""What the tests of the room that talks to GitHub share."""

from pathlib import Path

import pytest

from tests.github.step import Step


@pytest.fixture
def step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Step:
    """A step of a job."""
    folder = tmp_path / "runner"
    folder.mkdir()
    return Step(folder, capsys)
