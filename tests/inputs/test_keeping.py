import os
import subprocess
from pathlib import Path

import pytest

from reconciler.inputs.keeping import Kept, is_someone_elses, kept


@pytest.fixture
def secret(repository: Path) -> Path:
    """A file in a repository's folder."""
    path = repository / "c.yaml"
    path.write_text("x")
    return path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "init.defaultBranch=main", *words], cwd=folder, check=True, capture_output=True)


def test_without_a_repository_nothing_is_known(secret: Path):
    """So nothing is said."""
    assert kept(secret, dict(os.environ)) == Kept(None, None)
    assert kept(secret.parent / "gone" / "c.yaml", dict(os.environ)) == Kept(None, None)


def test_a_file_is_at_risk_until_it_is_ignored_and_tracked_once_it_is_added(secret: Path):
    """Ignored and yet added is tracked."""
    git(secret.parent, "init")
    assert kept(secret, dict(os.environ)) == Kept(tracked=False, at_risk=True)
    (secret.parent / ".gitignore").write_text("c.yaml\n")
    assert kept(secret, dict(os.environ)) == Kept(tracked=False, at_risk=False)
    git(secret.parent, "add", "--force", "c.yaml")
    assert kept(secret, dict(os.environ)) == Kept(tracked=True, at_risk=False)


def test_a_folder_is_tracked_by_what_is_in_it(secret: Path):
    """git knows no folders."""
    git(secret.parent, "init")
    (secret.parent / "f").mkdir()
    (secret.parent / "f" / "x").write_text("x")
    git(secret.parent, "add", "f/x")
    assert kept(secret.parent / "f", dict(os.environ)).tracked is True


def test_a_file_is_somebody_elses_unless_it_is_the_users_or_roots(secret: Path):
    """Who is not there owns nothing."""
    mine = secret.stat().st_uid
    assert not is_someone_elses(secret, uid=mine)
    assert is_someone_elses(secret, uid=mine + 1) is (mine != 0)
    assert not is_someone_elses(secret.parent / "gone", uid=mine + 1)
