"""The night's run: one issue, and what a freeze held back, by the workflow itself."""

import pytest

from tests.workflows.desk import TIMER, Desk

FROZEN = """
[[gate.freeze]]
from = 2020-01-01T00:00:00Z
to = 2090-01-01T00:00:00Z
reason = "peak season"
"""


def timer(seconds: int) -> str:
    return f"sales_order:\n  {TIMER}: {seconds}\n"


@pytest.mark.long
def test_drift_opens_one_issue_which_follows_it_and_closes(desk: Desk):
    """Opened, left alone while it says so already, updated when the drift is another, closed when there is none."""
    assert desk.night().exit_code == 0
    assert desk.github.issues == {}

    desk.sandbox.set_value("gamma", TIMER, 61)
    ran = desk.night()
    assert ran.exit_code == 0, ran.log
    (issue,) = desk.github.issues.values()
    assert (issue.state, issue.updates) == ("open", 0)
    assert "gamma" in issue.body

    desk.night()
    assert (issue.state, issue.updates) == ("open", 0)

    desk.sandbox.set_value("gamma", TIMER, 62)
    desk.night()
    assert (issue.state, issue.updates) == ("open", 1)

    desk.sandbox.set_value("gamma", TIMER, 60)
    desk.night()
    assert issue.state == "closed"
    assert len(desk.github.issues) == 1
    assert desk.written() == []


def test_a_night_that_can_t_tell_closes_nothing(desk: Desk):
    """The API says no: the run is red, and the issue stays."""
    desk.sandbox.set_value("gamma", TIMER, 61)
    desk.night()
    (issue,) = desk.github.issues.values()
    desk.sandbox.revoke_tokens()
    ran = desk.night()
    assert ran.exit_code != 0
    assert (issue.state, issue.updates) == ("open", 0)


@pytest.mark.long
def test_what_a_freeze_held_back_is_applied_when_it_is_over(desk: Desk):
    """If so set: the night starts the apply workflow, and nothing else."""
    desk.succeeded()
    settings = (desk.at.config / "reconciler.toml").read_text()
    desk.at.branch("main", {"reconciler.toml": settings + FROZEN}, "Freeze")
    desk.succeeded()
    desk.reviewed(7, {"tenants/gamma.yaml": timer(3600)})
    held = desk.merge(7)
    assert held.exit_code != 0
    assert desk.report(held, "reconciler-apply", "apply.json")["refusals"][0]["rule"] == "freeze"
    desk.night()
    assert desk.github.dispatches == []

    desk.at.branch("main", {"reconciler.toml": settings}, "Thaw")
    desk.reapply_by_night()
    desk.night()
    assert [one["workflow"] for one in desk.github.dispatches] == ["apply.yml"]
    assert desk.written() == []
