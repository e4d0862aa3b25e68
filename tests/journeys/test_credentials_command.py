"""The command that prints the credentials, as a run meets it: what it says when it fails is told, and not kept."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.stage import Stage

SAID = "vault: no login for roosting"


def reports(folder: Path) -> list[Path]:
    """Every report of a run, in all forms."""
    return [path for path in folder.rglob("*") if path.suffix in {".json", ".md", ".html", ".txt"}]


def ran(stage: Stage, command: str, line: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the credentials of another."""
    own = {"RECONCILER_CREDENTIALS_COMMAND": line, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-m", "reconciler", command, *words],
        cwd=stage.folder,
        env={"HOME": str(stage.folder), "PATH": os.environ["PATH"], **own},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["plan", "doctor"])
def test_what_a_failing_command_says_is_told_and_in_no_report(stage: Stage, command: str):
    """Others read reports, and nobody knows what a vault's client says of a secret. What was wrong is in them."""
    stage.tenant("acme", on_hold_timer_duration=60)
    failing = [sys.executable, "-c", f"import sys; sys.stderr.write({SAID!r}); sys.exit(3)"]
    names = ("r.json", "r.md", "r.html", "r.txt") if command == "plan" else ("r.json",)
    ended = ran(stage, command, shlex.join(failing), *(word for name in names for word in ("--report", name)))
    assert ended.returncode == (64 if command == "plan" else 1)
    assert SAID in ended.stderr
    assert SAID not in ended.stdout
    found = reports(stage.folder)
    assert {path.name for path in found} == set(names)
    for path in found:
        assert "ended with exit code 3" in path.read_text(), path
        assert SAID not in path.read_text(), path


def test_a_command_of_the_checkouts_is_refused_before_anything_is_run(stage: Stage):
    """A branch may bring a file of that name."""
    stage.tenant("acme", on_hold_timer_duration=60)
    (stage.folder / "get").write_text("#!/bin/sh\ntouch was-run\n")
    (stage.folder / "get").chmod(0o755)
    ended = ran(stage, "plan", "./get")
    assert ended.returncode == 64
    assert "absolute path" in ended.stderr
    assert not (stage.folder / "was-run").exists()
