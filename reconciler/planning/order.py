"""In which order a tenant's keys are written, and which must be written before which."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from reconciler.model.key import Key, Schema
from reconciler.model.values import Json

Fits = Callable[[Schema, Json], bool]
"""Says whether a value fits a JSON Schema."""


def predecessors(keys: Sequence[Key], desired: Mapping[str, Json], fits: Fits) -> Mapping[str, tuple[str, ...]]:
    """Return for each key the declared keys that must be written first, from `x-write-after`.

    `{key: B, when: S}` on A: B before A when the desired A fits S, else A before B. A key that is not declared
    orders nothing. Example: the webhook before the external OMS is switched on, and after it is switched off.
    """
    names = {key.name for key in keys}
    before: dict[str, set[str]] = {name: set() for name in names}
    for key in keys:
        for constraint in key.write_after:
            if constraint.key not in names:
                continue
            if fits(constraint.when, desired[key.name]):
                before[key.name].add(constraint.key)
            else:
                before[constraint.key].add(key.name)
    return {name: tuple(sorted(before[name])) for name in sorted(names)}


def write_order(keys: Iterable[Key], before: Mapping[str, tuple[str, ...]]) -> tuple[Key, ...]:
    """Return the keys so that each stands after its predecessors; else catalogue order, write-once keys last.

    Last, because a first set can't be undone: whatever else fails in the tenant should fail before it.
    Raises ValueError on a cycle, which the catalogue has refused when it was loaded.
    """
    waiting = sorted(keys, key=lambda key: (key.write_once, key.order, key.name))
    ordered: list[Key] = []
    placed: set[str] = set()
    while waiting:
        ready = next((key for key in waiting if placed.issuperset(before[key.name])), None)
        if ready is None:
            raise ValueError(f"x-write-after is a cycle: {', '.join(key.name for key in waiting)}")
        waiting.remove(ready)
        ordered.append(ready)
        placed.add(ready.name)
    return tuple(ordered)
