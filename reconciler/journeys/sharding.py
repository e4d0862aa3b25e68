"""`shards`: how many parts a fleet is to be split into, so that each keeps within a machine's budget of calls. Offline.

| request | plan               | apply                                         |
|---------|--------------------|-----------------------------------------------|
| token   | one a tenant       | one a tenant, one more where it is written    |
| GET     | one a declared key | one a declared key, two more where it changes |
| POST    | none               | one where it changes                          |

A tenant that changes is counted with all its keys, and with a token that has run out since it was read. Second tries,
and tokens that run out on the way, come out of the tenth of the budget that is not counted on.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from reconciler.desired.fleet import load as load_fleet
from reconciler.desired.listing import Listing, discover
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.ground import refuse_nobody, settings_and_catalogue
from reconciler.model.words import Severity
from reconciler.planning.gate import most_changed

MOST_SHARDS = 10_000
"""As many as `--shard` takes."""
_WRITING = 3
"""Requests that a key takes besides its first GET when it changes: GET, POST, GET."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one machine may call: `calls` in any `window` seconds; and how long a run is to take, in seconds."""

    calls: int
    window: float
    seconds: float

    @property
    def a_window(self) -> int:
        """Return the calls of a window that are counted on: the tenth that is kept for writes is a reserve here."""
        return max(1, self.calls - max(1, self.calls // 10))

    @property
    def in_time(self) -> int:
        """Return the calls that are counted on in all the time: whole windows, and at least one."""
        return self.a_window * max(1, math.floor(self.seconds / self.window))

    def minutes(self, requests: int) -> float:
        """Return how long one machine needs at most for its budget's sake: whole windows."""
        return math.ceil(requests / self.a_window) * self.window / 60


@dataclass(frozen=True, slots=True)
class Need:
    """What one command needs: requests in all, the fewest shards, and the requests of the largest of them."""

    requests: int
    shards: int
    largest: int


@dataclass(frozen=True, slots=True)
class Sharding:
    """What was counted, and what follows. `broken` tenants have errors in their files, and no keys where they are."""

    tenants: int
    keys: int
    broken: int
    changed: int
    budget: Budget
    plan: Need
    apply: Need


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person said instead of what is counted or set; None where nothing was said. `changed` is a percentage."""

    calls: int | None = None
    minutes: float | None = None
    keys: int | None = None
    changed: float | None = None


def shards(call: Call, world: World, wish: Wish) -> Sharding:
    """Count the fleet and split it. Raises CorrectTheCallError: no tenants, or too little budget for any split."""
    settings, catalogue = settings_and_catalogue(call, world)
    listing = discover(settings.tenants, shown_from=world.cwd)
    refuse_nobody(listing, settings.tenants, settings, catalogue, call, world)
    names = listing.names
    if call.changed_since is not None:
        from reconciler.journeys.since import changed_since  # only this option asks git what there was

        names = changed_since(call.changed_since, names, None, listing, catalogue, settings.tenants, world)
    broken = 0
    if wish.keys is None:
        fleet = load_fleet(listing, names, catalogue)
        keys = {tenant.tenant: len(tenant.keys) for tenant in fleet.tenants}
        broken = sum(any(one.severity is Severity.ERROR for one in tenant.problems) for tenant in fleet.tenants)
    else:
        keys = dict.fromkeys(names, wish.keys)
    limits = settings.limits
    seconds = limits.window_seconds if wish.minutes is None else wish.minutes * 60
    budget = Budget(wish.calls or limits.calls_per_window, limits.window_seconds, seconds)
    changed = min(len(keys), most_changed(settings.gate, len(listing.names)))
    if wish.changed is not None:
        changed = math.ceil(len(keys) * wish.changed / 100)
    plan, apply = need(keys, 0, budget), need(keys, changed, budget)
    if plan is None or apply is None:
        raise CorrectTheCallError(_too_little(listing, budget))
    return Sharding(len(keys), sum(keys.values()), broken, changed, budget, plan, apply)


def _too_little(listing: Listing, budget: Budget) -> UsageProblem:
    return UsageProblem(
        f"No {MOST_SHARDS} shards or fewer do: {len(listing.names)} tenants, {budget.in_time} calls for a shard.",
        "Give it more time with --minutes, or more calls with --calls.",
    )


def need(keys: Mapping[str, int], changed: int, budget: Budget) -> Need | None:
    """Return what a run needs over tenants with so many declared keys each, of which `changed` are written.

    Nobody knows beforehand which ones, so each counts with its share. None: even the most shards are too few.
    An empty fleet is one shard: a matrix without jobs is an error to CI.
    """
    fleet = max(1, len(keys))
    # In fleet-ths of a request, so that shares stay whole numbers.
    weights = {name: (1 + count) * fleet + (1 + _WRITING * count) * changed for name, count in keys.items()}
    split = fewest(weights, budget.in_time * fleet)
    if split is None:
        return None
    count, largest = split
    return Need(math.ceil(sum(weights.values()) / fleet), count, math.ceil(largest / fleet))


def fewest(weights: Mapping[str, int], most: int) -> tuple[int, int] | None:
    """Return the fewest shards of which none weighs more than `most`, and the weight of the heaviest.

    The real partition is looked at: a hash splits evenly on the average only. From 100 on, in steps of a hundredth.
    """
    if any(weight > most for weight in weights.values()):
        return None
    numbers = [(_number(name), weight) for name, weight in weights.items()]
    count = max(1, -(-sum(weights.values()) // most))
    while count <= MOST_SHARDS:
        heaviest = _heaviest(numbers, count)
        if heaviest <= most:
            return count, heaviest
        count += max(1, count // 100)
    return None


def _number(tenant: str) -> int:
    """Return the number by which `Shard.holds` decides."""
    return int(sha256(tenant.encode("utf-8")).hexdigest(), 16)


def _heaviest(numbers: Iterable[tuple[int, int]], count: int) -> int:
    sums = [0] * count
    for number, weight in numbers:
        sums[number % count] += weight
    return max(sums)
