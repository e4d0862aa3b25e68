"""docs/explanation/performance.md says what performance.json keeps, and says plainly what is not reached."""

import json
import subprocess
import sys
from pathlib import Path

import cmarkgfm
import pytest

from benchmarks.measuring import Measured, Row, kept
from benchmarks.page import BEGIN, END, FULL, SMALL, figures, keep, placed, section
from tests.docs.pages import ROOT

REACHED = Row("a", "plan", "raw, processor", (2.0, 2.5), 3.0)
MISSED = Row("b", "plan", "the bound, 3 s", (2.0, 2.5), 1.25)
MEASURED = Measured("Plan", "How.", ("command", "clock"), (("plan", "1 ms"),), (REACHED, MISSED))


def test_the_figures_in_the_page_are_those_that_are_kept():
    """Nobody has touched them up; the module itself looks at both."""
    command = [sys.executable, "-m", "benchmarks.page", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_figures_that_are_kept_are_of_both_sizes():
    """The small ones are what `make bench-check` compares with."""
    assert set(figures()) == {FULL, SMALL}
    assert figures()[SMALL]


def test_a_target_that_is_missed_is_said_twice():
    """Above everything, and in its row."""
    text = section({"plan": {"machine": "2026-01-31, 2 cores", **kept(MEASURED)}})
    assert "Measured on 2026-01-31, 2 cores." in text
    assert "1 of 2 targets are reached." in text
    assert "- plan, against the bound, 3 s: 2.25, and should be at most 1.25" in text
    assert cmarkgfm.github_flavored_markdown_to_html(text).count("<strong>not reached</strong>") == 1


def test_figures_of_several_days_say_which_is_of_which():
    """A part that was measured again must not seem to be of the same run."""
    parts = {day: {"machine": f"2026-01-{day}, 2 cores", **kept(MEASURED)} for day in ("30", "31")}
    text = section(parts)
    assert all(f"On 2026-01-{day}, 2 cores." in text for day in parts)


def test_what_was_not_measured_again_stays(tmp_path: Path):
    """In the order of the page, whatever came first."""
    file = tmp_path / "performance.json"
    keep(FULL, {"apply": MEASURED}, ["plan", "apply"], file)
    keep(FULL, {"plan": MEASURED}, ["plan", "apply"], file)
    keep(SMALL, {"plan": MEASURED}, ["plan", "apply"], file)
    assert [list(found) for found in json.loads(file.read_bytes()).values()] == [["plan", "apply"], ["plan"]]


def test_a_section_takes_the_place_of_the_one_before():
    """Writing it twice changes nothing, and a page without its marks is left alone."""
    page = f"Before.\n\n{BEGIN}\n{END}\n\nAfter.\n"
    assert placed(placed(page, "old"), "new") == placed(page, "new")
    for spoilt in ("", f"{END}\n{BEGIN}\n", page * 2):
        with pytest.raises(SystemExit, match="must have the line"):
            placed(spoilt, "new")
