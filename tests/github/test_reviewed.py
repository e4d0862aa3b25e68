"""`reviewed`: the plans of everything that was merged since the last apply that succeeded, and what has none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.github import commits
from reconciler.model.report import Report, Selection
from reconciler.model.words import Result
from reconciler.report.write import Format, render
from tests.github.clone import Clone
from tests.github.fake import FakeGitHub, Trouble, WorkflowRun
from tests.github.step import Done, Step
from tests.report import samples

APPLY, PLAN = "apply.yml", "pull-request.yml"
DRIFT = samples.tenant("acme", Result.CHANGES, samples.TIMER_UPDATE)


def _plan(**more: Any) -> bytes:
    return _bytes(samples.report("plan", Result.CHANGES, 0, DRIFT, **more))


def _bytes(report: Report) -> bytes:
    return render(report, Format.JSON).encode()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A repository with one commit."""
    return Clone(tmp_path / "clone").start()


@pytest.fixture
def look(step: Step, github: FakeGitHub, clone: Clone) -> Callable[..., Done]:
    """Run the command at the tip of the clone."""

    def run(**of: str) -> Done:
        step.talk_to(github)
        tip = of.get("tip", clone.tip)
        names = ("--plan-workflow", PLAN, "--apply-workflow", APPLY, "--artifact", "reconciler-plan")
        where = ("--out", step.folder / "plans", "--repository-dir", clone.folder)
        return step("reviewed", "--branch", "main", "--tip", tip, *names, *where)

    return run


def _applied(github: FakeGitHub, commit: str, run: int = 10, **more: Any) -> None:
    github.runs.append(WorkflowRun(run, APPLY, commit, **more))


def _merged(github: FakeGitHub, clone: Clone, number: int, run: int, plan: bytes | None = None, **more: Any) -> str:
    """Merge a pull request whose last commit has a run with a plan; return the merge commit."""
    head, commit = clone.merge(f"topic-{number}")
    github.merged(number, head, commit, branch=f"topic-{number}")
    made = WorkflowRun(run, PLAN, head, event="pull_request", branch=f"topic-{number}", **more)
    made.artifacts["reconciler-plan"] = {"plan.json": _plan() if plan is None else plan}
    github.runs.append(made)
    return commit


def _missing(done: Done) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.outputs["missing"])
    return found


def test_the_plans_of_all_pull_requests_since_the_last_success_are_fetched(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, step: Step
):
    """Of two merges close together, of which the first run was cancelled, both."""
    before = _merged(github, clone, 6, 60)
    _applied(github, before)
    first = _merged(github, clone, 7, 70)
    _applied(github, first, 11, conclusion="cancelled")
    _merged(github, clone, 8, 80)
    done = look()
    assert done.code == 0
    plans = done.outputs["plans"].splitlines()
    assert sorted(Path(path).name for path in plans) == ["pull-7.json", "pull-8.json"]
    assert all(Path(path).read_bytes() == _plan() for path in plans)
    assert all(Path(path).stat().st_mode & 0o777 == 0o600 for path in plans)
    assert done.outputs["since"] == before
    assert _missing(done) == []
    assert github.leaks == []


def test_nothing_since_is_nothing(look: Callable[..., Done], github: FakeGitHub, clone: Clone):
    """A second run of the same commit has no plan, and misses none."""
    _applied(github, clone.commit())
    done = look()
    assert (done.code, done.outputs["plans"], _missing(done)) == (0, "", [])


@pytest.mark.parametrize(
    "run",
    [
        {"conclusion": "failure"},
        {"conclusion": "cancelled"},
        {"status": "in_progress"},
        {"branch": "other"},
        {"event": "pull_request"},
        {"repository": "evil/config"},
    ],
    ids=lambda run: "-".join(map(str, run.values())),
)
def test_only_a_success_on_the_branch_is_a_last_apply(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, run: dict[str, str]
):
    """Whatever came after it."""
    before = clone.commit()
    _applied(github, before)
    after = _merged(github, clone, 7, 70)
    _applied(github, after, 12, **run)
    done = look()
    assert done.outputs["since"] == before
    assert done.outputs["plans"].endswith("pull-7.json")


@pytest.mark.parametrize("event", ["push", "workflow_dispatch", "schedule"])
def test_an_apply_by_hand_or_by_the_clock_is_one_too(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, event: str
):
    """It writes what the push would have written."""
    commit = clone.commit()
    _applied(github, commit, event=event)
    assert look().outputs["since"] == commit


def test_a_commit_without_a_pull_request_is_missing(look: Callable[..., Done], github: FakeGitHub, clone: Clone):
    """Nobody has looked at it; the others' plans are there all the same."""
    _applied(github, clone.commit())
    pushed = clone.commit("pushed")
    _merged(github, clone, 7, 70)
    done = look()
    assert done.code == 0
    assert done.outputs["plans"].endswith("pull-7.json")
    assert _missing(done) == [{"commit": pushed, "why": "it came without a pull request"}]
    assert pushed[:12] in done.summary


@pytest.mark.parametrize("kind", ["open", "into another branch"])
def test_a_pull_request_that_did_not_bring_the_commit_has_no_say(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, kind: str
):
    """Its plan was never merged into this branch."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70)
    if kind == "open":
        github.pulls[7].merged_at = None
    else:
        github.pulls[7].base = "release"
    done = look()
    assert done.outputs["plans"] == ""
    assert "without a pull request" in _missing(done)[0]["why"]


def test_a_pull_request_of_several_commits_is_fetched_once(look: Callable[..., Done], github: FakeGitHub, clone: Clone):
    """Merged by rebasing, each of its commits is on the line."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70)
    github.commits[clone.commit()] = [7]
    done = look()
    assert done.outputs["plans"].splitlines() == [str(Path(done.outputs["plans"]))]
    assert sum("/zip" in seen.path for seen in github.requests) == 1


