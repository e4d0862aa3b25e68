"""What reads the same is one row, whoever it is about."""

from dataclasses import replace

from hypothesis import given

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change
from reconciler.model.report import KeyReport, Report
from reconciler.model.words import Cause, Result, Status
from reconciler.report.alike import alike
from reconciler.report.causes import Side
from reconciler.report.sections import Risk, risk
from tests.report.conftest import quick
from tests.report.fleets import timer
from tests.report.generated import reports
from tests.report.samples import BLOCKED, DRIFT, READ_FAILED, TIMER_UPDATE, WEBHOOK_UPDATE, report, tenant


def fleet(*changes: Change | KeyReport) -> Report:
    """A tenant a change: t0, t1, and so on."""
    return report(
        "plan", Result.CHANGES, 0, *(tenant(f"t{number}", Result.CHANGES, one) for number, one in enumerate(changes))
    )


def names(made: Report) -> list[list[str]]:
    """The tenants of each row."""
    return [[tenant.tenant for tenant, _ in one.members] for one in alike(made)]


@given(reports)
@quick
def test_every_key_that_is_not_in_sync_is_in_exactly_one_row(made: Report):
    """None is lost, none is told twice, and the riskiest come first."""
    loud = [(one.tenant, key.change.key) for one in made.tenants for key in one.keys if risk(key) < Risk.NOTED]
    found = alike(made)
    assert sorted((one.tenant, key.change.key) for row in found for one, key in row.members) == sorted(loud)
    assert [row.risk for row in found] == sorted(row.risk for row in found)


def test_who_is_behind_it_parts_what_is_else_the_same():
    """Over drift comes first of what this revision does, then the largest; drift comes last."""
    drift, both, unknown = (timer(1, 2, cause) for cause in (Cause.DRIFT, Cause.BOTH, Cause.UNKNOWN))
    made = fleet(timer(1, 2), drift, timer(1, 2), both, timer(3, 4), unknown)
    assert names(made) == [["t3"], ["t0", "t2"], ["t4"], ["t5"], ["t1"]]
    assert [row.side for row in alike(made)] == [Side.REVISION] * 3 + [Side.UNTOLD, Side.DRIFT]


def test_what_would_be_dropped_parts_them():
    """It is about one tenant's live value."""
    assert names(fleet(WEBHOOK_UPDATE, replace(WEBHOOK_UPDATE, drops=()), WEBHOOK_UPDATE)) == [["t0", "t2"], ["t1"]]


def test_what_went_wrong_is_parted_by_what_was_said():
    """A request id parts nothing; of what went well, nor does the detail."""

    def ended(status: Status, detail: str, request: str) -> KeyReport:
        return KeyReport(TIMER_UPDATE, Outcome(status, detail, request_id=request))

    rejected = [ended(Status.REJECTED, text, request) for text, request in (("a", "1"), ("a", "2"), ("b", "3"))]
    assert names(fleet(*rejected)) == [["t0", "t1"], ["t2"]]
    applied = [ended(Status.APPLIED, text, request) for text, request in (("a", "1"), ("b", "2"))]
    assert names(fleet(*applied)) == [["t0", "t1"]]


def test_what_is_in_the_way_is_on_no_side():
    """However it came about."""
    made = fleet(replace(BLOCKED, cause=Cause.DRIFT), READ_FAILED, DRIFT)
    assert [(row.risk, row.side) for row in alike(made)] == [
        (Risk.BLOCKED, Side.UNTOLD),
        (Risk.UNREADABLE, Side.UNTOLD),
        (Risk.WRITES, Side.DRIFT),
    ]


def test_a_place_is_named_only_if_it_is_that_of_all():
    """A profile is; the tenants' own files aren't, though the line may be the same."""
    places = [replace(TIMER_UPDATE.source, file=f"tenants/t{number}.yaml") for number in (0, 1)]
    own = [replace(TIMER_UPDATE, source=place) for place in places]
    (row,) = alike(fleet(*own))
    assert row.place is None
    (row,) = alike(fleet(TIMER_UPDATE, TIMER_UPDATE))
    assert row.place == TIMER_UPDATE.source
