"""The gate of a shard: its limits and freezes count the whole merged plan, so that all shards hear the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plan import TenantPlan
from reconciler.model.policy import Drift, Freeze, Gate
from reconciler.model.words import Cause
from reconciler.planning.gate import HELD_BY_GATE, HELD_STALE, approve, most_changed, reviewed_changes, run_refusals
from reconciler.planning.review import Reviewed
from tests.planning.making import NOW, TIMER, fleet, plan_file, plan_of, policy, set_to
from tests.planning.test_gate import changing, drifted, in_sync

ALL = frozenset({"acme", "bolt", "corp"})


def test_a_limit_counts_the_whole_plan_and_not_the_shard():
    """One of three changes is here; three are too many, wherever they are."""
    gate = Gate(max_tenants_changed=2)
    plan = fleet(changing("acme"))
    assert run_refusals(plan, policy(gate, fleet=9)) == ()
    approved = approve(plan, policy(gate, fleet=9, merged=ALL))
    assert [no.message.partition(";")[0] for no in approved.refusals] == ["3 tenants would change"]
    assert set(approved.tenants[0].held.values()) == {HELD_BY_GATE}


def test_a_freeze_of_another_shards_tenant_stops_this_one():
    """In the order of names, as it would be without shards."""
    gate = Gate(freezes=(Freeze(NOW, NOW, "peak", "*o*"),))
    refused = run_refusals(fleet(changing("acme")), policy(gate, merged=ALL))
    assert [no.tenant for no in refused] == ["bolt", "corp"]


@given(st.sets(st.sampled_from(sorted(ALL))), st.integers(0, 3), st.sets(st.sampled_from(sorted(ALL))))
def test_the_verdict_does_not_depend_on_the_shard(mine: set[str], most: int, done: set[str]):
    """Whichever tenants are here, and whichever are written already."""
    here = [in_sync(name) if name in done else changing(name) for name in sorted(mine)]
    gate = Gate(max_tenants_changed=most, freezes=(Freeze(NOW, NOW, "peak", "acme"),))
    unsharded = run_refusals(fleet(*map(changing, sorted(ALL))), policy(gate, fleet=9))
    assert run_refusals(fleet(*here), policy(gate, fleet=9, merged=ALL)) == unsharded


@pytest.mark.parametrize(
    ("tenant", "drift", "counts"),
    [
        pytest.param(changing("acme"), Drift.OVERWRITE, True, id="update"),
        pytest.param(in_sync("acme"), Drift.OVERWRITE, False, id="blocked-unreadable-equal"),
        pytest.param(drifted("acme", Cause.DRIFT, Cause.DRIFT), Drift.OVERWRITE, True, id="drift-overwritten"),
        pytest.param(drifted("acme", Cause.DRIFT, Cause.DRIFT), Drift.REPORT, False, id="drift-reported"),
        pytest.param(drifted("acme", Cause.DRIFT, Cause.BOTH), Drift.REPORT, True, id="one-declared"),
        pytest.param(plan_of("acme", (TIMER, 1, set_to(TIMER, 1))), Drift.REPORT, False, id="no-op"),
    ],
)
def test_a_plan_file_changes_whom_the_gate_would_count(tenant: TenantPlan, drift: Drift, counts: bool):
    """By the same rule, from the report instead of the plan."""
    found = reviewed_changes([plan_file(tenant), plan_file(changing("bolt"))], drift)
    assert found == ({"acme", "bolt"} if counts else {"bolt"})
    limited = policy(Gate(max_tenants_changed=0), drift=drift)
    assert bool(run_refusals(fleet(tenant), limited)) is counts


@given(st.integers(0, 200), st.none() | st.integers(0, 100), st.none() | st.floats(0, 100, allow_nan=False).map(abs))
def test_the_most_that_may_change_is_the_last_number_that_passes(of: int, most: int | None, percent: float | None):
    """One more would be refused."""
    gate = Gate(max_tenants_changed=most, max_changed_percent=percent)
    limit = most_changed(gate, of)
    names = [f"t{number}" for number in range(limit + 1)]

    def refused(changed: int) -> bool:
        merged = frozenset(names[:changed])
        return bool(run_refusals(fleet(), policy(gate, fleet=of, merged=merged)))

    assert not refused(limit)
    assert limit == of or refused(limit + 1)


@pytest.mark.parametrize("cause", [Cause.DRIFT, Cause.DECLARED], ids=["said-to-be-drift", "said-to-be-declared"])
def test_a_shard_writes_nobody_whom_its_gate_has_not_counted(cause: Cause):
    """The cause is in no digest: a plan that calls a change drift, which isn't counted, has not had it reviewed."""
    file = plan_file(drifted("acme", cause, cause))
    now = policy(
        Gate(max_tenants_changed=1),
        drift=Drift.REPORT,
        reviewed=Reviewed.of([file]),
        merged=reviewed_changes([file], Drift.REPORT),
    )
    (acme,) = approve(fleet(drifted("acme", Cause.DECLARED, Cause.DECLARED)), now).tenants
    assert bool(acme.stale) is (cause is Cause.DRIFT)
    assert set(acme.held.values()) == ({HELD_STALE} if cause is Cause.DRIFT else set())
