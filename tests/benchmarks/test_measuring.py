"""Rows, ratios and what is told of them; commands that fail or hang; the comparison with what is kept."""

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import cmarkgfm
import pytest

from benchmarks.compare import ROOM, Compared, compared, report
from benchmarks.measuring import (
    COST_HEAD,
    Broken,
    Cost,
    Measured,
    Row,
    cpu,
    figure,
    in_turns,
    kept,
    ratios,
    read,
    row_line,
    spent,
    told,
    wall,
)

ROW = Row("one", "plan", "raw", (4.0, 1.0, 2.0), 3.0)
MEASURED = Measured("Plan", "How.", COST_HEAD, (("plan", "1 ms", "2 ms", "3 MiB"),), (ROW,), ("curl: lacks curl.",))


@pytest.mark.parametrize(
    ("values", "target", "at_most", "met"),
    [
        ((1.0, 3.0, 9.0), 3.0, True, True),
        ((1.0, 3.1, 3.2), 3.0, True, False),
        ((1.0, 8.0, 9.0), 8.0, False, True),
        ((9.0, 7.9, 1.0), 8.0, False, False),
        ((1.0,), None, True, None),
    ],
    ids=["ceiling kept", "ceiling missed", "floor kept", "floor missed", "no target"],
)
def test_the_median_decides(values: tuple[float, ...], target: float | None, at_most: bool, met: bool | None):
    """Equality with a target reaches it; a row without one is neither reached nor missed."""
    row = replace(ROW, values=values, target=target, at_most=at_most)
    assert row.met is met
    assert row_line(row)[-1] == {True: "reached", False: "**not reached**", None: ""}[met]


def test_a_ratio_is_taken_a_round_at_a_time():
    """Of what it is asked for, and scaled to the same work."""
    some, others = (Cost(2, 30, 1), Cost(8, 5, 1)), (Cost(1, 10, 1), Cost(2, 5, 1))
    assert ratios(some, others, cpu) == (2, 4)
    assert ratios(some, others, wall, 0.5) == (1.5, 0.5)


def test_commands_take_turns_and_the_first_round_is_not_counted():
    """It is there to warm up."""
    turns: list[str] = []

    def run(what: str) -> Cost:
        turns.append(what)
        return Cost(len(turns), 0, 0)

    costs = in_turns(2, {what: partial(run, what) for what in ("a", "b")})
    assert turns == ["a", "b"] * 3
    assert [cost.cpu for cost in costs["a"]] == [3, 5]


def test_a_command_is_measured(tmp_path: Path):
    """Its processor's time, the clock's, its memory; any exit code that is allowed will do."""
    code = "import time; time.sleep(0.2); b = bytearray(60 << 20); raise SystemExit(3)"
    cost = spent([sys.executable, "-S", "-c", code], tmp_path, {}, ends=(3,))
    assert 0 < cost.cpu < cost.wall < 30
    assert cost.wall > 0.2
    assert cost.memory > 60


@pytest.mark.parametrize(
    ("code", "why"),
    [("import sys; sys.exit('no luck')", "exit 1.*no luck"), ("import time; time.sleep(60)", "exit -9")],
    ids=["fails", "hangs"],
)
def test_a_command_that_fails_or_hangs_is_no_measurement(tmp_path: Path, code: str, why: str):
    """Its time would mean nothing; what it said is told."""
    with pytest.raises(Broken, match=f"(?s){why}"):
        spent([sys.executable, "-S", "-c", code], tmp_path, {}, timeout=2)


@pytest.mark.parametrize(("number", "text"), [(1234.5, "1,234"), (99.94, "99.9"), (0.12345, "0.123"), (3, "3")])
def test_a_figure_has_as_many_digits_as_mean_anything(number: float, text: str):
    """Three, or all that stand before the point."""
    assert figure(number) == text


def test_what_is_kept_reads_back_the_same():
    """By way of JSON's own text."""
    assert read(json.loads(json.dumps(kept(MEASURED)))) == MEASURED


def test_what_is_told_is_two_tables_and_what_was_left_out():
    """As Markdown has them."""
    html = cmarkgfm.github_flavored_markdown_to_html(told(MEASURED))
    assert html.count("<table>") == 2
    assert "<p>Left out: curl: lacks curl.</p>" in html


@pytest.mark.parametrize(
    ("at_most", "now", "verdict"),
    [
        (True, 2 * ROOM + 0.1, "**slower**"),
        (True, 2 * ROOM - 0.1, "as before"),
        (True, 2 / ROOM - 0.1, "faster"),
        (False, 2 / ROOM - 0.1, "**slower**"),
        (False, 2 * ROOM - 0.1, "as before"),
        (False, 2 * ROOM + 0.1, "faster"),
    ],
)
def test_a_regression_is_told_and_noise_is_not(at_most: bool, now: float, verdict: str):
    """Where less is better and where more is."""
    then = replace(ROW, at_most=at_most)
    assert Compared(replace(then, values=(now,)), then).verdict == verdict


def test_nothing_is_not_compared():
    """What took no memory then may take some now."""
    row = Compared(ROW, replace(ROW, values=(0.0,)))
    assert (row.worse, row.verdict) == (None, "")


def test_the_comparison_has_every_row_of_both_sides():
    """Also what only one of them has; of benchmarks that were not run, nothing."""
    new, gone = replace(ROW, name="new"), replace(ROW, name="gone")
    now = {"plan": replace(MEASURED, rows=(replace(ROW, values=(99.0,)), new))}
    then = {"plan": kept(replace(MEASURED, rows=(ROW, gone))), "other": kept(MEASURED)}
    rows = list(compared(now, then))
    assert [row.verdict for row in rows] == ["**slower**", "new", "not measured here"]
    assert "1 of 3 ratios are over 1.5 times as bad" in report(rows)
    assert "No ratio is over" in report(rows[1:])
