from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange
from reconciler.model.report import KeyReport, Report
from reconciler.model.values import ABSENT
from reconciler.model.words import Action, Cause, Reason, Result, Status
from reconciler.report.alike import alike
from reconciler.report.causes import Side
from reconciler.report.grouping import LEAST, RARE, USUAL, groups, names_of, outliers
from reconciler.report.sections import Risk, risk
from tests.report.conftest import quick
from tests.report.generated import reports
from tests.report.samples import (
    BIG,
    BLOCKED,
    FIRST_SET,
    OMS_IN_SYNC,
    READ_FAILED,
    SAMPLES,
    TIMER,
    TIMER_UPDATE,
    UNKNOWN_KEY,
    WEBHOOK,
    WEBHOOK_UPDATE,
    change,
    report,
    tenant,
)


def fleet(*changes: Change | KeyReport) -> Report:
    """A tenant a change: t0, t1, and so on."""
    return report(
        "plan", Result.CHANGES, 0, *(tenant(f"t{number}", Result.CHANGES, one) for number, one in enumerate(changes))
    )


def says(value: Any, key: str = TIMER) -> Change:
    """A key that is in sync at `value`."""
    return change(key, Action.NO_OP, Reason.IN_SYNC, value, before=value)


def test_tenants_with_the_same_change_are_one_group():
    """The largest of the same risk comes first, whatever its tenants are called."""
    other = replace(TIMER_UPDATE, before=60, changes=(FieldChange("", 60, 7200),))
    one, two = groups(fleet(other, TIMER_UPDATE, TIMER_UPDATE))
    assert (one.tenants, [line.text for line in one.lines]) == (("t1", "t2"), ["3600 → 7200"])
    assert (two.tenants, [line.text for line in two.lines]) == (("t0",), ["60 → 7200"])
    assert (one.key, one.action, one.reason, one.status) == (TIMER, Action.UPDATE, Reason.DIFFERS, None)


def test_a_risky_group_comes_before_a_large_one():
    """As everywhere in a report."""
    found = groups(fleet(TIMER_UPDATE, TIMER_UPDATE, TIMER_UPDATE, UNKNOWN_KEY, BLOCKED, FIRST_SET))
    assert [group.risk for group in found] == [Risk.IRREVERSIBLE, Risk.BLOCKED, Risk.UNREADABLE, Risk.WRITES]


def test_what_this_revision_does_and_drift_are_groups_of_their_own_and_drift_comes_last():
    """However many tenants drifted: a reviewer reads first what is to be reviewed."""
    drifted = replace(TIMER_UPDATE, cause=Cause.DRIFT)
    over = replace(TIMER_UPDATE, cause=Cause.BOTH)
    mine = replace(TIMER_UPDATE, cause=Cause.DECLARED)
    found = groups(fleet(drifted, drifted, drifted, mine, over))
    assert [(group.side, group.tenants) for group in found] == [
        (Side.REVISION, ("t3", "t4")),
        (Side.DRIFT, ("t0", "t1", "t2")),
    ]


def test_true_is_not_one_and_nothing_is_not_null():
    """Values that Python takes for equal are different changes."""
    pairs = [(0, 1), (0, True), (False, 1), (None, 1), (ABSENT, 1), ("0", 1)]
    made = [replace(TIMER_UPDATE, before=a, after=b, changes=(FieldChange("", a, b),)) for a, b in pairs]
    assert len(groups(fleet(*made))) == len(pairs)


def test_a_sensitive_field_counts_only_as_changing():
    """Secrets of different names don't part a group, and none of the names is in it."""
    other = replace(
        WEBHOOK_UPDATE,
        after={"api_key": {"secret": "OTHER_KEY"}},
        changes=tuple(
            replace(field, after={"secret": "OTHER_KEY"}) if field.sensitive else field
            for field in WEBHOOK_UPDATE.changes
        ),
    )
    (group,) = groups(fleet(WEBHOOK_UPDATE, other))
    assert group.tenants == ("t0", "t1")
    assert "OTHER_KEY" not in repr(group)
    assert "WEBHOOK_API_KEY" not in repr(group)


def test_what_became_of_a_change_parts_a_group():
    """Fourteen that were applied are another thing than one that failed."""
    ended = [KeyReport(TIMER_UPDATE, Outcome(status)) for status in (Status.APPLIED, Status.FAILED, Status.APPLIED)]
    failed, applied = groups(fleet(*ended))
    assert (failed.status, failed.tenants) == (Status.FAILED, ("t1",))
    assert (applied.status, applied.tenants) == (Status.APPLIED, ("t0", "t2"))


def test_a_blocked_group_says_how_it_differs():
    """It writes nothing, and yet has something to tell."""
    (group,) = groups(fleet(BLOCKED, BLOCKED))
    assert [line.text for line in group.lines] == ['"EU" → "NS"']


