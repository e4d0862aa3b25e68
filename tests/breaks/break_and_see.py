"""Break the code on purpose, one defence at a time, and see whether the test that guards it turns red.

    python tests/breaks/break_and_see.py [--show] [NAME…]     all breaks, or those named
    python tests/breaks/break_and_see.py --of security        those of docs/security.md's threats, or of one: --of NAME
    python tests/breaks/break_and_see.py --list               the list as a Markdown table

Everything happens in a copy in a temporary folder; the checkout is only read. Exit code 1 if a break went unnoticed.
"""

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # run as a script, only this folder is on it
    sys.path.insert(0, str(ROOT))

from tests.breaks.breaks import BREAKS, Break  # noqa: E402 - needs the line above
from tests.breaks.imported_from import SAYING  # noqa: E402 - the same
from tests.security.threats import THREATS  # noqa: E402 - the same

NEEDED = (
    *("reconciler", "schemas", "tests", "tenants", "docs", "pyproject.toml", "README.md", "LICENSE"),
    *("scripts", "requirements", "Makefile", "action.yml", "CHANGELOG.md", ".ci", ".github", ".secrets.baseline"),
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", ".*_cache", ".hypothesis", ".reconciler")
LIMIT = 120
"""Seconds for one test."""
_OURS = ("COV", "PYTEST_", "RECONCILER_")
"""What a variable begins with that would make the runs in the copy part of a test run around them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a test run ended."""

    exit_code: int | None
    """None if it had to be stopped."""
    output: str
    seconds: float

    @property
    def errors(self) -> str:
        """The lines in which pytest says what failed; not the source around them, which says what was expected."""
        return "\n".join(line[1:].strip() for line in self.output.splitlines() if line.startswith("E  "))


class Copy:
    """A copy of the project in which tests are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        for name in NEEDED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.folder / name, ignore=LEFT_OUT)
            else:
                shutil.copy(ROOT / name, self.folder)

    def run(self, *tests: str, keep_bytecode: bool = False) -> Seen:
        """Run tests in a process of their own. Raises RuntimeError unless it was the copy that they tested."""
        flags = ("-n0", "-q", "--tb=short", "-p", "no:cacheprovider", "-p", "tests.breaks.imported_from")
        whole = ("-o", "verbosity_assertions=2")  # cut short, an assertion doesn't say what was found
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        kept |= {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "" if keep_bytecode else "1"}
        began = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", *flags, *whole, *tests],
                cwd=self.folder,
                env=kept,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=LIMIT * len(tests),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Seen(None, "", time.monotonic() - began)
        if f"{SAYING}{self.folder / 'reconciler' / '__init__.py'}" not in done.stdout.splitlines():
            raise RuntimeError(f"the copy was not tested, or nothing was:\n{done.stdout}")
        return Seen(done.returncode, done.stdout, time.monotonic() - began)

    def broken(self, one: Break) -> Seen:
        """Make the break, run its test, and mend it."""
        file = self.folder / one.path
        text = file.read_text(encoding="utf-8")
        if text.count(one.old) != 1:
            raise RuntimeError(f"{one.name}: its old text occurs {text.count(one.old)} times in {one.path}")
        file.write_text(text.replace(one.old, one.new), encoding="utf-8")
        # An edit within the same second that leaves the size as it is would not be noticed.
        Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)
        try:
            return self.run(one.test)
        finally:
            file.write_text(text, encoding="utf-8")


def unnoticed(one: Break, seen: Seen) -> str:
    """Return why a break doesn't count as noticed by its test; nothing if it does."""
    if seen.exit_code is None:
        return f"the test had not ended after {LIMIT} s"
    if seen.exit_code == 0:
        return "the test stayed green"
    if seen.exit_code != 1 or f"FAILED {one.test}" not in seen.output:
        return f"the test could not be run:\n{seen.output}"
    if not re.search(one.because, seen.errors):
        return f"the test failed for another reason than {one.because}:\n{seen.errors}"
    return ""


def table(breaks: Sequence[Break]) -> str:
    """Return the list as Markdown."""
    rows = ((one.name, one.harm, f"`{one.test}`") for one in breaks)
    lines = ("| break | what it would do | noticed by |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows))
    return "\n".join(lines)


def break_and_see(breaks: Sequence[Break], *, show: bool) -> int:
    """Print what became of each break; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="breaks-") as folder:
        copy = Copy(Path(folder))
        whole = copy.run(*dict.fromkeys(one.test for one in breaks), keep_bytecode=True)
        if whole.exit_code != 0:
            _say(f"{whole.output}\nUnbroken, these tests must be green; nothing was broken.")
            return 1
        _say(f"Unbroken, the tests that are to notice are green ({whole.seconds:.1f} s).")
        unguarded: list[str] = []
        for one in breaks:
            seen = copy.broken(one)
            why = unnoticed(one, seen)
            ended = "GREEN" if seen.exit_code == 0 else "other" if why else "red"
            _say(f"{one.name:<38} {ended:<6}{seen.seconds:>6.1f} s  {one.test}")
            if show:
                _say(seen.errors)
            if why:
                unguarded.append(f"UNGUARDED: {one.name}. {one.harm}\n  {one.test}: {why}")
    for text in unguarded:
        _say(text)
    _say(f"{len(breaks) - len(unguarded)} of {len(breaks)} breaks were noticed.")
    return 1 if unguarded else 0


def _of(threats: Sequence[str]) -> set[str]:
    """Return the names of the breaks that take away what is done about some threats."""
    chosen = THREATS if "security" in threats else threats
    return {name for threat in chosen for name in THREATS[threat].breaks}


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, and do what it asks."""
    parser = argparse.ArgumentParser(description="Break the code on purpose, and see whether a test notices.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="breaks to make; all of them if none is named")
    parser.add_argument(
        "--of", action="append", default=[], choices=["security", *THREATS], help="the breaks of all threats, or of one"
    )
    parser.add_argument("--list", action="store_true", help="print the breaks as a Markdown table, and make none")
    parser.add_argument("--show", action="store_true", help="print what the tests said, too")
    given = parser.parse_args(arguments)
    names = {*given.names, *_of(given.of)}
    unknown = names - {one.name for one in BREAKS}
    if unknown:
        parser.error(f"there is no break called {', '.join(sorted(unknown))}; see --list")
    chosen = [one for one in BREAKS if not names or one.name in names]
    if given.list:
        _say(table(chosen))
        return 0
    return break_and_see(chosen, show=given.show)


if __name__ == "__main__":
    sys.exit(main())
