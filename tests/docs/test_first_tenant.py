"""The tutorial: its commands are run in order in a fresh folder, and print what it shows."""

import subprocess
import sys
from pathlib import Path

from scripts.first_tenant import commands
from tests.cli.calling import LIMIT, surroundings
from tests.docs.pages import ROOT, blocks, text_of

PAGE = "docs/tutorial/first-tenant.md"


def test_the_walk_prints_what_the_page_shows(tmp_path: Path):
    """A script runs it, and rewrites the page without --check. Ports are put in the place of the page's own."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "first_tenant.py"), "--check"],
        cwd=tmp_path,
        env=surroundings(tmp_path),
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_walk_takes_ten_commands_from_the_clone_on():
    """That is what the page promises, and no block of it is left out of the run but the clone."""
    assert [block.language for block in blocks(PAGE)] == ["sh", *["console"] * 5, "yaml", "console", "yaml", "console"]
    (clone,) = blocks(PAGE, "sh")
    assert len(clone.text.splitlines()) + len(commands(text_of(PAGE))) == 10
    assert len(blocks(PAGE, "console")) == len(commands(text_of(PAGE)))
