"""The checks between plan and apply. All refusals are found and reported together, not the first.

| rule                | says no when                                               | stops      | ended by    |
|---------------------|------------------------------------------------------------|------------|-------------|
| max_tenants_changed | more tenants would change than the limit                   | the run    | --lift      |
| max_changed_percent | a larger share of all tenants would change than the limit  | the run    | --lift      |
| freeze              | a tenant would be written inside a freeze window           | the run    | --lift      |
| secret-unavailable  | a reference's secret is not in the tenant's credentials    | its tenant | credentials |
| secret-origin       | a secret would go beside a URL that it is not `for`        | its tenant | file        |
| irreversible        | a write-once key would be set and nobody has approved that | its key    | review      |

Besides: a tenant with a pending change that no reviewed plan has is stale, and an error in any selected file stops
the run. Neither is a refusal; both hold the writes. Equality with a limit passes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from reconciler.model.plan import ApprovedPlan, ApprovedTenant, Change, Plan, Planned, Refusal, TenantPlan
from reconciler.model.policy import Drift, Gate
from reconciler.model.report import Report
from reconciler.model.tenant import Secrets
from reconciler.model.words import Cause, Reason, Severity
from reconciler.planning import secrets as secret_checks
from reconciler.planning.review import Reviewed
from reconciler.planning.secrets import SameOrigin

MAX_TENANTS = "max_tenants_changed"
MAX_PERCENT = "max_changed_percent"
FREEZE = "freeze"
IRREVERSIBLE = "irreversible"
LIFTABLE = (MAX_TENANTS, MAX_PERCENT, FREEZE)

_ASKED_FOR = frozenset({Reason.NOT_COMPARABLE, Reason.AMBIGUOUS})
"""Reasons of a change that there is only because a person said so."""
_DEFAULT_PERCENT = 30.0
_PERCENT_COUNTS_FROM = 10
"""Tenants. Below, one change is a large share of the fleet and the default would only be in the way."""

HELD_BY_GATE = "The gate refused this run; nothing was written."
HELD_BY_PROBLEMS = "A file has problems; nothing was written. Correct it and run again."
HELD_STALE = (
    "This change is not what was reviewed, so nothing of its tenant is written. Plan again, have it reviewed, and apply"
    " that."
)
HELD_BESIDE_STALE = "Held back with its tenant, of which this is not what was reviewed: {keys}. Plan again."
HELD_DRIFT = (
    "Drift is reported, not overwritten ([apply] drift). To end it, write what is live into the file; or apply with"
    ' drift = "overwrite", or for a secret that was exchanged, with --rewrite TENANT:KEY.'
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the gate judges by. `fleet` is the number of tenant files, selected or not.

    `merged` is for a shard: the names of all tenants that the merged plan would change, this shard's or not. The rules
    that stop a run count those, so that every shard comes to the same verdict. None: count the plan at hand.
    """

    gate: Gate
    now: datetime
    fleet: int
    same_origin: SameOrigin
    secrets: Mapping[str, Secrets]
    drift: Drift = Drift.OVERWRITE
    allow_irreversible: bool = False
    reviewed: Reviewed | None = None
    lifted: frozenset[str] = field(default_factory=frozenset)
    merged: frozenset[str] | None = None


def approve(plan: Plan, policy: Policy, *, file_problems: bool = False) -> ApprovedPlan:
    """Return what may be written of `plan`, and every refusal. The only maker of an ApprovedPlan.

    `file_problems` says that a file of the selection has an error that belongs to no tenant of the plan.
    """
    run_level = run_refusals(plan, policy)
    broken = file_problems or any(_has_errors(tenant) for tenant in plan.tenants)
    tenants: list[ApprovedTenant] = []
    refusals: list[Refusal] = list(run_level)
    for tenant in plan.tenants:
        stopping = tenant_refusals(tenant, policy)
        irreversible = _irreversible_refusals(tenant, policy)
        refusals += [*stopping, *irreversible]
        stale = _stale_keys(tenant, policy)
        everything = (
            (HELD_BY_PROBLEMS if broken else "")
            or (HELD_BY_GATE if run_level else "")
            or (HELD_STALE if stale else "")
            or (stopping[0].message if stopping else "")
        )
        held = _held(tenant, policy, everything, irreversible)
        tenants.append(ApprovedTenant(tenant, _told_apart(held, stale), stale))
    return ApprovedPlan(tuple(tenants), tuple(refusals))


