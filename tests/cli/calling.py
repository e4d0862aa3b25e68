"""Runs the command as a user does: a process of its own, in a folder and an environment of the test's choice."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

LIMIT = 60.0
"""Seconds. Nothing here takes that long; a test that hangs should say so."""

Done = subprocess.CompletedProcess[str]


def surroundings(home: Path, **more: str) -> dict[str, str]:
    """Return an environment in which nothing of the developer's own can be found: no settings, no credentials."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("RECONCILER_", "XDG_", "_RECONCILER_")) and name not in {"NO_COLOR", "COLUMNS"}
    }
    # The interpreter that runs the tests comes first, as an activated environment would.
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "HOME": str(home), **more}


def reconciler(*words: str, cwd: Path, env: Mapping[str, str] | None = None) -> Done:
    """Run `reconciler WORDS` in `cwd` and return what it said and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=cwd,
        env=surroundings(cwd) if env is None else dict(env),
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=LIMIT,
    )
