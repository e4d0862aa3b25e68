"""The gate: every rule at its limit, who is stopped by it, what ends it, and all refusals at once."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.plan import ApprovedPlan, Refusal, TenantPlan
from reconciler.model.policy import Drift, Freeze, Gate
from reconciler.model.problem import Problem
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret
from reconciler.model.words import Action, Cause, Severity
from reconciler.planning.gate import (
    HELD_BESIDE_STALE,
    HELD_BY_GATE,
    HELD_BY_PROBLEMS,
    HELD_DRIFT,
    HELD_STALE,
    LIFTABLE,
    approve,
    run_refusals,
    tenant_refusals,
)
from reconciler.planning.review import Reviewed
from tests.planning.making import (
    DATE,
    HOOK,
    NOW,
    NUMBERS,
    PLACES,
    REF,
    SECRETS,
    TIMER,
    UNREADABLE,
    UNSET,
    ambiguous,
    fleet,
    plan_file,
    plan_of,
    policy,
    set_to,
)

ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
WANTED: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
RIGHT: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "canary-hook", "timeout": 15}
FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}
ELSEWHERE = {"HOOK": BoundSecret(Secret("canary-hook"), "https://other.example")}


def changing(tenant: str) -> TenantPlan:
    """Return a tenant with one update."""
    return plan_of(tenant, (TIMER, 2, set_to(TIMER, 1)))


def in_sync(tenant: str) -> TenantPlan:
    """Return a tenant with nothing to write: a no-op, a blocked and an unreadable key."""
    blocked = set_to(NUMBERS, {"prefix": "EU"})
    return plan_of(tenant, (TIMER, 2, set_to(TIMER, 2)), (NUMBERS, FIRST, blocked), (PLACES, ["dc"], UNREADABLE))


def with_secret(tenant: str, live: Any = RIGHT) -> TenantPlan:
    """Return a tenant with a key that holds a secret and is equal, and one that is updated."""
    return plan_of(tenant, (HOOK, WANTED, set_to(HOOK, live)), (TIMER, 2, set_to(TIMER, 1)))


def first_set(tenant: str, **more: Any) -> TenantPlan:
    """Return a tenant with a first set of a write-once key, and an update."""
    return plan_of(tenant, (NUMBERS, FIRST, UNSET), (TIMER, 2, set_to(TIMER, 1)), **more)


def drifted(tenant: str, *causes: Cause) -> TenantPlan:
    """Return a tenant whose timer and places change for these causes."""
    plan = plan_of(tenant, (TIMER, 2, set_to(TIMER, 1)), (PLACES, ["dc"], set_to(PLACES, ["store"])))
    items = (
        replace(item, change=replace(item.change, cause=cause)) for item, cause in zip(plan.items, causes, strict=True)
    )
    return replace(plan, items=tuple(items))


def rules(approved: ApprovedPlan) -> list[tuple[str, str | None, str | None]]:
    """Return who was refused by which rule."""
    return [(refusal.rule, refusal.tenant, refusal.key) for refusal in approved.refusals]


def held(approved: ApprovedPlan) -> Mapping[str, Mapping[str, str]]:
    """Return what is held and why, by tenant."""
    return {tenant.plan.tenant: tenant.held for tenant in approved.tenants}


def test_without_limits_everything_may_be_written():
    """Nothing is refused, nothing is held, and each tenant keeps its plan."""
    plan = fleet(changing("acme"), with_secret("bolt"))

    approved = approve(plan, policy())

    assert approved.refusals == ()
    assert held(approved) == {"acme": {}, "bolt": {}}
    assert tuple(tenant.plan for tenant in approved.tenants) == plan.tenants


# ------------------------------------------------------------------------------------------------------ the counts


def many(count: int) -> list[TenantPlan]:
    """Return so many tenants that would change."""
    return [changing(f"t{number:02}") for number in range(count)]


@pytest.mark.parametrize(
    ("limit", "changed", "refused"),
    [
        pytest.param(2, 1, False, id="below"),
        pytest.param(2, 2, False, id="equal"),
        pytest.param(2, 3, True, id="above"),
        pytest.param(0, 0, False, id="none-allowed-none-changed"),
        pytest.param(0, 1, True, id="none-allowed"),
        pytest.param(None, 9, False, id="no-limit"),
    ],
)
def test_more_tenants_than_the_limit_stop_the_run(limit: int | None, changed: int, refused: bool):
    """Equality passes; above, nothing at all is written."""
    plan = fleet(*many(changed), in_sync("zeta"))

    approved = approve(plan, policy(Gate(max_tenants_changed=limit), fleet=9))

    assert rules(approved) == ([("max_tenants_changed", None, None)] if refused else [])
    for tenant in approved.tenants[:-1]:
        assert tenant.held == ({"orders.timer": HELD_BY_GATE} if refused else {})
    assert approved.tenants[-1].held == {}


@pytest.mark.parametrize(
    ("percent", "of", "changed", "refused"),
    [
        pytest.param(50, 4, 2, False, id="equal"),
        pytest.param(50, 4, 3, True, id="above"),
        pytest.param(50.0, 3, 2, True, id="above-by-a-fraction"),
        pytest.param(0, 3, 1, True, id="none-allowed"),
        pytest.param(0, 3, 0, False, id="none-allowed-none-changed"),
        pytest.param(100, 3, 3, False, id="all-allowed"),
        pytest.param(None, 9, 9, False, id="nine-tenants-have-no-default"),
        pytest.param(None, 10, 3, False, id="ten-tenants-equal-to-the-default"),
        pytest.param(None, 10, 4, True, id="ten-tenants-above-the-default"),
        pytest.param(None, 11, 3, False, id="eleven-tenants"),
        pytest.param(30, 9, 3, True, id="a-limit-that-was-set-counts-below-ten"),
        pytest.param(60, 10, 5, False, id="a-limit-that-was-set-replaces-the-default"),
        pytest.param(33.3, 1000, 3, False, id="few-of-many"),
        pytest.param(0.57, 10_000, 57, False, id="equal-where-a-float-is-not"),
        pytest.param(0.57, 10_000, 58, True, id="just-above-where-a-float-is-not"),
    ],
)
def test_a_larger_share_than_the_limit_stops_the_run(percent: float | None, of: int, changed: int, refused: bool):
    """The denominator is every tenant file, selected or not; the default counts from ten of them."""
    approved = approve(fleet(*many(changed)), policy(Gate(max_changed_percent=percent), fleet=of))

    assert rules(approved) == ([("max_changed_percent", None, None)] if refused else [])
    assert all(bool(tenant.held) is refused for tenant in approved.tenants)


def test_the_messages_of_limits_say_how_much_and_how_to_lift():
    """How many, what is allowed, and the words to say if it is meant."""
    gate = Gate(max_tenants_changed=1, max_changed_percent=12.5)

    refusals = run_refusals(fleet(*many(2)), policy(gate, fleet=3))

    assert refusals == (
        Refusal(
            "max_tenants_changed",
            '2 tenants would change; the limit is 1. If it is meant, run again with --lift max_tenants_changed="why".',
        ),
        Refusal(
            "max_changed_percent",
            "2 of 3 tenants (66.7 %) would change; the limit is 12.5 %."
            ' If it is meant, run again with --lift max_changed_percent="why".',
        ),
    )


def test_a_tenant_counts_once_and_only_if_something_would_be_written():
    """Three keys are one tenant; blocked, unreadable and equal keys are no change."""
    plan = fleet(first_set("acme"), in_sync("bolt"), in_sync("corp"))

    assert run_refusals(plan, policy(Gate(max_tenants_changed=1), fleet=3)) == ()
    assert run_refusals(plan, policy(Gate(max_tenants_changed=0), fleet=3)) != ()


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 1000))
def test_the_share_is_judged_exactly(of: int, changed: int, permille: int):
    """For all counts and limits: refused if and only if changed / all > limit, in whole numbers."""
    changed = min(of, changed)
    plan = fleet(*many(changed))

    refused = run_refusals(plan, policy(Gate(max_changed_percent=permille / 10), fleet=of))

    assert bool(refused) is (changed * 1000 > permille * of)


# ----------------------------------------------------------------------------------------------------- the freezes


def freeze(start: datetime, end: datetime, tenants: str = "*") -> Gate:
    """Return a gate with one freeze for peak season."""
    return Gate(freezes=(Freeze(start, end, "peak season", tenants),))


TOKYO = timezone(9 * HOUR)


@pytest.mark.parametrize(
    ("start", "end", "frozen"),
    [
        pytest.param(NOW - HOUR, NOW + HOUR, True, id="inside"),
        pytest.param(NOW, NOW + HOUR, True, id="at-its-start"),
        pytest.param(NOW - HOUR, NOW, True, id="at-its-end"),
        pytest.param(NOW, NOW, True, id="a-moment"),
        pytest.param(NOW + timedelta(microseconds=1), NOW + HOUR, False, id="before"),
        pytest.param(NOW - HOUR, NOW - timedelta(microseconds=1), False, id="after"),
        pytest.param(datetime(2026, 3, 2, 21, tzinfo=TOKYO), datetime(2026, 3, 2, 22, tzinfo=TOKYO), True, id="zone"),
        pytest.param(
            datetime(2026, 3, 2, 12, tzinfo=TOKYO), datetime(2026, 3, 2, 13, tzinfo=TOKYO), False, id="its-noon"
        ),
    ],
)
def test_a_freeze_holds_from_its_first_to_its_last_moment(start: datetime, end: datetime, frozen: bool):
    """Both ends are included, and a zone is a zone."""
    approved = approve(fleet(changing("acme"), in_sync("bolt")), policy(freeze(start, end)))

    assert rules(approved) == ([("freeze", "acme", None)] if frozen else [])
    assert held(approved) == {"acme": {"orders.timer": HELD_BY_GATE} if frozen else {}, "bolt": {}}


@pytest.mark.parametrize(
    ("glob", "frozen"),
    [
        pytest.param("*", ["acme", "bolt-staging"], id="everyone"),
        pytest.param("acme", ["acme"], id="one"),
        pytest.param("*-staging", ["bolt-staging"], id="glob"),
        pytest.param("ACME", [], id="case-counts"),
        pytest.param("zeta", [], id="no-one-here"),
    ],
)
def test_a_freeze_of_one_tenant_that_would_be_written_stops_the_run(glob: str, frozen: list[str]):
    """The refusals name the frozen; but while a rule stands, nothing at all is written."""
    plan = fleet(changing("acme"), changing("bolt-staging"))

    approved = approve(plan, policy(freeze(NOW, NOW, glob)))

    assert [refusal.tenant for refusal in approved.refusals] == frozen
    assert all(bool(tenant.held) is bool(frozen) for tenant in approved.tenants)


def test_a_freeze_says_until_when_why_and_how_to_lift_it():
    """In the zone that the settings used."""
    end = datetime(2026, 3, 2, 22, tzinfo=TOKYO)

    (refusal,) = run_refusals(fleet(changing("acme")), policy(freeze(NOW, end)))

    assert refusal == Refusal(
        "freeze",
        "acme is frozen until 2026-03-02T22:00:00+09:00: peak season."
        ' If it is meant, run again with --lift freeze="why".',
        "acme",
    )


def test_a_freeze_without_pending_writes_refuses_nothing():
    """A run that only looks may look in peak season."""
    approved = approve(fleet(in_sync("acme"), in_sync("bolt")), policy(freeze(NOW, NOW)))

    assert (approved.refusals, held(approved)) == ((), {"acme": {}, "bolt": {}})


# ------------------------------------------------------------------------------------------------------- the lifts

STRICT = Gate(0, 0, (Freeze(NOW, NOW, "one"), Freeze(NOW, NOW, "two", "acme")))


def test_all_refusals_are_reported_together():
    """Both limits, both freezes of each tenant, the missing secret and the first set: not only the first."""
    plan = fleet(first_set("acme"), with_secret("bolt"))

    approved = approve(plan, policy(STRICT, secrets={}))

    assert rules(approved) == [
        ("max_tenants_changed", None, None),
        ("max_changed_percent", None, None),
        ("freeze", "acme", None),
        ("freeze", "acme", None),
        ("freeze", "bolt", None),
        ("irreversible", "acme", "orders.numbers"),
        ("secret-unavailable", "bolt", "orders.hook"),
    ]


@pytest.mark.parametrize("lifted", LIFTABLE)
def test_a_lift_ends_its_own_rule_only(lifted: str):
    """The others stand, and the run with them."""
    approved = approve(fleet(changing("acme"), changing("bolt")), policy(STRICT, lifted=frozenset({lifted})))

    left = {refusal.rule for refusal in approved.refusals}
    assert left == set(LIFTABLE) - {lifted}
    assert all(tenant.held == {"orders.timer": HELD_BY_GATE} for tenant in approved.tenants)


def test_with_every_rule_lifted_the_run_goes_on():
    """A person has taken all of it upon them."""
    approved = approve(fleet(changing("acme"), changing("bolt")), policy(STRICT, lifted=frozenset(LIFTABLE)))

    assert (approved.refusals, held(approved)) == ((), {"acme": {}, "bolt": {}})


def test_only_the_three_rules_about_the_run_can_be_lifted():
    """A lift of a rule about secrets or first sets lifts nothing, whoever asks."""
    assert LIFTABLE == ("max_tenants_changed", "max_changed_percent", "freeze")
    everything = frozenset({"secret-unavailable", "secret-origin", "irreversible"})

    approved = approve(fleet(first_set("acme"), with_secret("bolt")), policy(secrets={}, lifted=everything))

    assert {refusal.rule for refusal in approved.refusals} == {"irreversible", "secret-unavailable"}
    assert held(approved)["bolt"].keys() == {"orders.timer"}


# ----------------------------------------------------------------------------------------------------- the secrets


@pytest.mark.parametrize(
    ("secrets", "rule"),
    [
        pytest.param({"bolt": SECRETS}, "secret-unavailable", id="no-entry-of-the-tenant"),
        pytest.param({"acme": {}, "bolt": SECRETS}, "secret-unavailable", id="not-in-its-entry"),
        pytest.param({"acme": ELSEWHERE, "bolt": SECRETS}, "secret-origin", id="for-another-origin"),
    ],
)
def test_a_secret_that_may_not_be_sent_stops_its_tenant_even_where_its_key_is_equal(
    secrets: Mapping[str, Any], rule: str
):
    """The refused key is a no-op, and still the tenant's other key waits; the neighbour goes on."""
    plan = fleet(with_secret("acme"), with_secret("bolt"))
    assert plan.tenants[0].items[0].change.action is Action.NO_OP

    approved = approve(plan, policy(secrets=secrets))

    assert rules(approved) == [(rule, "acme", "orders.hook")]
    assert held(approved) == {"acme": {"orders.timer": approved.refusals[0].message}, "bolt": {}}
    assert "canary" not in repr(approved)


