"""Of which tenants git wants something else than an earlier revision did. Values count, profiles included; files don't.

| today               | at the base                  | changed                                               |
|---------------------|------------------------------|-------------------------------------------------------|
| an error            | anything                     | yes: a broken file is everyone's alarm                |
| no error            | no file                      | yes: a new tenant                                     |
| no error            | an error, or can't be read   | yes, as there is no telling                           |
| no error            | no error                     | if a key was added, released, or has another value    |
| no file             | anything                     | no: it is no tenant any more                          |

Both sides are judged with today's catalogue. When only some keys are looked at, a new tenant is changed if it declares
one of them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reconciler.catalogue import Catalogue
from reconciler.desired.as_before import AsBefore, Holds
from reconciler.desired.fleet import judge, load
from reconciler.desired.listing import Listing
from reconciler.model.normal import same
from reconciler.model.tenant import DesiredTenant
from reconciler.model.values import Value
from reconciler.model.words import Severity


@dataclass(frozen=True, slots=True)
class Changed:
    """The tenants that have changed, sorted. `unjudged` are those of them that only count as changed.

    Nothing is wrong with their files today, but with those of the base.
    """

    tenants: tuple[str, ...]
    unjudged: tuple[str, ...] = ()


def changed(
    now: Listing,
    base: Listing,
    names: Iterable[str],
    catalogue: Catalogue,
    *,
    keys: Collection[str] | None = None,
    holds: Holds,
) -> Changed:
    """Return which of the tenants `names` of `now` have changed since `base`; in any of `keys`, if given.

    `holds` only saves time: a tenant whose bytes and whose profiles' are those of the base is not compared.
    """
    chosen = frozenset(names)
    broken = {one.tenant for one in judge(now, chosen, catalogue).tenants if has_errors(one)}
    sound = {source.name: source for source in now.tenants if source.name in chosen and source.name not in broken}
    earlier = {source.name: source for source in base.tenants}
    new = sound.keys() - earlier.keys()
    as_before = AsBefore(now, base, holds)
    suspects = {name for name, one in sound.items() if name not in new and not as_before(one, earlier[name])}
    then = {one.tenant: one for one in load(base, suspects, catalogue).tenants}
    unjudged = {name for name, one in then.items() if has_errors(one)}
    found = broken | unjudged
    if keys is None:
        found |= new
    else:
        suspects |= new
    for one in load(now, suspects - unjudged, catalogue).tenants:
        if not _alike(_values(one, keys), _values(then.get(one.tenant), keys)):
            found.add(one.tenant)
    return Changed(tuple(sorted(found)), tuple(sorted(unjudged)))


def has_errors(tenant: DesiredTenant) -> bool:
    """True if nothing of the tenant may be believed: its file, or a profile of it, has an error."""
    return any(problem.severity is Severity.ERROR for problem in tenant.problems)


def _values(tenant: DesiredTenant | None, keys: Collection[str] | None) -> Mapping[str, Value]:
    """Return the values of the keys that are looked at, of no tenant none."""
    declared = tenant.keys if tenant else ()
    return {key.key: key.value for key in declared if keys is None or key.key in keys}


def _alike(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
