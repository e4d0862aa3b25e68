"""`held-back`: what a freeze refused is applied when it is over, and nothing else is."""

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.plan import Refusal
from reconciler.model.report import Report
from reconciler.model.words import Result
from reconciler.report.write import Format, render
from tests.github.fake import FakeGitHub, Trouble, WorkflowRun
from tests.github.step import Done, Step
from tests.report import samples

FREEZE = Refusal("freeze", "acme is frozen until 2026-12-01T00:00:00+00:00: peak season.", "acme")
LIMIT = Refusal("max_tenants_changed", "40 tenants would change; the limit is 10.")
PENDING = samples.tenant("acme", Result.CHANGES, samples.TIMER_UPDATE)
IN_SYNC = samples.tenant("acme", Result.IN_SYNC, samples.OMS_IN_SYNC)
NOW = samples.report("plan", Result.CHANGES, 0, PENDING)
REFUSED = samples.report("apply", Result.REFUSED, 3, PENDING, refusals=(FREEZE,))

Look = Callable[..., Done]


@pytest.fixture
def look(step: Step, github: FakeGitHub) -> Look:
    """Run the command, with the newest apply's report, and the plan of now."""

    def run(apply: Report | bytes = REFUSED, now: Report = NOW, *more: str, **run: Any) -> Done:
        data = apply if isinstance(apply, bytes) else render(apply, Format.JSON).encode()
        artifacts: dict[str, Any] = {"reconciler-apply": {"apply.json": data}}
        github.runs.append(
            WorkflowRun(20, "apply.yml", "a" * 40, **{"conclusion": "failure", "artifacts": artifacts, **run})
        )
        step.talk_to(github)
        where = ("--apply-workflow", "apply.yml", "--branch", "main")
        return step("held-back", *where, "--report", step.report(now), *more)

    return run


def test_what_a_freeze_refused_is_held_back_once_it_is_over(look: Look, github: FakeGitHub):
    """Without --dispatch, it is only said."""
    done = look()
    assert (done.code, done.outputs) == (0, {"held": "true"})
    assert github.dispatches == []


def test_with_dispatch_the_workflow_is_started_on_the_branch(look: Look, github: FakeGitHub):
    """Once."""
    assert look(REFUSED, NOW, "--dispatch").code == 0
    assert github.dispatches == [{"workflow": "apply.yml", "ref": "main"}]


@pytest.mark.parametrize(
    ("apply", "now", "why"),
    [
        (samples.report("apply", Result.APPLIED, 0, PENDING), NOW, "ended as applied"),
        (samples.report("apply", Result.FAILED, 1, PENDING, refusals=(FREEZE,)), NOW, "ended as failed"),
        (
            samples.report("apply", Result.REFUSED, 3, PENDING, refusals=(FREEZE, LIMIT)),
            NOW,
            "max_tenants_changed, too",
        ),
        (samples.report("apply", Result.REFUSED, 3, PENDING, refusals=(LIMIT,)), NOW, "ended as refused"),
        (REFUSED, samples.report("plan", Result.CHANGES, 0, PENDING, refusals=(FREEZE,)), "a freeze still stands"),
        (REFUSED, samples.report("plan", Result.IN_SYNC, 0, IN_SYNC), "nothing to write"),
        (REFUSED, samples.report("plan", Result.INTERRUPTED, 130, PENDING), "exit code 130"),
        (b"{", NOW, "cut off"),
        (samples.report("plan", Result.CHANGES, 0, PENDING), NOW, "a report of plan"),
    ],
    ids=["applied", "failed", "another rule", "only another rule", "frozen", "in sync", "no plan", "cut off", "a plan"],
)
def test_all_else_is_not_held_back(look: Look, github: FakeGitHub, apply: Report | bytes, now: Report, why: str):
    """And nothing is started."""
    done = look(apply, now, "--dispatch")
    assert (done.code, done.outputs) == (0, {"held": "false"})
    assert why in done.stdout
    assert github.dispatches == []


@pytest.mark.parametrize(
    ("run", "why"),
    [
        ({"status": "in_progress"}, "at work"),
        ({"status": "waiting"}, "waits for a reviewer"),
        ({"artifacts": {}}, "left no artifact"),
        ({"expired": {"reconciler-apply"}}, "left no artifact"),
        ({"branch": "other"}, "has never run"),
        ({"event": "pull_request"}, "has never run"),
    ],
    ids=["running", "waiting", "no artifact", "expired", "another branch", "another event"],
)
def test_a_run_that_says_nothing_holds_nothing_back(look: Look, github: FakeGitHub, run: dict[str, Any], why: str):
    """Only the newest run on the branch counts."""
    done = look(REFUSED, NOW, "--dispatch", **run)
    assert (done.code, done.outputs) == (0, {"held": "false"})
    assert why in done.stdout
    assert github.dispatches == []


def test_a_newer_run_decides(look: Look, github: FakeGitHub):
    """A person has run it since, and it was applied."""
    github.runs.append(WorkflowRun(21, "apply.yml", "b" * 40, status="queued"))
    assert look(REFUSED, NOW, "--dispatch").outputs == {"held": "false"}


def test_a_start_that_is_refused_is_told(look: Look, github: FakeGitHub):
    """With the permission that is missing."""
    github.troubles.append(Trouble(403, "/dispatches"))
    done = look(REFUSED, NOW, "--dispatch")
    assert done.code == 1
    assert "actions: write" in done.stderr