def test_all_refused_secrets_of_a_tenant_are_reported_in_the_order_of_keys():
    """Write order is another one; a report is sorted by name."""
    plan = plan_of("acme", (HOOK, WANTED, UNSET), (PLACES, (REF,), UNSET), (TIMER, REF, UNSET))
    turned = replace(plan, items=tuple(reversed(plan.items)))

    refused = tenant_refusals(turned, policy(secrets={}))

    assert [refusal.key for refusal in refused] == ["orders.hook", "orders.places", "orders.timer"]
    assert {refusal.tenant for refusal in refused} == {"acme"}


def test_a_stopped_tenant_says_the_first_of_its_reasons():
    """What is held says one reason; the refusals say all."""
    plan = fleet(plan_of("acme", (HOOK, WANTED, UNSET), (TIMER, REF, UNSET)), changing("bolt"))

    approved = approve(plan, policy(secrets={}))

    first, second = approved.refusals
    assert set(approved.tenants[0].held.values()) == {first.message}
    assert (first.key, second.key) == ("orders.hook", "orders.timer")


# --------------------------------------------------------------------------------------------------- the first set

ASSUMED = plan_of("acme", (NUMBERS, FIRST, ambiguous(NUMBERS, date=DATE)), assume_unset=(NUMBERS,))
BY_PLAN = (
    "Setting this key can't be undone. Apply a reviewed plan that has it (--plan FILE), or say --allow-irreversible."
)
BY_PLAN_ONLY = (
    "Setting this key can't be undone, and that it is unset is an assumption. Make a plan with the same"
    " --assume-unset, have it reviewed, and apply it with --plan."
)


