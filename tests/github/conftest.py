"""What the tests of the room that talks to GitHub share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.fake import FakeGitHub, serving
from tests.github.step import Step


@pytest.fixture
def step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Step:
    """A step of a job."""
    folder = tmp_path / "runner"
    folder.mkdir()
    return Step(folder, capsys)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub without anything in it. Its storage must never have been shown the token."""
    with serving(FakeGitHub()) as served:
        yield served
    assert served.leaks == []
