"""In CI a skipped test is a failed test: there, every tool that a test may need must have been installed.

A test that may be skipped even there says so with the marker `allowed_skip_in_ci`. Turning the report itself
into a failure (rather than the session's exit code) works under xdist too, and pytest lists the tests as it
always does.
"""

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped while it ran, or before."""
    report = yield
    expected = hasattr(report, "wasxfail") or item.get_closest_marker("allowed_skip_in_ci") is not None
    if report.skipped and not expected and _in_ci():
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI doesn't allow: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a file that was skipped as a whole; there is no marker for that."""
    report = yield
    if report.skipped and _in_ci():
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CI doesn't allow: {_reason(report)}"
    return report


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    # A skip's longrepr is (file, line, reason).
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
