"""`drift-issue`: one issue, open while something differs, and never closed on a guess."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reconciler.github.drift_issue import TITLE, drift_digest
from reconciler.model.report import Report, Revision, Selection
from reconciler.model.words import Result
from tests.github.fake import BOT, FakeGitHub, Trouble
from tests.github.step import Done, Step
from tests.report import samples


def _plan(*tenants: Any, result: Result = Result.CHANGES, exit_code: int = 0, **more: Any) -> Report:
    return samples.report("plan", result, exit_code, *tenants, **more)


DRIFTED = samples.tenant("acme", Result.CHANGES, samples.DRIFT, samples.OMS_IN_SYNC)
DRIFT = _plan(DRIFTED)
MORE = _plan(DRIFTED, samples.tenant("globex", Result.CHANGES, samples.BIG_DEFAULT))
BLOCKED = _plan(samples.tenant("globex", Result.BLOCKED, samples.BLOCKED), result=Result.BLOCKED, exit_code=3)
IN_SYNC = samples.tenant("acme", Result.IN_SYNC, samples.OMS_IN_SYNC)
CLEAN = _plan(IN_SYNC, result=Result.IN_SYNC)
BLIND_TENANT = samples.tenant("globex", Result.FAILED, samples.READ_FAILED)
BLIND = _plan(IN_SYNC, BLIND_TENANT, result=Result.FAILED, exit_code=1)
HALF_BLIND = _plan(DRIFTED, BLIND_TENANT, result=Result.FAILED, exit_code=1)

Look = Callable[..., Done]


@pytest.fixture
def look(step: Step, github: FakeGitHub) -> Look:
    """Run the command as the next night's run."""
    nights = iter(range(1, 99))

    def run(report: Report, *more: object, **of: int) -> Done:
        night = next(nights)
        step.talk_to(github, **{"run": 7_000 + night, "number": night, **of})
        return step("drift-issue", "--report", step.report(report), *more)

    return run


def test_an_issue_is_opened_edited_and_closed(look: Look, github: FakeGitHub):
    """Its life."""
    assert look(DRIFT, "--artifact-url", "https://github.example/a/1").code == 0
    (issue,) = github.issues.values()
    assert (issue.title, issue.labels, issue.state, issue.author) == (TITLE, ["drift"], "open", BOT)
    assert issue.body.startswith("<!-- reconciler:drift run=7001 number=1 attempt=1 digest=sha256:")
    assert "**Plan: 1 change in 1 of 1 tenant" in issue.body
    assert "[the whole report](https://github.example/a/1)" in issue.body
    look(MORE)
    assert issue.updates == 1
    assert "2 changes in 2 of 2 tenants" in issue.body
    look(CLEAN)
    assert (issue.state, issue.state_reason) == ("closed", "completed")
    assert "Nothing differs any more." in github.comments[issue.number][-1].body
    assert len(github.issues) == 1


def test_the_issue_explains_keys_and_links_to_lines_as_a_comment_does(look: Look, github: FakeGitHub):
    """At the commit that was planned: the branch moves on while the issue is open."""
    commit = "c" * 40
    look(replace(DRIFT, revision=Revision(commit=commit)))
    (issue,) = github.issues.values()
    source = samples.DRIFT.source
    assert f"(https://github.example/acme/config/blob/{commit}/{source.file}#L{source.line})" in issue.body
    assert "Grace period of orders" in issue.body


@pytest.mark.parametrize("commit", [None, "main", "../../../evil/config/blob/main", "c" * 39])
def test_no_link_is_made_of_what_is_no_commit(look: Look, github: FakeGitHub, commit: str | None):
    """A report is another job's file."""
    look(replace(DRIFT, revision=Revision(commit=commit)))
    (issue,) = github.issues.values()
    assert "/blob/" not in issue.body


def test_the_same_drift_is_not_told_again(look: Look, github: FakeGitHub):
    """Times, commits, tenants in sync and what can't be read don't make it another."""
    look(DRIFT)
    github.requests.clear()
    for report in (replace(DRIFT, started_at="2026-03-03T12:00:00Z"), _plan(DRIFTED, IN_SYNC), HALF_BLIND):
        assert look(report).code == 0
    assert github.wrote() == []


def test_other_drift_has_another_digest():
    """Of a value, a key, a tenant, or whether it is blocked."""
    other = replace(samples.DRIFT, before=91)
    digests = {
        drift_digest(report)
        for report in (
            DRIFT,
            MORE,
            BLOCKED,
            _plan(samples.tenant("acme", Result.CHANGES, other)),
            _plan(samples.tenant("globex", Result.CHANGES, samples.DRIFT)),
            _plan(samples.tenant("acme", Result.CHANGES, replace(samples.DRIFT, before=None))),
        )
    }
    assert len(digests) == 6
    assert drift_digest(CLEAN) == drift_digest(BLIND) == ""


def test_the_order_of_tenants_does_not_matter():
    """A merged report may have them in another."""
    assert drift_digest(MORE) == drift_digest(replace(MORE, tenants=MORE.tenants[::-1]))


def test_a_blocked_key_is_drift(look: Look, github: FakeGitHub):
    """The order-ID sequence on the platform is not the one in git: somebody must look."""
    assert look(BLOCKED).code == 0
    (issue,) = github.issues.values()
    assert issue.state == "open"


