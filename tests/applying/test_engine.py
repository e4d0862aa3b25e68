"""Plan, gate and writes together, in memory, for two tenants: what was applied is in sync, all else untouched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.applying.tenant import Brake, apply_tenant
from reconciler.model.key import Key
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.model.words import Action, Reason, Status
from reconciler.planning.gate import approve
from reconciler.planning.plan import Asked, plan_tenant
from reconciler.planning.review import Reviewed
from tests.applying.faking import Store, desk_of, finish, recording, revealed
from tests.planning.making import (
    HOOK,
    KEYS,
    NUMBERS,
    PLACES,
    REF,
    RULES,
    SECRETS,
    SWITCH,
    TIMER,
    access_of,
    fleet,
    plan_file,
    policy,
    tenant_report,
    wanted,
)

NAMES = ("acme", "bolt")
Fleet = Mapping[str, "Tenant"]


@dataclass(frozen=True)
class Tenant:
    """What git wants of a tenant, by key, and its platform."""

    declared: tuple[tuple[Key, Any], ...]
    store: Store


def values_of(key: Key, *, live: bool) -> st.SearchStrategy[Any]:
    """Draw a value of `key`: with a reference as desired, with a text as live, unknown fields included."""
    if key is HOOK:
        pin = st.sampled_from(["canary-hook", "canary-old"]) if live else st.just(REF)
        extra = {"new": st.just(1)} if live else {}
        return st.fixed_dictionaries(
            {"url": st.sampled_from(["https://hook.example", "https://hook.example/v2"]), "api_key": pin},
            optional={"timeout": st.sampled_from([15, 15.0, 20]), **extra},
        )
    if key is PLACES:
        return st.lists(st.sampled_from(["store", "dc"]), min_size=1, max_size=3)
    if key is SWITCH:
        return st.fixed_dictionaries({"enabled": st.booleans()})
    if key is NUMBERS:
        return st.fixed_dictionaries({"prefix": st.sampled_from(["NS", "EU"]), "start": st.sampled_from([1, 1.0, 2])})
    return st.sampled_from([1, 2, 2.0, 3])


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Draw two tenants, each with some keys declared and some set."""
    keys = [HOOK, SWITCH, TIMER, PLACES, NUMBERS]
    some = st.lists(st.sampled_from(keys), unique_by=lambda key: key.name)
    return {
        name: Tenant(
            tuple((key, draw(values_of(key, live=False))) for key in draw(some)),
            Store(KEYS, {key.name: draw(values_of(key, live=True)) for key in draw(some)}),
        )
        for name in NAMES
    }


def plan_all(tenants: Fleet) -> Plan:
    """Read what is declared, as a run does, and plan every tenant."""
    plans = []
    for name, tenant in tenants.items():
        live = {key.name: finish(tenant.store.read(key)) for key, _ in tenant.declared}
        plans.append(plan_tenant(wanted(name, *tenant.declared), live, access_of(name), RULES, Asked()))
    return fleet(*plans)


def apply_all(tenants: Fleet, plan: Plan, **more: Any) -> Mapping[str, Mapping[str, Outcome]]:
    """Pass the gate and write; return the outcomes by tenant and key."""
    approved = approve(plan, policy(**{"allow_irreversible": True, **more}))
    outcomes: dict[str, dict[str, Outcome]] = {name: {} for name in tenants}
    for one in approved.tenants:
        name = one.plan.tenant
        finish(apply_tenant(one, desk_of(tenants[name].store), Brake(), recording(outcomes[name])))
    return outcomes


def pending(plan: Plan) -> list[str]:
    """Return what would be written."""
    return [item.key.name for tenant in plan.tenants for item in tenant.items if item.change.action.writes]


@settings(max_examples=100, deadline=None)
@given(fleets())
def test_a_plan_is_the_same_each_time(tenants: Fleet):
    """Two plans of the same state differ in nothing, nor do their digests."""
    first, second = plan_all(tenants), plan_all(tenants)

    assert repr(first) == repr(second)
    assert plan_file(*first.tenants).digest == plan_file(*reversed(second.tenants)).digest


@settings(max_examples=80, deadline=None)
@given(fleets())
def test_what_was_applied_is_in_sync_and_stays_so(tenants: Fleet):
    """After an apply nothing is pending; a second one sends nothing; what was blocked is as it was."""
    before = {name: dict(tenant.store.values) for name, tenant in tenants.items()}
    plan = plan_all(tenants)

    outcomes = apply_all(tenants, plan)
    again = plan_all(tenants)
    sent = {name: list(tenant.store.posted) for name, tenant in tenants.items()}
    apply_all(tenants, again)

    assert pending(again) == []
    assert {name: tenant.store.posted for name, tenant in tenants.items()} == sent
    for tenant in plan.tenants:
        store = tenants[tenant.tenant].store
        for item in tenant.items:
            name, outcome = item.key.name, outcomes[tenant.tenant][item.key.name]
            if item.change.action.writes:
                assert outcome.status is Status.APPLIED
                assert name in store.posted
            else:
                assert name not in store.posted
            if item.change.action is Action.BLOCKED:
                assert store.values[name] == before[tenant.tenant][name]