@pytest.mark.parametrize(
    ("tenant", "flag", "reviewed", "refused"),
    [
        pytest.param(first_set("acme"), False, None, BY_PLAN, id="nothing-said"),
        pytest.param(first_set("acme"), True, None, None, id="flag"),
        pytest.param(first_set("acme"), False, first_set("acme"), None, id="reviewed"),
        pytest.param(first_set("acme"), True, first_set("acme"), None, id="flag-and-reviewed"),
        pytest.param(first_set("acme", assume_unset=(NUMBERS,)), True, None, None, id="unset-and-needlessly-assumed"),
        pytest.param(first_set("acme", assume_unset=(NUMBERS,)), False, None, BY_PLAN, id="needlessly-assumed-no-flag"),
        pytest.param(ASSUMED, False, None, BY_PLAN_ONLY, id="assumed"),
        pytest.param(ASSUMED, True, None, BY_PLAN_ONLY, id="assumed-the-flag-is-not-enough"),
        pytest.param(ASSUMED, False, ASSUMED, None, id="assumed-reviewed"),
        pytest.param(ASSUMED, True, ASSUMED, None, id="assumed-flag-and-reviewed"),
    ],
)
def test_a_first_set_needs_a_review_or_the_flag(
    tenant: TenantPlan, flag: bool, reviewed: TenantPlan | None, refused: str | None
):
    """An assumed one needs the review; a refusal stops that key alone."""
    files = Reviewed.of([plan_file(reviewed, changing("bolt"))]) if reviewed else None

    approved = approve(fleet(tenant, changing("bolt")), policy(allow_irreversible=flag, reviewed=files))

    assert rules(approved) == ([("irreversible", "acme", "orders.numbers")] if refused else [])
    assert held(approved) == {"acme": {"orders.numbers": refused} if refused else {}, "bolt": {}}


