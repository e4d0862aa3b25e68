"""The step that installs the tool in a job, run for real: the journeys take a shorter way."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.workflows.repository import ROOT, git


@pytest.mark.long
def test_the_action_installs_the_tool_from_its_own_commit(tmp_path: Path):
    """With what its lock file names, and nothing else on the PATH than its two programs."""
    action = tmp_path / "tool"
    git(ROOT, "clone", "--quiet", str(ROOT), str(action))
    job = tmp_path / "job"
    job.mkdir()
    # A working directory that would be a trap for whoever looks for modules there.
    (job / "reconciler.py").write_text("raise SystemExit('a stranger\\'s code')\n")
    (job / "click.py").write_text("raise SystemExit('a stranger\\'s code')\n")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = {
        **kept,
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_PATH": str(tmp_path / "path"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    (tmp_path / "temp").mkdir()
    subprocess.run(["bash", action / "scripts" / "install_in_ci.sh"], cwd=job, env=environment, check=True)
    folder = Path((tmp_path / "path").read_text().strip())
    assert {one.name for one in folder.iterdir()} == {"reconciler", "reconciler-github"}
    for program in ("reconciler", "reconciler-github"):
        done = subprocess.run(
            [folder / program, "--version"], cwd=job, env=kept, check=True, capture_output=True, text=True
        )
        version = done.stdout.split()[-1]
        assert (tmp_path / "output").read_text() == f"version={version}\n"
