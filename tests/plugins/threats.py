"""At the end of a test run: how often each threat was tried, and how often a defence failed: `--threat-figures`."""

import json
import platform
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.security.threats import THREATS

_CASES = "threat-cases"
_TRIED = pytest.StashKey["_Tried"]()


class Cases:
    """Says how many things a test tried. Without a word it is one."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int = 1) -> None:
        """Count that many more."""
        self.count += number


@pytest.fixture
def cases(record_property: Callable[[str, object], None]) -> Iterator[Cases]:
    """Counts what a test tries, for the table in docs/security.md."""
    counted = Cases()
    yield counted
    record_property(_CASES, counted.count)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--threat-figures", metavar="FILE", help="write how often each threat was tried to FILE, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TRIED] = tried = _Tried()
    config.pluginmanager.register(tried, "threats-tried")


class _Tried:
    """Adds up what the tests report, whichever worker ran them."""

    def __init__(self) -> None:
        self.cases: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()
        self.violations: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, threat in THREATS.items():
            if threat.has(report.nodeid):
                if report.failed:
                    self.violations.setdefault(name, set()).add(report.nodeid)
                elif report.when == "teardown":
                    said = dict(report.user_properties).get(_CASES, 0)
                    self.cases[name] += said if isinstance(said, int) and said else 1
                    self.tests[name] += 1

    def plain(self) -> dict[str, Any]:
        """As scripts/security_figures.py reads it. The machine is told by its kind alone."""
        return {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
            "threats": {
                name: {
                    "tests": self.tests[name],
                    "cases": self.cases[name],
                    "violations": sorted(self.violations.get(name, ())),
                }
                for name in THREATS
            },
        }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    wanted = config.getoption("--threat-figures")
    if wanted:
        path = Path(wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(config.stash[_TRIED].plain(), indent=2) + "\n", encoding="utf-8")
        terminalreporter.write_line(f"threats: written to {wanted}")