def test_a_first_set_that_was_not_reviewed_is_stale_whatever_the_flag_says():
    """With plan files, only what is in them is written."""
    reviewed = Reviewed.of([plan_file(changing("acme"))])

    approved = approve(fleet(first_set("acme"), changing("bolt")), policy(reviewed=reviewed, allow_irreversible=True))

    assert rules(approved) == []
    assert held(approved)["acme"] == {
        "orders.numbers": HELD_STALE,
        "orders.timer": HELD_BESIDE_STALE.format(keys="orders.numbers"),
    }


def test_first_sets_of_two_tenants_are_refused_each_for_itself():
    """Every refusal names its tenant; the other keys of both go on."""
    approved = approve(fleet(first_set("bolt"), first_set("acme")), policy())

    assert rules(approved) == [("irreversible", tenant, "orders.numbers") for tenant in ("acme", "bolt")]
    assert [set(tenant.held) for tenant in approved.tenants] == [{"orders.numbers"}, {"orders.numbers"}]


def test_a_blocked_write_once_key_is_not_refused():
    """It is blocked already: there is nothing to allow."""
    assert rules(approve(fleet(in_sync("acme"), in_sync("bolt")), policy())) == []


# ------------------------------------------------------------------------------------------------- files and drift


@pytest.mark.parametrize(
    ("severity", "elsewhere", "stopped"),
    [
        pytest.param(Severity.ERROR, False, True, id="error"),
        pytest.param(Severity.WARNING, False, False, id="warning"),
        pytest.param(Severity.WARNING, True, True, id="error-in-a-file-of-no-tenant"),
    ],
)
def test_an_error_in_any_selected_file_holds_all_writes(severity: Severity, elsewhere: bool, stopped: bool):
    """A broken file on main is everyone's alarm; it is no refusal, and a warning is no error."""
    problem = Problem("tenants/acme.yaml", 1, 1, "", "rule/x", "m", severity=severity)
    broken = plan_of("acme", (TIMER, 2, set_to(TIMER, 1)), problems=(problem,))

    approved = approve(fleet(broken, changing("bolt")), policy(), file_problems=elsewhere)

    assert approved.refusals == ()
    reason = {"orders.timer": HELD_BY_PROBLEMS} if stopped else {}
    assert held(approved) == {"acme": reason, "bolt": reason}


