"""From the merge to what is live, by the workflows themselves: nothing is lost, and nothing unreviewed is written."""

import json

import pytest

from reconciler.sandbox import Fault, FaultKind
from tests.workflows.conftest import TENANTS
from tests.workflows.desk import OMS, TIMER, Desk

BETA = TENANTS["beta.yaml"]


def timer(seconds: int) -> str:
    return f"sales_order:\n  {TIMER}: {seconds}\n"


@pytest.fixture
def applied(desk: Desk) -> Desk:
    """A desk whose main was applied once: the next run looks for what was merged since."""
    desk.succeeded()
    return desk


def test_what_was_merged_is_applied_by_its_reviewed_plan(applied: Desk):
    """The whole way, from the pull request's own workflow to the one POST and a report of it."""
    applied.open(7, {"tenants/gamma.yaml": timer(3600)})
    ran = applied.merge(7)
    assert ran.exit_code == 0, ran.log
    assert applied.live("gamma", TIMER) == 3600
    assert applied.written() == [("gamma", f"sales_order.{TIMER}")]
    report = applied.report(ran, "reconciler-apply", "apply.json")
    assert report["result"] == "applied"
    assert "replan" not in " ".join(ran.jobs)


def test_two_merges_close_together_are_both_applied(applied: Desk):
    """The run of the first never began: the run of the second has the plans of both, for one tenant too."""
    applied.reviewed(7, {"tenants/beta.yaml": BETA.replace("60", "3600")})
    applied.reviewed(8, {"tenants/beta.yaml": BETA.replace("true", "false")})
    applied.merge_only(7)
    ran = applied.merge(8)
    assert ran.exit_code == 0, ran.log
    assert (applied.live("beta", TIMER), applied.live("beta", OMS)) == (3600, {"enabled": False})


@pytest.mark.parametrize("conclusion", ["failure", pytest.param("cancelled", marks=pytest.mark.long)])
def test_what_a_run_that_ended_badly_has_left_is_applied_by_the_next(applied: Desk, conclusion: str):
    """Only a run that ended green counts."""
    applied.reviewed(7, {"tenants/gamma.yaml": timer(3600)})
    applied.merge_only(7, conclusion=conclusion)
    applied.reviewed(8, {"tenants/acme.yaml": f"extends: [_retail]\nsales_order:\n  {TIMER}: 90\n"})
    ran = applied.merge(8)
    assert ran.exit_code == 0, ran.log
    assert (applied.live("gamma", TIMER), applied.live("acme", TIMER)) == (3600, 90)


def test_a_plan_that_no_longer_holds_writes_nothing_and_is_put_up_afresh(applied: Desk):
    """Somebody changed the value between the review and the merge. Nobody would be asked, so nothing is written."""
    applied.reviewed(7, {"tenants/gamma.yaml": timer(3600)})
    applied.sandbox.set_value("gamma", TIMER, 61)
    ran = applied.merge(7)
    assert ran.exit_code != 0
    assert applied.report(ran, "reconciler-apply", "apply.json")["exit_code"] == 4
    fresh = applied.report(ran, "reconciler-replanned", "plan.json")
    assert [key["before"] for tenant in fresh["tenants"] for key in tenant["keys"] if "before" in key].count(61) == 1
    assert ran.jobs["put up for approval"] == "failure"
    assert "production-replanned" in ran.lines("put up for approval")
    assert applied.written() == []
    assert applied.live("gamma", TIMER) == 61


def test_the_plan_that_was_put_up_is_applied_once_it_is_approved(applied: Desk):
    """act asks nobody: that the environment has a reviewer is looked at, and that GitHub asks him is GitHub's."""
    applied.github.environments["production-replanned"] = [{"type": "required_reviewers", "reviewers": [{}]}]
    applied.reviewed(7, {"tenants/gamma.yaml": timer(3600)})
    applied.sandbox.set_value("gamma", TIMER, 61)
    ran = applied.merge(7)
    assert ran.exit_code == 0 or ran.jobs["done"] == "success", ran.log
    assert applied.live("gamma", TIMER) == 3600
    assert applied.report(ran, "reconciler-apply-replanned", "apply.json")["result"] == "applied"


def test_a_direct_push_waits_for_an_approval(applied: Desk):
    """There is no plan of it that anybody has seen."""
    applied.at.branch("main", {"tenants/gamma.yaml": timer(3600)}, "Push it directly")
    ran = applied.apply()
    assert ran.exit_code != 0
    assert "put up for approval" in ran.jobs
    assert applied.written() == []


@pytest.mark.parametrize(("choice", "live"), [("apply", 3600), ("refuse", 60)])
def test_what_to_do_without_a_plan_is_a_setting(applied: Desk, choice: str, live: int):
    """By hand, for the night when there is no other way."""
    applied.at.branch("main", {"tenants/gamma.yaml": timer(3600)}, "Push it directly")
    ran = applied.apply("workflow_dispatch", **{"without-plan": choice})
    assert (ran.exit_code == 0) == (choice == "apply"), ran.log
    assert applied.live("gamma", TIMER) == live


def test_a_run_that_has_nothing_to_do_is_green(applied: Desk):
    """A commit that changes no tenant, by nobody's pull request."""
    applied.at.branch("main", {"README.md": "Hello\n"}, "Say hello")
    ran = applied.apply()
    assert ran.exit_code == 0, ran.log
    assert applied.written() == []


@pytest.mark.long
def test_the_first_run_of_all_has_its_plan_approved(desk: Desk):
    """Nothing was ever applied: what main says is all new, and nobody has reviewed it."""
    desk.sandbox.set_value("gamma", TIMER, 61)
    ran = desk.apply()
    assert ran.exit_code != 0
    assert "put up for approval" in ran.jobs
    assert desk.written() == []


def test_a_run_that_is_run_again_keeps_what_its_first_try_wrote(applied: Desk):
    """What the first try wrote is in sync at the second: only the first one's own report and journal know of it."""
    changed = {"tenants/beta.yaml": BETA.replace("60", "3600"), "tenants/gamma.yaml": timer(3600)}
    applied.reviewed(7, changed)
    refused = Fault(FaultKind.STATUS, "gamma", f"sales_order.{TIMER}", "POST", status=400, times=1)
    applied.sandbox.fault(refused)
    ran = applied.merge(7)
    assert ran.jobs["done"] == "failure", ran.log
    again = applied.apply_again(ran)
    assert again.exit_code == 0, again.log
    newest = applied.report(again, "reconciler-apply", "apply.json")
    assert (newest["result"], newest["summary"]["applied"]) == ("applied", 1)
    for attempt, tenants in ((1, {"beta", "gamma"}), (2, {"gamma"})):
        name = f"reconciler-apply-shard-1-of-1-try-{attempt}"
        left = applied.at.artifacts / str(ran.number)
        for place in (left / name, left / "reconciler-apply" / "tries" / name):
            lines = (place / "apply-shard.journal.jsonl").read_text().splitlines()
            assert {one["tenant"] for one in map(json.loads, lines) if "tenant" in one} == tenants
            assert (place / "apply-shard.json").exists()
