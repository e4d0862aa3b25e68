"""A plugin of pytest for `break_and_see.py`: it says which reconciler a test run has imported."""

import pytest

import reconciler

SAYING = "reconciler was imported from "


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it in a line of its own."""
    terminalreporter.write_line(f"{SAYING}{reconciler.__file__}")