@settings(max_examples=80, deadline=None)
@given(fleets())
def test_an_undeclared_key_is_neither_read_nor_written(tenants: Fleet):
    """Other owners' keys are left alone: not even a GET."""
    before = {name: dict(tenant.store.values) for name, tenant in tenants.items()}

    apply_all(tenants, plan_all(tenants))

    for name, tenant in tenants.items():
        declared = {key.name for key, _ in tenant.declared}
        assert tenant.store.touched <= declared
        left = {key: value for key, value in tenant.store.values.items() if key not in declared}
        assert left == {key: value for key, value in before[name].items() if key not in declared}


@settings(max_examples=80, deadline=None)
@given(fleets())
def test_a_write_once_key_that_is_set_is_never_posted(tenants: Fleet):
    """Whatever the file says, flag or not: what is set stays, and is set at most once."""
    had = {name: tenant.store.values.get(NUMBERS.name) for name, tenant in tenants.items()}

    apply_all(tenants, plan_all(tenants))

    for name, tenant in tenants.items():
        assert tenant.store.posted.count(NUMBERS.name) <= (had[name] is None)
        if had[name] is not None:
            assert tenant.store.values[NUMBERS.name] == had[name]


@settings(max_examples=100, deadline=None)
@given(fleets())
def test_without_flag_or_review_no_first_set_is_posted(tenants: Fleet):
    """Everything else is written; that key alone waits for a person."""
    plan = plan_all(tenants)

    outcomes = apply_all(tenants, plan, allow_irreversible=False)

    for name, tenant in tenants.items():
        assert NUMBERS.name not in tenant.store.posted
        for item in next(one for one in plan.tenants if one.tenant == name).items:
            if item.change.action.writes and not item.change.irreversible:
                assert outcomes[name][item.key.name].status is Status.APPLIED


@settings(max_examples=100, deadline=None)
@given(fleets(), st.sampled_from(NAMES), st.sampled_from([TIMER, PLACES, SWITCH]), st.data())
def test_what_moved_since_the_review_stops_its_tenant_and_no_other(
    tenants: Fleet, name: str, key: Key, data: st.DataObject
):
    """Only what was reviewed is written; a tenant that moved in between is left as it is."""
    reviewed = plan_all(tenants)
    files = Reviewed.of([plan_file(*reviewed.tenants)])
    tenants[name].store.values[key.name] = data.draw(values_of(key, live=True))
    tenants[name].store.dates[key.name] = 7
    now = plan_all(tenants)

    outcomes = apply_all(tenants, now, reviewed=files, allow_irreversible=False)

    same = [one.tenant for one in now.tenants if not _new_changes(reviewed, now, one.tenant)]
    for tenant in tenants:
        writes = [item.key.name for item in _of(now, tenant).items if item.change.action.writes]
        if tenant in same:
            assert all(outcomes[tenant][key_name].status is Status.APPLIED for key_name in writes)
        else:
            assert tenant == name
            assert tenants[tenant].store.posted == []


def _of(plan: Plan, name: str) -> Any:
    return next(one for one in plan.tenants if one.tenant == name)


def _new_changes(reviewed: Plan, now: Plan, name: str) -> bool:
    known = [
        (key.change.key, repr(key.change.before), key.change.after) for key in tenant_report(_of(reviewed, name)).keys
    ]
    return any(
        (item.key.name, repr(item.change.before), item.change.after) not in known
        for item in _of(now, name).items
        if item.change.action.writes
    ) or any(
        item.change.action.writes
        and not next(old for old in _of(reviewed, name).items if old.key == item.key).change.action.writes
        for item in _of(now, name).items
    )


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_a_secret_is_written_and_never_shown(tenants: Fleet):
    """The platform gets the text; plans, outcomes and reports get the name."""
    plan = plan_all(tenants)

    outcomes = apply_all(tenants, plan)

    assert "canary" not in repr((plan, outcomes, plan_file(*plan.tenants)))
    for tenant in tenants.values():
        if HOOK in [key for key, _ in tenant.declared]:
            assert tenant.store.values[HOOK.name]["api_key"] == revealed(SECRETS["HOOK"].secret)


@settings(max_examples=60, deadline=None)
@given(fleets())
def test_the_keys_of_a_tenant_are_sent_in_an_order_that_never_hurts(tenants: Fleet):
    """On after the hook, off before it, and what can't be undone last of all."""
    apply_all(tenants, plan_all(tenants))

    for tenant in tenants.values():
        sent = tenant.store.posted
        assert NUMBERS.name not in sent[:-1]
        if HOOK.name in sent and SWITCH.name in sent:
            enabled = tenant.store.values[SWITCH.name]["enabled"]
            assert (sent.index(HOOK.name) < sent.index(SWITCH.name)) is enabled


def test_a_blocked_key_leaves_its_tenant_going_on():
    """One key that can't be changed is no reason to hold back the others, nor the neighbour."""
    tenants = {
        "acme": Tenant(((NUMBERS, {"prefix": "NS"}), (TIMER, 2)), Store(KEYS, {NUMBERS.name: {"prefix": "EU"}})),
        "bolt": Tenant(((NUMBERS, {"prefix": "NS"}), (TIMER, 2)), Store(KEYS)),
    }
    plan = plan_all(tenants)

    outcomes = apply_all(tenants, plan)

    assert [item.change.reason for item in _of(plan, "acme").items] == [Reason.UNSET, Reason.WRITE_ONCE_DIFFERS]
    assert tenants["acme"].store.posted == [TIMER.name]
    assert tenants["bolt"].store.posted == [TIMER.name, NUMBERS.name]
    assert outcomes["acme"][NUMBERS.name].status is Status.NOT_ATTEMPTED
