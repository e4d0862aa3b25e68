"""The report as a terminal gets it, as wide as the terminal is, with colour or without; and what a pipe gets."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.colour import wants_colour
from reconciler.report.layout import cells
from scripts.terminal import Terminal, shown
from tests.cli.calling import reconciler, surroundings

Show = Callable[..., list[str]]
ESCAPE = "\x1b"
SIZE = 24
"""Tenants; more than a terminal gets one by one."""

COLOUR = {
    "a terminal": (None, {"TERM": "xterm"}, True, True),
    "a pipe": (None, {"TERM": "xterm"}, False, False),
    "a terminal that can't": (None, {"TERM": "dumb"}, True, False),
    "a terminal of no kind": (None, {}, True, False),
    "--no-color": (False, {"TERM": "xterm", "FORCE_COLOR": "1"}, True, False),
    "NO_COLOR": (None, {"TERM": "xterm", "NO_COLOR": "1"}, True, False),
    "an empty NO_COLOR": (None, {"TERM": "xterm", "NO_COLOR": ""}, True, True),
    "FORCE_COLOR": (None, {"FORCE_COLOR": "1"}, False, True),
    "FORCE_COLOR=0": (None, {"FORCE_COLOR": "0"}, False, False),
    "FORCE_COLOR=0 on a terminal": (None, {"TERM": "xterm", "FORCE_COLOR": "0"}, True, True),
    "NO_COLOR and FORCE_COLOR": (None, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
}


@pytest.mark.parametrize(("flag", "environment", "terminal", "wanted"), COLOUR.values(), ids=list(COLOUR))
def test_there_is_colour_where_it_is_wanted(
    flag: bool | None, environment: dict[str, str], terminal: bool, wanted: bool
):
    """The flag first, then who wants none, then who wants it anyway, then what the terminal can."""
    assert wants_colour(flag, environment, terminal=terminal) is wanted


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a plan of many tenants, made once."""
    folder = tmp_path_factory.mktemp("fleet")
    (folder / "tenants").mkdir()
    for number in range(SIZE):
        text = f"sales_order: {{on_hold_timer_duration: {60 + number % 2}}}\n"
        (folder / "tenants" / f"tenant-{number:02}.yaml").write_text(text, encoding="utf-8")
    done = reconciler("plan", "--sandbox", "--report", "plan.json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture
def show(fleet: Path) -> Show:
    """Show the plan on a terminal and return what stands there."""

    def made(*words: str, columns: int = 80, **more: str) -> list[str]:
        command = [sys.executable, "-m", "reconciler", "report", "plan.json", *words]
        with Terminal(command, cwd=fleet, env=surroundings(fleet, **more), columns=columns) as terminal:
            assert terminal.wait() == 0
        assert (ESCAPE in terminal.text) is ("NO_COLOR" not in more)
        return shown(terminal.text, 10_000)  # as it was sent, whatever the terminal would have had to break

    return made


@pytest.mark.parametrize("columns", [80, 140])
def test_a_terminal_gets_an_overview_of_a_large_fleet_in_its_own_width(show: Show, columns: int):
    """Short enough to be read, and it says how to see the rest."""
    lines = show(columns=columns)
    assert max(map(cells, lines)) <= columns
    assert len(lines) < 40
    assert any(line.startswith(f"          in {SIZE // 2} tenants: tenant-00, tenant-02") for line in lines)
    assert any("reconciler report FILE | less" in line for line in lines)
    (row,) = (line for line in lines if line.startswith(f"  +      {SIZE}  tenant-00"))
    assert row.endswith("more")


def test_verbose_tells_of_every_tenant_on_a_terminal_too(show: Show):
    """It is what -v is for."""
    lines = show("-v", NO_COLOR="1")
    assert sum(line.startswith("tenant-") for line in lines) == SIZE


def test_a_pipe_gets_every_tenant_whatever_the_environment_says(fleet: Path):
    """What other programs read doesn't depend on how many tenants there are; only FORCE_COLOR colours it."""
    plain = reconciler("report", "plan.json", cwd=fleet)
    forced = reconciler("report", "plan.json", cwd=fleet, env=surroundings(fleet, FORCE_COLOR="1", COLUMNS="40"))
    assert sum(line.startswith("tenant-") for line in plain.stdout.splitlines()) == SIZE
    assert ESCAPE not in plain.stdout
    assert ESCAPE in forced.stdout
    assert len(forced.stdout.splitlines()) == len(plain.stdout.splitlines())