def test_what_cannot_be_read_is_grouped_by_its_reason():
    """Nothing is known of its fields."""
    found = groups(fleet(READ_FAILED, replace(READ_FAILED, reason=Reason.UNKNOWN_KEY), READ_FAILED))
    assert [(group.reason, len(group.tenants), group.lines) for group in found] == [
        (Reason.READ_FAILED, 2, ()),
        (Reason.UNKNOWN_KEY, 1, ()),
    ]


@given(reports)
@quick
def test_every_key_that_is_not_in_sync_is_in_exactly_one_group(made: Report):
    """None is lost, none is told twice."""
    loud = [(t.tenant, key.change.key) for t in made.tenants for key in t.keys if risk(key) < Risk.NOTED]
    assert sorted((name, group.key) for group in groups(made) for name in group.tenants) == sorted(loud)


@given(reports)
@quick
def test_a_group_is_made_of_whole_rows_of_a_reviewer(made: Report):
    """The page, the terminal and Markdown differ in how fine they are, and never in what is the same."""
    group_of = {(name, one.key): number for number, one in enumerate(groups(made)) for name in one.tenants}
    for row in alike(made):
        assert len({group_of[tenant.tenant, key.change.key] for tenant, key in row.members}) == 1


def test_one_among_many_is_an_outlier():
    """23 tenants say 3600, 1 says 36."""
    (found,) = outliers(fleet(*[says(3600)] * 12, says(36), *[says(3600)] * 11))
    assert (found.key, found.label, found.usual, found.agreeing) == (TIMER, "value", "3600", 23)
    assert found.others == (("36", ("t12",)),)


def test_an_outlier_is_found_in_a_field_of_an_object():
    """Under the field's pointer; the other fields agree, or never do."""
    url = "https://{}.example/"
    made = [says({"url": url.format(n), "timeout": 15, "a": {"b/c": 1 if n else 2}}, WEBHOOK) for n in range(10)]
    (found,) = outliers(fleet(*made))
    assert (found.pointer, found.label, found.usual, found.others) == ("/a/b~1c", "a.b/c", "1", (("2", ("t0",)),))


def test_true_among_ones_is_an_outlier():
    """And 1.0 would be too, but values are normalised before they come here."""
    (found,) = outliers(fleet(*[says(1)] * 8, says(True)))
    assert found.others == (("true", ("t8",)),)


def test_the_name_of_a_secret_is_no_outlier():
    """A tenant's secrets may be called what its people like."""
    made = [says({"api_key": {"secret": "ODD" if n == 3 else "KEY"}, "timeout": 15}, WEBHOOK) for n in range(20)]
    assert outliers(fleet(*made)) == ()


def test_few_tenants_have_no_outlier():
    """Two of three are no custom."""
    assert outliers(fleet(*[says(3600)] * (LEAST - 2), says(36))) == ()
    assert outliers(fleet(*[says(3600)] * (LEAST - 1), says(36))) != ()


def test_a_sizeable_minority_is_no_outlier_but_the_one_beside_it_is():
    """Staging that differs on purpose hides no slip."""
    made = fleet(*[says(3600)] * 34, *[says(60)] * 5, says(36))
    (found,) = outliers(made)
    assert (found.agreeing, found.others) == (34, (("36", ("t39",)),))


def test_a_field_that_is_everybodys_own_has_no_outlier():
    """Nor has one in which many go their own ways."""
    assert outliers(fleet(*(says(number) for number in range(40)))) == ()
    assert outliers(fleet(*[says(3600)] * 40, *(says(number) for number in range(4)))) == ()


@given(st.lists(st.sampled_from([1, 2, 3, True, None]), max_size=60))
@quick
def test_outliers_are_rare_beside_a_custom(said: list[Any]):
    """By the numbers that the module promises."""
    for found in outliers(fleet(*(says(value, BIG) for value in said))):
        odd = sum(len(names) for _, names in found.others)
        assert len(said) >= LEAST
        assert found.agreeing >= USUAL * len(said)
        assert 1 <= odd <= max(1, len(said) // RARE)


def test_what_is_in_sync_has_an_outlier_too():
    """It is about what is declared: the slip may have been applied long ago."""
    made = fleet(*[OMS_IN_SYNC] * 9, replace(OMS_IN_SYNC, after={"enabled": False}))
    assert [found.usual for found in outliers(made)] == ["true"]


def test_the_samples_have_groups_and_no_outlier():
    """They are six tenants."""
    assert groups(SAMPLES["plan"])
    assert outliers(SAMPLES["plan"]) == ()
    assert groups(SAMPLES["plan-in-sync"]) == ()


def test_names_are_cut_by_number():
    """Whole names, and how many are left out."""
    assert names_of(["a", "b"], 2) == "a, b"
    assert names_of(["a", "b", "c"], 1) == "a and 2 more"
    assert names_of([], 1) == ""
