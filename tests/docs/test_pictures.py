"""The pictures of a terminal show what the program shows today; the script that draws them checks itself."""

import subprocess
import sys
from pathlib import Path

from tests.cli.calling import LIMIT, surroundings
from tests.docs.pages import ROOT


def test_the_pictures_of_a_terminal_are_current(tmp_path: Path):
    """The overview as it is drawn, and of the progress the words: its figures are others each time."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.picture_terminal", "--check"],
        cwd=ROOT,
        env=surroundings(tmp_path),
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")
