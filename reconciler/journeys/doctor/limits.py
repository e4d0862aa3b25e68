"""What a run of this selection needs of the platform's limits, and what the gate would say to it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from reconciler.journeys.doctor.telling import first_names
from reconciler.journeys.sharding import Budget, need
from reconciler.model.access import Limits
from reconciler.model.check import Check, ok, warning
from reconciler.model.policy import Gate
from reconciler.planning.gate import most_changed

BUDGET = "limits/budget"
RATE = "limits/rate"
FREEZE = "gate/freeze"
CHANGES = "gate/changes"
_GRANTED_CALLS = 30_000
"""Calls of one address in 5 minutes that the larger of the vendor's plans grants, as it once told."""
_GRANTED_RATE = 200
"""Calls a second that a production tenant grants; others grant half."""


def limits(keys: Mapping[str, int], given: Limits, *, loopback: bool) -> Iterator[Check]:
    """Hold what a plan would send against the limits. `keys` are the numbers of declared keys by tenant."""
    yield _budget(keys, given, loopback=loopback)
    yield _rate(given, loopback=loopback)


def _budget(keys: Mapping[str, int], given: Limits, *, loopback: bool) -> Check:
    budget = Budget(given.calls_per_window, given.window_seconds, given.window_seconds)
    counted = need(keys, 0, budget)
    requests = sum(keys.values()) + len(keys) if counted is None else counted.requests
    told = f"a plan sends up to {requests:,} requests"
    of = f"{given.calls_per_window:,} calls in {given.window_seconds / 60:g} min from one address"
    if loopback:
        return ok(BUDGET, "", f"{told}; on this machine no limit holds")
    a_window = _GRANTED_CALLS * given.window_seconds / 300
    if given.calls_per_window > a_window:
        detail = (
            f"calls_per_window in [limits] is {given.calls_per_window:,}; the vendor tells of {a_window:,.0f} at most."
        )
        return warning(BUDGET, "", detail, "More than it grants, and it blocks this machine for 5 minutes: lower it.")
    minutes = budget.minutes(requests)
    if requests <= budget.a_window:
        return ok(BUDGET, "", f"{told}, which the {of} cover at once")
    detail = f"{told}, and has {of}: it takes up to {minutes:,.0f} min."
    if minutes * 60 > given.run_deadline:
        detail += f" A run ends after {given.run_deadline / 60:g} min (run_deadline in [limits])."
    return warning(BUDGET, "", detail, _shard(minutes))


def _shard(minutes: float) -> str:
    """Advise the shards that make it short enough; who may wait needs none."""
    wish = max(5, 5 * math.ceil(minutes / 40))
    return f"If that is too long, split the run over several machines: reconciler shards --minutes {wish}"


def _rate(given: Limits, *, loopback: bool) -> Check:
    told = f"at most {given.tenant_rate:g} calls a second to one tenant"
    if given.tenant_rate > _GRANTED_RATE and not loopback:
        detail = f"{told}; a production tenant grants {_GRANTED_RATE}, others {_GRANTED_RATE // 2}."
        return warning(RATE, "", detail, "Lower tenant_rate in [limits]: what is above is answered with a 429.")
    return ok(RATE, "", f"{told} (production tenants grant {_GRANTED_RATE}, others {_GRANTED_RATE // 2})")


def gate(rules: Gate, fleet: int, selected: Sequence[str], now: datetime) -> Iterator[Check]:
    """Say what the gate would refuse now, whatever the changes are. None of it is wrong: it is how it was set."""
    open_now = [freeze for freeze in rules.freezes if freeze.start <= now <= freeze.end]
    told = False
    for freeze in open_now:
        names = tuple(name for name in selected if fnmatchcase(name, freeze.tenants))
        if names:
            told = True
            detail = f"frozen until {freeze.end.isoformat()} ({freeze.reason}): {first_names(names)}."
            hint = 'apply refuses to write there until then, unless it is given: --lift freeze="why"'
            yield warning(FREEZE, "", detail, hint)
    if not told:
        yield ok(FREEZE, "", "none of the selected tenants is frozen now")
    most = most_changed(rules, fleet)
    if most:
        yield ok(CHANGES, "", f"one apply may change {most:,} of {fleet:,} tenants")
    else:
        detail = f"one apply may change 0 of {fleet:,} tenants, so every apply with changes is refused."
        hint = (
            "Raise max_tenants_changed or max_changed_percent in [gate], or lift it, with a reason, when it is meant."
        )
        yield warning(CHANGES, "", detail, hint)
