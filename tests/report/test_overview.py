"""What a terminal gets of a large fleet: short, with all that is risky, and nothing left out without being counted."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.outcome import Outcome
from reconciler.model.plan import FieldChange
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report
from reconciler.model.words import Action, Cause, Reason, Result, Severity, Status
from reconciler.report.layout import Style, cells
from reconciler.report.matrix import ROWS, cell, matrix
from reconciler.report.overview import MANY, overview_pieces
from reconciler.report.sections import Risk, risk, sections
from reconciler.report.text import to_text
from tests.report.generated import reports
from tests.report.samples import BIG, SAMPLES, SEQUENCE, TIMER, TIMER_UPDATE, WHOLE_SEQUENCE, change, report, tenant

Golden = Callable[[str, str], None]


def overview(of: Report, width: int = 80, *, colour: bool = False) -> str:
    return "".join(overview_pieces(of, width=width, colour=colour))


def timer(after: int) -> KeyReport:
    return KeyReport(replace(TIMER_UPDATE, after=after, changes=(FieldChange("", 3600, after),)))


SAME = change(BIG, Action.NO_OP, Reason.IN_SYNC, {"soft_limit_for_big_orders": 300})
FIRST = change(
    SEQUENCE, Action.CREATE, Reason.UNSET, WHOLE_SEQUENCE, write_once=True, irreversible=True, cause=Cause.DECLARED
)
GONE = change(BIG, Action.UNREADABLE, Reason.READ_FAILED, {}, warnings=("503 Service Unavailable.",))


def fleet() -> Report:
    """Sixty tenants: forty want the same, nine each something of its own, two are risky, nine are in sync."""
    made = [tenant(f"shop-{number:02}", Result.CHANGES, timer(7200), SAME) for number in range(40)]
    made += [tenant(f"odd-{number}", Result.CHANGES, timer(number), SAME) for number in range(9)]
    made += [tenant("new", Result.CHANGES, FIRST, SAME), tenant("down", Result.FAILED, GONE)]
    made += [tenant(f"still-{number}", Result.IN_SYNC, SAME) for number in range(9)]
    return report("plan", Result.FAILED, 1, *sorted(made, key=lambda one: one.tenant))


def test_drift_that_applying_would_overwrite_stands_under_a_heading_of_its_own():
    """Without a base nobody can tell, and there is one heading."""
    of = fleet()
    drifted = [
        replace(one, keys=tuple(replace(key, change=replace(key.change, cause=Cause.DRIFT)) for key in one.keys))
        if one.tenant < "shop-20" and one.tenant.startswith("shop")
        else one
        for one in of.tenants
    ]
    said = overview(replace(of, tenants=tuple(drifted)))
    assert "What this revision does (29 keys in 29 tenants)" in said
    assert "Drift that applying would overwrite (20 keys in 20 tenants)" in said
    unknown = [
        replace(one, keys=tuple(replace(key, change=replace(key.change, cause=Cause.UNKNOWN)) for key in one.keys))
        for one in of.tenants
    ]
    assert "Changes (49 keys in 49 tenants)" in overview(replace(of, tenants=tuple(unknown)))


@pytest.mark.parametrize("width", [80, 140])
def test_the_overview_of_a_fleet_is_as_reviewed(width: int, golden: Golden):
    """Narrow and wide."""
    golden(f"overview.{width}.txt", overview(fleet(), width))


def test_the_coloured_overview_is_as_reviewed(golden: Golden):
    """And without its colours it is the plain one."""
    coloured = overview(fleet(), colour=True)
    golden("overview.80.ansi", coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == overview(fleet())


@pytest.mark.parametrize("name", SAMPLES)
def test_of_a_small_fleet_a_terminal_gets_all_of_the_text(name: str):
    """Nothing is shortened that can be read as it is."""
    assert overview(SAMPLES[name]) == to_text(SAMPLES[name], width=80, colour=False)


def test_every_key_that_is_not_in_sync_is_counted_under_exactly_one_heading():
    """So that nobody takes the overview for the whole and misses what was left out."""
    shown = overview(fleet())
    headings = re.findall(r"^[A-Z].* \((\d+) keys? in (\d+) tenants?\)$", shown, re.MULTILINE)
    loud = [key for one in fleet().tenants for key in one.keys if risk(key) < Risk.QUIET]
    assert sum(int(keys) for keys, _ in headings) == len(loud) == 51
    rows = re.findall(r"^  [^ ] [^ ] [^ ] +(\d+)  ", shown, re.MULTILINE)
    assert sum(map(int, rows)) == sum(not section.is_quiet for section in sections(fleet()))


@pytest.mark.parametrize("kind", ["first set", "unreadable", "with a warning"])
def test_what_is_risky_is_shown_whole_for_some_and_named_for_all(kind: str):
    """However many there are."""
    warned = replace(TIMER_UPDATE, warnings=("Look at this.",))
    key = {"first set": FIRST, "unreadable": GONE, "with a warning": warned}[kind]
    shown = overview(report("plan", Result.CHANGES, 0, *(tenant(f"t{n:02}", Result.CHANGES, key) for n in range(30))))
    text = " ".join(shown.split())
    assert all(f"t{number:02}" in text for number in range(30))
    assert "… and 22 more tenants: t08, t09," in text
    sure = {"first set": 'prefix "NS"', "unreadable": "503 Service Unavailable.", "with a warning": "Look at this."}
    assert text.count(sure[kind]) == 8


def test_values_that_differ_from_tenant_to_tenant_are_shown_for_some_and_counted():
    """The most frequent first."""
    shown = overview(fleet())
    assert shown.index("3600 → 7200") < shown.index("3600 → 0")
    assert "… and 4 other changes of it in 4 tenants" in shown


def test_few_tenants_that_want_something_else_than_all_others_are_pointed_out():
    """Whether or not that is pending: it is what a slip in a file looks like."""
    made = [tenant(f"t{number:02}", Result.CHANGES, timer(36 if number == 7 else 3600 * 2)) for number in range(40)]
    shown = overview(report("plan", Result.CHANGES, 0, *made), 140)
    assert "Unlike the others (1 field)\n" in shown
    assert f"  - {TIMER} value: 39 tenants want 7200, but 36 in t07\n" in shown


def test_what_became_of_the_changes_is_told_together():
    """In an apply, those that went alike."""
    done = KeyReport(TIMER_UPDATE, Outcome(Status.APPLIED, verified=True, attempts=1))
    failed = KeyReport(TIMER_UPDATE, Outcome(Status.REJECTED, "400 Bad Request", attempts=1))
    made = [tenant(f"t{number:02}", Result.APPLIED, done) for number in range(30)]
    shown = overview(report("apply", Result.FAILED, 1, *made, tenant("wrong", Result.FAILED, failed)))
    assert f"~ update  {TIMER}  differs => Applied" in shown
    assert "in 30 tenants: t00, t01, t02, t03 and 26 more" in shown
    assert "wrong\n" in shown
    assert "=> Rejected by the platform. 400 Bad Request 1 POST sent." in shown
    assert re.search(r"^  R +1  wrong$", shown, re.MULTILINE)
    assert re.search(r"^  A +30  t00", shown, re.MULTILINE)


def test_long_lists_are_cut_and_say_so():
    """Of problems, and of what can't be restored, a terminal gets a screenful."""
    problems = tuple(Problem(f"f{n:02}.yaml", 1, 1, "", "rule/x", "Wrong.", severity=Severity.ERROR) for n in range(50))
    shown = overview(replace(fleet(), problems=problems, not_restorable=tuple(f"t{n}: gone" for n in range(30))))
    assert "Problems (50)" in shown
    assert "  … and 30 more\n" in shown
    assert "  … and 10 more\n" in shown


