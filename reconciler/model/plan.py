"""The plan: an immutable list of what apply would do. Made in `planning`, shown by `report`, done by `applying`."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.problem import Problem
from reconciler.model.tenant import Source
from reconciler.model.values import ABSENT, Absent, Json, Value
from reconciler.model.words import Action, Cause, Reason


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs, for people. ABSENT before: added; ABSENT after: dropped. Sensitive: both sides masked."""

    pointer: str
    before: Json | Absent
    after: Json | Absent
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What apply would do with one declared key; exactly what a report shows, so it holds no secret.

    `before` is ABSENT when the key is unset or could not be read; `after` is the normalised desired value.
    `drops` are the pointers of live fields that a POST would drop.
    """

    key: str
    action: Action
    reason: Reason
    after: Json
    source: Source
    before: Json | Absent = ABSENT
    cause: Cause = Cause.UNKNOWN
    write_once: bool = False
    irreversible: bool = False
    drops: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    live_updated_at: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A change with what is needed to carry it out: the key, the value to send (references inside), what was read."""

    change: Change
    key: Key
    desired: Value
    live: Live
    rewrite: bool = False
    """True if a person asked to send a value that can't be compared (`--rewrite`)."""
    assume_unset: bool = False
    """True if a person vouched that an ambiguous key is unset (`--assume-unset`)."""


@dataclass(frozen=True, slots=True)
class TenantPlan:
    """Every declared key of one tenant, in write order. `after[key]` are the keys that must be written before it."""

    tenant: str
    file: str
    origin: str
    items: tuple[Planned, ...]
    predecessors: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run would do, tenants sorted by name."""

    tenants: tuple[TenantPlan, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One "no" of the gate. `tenant` and `key` say where it was found; how far it reaches, the rule's row in
    `planning.gate` says: a freeze names a tenant and stops the run.
    """

    rule: str
    message: str
    tenant: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovedTenant:
    """A tenant's plan after the gate: which keys may be written. Made by `planning.gate.approve` alone.

    `held` says, for every key whose change writes but may not be carried out, why (for a person).
    """

    plan: TenantPlan
    held: Mapping[str, str]
    stale: tuple[str, ...] = ()
    """Keys whose pending change is not what was reviewed; when there are any, all of the tenant is held."""


@dataclass(frozen=True, slots=True)
class ApprovedPlan:
    """A plan that passed the gate: the only thing that `applying` takes."""

    tenants: tuple[ApprovedTenant, ...]
    refusals: tuple[Refusal, ...] = ()
