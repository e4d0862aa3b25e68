from dataclasses import replace

import pytest
from hypothesis import given

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change
from reconciler.model.report import KeyReport, Report
from reconciler.model.words import Status
from reconciler.report.cells import Kind, Tone, kind_of
from reconciler.report.sections import Risk, risk
from tests.report.conftest import quick
from tests.report.generated import reports
from tests.report.samples import (
    BLOCKED,
    CANCEL_CREATE,
    FIRST_SET,
    OMS_IN_SYNC,
    READ_FAILED,
    TIMER_UPDATE,
    WEBHOOK_MASKED,
)


@pytest.mark.parametrize(
    ("change", "status", "expected"),
    [
        (OMS_IN_SYNC, None, Kind.IN_SYNC),
        (OMS_IN_SYNC, Status.UNCHANGED, Kind.IN_SYNC),
        (OMS_IN_SYNC, Status.NOT_ATTEMPTED, Kind.IN_SYNC),
        (WEBHOOK_MASKED, None, Kind.NOTED),
        (WEBHOOK_MASKED, Status.UNCHANGED, Kind.NOTED),
        (replace(OMS_IN_SYNC, drops=("/a",)), None, Kind.NOTED),
        (TIMER_UPDATE, None, Kind.UPDATE),
        (CANCEL_CREATE, None, Kind.CREATE),
        (FIRST_SET, None, Kind.FIRST_SET),
        (BLOCKED, None, Kind.BLOCKED),
        (BLOCKED, Status.NOT_ATTEMPTED, Kind.BLOCKED),
        (READ_FAILED, None, Kind.UNREADABLE),
        (READ_FAILED, Status.NOT_ATTEMPTED, Kind.UNREADABLE),
        (BLOCKED, Status.FAILED, Kind.FAILED),
        *((TIMER_UPDATE, status, Kind(status)) for status in Status),
        *((FIRST_SET, status, Kind(status)) for status in Status),
    ],
)
def test_a_cell_says_what_became_of_its_key_or_else_what_would(change: Change, status: Status | None, expected: Kind):
    """A key that couldn't be written anyway says why, rather than that it was not attempted."""
    assert kind_of(KeyReport(change, Outcome(status) if status else None)) is expected


def test_every_kind_has_words_and_a_tone_of_its_own():
    """Different words for each, so that colour is never all there is."""
    assert len({kind.words for kind in Kind}) == len(Kind)
    assert {kind.tone for kind in Kind} == set(Tone)


@given(reports)
@quick
def test_only_a_quiet_key_has_a_quiet_cell(report: Report):
    """What the report has to tell of, the table shows."""
    for key in (key for tenant in report.tenants for key in tenant.keys):
        if key.outcome is None or key.outcome.status is Status.UNCHANGED:
            assert (kind_of(key) is Kind.IN_SYNC) is (risk(key) is Risk.QUIET)