def test_a_matrix_with_more_kinds_than_fit_a_screen_counts_the_rest():
    """Every tenant is in a row or in the count."""
    names = [f"g.k{number}" for number in range(6)]
    keys = {
        sign: [change(name, action, reason, 1, before=2) for name in names]
        for sign, action, reason in (("~", Action.UPDATE, Reason.DIFFERS), ("=", Action.NO_OP, Reason.IN_SYNC))
    }
    made = [
        tenant(f"t{row:02}", Result.CHANGES, *(keys["~" if row >> place & 1 else "="][place] for place in range(6)))
        for row in range(1, 64)
    ]
    text = "\n".join(line.text for line in matrix(report("plan", Result.CHANGES, 0, *made), 80))
    assert len(re.findall(r"^  (?:[~=] ){6} +1  t\d\d$", text, re.MULTILINE)) == ROWS
    assert f"… and {63 - ROWS} tenants in {63 - ROWS} other ways" in text


@pytest.mark.parametrize(("keys", "drawn"), [(22, True), (44, True), (45, False)])
def test_a_matrix_that_does_not_fit_is_left_out(keys: int, drawn: bool):
    """A row that is broken by the terminal is no row; with columns close together, more keys fit."""
    some = (change(f"g.k{number:02}", Action.UPDATE, Reason.DIFFERS, 1, before=2) for number in range(keys))
    lines = list(matrix(report("plan", Result.CHANGES, 0, tenant("acme", Result.CHANGES, *some)), 80))
    assert bool(lines) is drawn
    assert all(cells(line.text) <= 80 for line in lines)
    if drawn:
        heads = [line.text for line in lines if re.fullmatch(r"  [ \d]+", line.text)]
        assert len(heads) == 2, "numbers of two digits stand upright"


