"""A stage whose folder is a checkout: git, and edits of its files."""

import os
import subprocess
from pathlib import Path

from tests.journeys.stage import Stage


def git(folder: Path, *words: str) -> str:
    """Run git, untouched by the configuration of whoever runs the tests."""
    people = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "gc.auto=0", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **people},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit the tenants as they are, and return the name of the commit."""
    git(folder, "add", "-A", "tenants")
    git(folder, "commit", "-q", "--allow-empty", "-m", "more")
    return git(folder, "rev-parse", "HEAD")


def edit(stage: Stage, name: str, old: str, new: str) -> None:
    """Replace some text of a tenant's or a profile's file."""
    path = stage.folder / "tenants" / f"{name}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
