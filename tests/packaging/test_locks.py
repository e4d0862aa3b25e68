"""What `make` installs is what the locks say, today as on the day they were written."""

import re

from tests.docs.pages import ROOT


def test_a_lock_is_installed_without_asking_for_newer_releases():
    """pip resolves `coverage[toml]` afresh, to one without a hash in the lock, unless it is told not to resolve."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install .*-r requirements/\S+", makefile)
    assert len(installs) >= 2
    assert [line for line in installs if "--no-deps" not in line or "--require-hashes" not in line] == []


def test_what_no_lock_takes_is_in_none_and_each_has_a_reason():
    """`make lock` leaves it out; a name that is put back by hand, or without a reason, is found here."""
    lines = (ROOT / "requirements" / "excludes.in").read_text(encoding="utf-8").splitlines()
    left_out = {name for name in lines if name and not name.startswith("#")}
    locked = {
        line.split("==")[0]
        for lock in sorted((ROOT / "requirements").glob("*.txt"))
        for line in lock.read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    assert left_out
    assert left_out & locked == set()
    assert [name for name in left_out if not lines[lines.index(name) - 1].startswith("#")] == []
