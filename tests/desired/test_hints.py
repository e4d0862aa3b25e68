"""What a person most often gets wrong in a file, and the advice that fits exactly that."""

from collections.abc import Callable

import pytest

from reconciler.desired.fleet import Fleet

Load = Callable[..., Fleet]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        pytest.param("on_hold_timer_duration: '600'", "Write the number without quotes.", id="number-in-quotes"),
        pytest.param(
            "on_hold_timer_duration: 10m", "Write the number alone; the unit is seconds.", id="with-another-unit"
        ),
        pytest.param("on_hold_timer_duration:600", "Write NAME: VALUE, with a blank after the colon.", id="no-blank"),
        pytest.param("external_oms: true", "Write its fields below it, indented: enabled.", id="no-field"),
        pytest.param(
            "external_oms:\n  enabled: true", "It is a field of external_oms: indent it below that.", id="outdented"
        ),
        pytest.param("external_oms: {enabled: yes}", "Write true or false.", id="yes"),
        pytest.param("cancellation_allowed_from: store", "Write a list: [first, second].", id="no-list"),
    ],
)
def test_a_usual_slip_gets_the_advice_that_mends_it(written: str, hint: str, fleet_of: Load):
    """Among the findings of the file is one with that hint."""
    (acme,) = fleet_of({"acme.yaml": f"sales_order:\n  {written}\n"}).tenants
    assert hint in [problem.hint for problem in acme.problems]


def test_a_merge_conflict_is_called_by_its_name_and_shows_neither_side(fleet_of: Load):
    """libyaml would complain of a key somewhere below."""
    sides = "<<<<<<< HEAD\n  on_hold_timer_duration: 1\n=======\n  canary: 2\n>>>>>>> canary\n"
    (acme,) = fleet_of({"acme.yaml": f"sales_order:\n{sides}"}).tenants
    (problem,) = acme.problems
    assert (problem.line, problem.column, problem.rule) == (2, 1, "yaml/syntax")
    assert "merge conflict" in problem.message
    assert "canary" not in repr(acme)
