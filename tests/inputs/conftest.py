import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.inputs.credentials import Credentials, load_credentials
from reconciler.inputs.settings import Overrides, Settings, load_settings
from reconciler.inputs.usage import UsageProblem
from reconciler.inputs.user import UserSettings

DEFAULT_ORIGIN = "https://{tenant}.default.example"

Load = Callable[..., Settings | UsageProblem]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty folder, as `git clone` would leave it."""
    folder = tmp_path / "repository"
    folder.mkdir()
    return folder


@pytest.fixture
def load(repository: Path) -> Load:
    """Write a `reconciler.toml` into the repository (unless None), and load the settings from there."""

    def run(
        text: str | None = None,
        environment: Mapping[str, str] | None = None,
        *,
        start: Path = repository,
        explicit: Path | None = None,
        overrides: Overrides | None = None,
    ) -> Settings | UsageProblem:
        if text is not None:
            (repository / "reconciler.toml").write_text(text, "utf-8")
        return load_settings(
            start,
            explicit=explicit,
            environment=environment or {},
            overrides=overrides or Overrides(),
            default_origin=DEFAULT_ORIGIN,
        )

    return run


@pytest.fixture
def good(load: Load) -> Callable[..., Settings]:
    """As `load`, where settings must come out."""

    def run(*arguments: object, **named: object) -> Settings:
        settings = load(*arguments, **named)
        assert isinstance(settings, Settings), str(settings)
        return settings

    return run


@pytest.fixture
def refused(load: Load) -> Callable[..., str]:
    """As `load`, where a problem must come out: its whole text."""

    def run(*arguments: object, **named: object) -> str:
        problem = load(*arguments, **named)
        assert isinstance(problem, UsageProblem)
        return str(problem)

    return run


@pytest.fixture
def credentials() -> Callable[[str], Credentials]:
    """Load a document that must be good."""

    def run(document: str) -> Credentials:
        loaded = load_credentials(None, {"RECONCILER_CREDENTIALS": document}, UserSettings())
        assert isinstance(loaded, Credentials), str(loaded)
        return loaded

    return run


@pytest.fixture
def complaint() -> Callable[[str], str]:
    """Load a document that must be refused: the problem's whole text."""

    def run(document: str) -> str:
        loaded = load_credentials(None, {"RECONCILER_CREDENTIALS": document}, UserSettings())
        assert isinstance(loaded, UsageProblem)
        return str(loaded)

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], list[str]]:
    """Make a Python program of some lines, and return the argv that runs it."""

    def make(code: str) -> list[str]:
        path = tmp_path / f"program{len(list(tmp_path.glob('program*')))}.py"
        path.write_text(code, "utf-8")
        return [sys.executable, "-S", str(path)]

    return make


@pytest.fixture
def git(repository: Path, tmp_path: Path) -> Callable[..., str]:
    """Run git in the repository, untouched by the configuration of whoever runs the tests."""
    assert shutil.which("git"), "these tests need git"
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }

    def run(*arguments: str) -> str:
        command = ["git", "-c", "init.defaultBranch=main", *arguments]
        done = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    return run
