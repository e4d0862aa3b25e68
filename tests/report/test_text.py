import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import FieldChange
from reconciler.model.report import Report
from reconciler.model.words import Result
from reconciler.report.layout import Line, cells, padded, painted, wrapped
from reconciler.report.text import to_text
from reconciler.report.untrusted import terminal
from tests.report.generated import reports, texts
from tests.report.samples import SAMPLES, TIMER_UPDATE, tenant

HEADLINES = {
    "plan": "Plan: 6 changes in 3 of 6 tenants: 4 by this revision (1 over drift), 1 drift, 1 of unknown cause; "
    "1 irreversible, 1 blocked, 3 unreadable, 1 released, apply would be refused by 1 rule.",
    "apply": "Applied 2 of 9 changes in 4 of 4 tenants; 1 failed, 1 unknown, 1 rejected, 1 skipped, "
    "2 not attempted, 1 blocked, 1 stale, refused by 1 rule.",
    "refused": "Applied 0 of 2 changes in 2 of 2 tenants; 2 not attempted, refused by 2 rules.",
    "plan-in-sync": "In sync: 3 keys in 2 tenants.",
    "interrupted": "Interrupted. Applied 1 of 2 changes in 2 of 2 tenants; 1 not attempted.",
    "empty-fleet": "Nothing to do: no tenant was selected.",
    "usage": "Plan stopped: 1 problem.",
    "validate": "2 problems in 2 files. 1 warning.",
    "validate-clean": "Valid: 2 tenants.",
}


@pytest.mark.parametrize("name", HEADLINES)
def test_the_first_line_can_be_read_alone(name: str):
    """The first line says how the run ended, with every count that matters."""
    assert to_text(SAMPLES[name], width=500, colour=False).splitlines()[0] == HEADLINES[name]


@pytest.mark.parametrize("width", [80, 100, 140])
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"hostile"}))
def test_no_line_is_wider_than_the_terminal(name: str, width: int):
    """Every line fits the width that was asked for, and none ends in a blank."""
    for line in to_text(SAMPLES[name], width=width, colour=False).splitlines():
        assert cells(line) <= width
        assert line == line.rstrip()


def test_a_sandbox_run_says_so_in_its_first_lines():
    """A reader must not take a sandbox report for a real one."""
    assert "Sandbox" in to_text(SAMPLES["sandbox-changes"], width=80, colour=False).splitlines()[1]


def test_a_block_says_how_it_ends():
    """The message of a blocked key names both values, the place, and the two ways out."""
    told = " ".join(to_text(SAMPLES["plan"], width=80, colour=False).split())
    assert (
        'Write-once key differs. globex: sales_order.sales_order_generator_sequence.prefix is "EU" live, "NS" in '
        'tenants/globex.yaml:12. It can\'t be changed: restore "EU" in the file, or take the key out of it.'
    ) in told


def test_a_field_with_a_long_name_stands_above_its_value():
    """A name that leaves no room for the value gets a line of its own."""
    change = replace(TIMER_UPDATE, changes=(FieldChange("/" + "n" * 70, 1, 2),))
    lines = to_text(replace(SAMPLES["plan"], tenants=(tenant("acme", Result.CHANGES, change),)), width=80, colour=False)
    assert "      ~ " + "n" * 70 + "\n          1 → 2\n" in lines


def test_the_riskiest_tenant_stands_first():
    """In a plan: irreversible, then blocked, then unreadable, then ordinary changes, whatever the names are."""
    lines = to_text(SAMPLES["plan"], width=80, colour=False).splitlines()
    order = [lines.index(head) for head in ("acme: changes", "globex: blocked", "hooli: failed", "initech: changes")]
    assert order == sorted(order)


@pytest.mark.parametrize("name", SAMPLES)
def test_colour_carries_no_meaning_of_its_own(name: str):
    """Without its escape sequences the coloured report is the plain one."""
    coloured = to_text(SAMPLES[name], width=80, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == to_text(SAMPLES[name], width=80, colour=False)


@given(reports)
def test_no_string_from_outside_moves_a_terminal_or_a_runner(report: Report):
    """Whatever stands in any slot, the text holds no control character and no workflow command."""
    text = to_text(report, width=80, colour=False, verbose=True)
    assert text.endswith("\n")
    assert text.replace("\n", "").isprintable()
    assert "::" not in text
    assert "##" not in text
    text.encode()


@given(texts)
def test_a_message_for_the_terminal_is_one_harmless_line(text: str):
    """`terminal` leaves nothing that a terminal or a runner obeys."""
    shown = terminal(text)
    assert shown.isprintable()
    assert "::" not in shown
    assert "##" not in shown


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Mn"])), st.integers(30, 90))
def test_wrapping_loses_nothing_and_fits(text: str, width: int):
    """All that isn't a blank comes out in order, in lines of at most the width."""
    lines = [line.text for line in wrapped(text, width, first="- ", rest="  ")]
    assert "".join(line[2:] for line in lines) == text
    assert all(cells(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1)], ids=["ascii", "wide", "combining"]
)
def test_width_is_counted_in_cells(text: str, width: int):
    """Wide letters take two cells and combining marks none."""
    assert cells(text) == width
    assert cells(padded(text, 10)) == 10


def test_an_unstyled_line_has_no_escape_sequence():
    """Plain text stays plain, with colour too."""
    assert painted(Line("as it is")) == "as it is"
