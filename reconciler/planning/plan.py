"""Desired and live side by side: what apply would do with every declared key of a tenant."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reconciler.model.access import Access
from reconciler.model.key import Key
from reconciler.model.live import Live
from reconciler.model.normal import Comparison, Match, compare, references
from reconciler.model.plan import Change, Planned, TenantPlan
from reconciler.model.tenant import DesiredKey, DesiredTenant, Values
from reconciler.model.values import ABSENT, Absent, Json, Value, pointer, shown
from reconciler.model.words import Action, LiveState
from reconciler.planning import secrets as secret_checks
from reconciler.planning.cause import cause_of
from reconciler.planning.decide import decide
from reconciler.planning.diff import field_changes
from reconciler.planning.order import Fits, predecessors, write_order
from reconciler.planning.secrets import SameOrigin

MASKS = "The platform masks"
"""How the warning begins that says of a secret that it can't be compared."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What planning must know besides values: the catalogue's keys by name, and two judgements made elsewhere."""

    keys: Mapping[str, Key]
    fits: Fits
    same_origin: SameOrigin


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked for one tenant: full key names."""

    rewrite: Collection[str] = field(default_factory=frozenset)
    assume_unset: Collection[str] = field(default_factory=frozenset)


def plan_tenant(
    desired: DesiredTenant,
    live: Mapping[str, Live],
    access: Access,
    rules: Rules,
    asked: Asked,
    base: Values | None = None,
) -> TenantPlan:
    """Return one change for every declared key, in write order, no-ops included.

    `live` has an entry for every declared key. Undeclared keys are neither looked at nor listed. `base` is what git
    wanted of the tenant at the base, None where there is none or no telling; it says of a change only its cause.
    """
    declared = {one.key: one for one in desired.keys}
    after = {name: shown(one.value) for name, one in declared.items()}
    keys = [rules.keys[name] for name in declared]
    before = predecessors(keys, after, rules.fits)
    items = tuple(
        _plan_key(declared[key.name], after[key.name], key, live[key.name], access, rules, asked, base)
        for key in write_order(keys, before)
    )
    return TenantPlan(desired.tenant, desired.file, access.origin, items, before, desired.problems)


def _plan_key(
    declared: DesiredKey,
    after: Json,
    key: Key,
    live: Live,
    access: Access,
    rules: Rules,
    asked: Asked,
    base: Values | None,
) -> Planned:
    rewrite, assume_unset = key.name in asked.rewrite, key.name in asked.assume_unset
    verdict = _compare(declared.value, live, access)
    decision = decide(live.state, verdict.match, write_once=key.write_once, rewrite=rewrite, assume_unset=assume_unset)
    before = ABSENT if decision.action is Action.CREATE else live.value
    differs = decision.action.writes or decision.action is Action.BLOCKED
    change = Change(
        key=key.name,
        action=decision.action,
        reason=decision.reason,
        after=after,
        source=declared.source,
        before=ABSENT if before is ABSENT else shown(before),
        cause=cause_of(key.name, base, declared.value, live, decision.action),
        write_once=key.write_once,
        irreversible=decision.irreversible,
        drops=live.unknown if decision.action.writes else (),
        changes=field_changes(before, declared.value, _secrets_sent(verdict, rewrite=rewrite)) if differs else (),
        live_updated_at=live.updated_at,
        warnings=tuple(_warnings(declared, key, live, verdict, access, rules, asked)),
    )
    return Planned(change, key, declared.value, live, rewrite=rewrite, assume_unset=assume_unset)


def _compare(desired: Value, live: Live, access: Access) -> Comparison:
    """Compare where there is a value; the table doesn't look at the match elsewhere."""
    if isinstance(live.value, Absent):
        return Comparison(Match.DIFFERENT, {})
    return compare(desired, live.value, access.secrets)


def _secrets_sent(verdict: Comparison, *, rewrite: bool) -> tuple[str, ...]:
    """Return the pointers of the sensitive fields that change: those that differ, and all that a rewrite sends."""
    rewritten = verdict.pointers(Match.NOT_COMPARABLE) if rewrite else ()
    return (*verdict.pointers(Match.DIFFERENT), *rewritten)


def _warnings(
    declared: DesiredKey, key: Key, live: Live, verdict: Comparison, access: Access, rules: Rules, asked: Asked
) -> list[str]:
    said = [finding.message for finding in secret_checks.check(key, declared.value, access.secrets, rules.same_origin)]
    if key.name not in asked.rewrite:
        said += _masked(key, declared.value, verdict, access)
    if live.detail and live.state in {LiveState.UNREADABLE, LiveState.UNKNOWN_KEY, LiveState.AMBIGUOUS}:
        said.append(live.detail)
    if key.name in asked.assume_unset:
        said.append(_assumed(live, key))
    if key.name in asked.rewrite and key.write_once:
        said.append("--rewrite has no effect on a write-once key.")
    elif key.name in asked.rewrite and verdict.match is Match.EQUAL:
        said.append("--rewrite has no effect here: the platform masks nothing of it, and it is as declared.")
    return said


def _masked(key: Key, desired: Value, verdict: Comparison, access: Access) -> list[str]:
    """Say which sensitive fields can't be compared though their secret is at hand: the platform hides them."""
    untold = verdict.pointers(Match.NOT_COMPARABLE)
    if not untold:
        return []
    at_hand = {pointer(*path) for path, ref in references(desired) if ref.name in access.secrets}
    hidden = [where for where in untold if where in at_hand]
    if not hidden:
        return []
    said = f"{MASKS} {', '.join(hidden)}: whether it is the declared secret can't be told."
    return [said if key.write_once else f"{said} To send it again: --rewrite {access.tenant}:{key.short}"]


def _assumed(live: Live, key: Key) -> str:
    if live.state is not LiveState.AMBIGUOUS or not key.write_once:
        return "--assume-unset has no effect here: the live value is not ambiguous."
    what = "an empty value" if isinstance(live.value, Absent) else json.dumps(shown(live.value), ensure_ascii=False)
    when = f"with the date {live.updated_at}" if live.updated_at else "without a date"
    return f"Assumed unset (--assume-unset), though the platform answers {what} {when}."
