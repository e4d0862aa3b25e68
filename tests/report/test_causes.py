"""Who is behind the changes: what this revision does is counted first and stands before drift."""

from dataclasses import replace

import pytest

from reconciler.model.words import Cause, Result
from reconciler.report.causes import Side, side, told
from reconciler.report.counts import counts
from reconciler.report.headline import headline, next_steps
from reconciler.report.sections import sections
from tests.report.samples import BLOCKED, DRIFT, OMS_IN_SYNC, TIMER_UPDATE, WEBHOOK_UPDATE, report, tenant

DECLARED, DRIFTED, BOTH, UNKNOWN = Cause.DECLARED, Cause.DRIFT, Cause.BOTH, Cause.UNKNOWN


@pytest.mark.parametrize(
    ("writes", "words"),
    [
        ({}, ""),
        ({UNKNOWN: 3}, ""),
        ({DECLARED: 1}, "by this revision"),
        ({DECLARED: 2}, "all by this revision"),
        ({BOTH: 1}, "by this revision (1 over drift)"),
        ({DECLARED: 2, BOTH: 1}, "all by this revision (1 over drift)"),
        ({DRIFTED: 1}, "drift"),
        ({DRIFTED: 1000}, "all drift"),
        ({DECLARED: 10, DRIFTED: 2}, "10 by this revision, 2 drift"),
        (
            {DECLARED: 1000, BOTH: 1, DRIFTED: 2, UNKNOWN: 1},
            "1,001 by this revision (1 over drift), 2 drift, 1 of unknown cause",
        ),
        ({DRIFTED: 1, UNKNOWN: 1}, "1 drift, 1 of unknown cause"),
    ],
)
def test_changes_are_counted_by_who_made_them(writes: dict[Cause, int], words: str):
    """What is of one kind needs no number; without a base there is nothing to say."""
    assert told(writes) == words


def test_every_cause_has_a_side():
    """A change over drift is still this revision's."""
    assert [side(cause) for cause in (DECLARED, BOTH, UNKNOWN, DRIFTED)] == [
        Side.REVISION,
        Side.REVISION,
        Side.UNTOLD,
        Side.DRIFT,
    ]


def test_only_what_would_be_written_is_counted():
    """A key in sync and a blocked one are no changes, whoever moved."""
    still = [replace(change, cause=DRIFTED) for change in (OMS_IN_SYNC, BLOCKED)]
    made = report("plan", Result.BLOCKED, 3, tenant("acme", Result.BLOCKED, TIMER_UPDATE, *still))
    assert counts(made).causes == {DECLARED: 1}
    assert headline(made) == "Plan: 1 change in 1 of 1 tenant: by this revision; 1 blocked."


def test_what_this_revision_does_comes_before_drift():
    """Among tenants, and among the keys of one; what is in the way comes before both, whoever put it there."""
    drifted = replace(WEBHOOK_UPDATE, cause=DRIFTED)
    made = report(
        "plan",
        Result.BLOCKED,
        3,
        tenant("a", Result.CHANGES, DRIFT),
        tenant("b", Result.CHANGES, drifted, TIMER_UPDATE),
        tenant("c", Result.CHANGES, replace(DRIFT, cause=UNKNOWN)),
        tenant("d", Result.BLOCKED, replace(BLOCKED, cause=DRIFTED)),
        tenant("e", Result.BLOCKED, replace(BLOCKED, cause=DECLARED)),
    )
    found = sections(made)
    assert [section.tenant.tenant for section in found] == ["d", "e", "b", "c", "a"]
    assert [key.change.cause for key in found[2].keys] == [DECLARED, DRIFTED]


def test_what_to_do_about_drift_is_said_where_there_is_some():
    """And only there."""
    steps = [
        any(step.startswith("Drift:") for step in next_steps(report("plan", Result.CHANGES, 0, one)))
        for one in (tenant("a", Result.CHANGES, DRIFT), tenant("a", Result.CHANGES, TIMER_UPDATE))
    ]
    assert steps == [True, False]