def test_each_sign_means_one_thing():
    """Over every action and outcome; a first set of a write-once key has its own."""
    signs: Counter[str] = Counter()
    for action, reason in (
        (Action.NO_OP, Reason.IN_SYNC),
        (Action.CREATE, Reason.UNSET),
        (Action.UPDATE, Reason.DIFFERS),
        (Action.BLOCKED, Reason.WRITE_ONCE_DIFFERS),
        (Action.UNREADABLE, Reason.READ_FAILED),
    ):
        signs[cell(KeyReport(change(TIMER, action, reason, 1)))] += 1
    signs[cell(KeyReport(FIRST))] += 1
    for status in set(Status) - {Status.UNCHANGED}:
        signs[cell(KeyReport(TIMER_UPDATE, Outcome(status)))] += 1
    assert set(signs.values()) == {1}
    assert cell(KeyReport(TIMER_UPDATE, Outcome(Status.UNCHANGED))) == "="
    assert cell(KeyReport(GONE, Outcome(Status.NOT_ATTEMPTED))) == "?"


@given(reports, st.sampled_from([40, 80, 140]))
def test_no_string_from_outside_moves_a_terminal(of: Report, width: int):
    """Whatever stands in any slot of a fleet, if two tenants were enough for an overview."""
    with patch("reconciler.report.overview.MANY", 0):
        text = overview(of, width)
    assert text.replace("\n", "").isprintable()
    assert "::" not in text
    assert "##" not in text
    text.encode()


def test_one_tenant_decides_between_whole_and_short():
    """Up to the threshold they are told one by one."""
    made = [tenant(f"t{number:02}", Result.CHANGES, TIMER_UPDATE) for number in range(MANY + 1)]
    assert "This is an overview" in overview(report("plan", Result.CHANGES, 0, *made))
    assert "This is an overview" not in overview(report("plan", Result.CHANGES, 0, *made[:-1]))


def _luminance(number: int) -> float:
    """Relative luminance of a colour of xterm's cube, by WCAG."""
    steps = (0, 95, 135, 175, 215, 255)
    place = number - 16
    red, green, blue = (steps[place // 36], steps[place // 6 % 6], steps[place % 6])
    linear = [
        part / 12.92 if (part := value / 255) <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for value in (red, green, blue)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("style", [style for style in Style if "38;5" in style])
def test_each_colour_can_be_read_on_black_and_on_white(style: Style):
    """A contrast of at least 3.8 to 1 on either."""
    light = _luminance(int(style.rsplit(";", 1)[1]))
    assert (light + 0.05) / 0.05 >= 3.8
    assert 1.05 / (light + 0.05) >= 3.8
