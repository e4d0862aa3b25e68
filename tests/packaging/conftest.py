"""The wheel, built from this checkout and installed beside copies of the dependencies that it declares, and no more.

Offline: it is built with the tools of this environment, and the dependencies are links to its packages. Only what
the wheel's own metadata asks for is linked, so a dependency that nobody declared is missing here.
"""

import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cli.calling import LIMIT, Done, surroundings

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """The wheel in an environment of its own, with or without what the extra asks for."""

    environment: Path
    dependencies: Path

    def __call__(self, *words: str, cwd: Path) -> Done:
        """Run `reconciler WORDS` in `cwd`."""
        return self._run(self.environment / "bin" / "reconciler", *words, cwd=cwd)

    def python(self, code: str, *, cwd: Path) -> Done:
        """Run a line of Python in that environment."""
        return self._run(self.environment / "bin" / "python", "-c", code, cwd=cwd)

    def _run(self, *command: str | Path, cwd: Path) -> Done:
        kept = {name: value for name, value in surroundings(cwd).items() if not name.startswith("COVERAGE_")}
        return subprocess.run(
            command,
            cwd=cwd,
            env={**kept, "PYTHONPATH": str(self.dependencies), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=LIMIT,
        )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=LIMIT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A fresh virtual environment that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False)
    command = [sys.executable, "-m", "pip", "--python", str(folder), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*command, str(wheel)], cwd=folder, capture_output=True, check=True, timeout=LIMIT)
    return folder


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Installed:
    """As `pip install reconciler` leaves it."""
    return Installed(environment, _linked(tmp_path_factory.mktemp("plain"), environment, frozenset()))


@pytest.fixture(scope="session")
def extra(tmp_path_factory: pytest.TempPathFactory, environment: Path) -> Installed:
    """As `pip install reconciler[sandbox]` leaves it."""
    return Installed(environment, _linked(tmp_path_factory.mktemp("extra"), environment, frozenset({"sandbox"})))


def _linked(folder: Path, environment: Path, extras: frozenset[str]) -> Path:
    """Link every package that the installed wheel asks for, directly or not, into `folder`."""
    (site,) = environment.glob("lib/python*/site-packages")
    (ours,) = (found for found in distributions(path=[str(site)]) if found.name == "reconciler")
    for needed in _needed(ours, extras, {}).values():
        base = Path(str(needed.locate_file("")))
        for top in {file.parts[0] for file in needed.files or () if file.parts[0] not in {"..", "__pycache__"}}:
            if not (folder / top).exists():
                (folder / top).symlink_to(base / top)
    return folder


def _needed(of: Distribution, extras: frozenset[str], found: dict[str, Distribution]) -> dict[str, Distribution]:
    for requirement in _requirements(of, extras):
        name = canonicalize_name(requirement.name)
        if name not in found or requirement.extras:
            found[name] = distribution(name)
            _needed(found[name], frozenset(requirement.extras), found)
    return found


def _requirements(of: Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in of.requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": one}) for one in extras or {""}):
            yield requirement
