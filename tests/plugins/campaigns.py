"""At the end of a test run: what each campaign tried, and what came of it. `--campaign-figures FILE` keeps it."""

import json
from pathlib import Path

import pytest

from tests.campaigns.tally import PROPERTY, Tally

_TALLIES = pytest.StashKey[dict[str, Tally]]()


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tallies = sorted(config.stash[_TALLIES].values(), key=lambda tally: tally.name)
    if not tallies:
        return
    terminalreporter.section("campaigns")
    for tally in tallies:
        terminalreporter.write_line(
            f"{tally.name}: {tally.runs:,} runs, {tally.requests:,} requests, {tally.faults.total():,} faults,"
            f" {tally.crashes:,} crashes, {len(tally.violations):,} violations"
        )
        for kind, count in sorted(tally.faults.items()):
            terminalreporter.write_line(f"    {kind:<20}{count:>9,}")
    total = sum(tally.faults.total() for tally in tallies)
    broken = sum(len(tally.violations) for tally in tallies)
    terminalreporter.write_line(f"all campaigns: {total:,} faults, {broken:,} violations")
    wanted = config.getoption("--campaign-figures")
    if wanted:
        plain = [tally.plain() for tally in tallies]
        Path(wanted).write_text(json.dumps(plain, indent=2) + "\n", encoding="utf-8")
