"""What git wanted of tenants at an earlier revision, key by key, and what it has let go of since.

| today       | at the base                  | its values at the base | keys that are released               |
|-------------|------------------------------|------------------------|--------------------------------------|
| an error    | anything                     | not asked for          | none: nothing of it can be told      |
| no error    | no file                      | none                   | none                                 |
| no error    | an error, or can't be read   | can't be told          | can't be told                        |
| no error    | no error                     | those of the base      | declared there, and not today        |
| no file     | no error                     | not asked for          | all that were declared there         |
| no file     | an error, or can't be read   | not asked for          | can't be told                        |

Both sides are judged with today's catalogue, profiles merged. A tenant is known by its name, in whatever folder.
"""

from collections.abc import Collection, Iterable

from reconciler.catalogue import Catalogue
from reconciler.desired.as_before import AsBefore, Holds
from reconciler.desired.changed import has_errors
from reconciler.desired.fleet import load
from reconciler.desired.listing import Listing
from reconciler.model.tenant import DesiredTenant, Earlier, Values


def earlier(
    now: Listing,
    base: Listing,
    today: Iterable[DesiredTenant],
    gone: Collection[str],
    catalogue: Catalogue,
    *,
    holds: Holds,
) -> Earlier:
    """Return what `base` wanted of the tenants `today`, which were loaded from `now`; `gone` have no file any more.

    `holds` only saves time: of a tenant whose bytes and whose profiles' are those of the base nothing is parsed.
    """
    sound = {one.tenant: one for one in today if not has_errors(one)}
    sources = {source.name: source for source in now.tenants if source.name in sound}
    before = {source.name: source for source in base.tenants if source.name in sound or source.name in gone}
    as_before = AsBefore(now, base, holds)
    same = {name for name, source in sources.items() if name in before and as_before(source, before[name])}
    values = {name: _values(one) for name, one in sound.items() if name in same}
    values |= {name: {} for name in sound if name not in before}
    released: list[tuple[str, str]] = []
    untold: list[str] = []
    suspects = before.keys() - same
    for one in load(base, suspects, catalogue).tenants if suspects else ():
        if has_errors(one):
            untold.append(one.tenant)
            continue
        there = sound.get(one.tenant)
        kept = {key.key for key in there.keys} if there else set()
        released += [(one.tenant, key.key) for key in one.keys if key.key not in kept]
        if there:
            values[one.tenant] = _values(one)
    return Earlier(
        values,
        tuple(sorted(released)),
        untold=tuple(name for name in sorted(untold) if name in sound),
        lost=tuple(name for name in sorted(untold) if name not in sound),
    )


def _values(tenant: DesiredTenant) -> Values:
    return {key.key: key.value for key in tenant.keys}