@pytest.mark.parametrize(
    ("report", "code"),
    [
        pytest.param(BLIND, 0, id="a tenant that could not be read"),
        pytest.param(_plan(result=Result.FAILED, exit_code=64), 1, id="a wrong call"),
        pytest.param(_plan(result=Result.FAILED, exit_code=70), 1, id="a bug"),
        pytest.param(_plan(IN_SYNC, result=Result.INTERRUPTED, exit_code=130), 1, id="interrupted"),
        pytest.param(replace(CLEAN, selection=Selection(shard="1/2")), 1, id="one shard"),
        pytest.param(replace(CLEAN, selection=Selection(changed_since="main")), 1, id="some tenants"),
        pytest.param(samples.report("apply", Result.APPLIED, 0), 1, id="of an apply"),
    ],
)
def test_what_is_not_a_clean_whole_plan_closes_and_opens_nothing(
    look: Look, github: FakeGitHub, report: Report, code: int
):
    """Nobody knows whether anything differs."""
    assert look(report).code == code
    assert github.issues == {}
    look(DRIFT)
    github.requests.clear()
    assert look(report).code == code
    assert github.wrote() == []


@pytest.mark.parametrize("exit_code", [70, 130])
def test_drift_in_a_plan_that_did_not_finish_opens_nothing(look: Look, github: FakeGitHub, exit_code: int):
    """The half of it might be another digest every night."""
    assert look(_plan(DRIFTED, result=Result.FAILED, exit_code=exit_code)).code == 1
    assert github.wrote() == []


def test_a_report_that_is_not_there_changes_nothing(look: Look, github: FakeGitHub, step: Step):
    """Exit 1: nobody has looked."""
    look(DRIFT)
    github.requests.clear()
    done = step("drift-issue", "--report", step.folder / "none.json")
    assert done.code == 1
    assert github.requests == []


def test_what_differs_beside_what_cannot_be_read_is_told(look: Look, github: FakeGitHub):
    """One tenant's outage must not hide another's drift."""
    assert look(HALF_BLIND).code == 0
    assert len(github.issues) == 1


def test_a_closed_one_stays_closed(look: Look, github: FakeGitHub):
    """New drift is a new story, with people who are told."""
    look(DRIFT)
    look(CLEAN)
    look(DRIFT)
    assert [issue.state for issue in github.issues.values()] == ["closed", "open"]


def test_one_that_lost_its_label_is_found(look: Look, github: FakeGitHub):
    """Labels are for people to move."""
    look(DRIFT)
    (issue,) = github.issues.values()
    issue.labels = ["known"]
    for number in range(120):
        github.issue(f"other {number}", "x", "ann")
    look(MORE)
    assert issue.updates == 1


def test_no_label_is_none(look: Look, github: FakeGitHub):
    """If so wished."""
    look(DRIFT, "--label", "")
    look(MORE, "--label", "")
    (issue,) = github.issues.values()
    assert (issue.labels, issue.updates) == ([], 1)


def test_only_ours_is_touched(look: Look, github: FakeGitHub):
    """Not that of a person with our first line, nor a pull request of our own, nor one that quotes us."""
    marker = f"<!-- reconciler:drift run=1 number=1 attempt=1 digest={drift_digest(DRIFT)} -->\n"
    others = [
        github.issue("a", marker, "ann", labels=["drift"]),
        github.issue("b", marker, labels=["drift"], is_pull=True),
        github.issue("c", f"> {marker}", labels=["drift"]),
    ]
    look(DRIFT)
    assert len(github.issues) == 4
    look(CLEAN)
    assert [issue.state for issue in others] == ["open"] * 3


def test_a_second_one_of_ours_is_closed(look: Look, github: FakeGitHub):
    """Two runs opened one at once: the oldest is kept."""
    look(DRIFT)
    (first,) = github.issues.values()
    second = github.issue(first.title, first.body, labels=["drift"])
    look(MORE)
    assert (first.state, first.updates) == ("open", 1)
    assert (second.state, second.state_reason) == ("closed", "not_planned")
    assert github.comments[second.number][0].body == f"The same as #{first.number}."


@pytest.mark.parametrize("report", [MORE, CLEAN], ids=["other drift", "clean"])
def test_an_older_run_changes_nothing_that_a_newer_one_said(look: Look, github: FakeGitHub, report: Report):
    """A run may hang for hours, and end after the next."""
    look(DRIFT, run=7_050, number=50)
    github.requests.clear()
    assert look(report, run=7_049, number=49).code == 0
    assert github.wrote() == []


def test_an_issue_of_a_large_fleet_fits(look: Look, github: FakeGitHub):
    """Within what GitHub takes."""
    tenants = [samples.tenant(f"t{n:04}", Result.CHANGES, samples.DRIFT) for n in range(2_000)]
    assert look(_plan(*tenants)).code == 0
    (issue,) = github.issues.values()
    assert len(issue.body.encode()) <= 60_000
    assert "Left out, to fit" in issue.body


def test_a_missing_permission_is_told(look: Look, github: FakeGitHub):
    """And nothing else is tried."""
    github.troubles.append(Trouble(403, method="POST"))
    done = look(DRIFT)
    assert done.code == 1
    assert "permissions: {issues: write}" in done.stderr