def run_refusals(plan: Plan, policy: Policy) -> tuple[Refusal, ...]:
    """Return the refusals that stop the whole run. None on a plan with nothing to write.

    A tenant counts as changed if any of its keys would be written; drift that is only reported isn't. In a shard the
    merged plan says who is changed: nothing else is ever written under it, and what is done already still counts.
    """
    changed = sorted(policy.merged) if policy.merged is not None else _changed(plan, policy)
    found = [*_too_many(len(changed), policy), *_frozen(changed, policy)]
    return tuple(refusal for refusal in found if refusal.rule not in policy.lifted)


def reviewed_changes(reports: Iterable[Report], drift: Drift) -> frozenset[str]:
    """Return the names of the tenants that plan files would write, by the rule by which `run_refusals` counts them."""
    return frozenset(
        tenant.tenant
        for report in reports
        for tenant in report.tenants
        if any(key.change.action.writes and not _only_reported(key.change, drift) for key in tenant.keys)
    )


def most_changed(gate: Gate, fleet: int) -> int:
    """Return how many tenants of a fleet one run may change before a limit refuses it."""
    percent = _percent(gate, fleet)
    share = fleet if percent is None else int(Decimal(str(percent)) * fleet / 100)
    return min(share, fleet if gate.max_tenants_changed is None else gate.max_tenants_changed)


def tenant_refusals(tenant: TenantPlan, policy: Policy) -> tuple[Refusal, ...]:
    """Return the refusals that stop one tenant: secrets missing, or bound elsewhere, even where nothing changes."""
    secrets = policy.secrets.get(tenant.tenant, {})
    return tuple(
        Refusal(finding.rule, finding.message, tenant.tenant, item.key.name)
        for item in sorted(tenant.items, key=lambda one: one.key.name)
        for finding in secret_checks.check(item.key, item.desired, secrets, policy.same_origin)
    )


def _too_many(changed: int, policy: Policy) -> Iterable[Refusal]:
    limit = policy.gate.max_tenants_changed
    if limit is not None and changed > limit:
        yield Refusal(MAX_TENANTS, f"{changed} tenants would change; the limit is {limit}. {_how_to_lift(MAX_TENANTS)}")
    percent = _percent(policy.gate, policy.fleet)
    if percent is not None and changed * 100 > Decimal(str(percent)) * policy.fleet:  # a float would miss equality
        share = changed * 100 / policy.fleet
        yield Refusal(
            MAX_PERCENT,
            f"{changed} of {policy.fleet} tenants ({share:.1f} %) would change; the limit is {percent:g} %."
            f" {_how_to_lift(MAX_PERCENT)}",
        )


def _percent(gate: Gate, fleet: int) -> float | None:
    if gate.max_changed_percent is None and fleet >= _PERCENT_COUNTS_FROM:
        return _DEFAULT_PERCENT
    return gate.max_changed_percent


def _frozen(changed: Iterable[str], policy: Policy) -> Iterable[Refusal]:
    open_now = [freeze for freeze in policy.gate.freezes if freeze.start <= policy.now <= freeze.end]
    for tenant in changed:
        for freeze in open_now:
            if fnmatchcase(tenant, freeze.tenants):
                yield Refusal(
                    FREEZE,
                    f"{tenant} is frozen until {freeze.end.isoformat()}: {freeze.reason}. {_how_to_lift(FREEZE)}",
                    tenant,
                )


