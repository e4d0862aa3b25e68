"""What `make` installs is what the locks say, today as on the day they were written."""

import re

from tests.docs.pages import ROOT


def test_a_lock_is_installed_without_asking_for_newer_releases():
    """pip resolves `coverage[toml]` afresh, to one without a hash in the lock, unless it is told not to resolve."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install .*-r requirements/\S+", makefile)
    assert len(installs) >= 2
    assert [line for line in installs if "--no-deps" not in line or "--require-hashes" not in line] == []
