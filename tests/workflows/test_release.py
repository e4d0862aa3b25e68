"""The workflow that makes a release, run by act: from a tag to a draft, and where it stops."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from reconciler import __version__
from tests.workflows.repository import CONFIG, ROOT, TOOL, Ran, Repositories, commit, git, write

pytestmark = pytest.mark.long

CARRIED = (".github", "reconciler", "schemas", "scripts", "requirements", "pyproject.toml", "README.md", "LICENSE")
NOTES = f"# Changelog\n\n## [{__version__}] - 2026-02-03\n\n- All of it.\n"
TAG = f"v{__version__}"
# The other half of `make dist` sets up .venv, from the lock; it is what every other target begins with.
MAKE = '#!/bin/sh\ntest "$*" = dist && exec sh scripts/dist.sh\n'
ODD_MAKE = '#!/bin/sh\nsh scripts/dist.sh && echo >>"$ODD/times" && cat "$ODD/times" >>dist/runtime.txt\n'
GH = '#!/bin/sh\necho "gh $*"\n'


class Tagged:
    """A repository of the tool's files, and a machine on which `make` and `gh` are ours."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tools = folder / "tools"
        write(self.tools, {"make": MAKE, "gh": GH})
        for one in self.tools.iterdir():
            one.chmod(0o755)
        programs = Path(sys.executable).parent
        monkeypatch.setenv("PATH", f"{self.tools}:{programs}:{os.environ['PATH']}")
        monkeypatch.delenv("PYTHONPATH", raising=False)
        self.repositories = Repositories(folder, {"ODD": str(folder)}, {})
        self.repositories.tool_commit = "0" * 40
        (folder / "origins" / TOOL).mkdir(parents=True)
        self.repository = folder / "origins" / CONFIG
        for name in CARRIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.repository / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, self.repository / name)
        write(self.repository, {"CHANGELOG.md": NOTES})
        git(self.repository, "init", "--quiet", "--initial-branch=main")
        git(self.repository, "config", "uploadpack.allowAnySHA1InWant", "true")
        self.tip = commit(self.repository, "All of it")

    def push(self, tag: str, at: str) -> Ran:
        """Push a tag, and let the workflow run to its end."""
        return self.repositories.run("release.yml", "push", {"ref": f"refs/tags/{tag}", "after": at}, at)


@pytest.fixture
def tagged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tagged:
    """Such a repository."""
    return Tagged(tmp_path, monkeypatch)


def test_a_tag_on_main_becomes_a_draft_of_what_two_machines_built(tagged: Tagged):
    """The wheel was installed and used; what is attested is what is drafted."""
    ran = tagged.push(TAG, tagged.tip)
    assert ran.jobs == dict.fromkeys(("build", "build again", "attest", "draft"), "success"), ran.log
    assert f"The wheel works as installed: reconciler {__version__}." in ran.lines("build")
    files = {f"reconciler-{__version__}-py3-none-any.whl", f"reconciler-{__version__}.tar.gz"}
    files |= {"runtime.txt", "sbom.cdx.json"}
    assert set(re.findall(r"attested [0-9a-f]{64}  (\S+)", ran.lines("attest"))) == files
    (drafted,) = (line for line in ran.lines("draft").splitlines() if "gh release create" in line)
    assert f" {TAG} --repo {CONFIG} --draft --verify-tag " in drafted
    assert files | {"SHA256SUMS"} <= set(drafted.split())


def test_a_tag_of_another_branch_is_not_built(tagged: Tagged):
    """Nobody has reviewed what is there."""
    git(tagged.repository, "switch", "--quiet", "--create", "side")
    write(tagged.repository, {"reconciler/planted.py": "raise SystemExit\n"})
    at = commit(tagged.repository, "Plant")
    git(tagged.repository, "switch", "--quiet", "main")
    ran = tagged.push(TAG, at)
    assert ran.jobs == {"build": "failure"}, ran.log
    assert f"{TAG} is not on main" in ran.log


def test_what_two_machines_build_differently_is_neither_attested_nor_drafted(tagged: Tagged):
    """One of them, or what it fetched, is not what it should be."""
    write(tagged.tools, {"make": ODD_MAKE})
    write(tagged.repository, {"scripts/try_wheel.sh": "true\n"})
    ran = tagged.push(TAG, commit(tagged.repository, "Try less"))
    assert ran.jobs == {"build": "success", "build again": "failure"}, ran.log
    assert "gh release" not in ran.log