def test_the_weightiest_reason_is_the_one_that_is_said():
    """Problems before the gate, the gate before staleness, staleness before secrets, secrets before a first set."""
    problem = Problem("tenants/acme.yaml", 1, 1, "", "rule/x", "m")
    plan = plan_of("acme", (NUMBERS, FIRST, UNSET), (HOOK, WANTED, UNSET))
    nothing = Reviewed.of([])

    def said(**more: Any) -> set[str]:
        tenant = replace(plan, problems=more.pop("problems", ()))
        approved = approve(fleet(tenant, in_sync("bolt")), policy(more.pop("gate", None), **more))
        return {approved.tenants[0].held["orders.numbers"]}

    assert said(problems=(problem,), gate=STRICT, reviewed=nothing, secrets={}) == {HELD_BY_PROBLEMS}
    assert said(gate=STRICT, reviewed=nothing, secrets={}) == {HELD_BY_GATE}
    assert said(reviewed=nothing, secrets={}) == {HELD_STALE}
    assert "not in this tenant's credentials" in said(secrets={}).pop()
    assert said() == {BY_PLAN}


@pytest.mark.parametrize(
    ("drift", "cause", "reported"),
    [
        (drift, cause, drift is Drift.REPORT and cause is Cause.DRIFT)
        for drift in Drift
        for cause in Cause
    ],
    ids=[f"{drift}-{cause}" for drift in Drift for cause in Cause],
)  # fmt: skip
def test_drift_is_only_reported_where_the_settings_say_so(drift: Drift, cause: Cause, reported: bool):
    """What was declared, or moved on both sides, or has no base, is written all the same."""
    approved = approve(fleet(drifted("acme", cause, Cause.DECLARED), changing("bolt")), policy(drift=drift))

    assert approved.refusals == ()
    assert held(approved) == {"acme": {"orders.timer": HELD_DRIFT} if reported else {}, "bolt": {}}


