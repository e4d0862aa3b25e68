"""docs/how-to/scale.md: its figures come from the arithmetic, and what it names is there."""

import re
import subprocess
import sys

import pytest

from scripts.scale import BEGIN, END, SIZES, placed, section
from tests.docs.pages import ROOT, blocks, text_of


def test_the_figures_of_the_page_are_fresh():
    """The script itself looks."""
    script = ROOT / "scripts" / "scale.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], cwd=ROOT, capture_output=True, check=False, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_table_has_each_size_with_both_budgets():
    """And a larger fleet never needs less."""
    rows = [re.findall(r"[\d,.]+", line) for line in section().splitlines() if line.startswith("| 1")]
    numbers = [[float(cell.replace(",", "")) for cell in row] for row in rows]
    assert [row[0] for row in numbers] == [size for size in SIZES for _ in range(2)]
    for smaller, larger in zip(numbers, numbers[2:], strict=False):
        assert all(one <= other for one, other in zip(smaller, larger, strict=True))


def test_a_section_takes_the_place_of_the_one_before():
    """Writing it twice changes nothing, and a page without its marks is left alone."""
    page = f"Before.\n\n{BEGIN}\n{END}\n\nAfter.\n"
    assert placed(placed(page, "old"), "new") == placed(page, "new")
    for spoilt in ("", f"{END}\n{BEGIN}\n", page * 2):
        with pytest.raises(SystemExit, match="must have the line"):
            placed(spoilt, "new")


def test_no_block_of_the_page_is_overlooked():
    """The only one is how a workflow is called, whose inputs another test looks up."""
    assert [block.language for block in blocks("docs/how-to/scale.md")] == ["yaml"]


def test_the_places_that_say_the_number_of_shards_are_those_that_the_page_names():
    """Whoever changes one of them must know of the others."""
    manifest = text_of("docs/examples/plan-job.yaml")
    named = text_of("docs/how-to/scale.md").partition("three places")[2]
    assert re.findall(r"completions|parallelism|SHARDS", named)[:3] == [
        "completions",
        "parallelism",
        "SHARDS",
    ]
    assert len(re.findall(r'(?:completions: |parallelism: |SHARDS, value: ")4\b', manifest)) == 3
