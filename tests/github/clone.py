"""A real repository with a line of commits, for what git is asked. Their trees are empty: only the line matters."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # pragma: allowlist secret
_WHO = {
    **{f"GIT_{role}_{what}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@dataclass(slots=True)
class Clone:
    """A repository in a folder. `tip` is where the branch is."""

    folder: Path
    tip: str = ""

    def start(self) -> "Clone":
        """Make the repository, with a first commit."""
        self._git("init", "-q", "--template=", str(self.folder), at=self.folder.parent)
        self.commit("begin")
        return self

    def commit(self, message: str = "edit") -> str:
        """Add a commit to the branch, and return its name."""
        self.tip = self._made(message, self.tip)
        return self.tip

    def merge(self, branch: str) -> tuple[str, str]:
        """Merge a branch of one commit; return its head and the merge commit."""
        head = self._made(branch, self.tip)
        self.tip = self._made(f"Merge {branch}", self.tip, head)
        return head, self.tip

    def _made(self, message: str, *parents: str) -> str:
        named = [word for parent in parents if parent for word in ("-p", parent)]
        return self._git("commit-tree", "-m", message, *named, _EMPTY_TREE, at=self.folder)

    def _git(self, *words: str, at: Path) -> str:
        done = subprocess.run(
            ["git", *words], cwd=at, env={**os.environ, **_WHO}, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()
