"""The figures in docs/explanation/reliability.md are of a full run, add up, and show what is promised."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import cmarkgfm
import pytest

from scripts.campaign_figures import BEGIN, CAMPAIGNS, END, KEPT, LEAST, between_marks, placed, refusal, section
from tests.docs.pages import ROOT, text_of

SCRIPT = ROOT / "scripts" / "campaign_figures.py"


def made_up() -> dict[str, Any]:
    """Figures that may be published."""
    campaigns = [
        {"name": name, "runs": 2, "requests": 90_000, "faults": {"drop": 40_000, "late": 1}, "crashes": 1}
        for name in CAMPAIGNS
    ]
    return {
        "date": "2026-01-31",
        "machine": {"cores": 2, "python": "3.11.7", "system": "Linux"},
        "passed": True,
        "campaigns": [{**campaign, "violations": []} for campaign in campaigns],
    }


def tables(markdown: str) -> list[list[list[str]]]:
    """The tables as GitHub shows them, by row and cell."""
    html = cmarkgfm.github_flavored_markdown_to_html(markdown)
    return [
        [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
        for table in re.findall(r"<table>(.*?)</table>", html, re.DOTALL)
    ]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def adds_up(markdown: str) -> int:
    """Hold that both tables are whole and that their sums are right; return the faults in all."""
    totals, kinds = tables(markdown)
    assert totals[0] == ["campaign", "what it does", "runs", "requests", "faults", "crashes", "violations"]
    assert [row[:2] for row in totals[1:-1]] == [list(pair) for pair in CAMPAIGNS.items()]
    columns = zip(*([number(cell) for cell in row[2:]] for row in totals[1:]), strict=True)
    assert [sum(column[:-1]) == column[-1] for column in columns] == [True] * 5
    counted = [[number(cell) for cell in row[1:]] for row in kinds[1:]]
    assert all(sum(row[:-1]) == row[-1] for row in counted)
    assert kinds[0] == ["fault", *CAMPAIGNS, "all"]
    faults = [number(row[4]) for row in totals[1:]]
    assert [sum(column) for column in zip(*counted, strict=True)] == faults
    assert number(totals[-1][6]) == 0, "violations"
    return faults[-1]


def test_the_figures_in_the_page_are_those_that_were_kept():
    """Nobody has touched them up; the script itself looks at both."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check"], capture_output=True, check=False, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_figures_in_the_page_add_up_to_what_is_promised():
    """By campaign and by kind; without a violation."""
    assert adds_up(between_marks(text_of("docs/explanation/reliability.md"))[1]) >= LEAST == 100_000


def test_the_figures_that_were_kept_name_no_machine():
    """Its kind is enough."""
    assert set(json.loads(KEPT.read_text(encoding="utf-8"))["machine"]) == {"cores", "python", "system"}


def test_a_section_is_whole_and_adds_up():
    """Whatever was counted, also kinds that only one campaign knows."""
    figures = made_up()
    figures["campaigns"][2]["faults"] = {"CONNECTION_RESET_BY_PEER": 7}
    assert adds_up(section(figures)) == 3 * 40_001 + 7


def test_a_section_takes_the_place_of_the_one_before():
    """The rest of the page stays, and writing it twice changes nothing."""
    page = f"# Reliability\n\nBefore.\n\n{BEGIN}\n{END}\n\nAfter.\n"
    first = placed(page, "old")
    assert first == f"# Reliability\n\nBefore.\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n"
    assert placed(first, "new") == placed(page, "new") == first.replace("old", "new")
    assert between_marks(first)[1] == "old"


@pytest.mark.parametrize("page", ["", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n"])
def test_a_page_without_its_two_marks_is_left_alone(page: str):
    """The script says which lines it looks for."""
    with pytest.raises(SystemExit, match="must have the line <!--"):
        placed(page, "new")


def _violated(figures: dict[str, Any]) -> None:
    figures["campaigns"][0]["violations"] = ["acme: two POSTs"]


def _failed(figures: dict[str, Any]) -> None:
    figures["passed"] = False


def _few(figures: dict[str, Any]) -> None:
    for campaign in figures["campaigns"]:
        campaign["faults"] = {"drop": 24_999}


def _missing(figures: dict[str, Any]) -> None:
    del figures["campaigns"][-1]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [(_violated, "broken 1 times"), (_failed, "A test failed"), (_few, "99,996 faults"), (_missing, "should be of")],
)
def test_figures_that_show_too_little_are_refused(spoil: Callable[[dict[str, Any]], None], why: str):
    """A broken promise is to be mended, not published."""
    figures = made_up()
    assert refusal(figures) == ""
    spoil(figures)
    assert why in refusal(figures)


def test_every_campaign_that_the_tests_play_has_its_row():
    """And no row is about one that nobody plays."""
    played = {
        name
        for file in (ROOT / "tests").glob("*/test_*.py")
        for name in re.findall(r'mark\.campaign\("([^"]+)"\)', file.read_text(encoding="utf-8"))
    }
    assert played == set(CAMPAIGNS)