def test_drift_that_is_only_reported_is_no_pending_write():
    """It counts towards no limit, is frozen by no window, and makes no tenant stale: nobody would write it."""
    plan = fleet(drifted("acme", Cause.DRIFT, Cause.DRIFT), drifted("bolt", Cause.DRIFT, Cause.DRIFT))
    strict = policy(STRICT, drift=Drift.REPORT, reviewed=Reviewed.of([]))

    approved = approve(plan, strict)

    assert approved.refusals == ()
    assert [tenant.stale for tenant in approved.tenants] == [(), ()]
    assert {reason for reasons in held(approved).values() for reason in reasons.values()} == {HELD_DRIFT}
    assert len(run_refusals(plan, replace(strict, drift=Drift.OVERWRITE))) == 5


# ------------------------------------------------------------------------------------------------------ invariants

tenants = st.lists(
    st.sampled_from(
        [changing, in_sync, with_secret, first_set, lambda tenant: drifted(tenant, Cause.DRIFT, Cause.BOTH)]
    ),
    min_size=2,
    max_size=4,
).map(lambda makers: fleet(*(make(name) for make, name in zip(makers, ["acme", "bolt", "corp", "dash"], strict=False))))
policies = st.builds(
    policy,
    st.sampled_from([None, STRICT, Gate(1), Gate(None, 50)]),
    fleet=st.integers(4, 12),
    secrets=st.sampled_from([{}, {"acme": SECRETS}, {"acme": SECRETS, "bolt": ELSEWHERE, "corp": SECRETS}]),
    drift=st.sampled_from(Drift),
    allow_irreversible=st.booleans(),
    reviewed=st.sampled_from([None, Reviewed.of([]), Reviewed.of([plan_file(changing("acme"), first_set("bolt"))])]),
    lifted=st.sets(st.sampled_from(LIFTABLE)).map(frozenset),
)


@settings(max_examples=80, deadline=None)
@given(tenants, policies, st.booleans())
def test_what_the_gate_lets_through_is_what_the_rules_allow(plan: Any, given_policy: Any, broken: bool):
    """Whatever comes together: only writes are held, each with a reason, and none that a rule forbids gets through."""
    approved = approve(plan, given_policy, file_problems=broken)

    stops_run = broken or any(refusal.rule in LIFTABLE for refusal in approved.refusals)
    for tenant in approved.tenants:
        writes = {item.key.name for item in tenant.plan.items if item.change.action.writes}
        assert set(tenant.held) <= writes
        assert all(tenant.held.values())
        mine = [refusal for refusal in approved.refusals if refusal.tenant == tenant.plan.tenant]
        stopped = stops_run or tenant.stale or any(refusal.rule.startswith("secret-") for refusal in mine)
        if stopped:
            assert set(tenant.held) == writes
        for refusal in mine:
            assert refusal.rule != "irreversible" or refusal.key in tenant.held
    assert approve(plan, given_policy, file_problems=broken) == approved


def test_nobody_but_the_gate_makes_an_approved_plan():
    """The types are the proof that nothing unapproved is written, so they may have one maker only."""
    makers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "reconciler").rglob("*.py")
        if re.search(r"(?<!class )\bApproved(Plan|Tenant)\(", path.read_text(encoding="utf-8"))
    }

    assert makers == {"reconciler/planning/gate.py"}


def test_noon_is_noon():
    """The policy of these tests stands at noon, UTC, which the rows above count from."""
    assert datetime(2026, 3, 2, 12, tzinfo=UTC) == NOW