def _how_to_lift(rule: str) -> str:
    return f'If it is meant, run again with --lift {rule}="why".'


def _irreversible_refusals(tenant: TenantPlan, policy: Policy) -> tuple[Refusal, ...]:
    return tuple(
        Refusal(IRREVERSIBLE, _irreversible_message(item), tenant.tenant, item.key.name)
        for item in sorted(tenant.items, key=lambda one: one.key.name)
        if item.change.irreversible and not _may_be_set(tenant, item, policy)
    )


def _may_be_set(tenant: TenantPlan, item: Planned, policy: Policy) -> bool:
    """A first set needs a reviewed plan that has it, or the flag; an assumed one needs the plan, flag or not."""
    reviewed = policy.reviewed is not None and policy.reviewed.has(tenant, item.change)
    return reviewed or (policy.allow_irreversible and not _assumed(item))


def _irreversible_message(item: Planned) -> str:
    if _assumed(item):
        return (
            "Setting this key can't be undone, and that it is unset is an assumption. Make a plan with the same"
            " --assume-unset, have it reviewed, and apply it with --plan."
        )
    return (
        "Setting this key can't be undone. Apply a reviewed plan that has it (--plan FILE), or say"
        " --allow-irreversible."
    )


def _assumed(item: Planned) -> bool:
    """Return whether a person's word stands for what can't be read. --assume-unset on an unset key is no such case."""
    return item.change.reason is Reason.AMBIGUOUS


def _stale_keys(tenant: TenantPlan, policy: Policy) -> tuple[str, ...]:
    reviewed = policy.reviewed
    if reviewed is None:
        return ()
    # In a shard the plan files say whom the gate counts. They go by the cause, which no digest covers: where that was
    # untrue, the tenant was not counted, and so it has not been let through.
    counted = policy.merged is None or tenant.tenant in policy.merged
    pending = _pending(tenant, policy)
    return tuple(sorted(item.key.name for item in pending if not (counted and reviewed.has(tenant, item.change))))


def _held(tenant: TenantPlan, policy: Policy, everything: str, irreversible: tuple[Refusal, ...]) -> Mapping[str, str]:
    """Return why each key that would be written may not be; nothing for those that may."""
    by_key = {refusal.key: refusal.message for refusal in irreversible}
    reasons = {
        item.key.name: everything or by_key.get(item.key.name, "") or _held_as_drift(item, policy)
        for item in _writes(tenant)
    }
    return {key: reason for key, reason in reasons.items() if reason}


def _told_apart(held: Mapping[str, str], stale: tuple[str, ...]) -> Mapping[str, str]:
    """Say of a stale tenant's other keys which ones they wait for: a reviewer looks at those alone."""
    beside = HELD_BESIDE_STALE.format(keys=", ".join(stale))
    return {key: beside if why == HELD_STALE and key not in stale else why for key, why in held.items()}


def _held_as_drift(item: Planned, policy: Policy) -> str:
    """Say why drift is left alone; nothing, where a person asks to send that key by its name."""
    return HELD_DRIFT if _only_reported(item.change, policy.drift) and not item.rewrite else ""


def _only_reported(change: Change, drift: Drift) -> bool:
    return drift is Drift.REPORT and change.cause is Cause.DRIFT and change.reason not in _ASKED_FOR


def _changed(plan: Plan, policy: Policy) -> list[str]:
    return [tenant.tenant for tenant in plan.tenants if _pending(tenant, policy)]


def _writes(tenant: TenantPlan) -> tuple[Planned, ...]:
    return tuple(item for item in tenant.items if item.change.action.writes)


def _pending(tenant: TenantPlan, policy: Policy) -> tuple[Planned, ...]:
    """Return what would be written if nothing were refused: drift that is only reported wouldn't."""
    return tuple(item for item in _writes(tenant) if not _held_as_drift(item, policy))


def _has_errors(tenant: TenantPlan) -> bool:
    return any(problem.severity is Severity.ERROR for problem in tenant.problems)
