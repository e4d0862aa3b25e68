"""At the end of a test run: what each campaign tried, and what came of it. `--campaign-figures FILE` keeps it."""

import json
import os
import platform
import textwrap
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.tally import PROPERTY, Tally

_TALLIES = pytest.StashKey[dict[str, Tally]]()
_COLUMNS = ("runs", "requests", "faults", "crashes", "violations")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--campaign-figures", metavar="FILE", help="write what the campaigns counted to FILE, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TALLIES] = {}
    config.pluginmanager.register(_Collector(config), "campaign-collector")


class _Collector:
    """Adds up what the tests report, whichever worker ran them."""

    def __init__(self, config: pytest.Config) -> None:
        self._tallies = config.stash[_TALLIES]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown":
            return  # every report of a test has all its properties
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, dict):
                part = Tally.from_plain(value)
                self._tallies.setdefault(part.name, Tally(part.name)).add(part)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int | pytest.ExitCode, config: pytest.Config
) -> None:
    tallies = sorted(config.stash[_TALLIES].values(), key=lambda tally: tally.name)
    if not tallies:
        return
    terminalreporter.section("campaigns")
    for line in _table(tallies):
        terminalreporter.write_line(line)
    wanted = config.getoption("--campaign-figures")
    if wanted:
        path = Path(wanted)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_figures(tallies, passed=exitstatus == 0), indent=2) + "\n", encoding="utf-8")
        terminalreporter.write_line(f"written to {wanted}")


def _table(tallies: Sequence[Tally]) -> Iterator[str]:
    """A row for each campaign, their sum, and then the faults of each by kind."""
    total = Tally("all campaigns")
    for tally in tallies:
        total.add(tally)
    rows = [*tallies, total] if len(tallies) > 1 else tallies
    yield f"{'campaign':<16}" + "".join(f"{name:>12}" for name in _COLUMNS)
    for tally in rows:
        counts = (tally.runs, tally.requests, tally.faults.total(), tally.crashes, len(tally.violations))
        yield f"{tally.name:<16}" + "".join(f"{count:>12,}" for count in counts)
    for tally in rows:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tally.faults.items()))
        yield ""
        yield from textwrap.wrap(f"{tally.name}, faults by kind: {kinds or 'none'}", 110, break_on_hyphens=False)


def _figures(tallies: Sequence[Tally], *, passed: bool) -> dict[str, Any]:
    """What `scripts/campaign_figures.py` reads. The machine is told by its kind alone."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
        "passed": passed,
        "campaigns": [tally.plain() for tally in tallies],
    }