def test_the_newest_run_with_a_plan_counts(look: Callable[..., Done], github: FakeGitHub, clone: Clone):
    """A run that left none, an expired one, one still at work and one of a fork are passed over."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70, b"{}")
    head, good = github.pulls[7].head, _plan(tool_version="9.9.9")
    for run, more in (
        (71, {"artifacts": {"reconciler-plan": {"plan.json": good}}}),
        (72, {"artifacts": {"other": {"plan.json": b""}}}),
        (73, {"artifacts": {"reconciler-plan": {"plan.json": b""}}, "expired": {"reconciler-plan"}}),
        (74, {"artifacts": {"reconciler-plan": {"plan.json": b""}}, "status": "in_progress"}),
        (75, {"artifacts": {"reconciler-plan": {"plan.json": b""}}, "repository": "evil/config"}),
        (76, {"artifacts": {"reconciler-plan": {"plan.json": b""}}, "event": "push"}),
    ):
        made: dict[str, Any] = {"event": "pull_request", "branch": "topic-7", **more}
        github.runs.append(WorkflowRun(run, PLAN, head, **made))
    done = look()
    assert Path(done.outputs["plans"]).read_bytes() == good
    assert _missing(done) == []


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (b"", "is empty"),
        (b"{", "cut off"),
        (_bytes(samples.report("apply", Result.APPLIED, 0)), "a report of apply"),
        (_bytes(samples.report("plan", Result.INTERRUPTED, 130)), "not whole"),
        (_bytes(samples.report("plan", Result.FAILED, 64)), "not whole"),
        (_plan(selection=Selection(shard="1/2")), "not whole"),
    ],
    ids=["empty", "cut off", "of an apply", "interrupted", "never begun", "of one shard"],
)
def test_a_plan_that_apply_would_refuse_is_missing(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, plan: bytes, why: str
):
    """Beside it, it would hold up all the others."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70, plan)
    _merged(github, clone, 8, 80)
    done = look()
    assert done.code == 0
    assert done.outputs["plans"].endswith("pull-8.json")
    (missing,) = _missing(done)
    assert missing["pull"] == 7
    assert why in missing["why"]


def test_an_archive_that_cannot_be_opened_is_missing(look: Callable[..., Done], github: FakeGitHub, clone: Clone):
    """With the run whose artifact it is."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70)
    github.runs[-1].artifacts["reconciler-plan"] = b"no archive"
    assert "run 70" in _missing(look())[0]["why"]


@pytest.mark.parametrize("gone", ["evil/config", None], ids=["a fork", "a fork that is gone"])
def test_a_pull_request_of_a_fork_is_missing(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, gone: str | None
):
    """Forks are never planned, and what they upload under that name is no plan."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70)
    github.pulls[7].head_repository = gone
    assert "fork" in _missing(look())[0]["why"]


def test_before_the_first_success_the_plans_that_there_are_still_count(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone
):
    """One entry says that nobody knows how far back to look; old commits are no news."""
    _merged(github, clone, 7, 70)
    done = look()
    assert done.outputs["since"] == ""
    assert done.outputs["plans"].endswith("pull-7.json")
    (missing,) = _missing(done)
    assert "has succeeded yet" in missing["why"]


def test_a_rewritten_branch_is_told(look: Callable[..., Done], github: FakeGitHub, clone: Clone):
    """What was applied last is not on the way to the tip, so nobody knows what is new."""
    kept = clone.tip
    _applied(github, clone.commit("lost"))
    clone.tip = kept
    _merged(github, clone, 7, 70)
    done = look()
    assert done.code == 0
    assert "rewritten" in _missing(done)[0]["why"]
    assert done.outputs["plans"].endswith("pull-7.json")


@pytest.mark.parametrize("since", ["--output=/tmp/x", "f" * 40], ids=["an option", "unknown"])
def test_a_last_apply_of_something_else_is_told(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, since: str
):
    """And never becomes an option of git's."""
    _applied(github, since)
    assert "is not before" in _missing(look())[0]["why"]


def test_more_commits_than_the_bound_are_told(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, monkeypatch: pytest.MonkeyPatch
):
    """A workflow's token has a thousand requests an hour."""
    monkeypatch.setattr(commits, "MOST", 3)
    _applied(github, clone.commit())
    for number in range(4):
        _merged(github, clone, number + 1, 70 + number)
    done = look()
    assert [Path(path).name for path in done.outputs["plans"].splitlines()] == [
        "pull-4.json",
        "pull-3.json",
        "pull-2.json",
    ]
    assert "more than 3 commits" in _missing(done)[0]["why"]


@pytest.mark.parametrize("path", ["/runs", "/pulls", "/artifacts", "/zip"])
def test_a_github_that_does_not_answer_ends_the_step(
    look: Callable[..., Done], github: FakeGitHub, clone: Clone, path: str
):
    """It may know of a plan: "missing" would be a guess."""
    _applied(github, clone.commit())
    _merged(github, clone, 7, 70)
    github.troubles.append(Trouble(403, path))
    done = look()
    assert done.code == 1
    assert "plans" not in done.outputs
    assert "permission" in done.stderr


def test_a_tip_that_the_clone_does_not_have_ends_the_step(look: Callable[..., Done], github: FakeGitHub):
    """With how to check out."""
    done = look(tip="e" * 40)
    assert done.code == 1
    assert "fetch-depth: 0" in done.stderr
