"""Reviewed plans: what passes, what is stale, and which plan files are not believed at all."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.plan import TenantPlan
from reconciler.model.report import Report
from reconciler.model.values import SecretRef, Value
from reconciler.model.words import Action
from reconciler.planning.digest import run_digest
from reconciler.planning.gate import HELD_BESIDE_STALE, HELD_STALE, approve
from reconciler.planning.review import Reviewed, not_sent_again, refuse_plan_file
from tests.planning.making import (
    DATE,
    HOOK,
    LATER,
    NUMBERS,
    PLACES,
    REF,
    SWITCH,
    TIMER,
    UNREADABLE,
    UNSET,
    ambiguous,
    default_of,
    fleet,
    plan_file,
    plan_of,
    policy,
    set_to,
)

WANTED: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
RIGHT: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "canary-hook", "timeout": 15}
WRONG: Mapping[str, Any] = {**RIGHT, "api_key": "canary-old"}
WRONG_TOO: Mapping[str, Any] = {**RIGHT, "api_key": "canary-older"}
FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}


def _timer(value: int, live: Live, tenant: str = "acme") -> TenantPlan:
    return plan_of(tenant, (TIMER, value, live))


def _hook(value: Any, live: Live) -> TenantPlan:
    return plan_of("acme", (HOOK, value, live))


STALENESS: Mapping[str, tuple[TenantPlan, TenantPlan, bool]] = {
    "same-change": (_timer(2, set_to(TIMER, 1)), _timer(2, set_to(TIMER, 1)), False),
    "same-change-on-another-day": (_timer(2, set_to(TIMER, 1)), _timer(2, set_to(TIMER, 1, LATER)), False),
    "a-no-op-by-now": (_timer(2, set_to(TIMER, 1)), _timer(2, set_to(TIMER, 2)), False),
    "unreadable-by-now": (_timer(2, set_to(TIMER, 1)), _timer(2, UNREADABLE), False),
    "a-no-op-in-both": (_timer(2, set_to(TIMER, 2)), _timer(2, set_to(TIMER, 2)), False),
    "a-no-op-then-a-change-now": (_timer(2, set_to(TIMER, 2)), _timer(2, set_to(TIMER, 1)), True),
    "unreadable-then-a-change-now": (_timer(2, UNREADABLE), _timer(2, set_to(TIMER, 1)), True),
    "another-before": (_timer(2, set_to(TIMER, 1)), _timer(2, set_to(TIMER, 7)), True),
    "another-after": (_timer(2, set_to(TIMER, 1)), _timer(3, set_to(TIMER, 1)), True),
    "unset-then-set-now": (_timer(2, UNSET), _timer(2, set_to(TIMER, 1)), True),
    "set-then-unset-now": (_timer(2, set_to(TIMER, 1)), _timer(2, UNSET), True),
    "a-default-made-explicit": (_timer(2, default_of(TIMER, 1)), _timer(2, set_to(TIMER, 1)), False),
    "another-tenant": (_timer(2, set_to(TIMER, 1), "bolt"), _timer(2, set_to(TIMER, 1)), True),
    "another-tenant-at-the-same-place": (
        replace(_timer(2, set_to(TIMER, 1), "bolt"), origin="https://acme.example"),
        _timer(2, set_to(TIMER, 1)),
        True,
    ),
    "another-origin": (
        replace(_timer(2, set_to(TIMER, 1)), origin="https://elsewhere.example"),
        _timer(2, set_to(TIMER, 1)),
        True,
    ),
    "another-key": (plan_of("acme", (PLACES, 2, set_to(PLACES, 1))), _timer(2, set_to(TIMER, 1)), True),
    "true-was-1": (_timer(2, set_to(TIMER, 1)), _timer(2, set_to(TIMER, True)), True),
    "secret-same-date": (_hook(WANTED, set_to(HOOK, WRONG)), _hook(WANTED, set_to(HOOK, WRONG)), False),
    "secret-another-date": (_hook(WANTED, set_to(HOOK, WRONG)), _hook(WANTED, set_to(HOOK, WRONG_TOO, LATER)), True),
    "secret-no-date-by-now": (_hook(WANTED, set_to(HOOK, WRONG)), _hook(WANTED, set_to(HOOK, WRONG, None)), True),
    "secret-first-set": (_hook(WANTED, UNSET), _hook(WANTED, UNSET), False),
    "secret-another-name": (
        plan_of("acme", (HOOK, {**WANTED, "api_key": SecretRef("B")}, set_to(HOOK, WRONG))),
        _hook(WANTED, set_to(HOOK, WRONG)),
        True,
    ),
    "secret-not-at-hand-in-review": (
        plan_of("acme", (HOOK, {**WANTED, "timeout": 20}, set_to(HOOK, WRONG)), secrets={}),
        _hook({**WANTED, "timeout": 20}, set_to(HOOK, WRONG)),
        True,
    ),
    "secret-added-on-another-date": (
        _hook(WANTED, set_to(HOOK, {"url": "u"})),
        _hook(WANTED, set_to(HOOK, {"url": "u"}, LATER)),
        True,
    ),
    "secret-added-on-the-same-date": (
        _hook(WANTED, set_to(HOOK, {"url": "u"})),
        _hook(WANTED, set_to(HOOK, {"url": "u"})),
        False,
    ),
    "secret-gone-on-both-sides": (
        _hook({"url": "u"}, set_to(HOOK, {"url": "v"})),
        _hook({"url": "u"}, set_to(HOOK, {"url": "v"}, LATER)),
        False,
    ),
    "a-secret-would-be-dropped": (
        _hook({"url": "u"}, set_to(HOOK, WRONG)),
        _hook({"url": "u"}, set_to(HOOK, WRONG_TOO, LATER)),
        True,
    ),
    "first-set": (
        plan_of("acme", (NUMBERS, FIRST, UNSET)),
        plan_of("acme", (NUMBERS, FIRST, UNSET)),
        False,
    ),
    "assumed-in-both": (
        plan_of("acme", (NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE)), assume_unset=(NUMBERS,)),
        plan_of("acme", (NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE)), assume_unset=(NUMBERS,)),
        False,
    ),
    "unset-in-review-assumed-now": (
        plan_of("acme", (NUMBERS, FIRST, UNSET)),
        plan_of("acme", (NUMBERS, FIRST, ambiguous(NUMBERS)), assume_unset=(NUMBERS,)),
        True,
    ),
    "assumed-of-another-date": (
        plan_of("acme", (NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE)), assume_unset=(NUMBERS,)),
        plan_of("acme", (NUMBERS, FIRST, ambiguous(NUMBERS, date=LATER)), assume_unset=(NUMBERS,)),
        True,
    ),
}


@pytest.mark.parametrize(("reviewed", "now", "stale"), STALENESS.values(), ids=STALENESS)
def test_a_pending_change_passes_only_if_it_is_the_one_that_was_reviewed(
    reviewed: TenantPlan, now: TenantPlan, stale: bool
):
    """Same tenant, place, key, before and after; for a secret and for an assumption also the same date."""
    approved = approve(fleet(now), policy(reviewed=Reviewed.of([plan_file(reviewed)])))

    assert bool(approved.tenants[0].stale) is stale
    writes = {item.key.name for item in now.items if item.change.action.writes}
    assert set(approved.tenants[0].held) == (writes if stale else set())


def _two(now: int, places: list[str]) -> TenantPlan:
    return plan_of("acme", (TIMER, 2, set_to(TIMER, now)), (PLACES, places, set_to(PLACES, ["dc"])))


@pytest.mark.parametrize("turned", [False, True], ids=["in-order", "reversed"])
def test_several_files_are_one_review_in_any_order(turned: bool):
    """The plans of two pull requests together cover what neither covers alone."""
    files = [plan_file(_two(1, ["dc"])), plan_file(_two(2, ["store"]))]
    now = fleet(_two(1, ["store"]))

    both = approve(now, policy(reviewed=Reviewed.of(reversed(files) if turned else files)))
    first, second = (approve(now, policy(reviewed=Reviewed.of([file]))) for file in files)

    assert both.tenants[0].stale == ()
    assert first.tenants[0].stale == ("orders.places",)
    assert second.tenants[0].stale == ("orders.timer",)


def test_a_stale_tenant_holds_all_its_keys_and_no_other_tenant():
    """Nothing is written in the stale one, though a key of it was reviewed; its neighbour goes on."""
    reviewed = Reviewed.of([plan_file(_two(1, ["dc"]), _timer(2, set_to(TIMER, 1), "bolt"))])

    acme, bolt = approve(
        fleet(_two(1, ["store"]), _timer(2, set_to(TIMER, 1), "bolt")), policy(reviewed=reviewed)
    ).tenants

    assert acme.stale == ("orders.places",)
    assert set(acme.held) == {"orders.places", "orders.timer"}
    # A reviewer is told which of the two it is that nobody has seen.
    assert acme.held["orders.places"] == HELD_STALE
    assert acme.held["orders.timer"] == HELD_BESIDE_STALE.format(keys="orders.places")
    assert "Plan again" in acme.held["orders.timer"]
    assert (bolt.stale, bolt.held) == ((), {})


def test_stale_keys_are_sorted_and_all_named():
    """Whoever reads the report sees every key that was not reviewed, in the order of names."""
    now = plan_of("acme", (SWITCH, {"enabled": True}, UNSET), (HOOK, WANTED, UNSET), (TIMER, 2, UNSET))

    (acme,) = approve(fleet(now), policy(reviewed=Reviewed.of([]))).tenants

    assert acme.stale == ("orders.hook", "orders.switch", "orders.timer")


def test_without_plan_files_nothing_is_stale():
    """Applying what main says, unreviewed, is a way to work too."""
    (acme,) = approve(fleet(_timer(2, UNSET)), policy(reviewed=None)).tenants

    assert (acme.stale, acme.held) == ((), {})


@pytest.mark.parametrize(
    ("before", "dated"),
    [
        pytest.param({"sensitive": True}, True, id="a-secret-as-the-whole-value"),
        pytest.param(({"a": ({"sensitive": True},)},), True, id="deep-in-arrays"),
        pytest.param({"a": {"secret": "X"}}, True, id="a-reference"),
        pytest.param({"sensitive": True, "more": 1}, False, id="a-field-that-is-called-so"),
        pytest.param(({"a": 1}, 2, "sensitive", None), False, id="none"),
    ],
)
def test_the_date_counts_wherever_a_secret_is_hidden(before: Any, dated: bool):
    """Two hidden values look alike, so their dates tell whether it is the one that was looked at."""
    plan = _timer(2, set_to(TIMER, 1))
    (item,) = plan.items
    one = replace(item, change=replace(item.change, before=before))
    other = replace(item, change=replace(item.change, before=before, live_updated_at=LATER))
    reviewed = Reviewed.of([plan_file(replace(plan, items=(one,)))])

    assert reviewed.has(plan, one.change)
    assert reviewed.has(plan, other.change) is not dated


def test_a_date_that_is_no_date_is_compared_like_any_other():
    """A plan file is only text: half a surrogate pair in it is no reason to fail."""
    plan = _hook(WANTED, set_to(HOOK, WRONG, "\ud800"))
    other = _hook(WANTED, set_to(HOOK, WRONG, "\ud801"))
    reviewed = Reviewed.of([plan_file(plan)])

    assert reviewed.has(plan, plan.items[0].change)
    assert not reviewed.has(other, other.items[0].change)


def test_a_file_vouches_only_for_what_it_would_write():
    """A no-op, a blocked and an unreadable key in a plan file are no permission for anything."""
    plan = _timer(2, set_to(TIMER, 1))
    (item,) = plan.items
    for action in Action:
        change = replace(item.change, action=action)
        report = plan_file(replace(plan, items=(replace(item, change=change),)))
        assert bool(Reviewed.of([report]).rows) is action.writes
        assert Reviewed.of([report]).has(plan, change) is action.writes


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_what_passes_is_exactly_what_some_file_has(before: int, after: int, then: int, wanted: int):
    """For all numbers: stale if and only if something is pending and it is not the reviewed pair."""
    reviewed = Reviewed.of([plan_file(_timer(wanted, set_to(TIMER, then)))])
    now = _timer(after, set_to(TIMER, before))

    (acme,) = approve(fleet(now), policy(reviewed=reviewed)).tenants

    assert bool(acme.stale) is (before != after and (before, after) != (then, wanted))


ORIGINS = {"acme": "https://acme.example", "bolt": "https://bolt.example"}


def _file(**more: Any) -> Report:
    return plan_file(_timer(2, set_to(TIMER, 1)), _timer(2, set_to(TIMER, 1), "bolt"), **more)


def _edited(after: Value = 3) -> Report:
    report = _file()
    acme, bolt = report.tenants
    (key,) = bolt.keys
    keys = (replace(key, change=replace(key.change, after=after)),)  # type: ignore[arg-type]
    return replace(report, tenants=(acme, replace(bolt, keys=keys)))


def _moved() -> Report:
    """Return a file whose tenants are right and whose digest is that of one of them."""
    report = _file()
    return replace(report, digest=run_digest(report.tenants[:1]))


def test_a_plan_file_of_this_place_is_believed():
    """Also when it has a tenant that is not asked for today, or lacks one that is."""
    assert refuse_plan_file(_file(), sandbox=False, origins=ORIGINS) is None
    assert refuse_plan_file(_file(), sandbox=False, origins={"acme": "https://acme.example"}) is None
    assert refuse_plan_file(_file(), sandbox=False, origins={**ORIGINS, "zeta": "https://z.example"}) is None
    assert refuse_plan_file(_file(sandbox=True), sandbox=True, origins=ORIGINS) is None


@pytest.mark.parametrize(
    ("report", "sandbox", "reason"),
    [
        pytest.param(_file(command="apply"), False, "it is a report of `apply`, not of `plan`", id="another-command"),
        pytest.param(_file(sandbox=True), False, "it was made against the sandbox", id="of-the-sandbox"),
        pytest.param(_file(), True, "it was not made against the sandbox", id="not-of-the-sandbox"),
        pytest.param(
            _edited(),
            False,
            "its content does not match its digest (tenant bolt): it was edited or damaged",
            id="edited",
        ),
        pytest.param(
            _moved(), False, "its content does not match its digest: it was edited or damaged", id="truncated"
        ),
        pytest.param(
            replace(_file(), tenants=_file().tenants[:1]),
            False,
            "its content does not match its digest: it was edited or damaged",
            id="a-tenant-was-taken-out",
        ),
        pytest.param(
            _file(digest=""), False, "its content does not match its digest: it was edited or damaged", id="no-digest"
        ),
    ],
)
def test_a_plan_file_is_refused_with_the_reason(report: Report, sandbox: bool, reason: str):
    """Another command, another place, or not what it was when it was made."""
    assert refuse_plan_file(report, sandbox=sandbox, origins=ORIGINS) == reason


def test_a_plan_file_for_another_origin_is_refused_with_both():
    """The same tenant at another place is another tenant."""
    moved = {"acme": "https://acme.example", "bolt": "https://new.example"}

    assert refuse_plan_file(_file(), sandbox=False, origins=moved) == (
        "bolt was planned at https://bolt.example, but its origin is now https://new.example"
    )


def test_a_secret_that_was_to_be_sent_again_and_was_not_is_told_once():
    """Two tenants: one is asked for and told of; of the other the date has moved, so it was sent."""

    def hidden(tenant: str, date: str, *rewrite: Key) -> TenantPlan:
        return plan_of(tenant, (HOOK, WANTED, set_to(HOOK, {**WANTED, "api_key": "***"}, date)), rewrite=rewrite)

    file = plan_file(hidden("acme", DATE, HOOK), hidden("bolt", DATE, HOOK))
    (said,) = not_sent_again([file, file], [hidden("acme", DATE), hidden("bolt", LATER)])
    assert said.startswith("acme:orders.hook was not sent")
    assert said.endswith("--rewrite acme:hook")
    assert not_sent_again([file], [hidden("acme", DATE, HOOK)]) == ()
    assert not_sent_again([], [hidden("acme", DATE)]) == ()
