"""The part that plan and apply share: read what is live of every declared key, and plan from it."""

from collections.abc import Callable, Mapping

from reconciler.applying.tenant import Brake
from reconciler.inputs.origins import covers
from reconciler.journeys.call import World
from reconciler.journeys.ground import Ground
from reconciler.journeys.reach import Reach
from reconciler.journeys.reading import INTERRUPTED, OpenReader, each, read_keys
from reconciler.model.live import Halt, Live
from reconciler.model.plan import Plan, TenantPlan
from reconciler.model.tenant import DesiredTenant, Values
from reconciler.model.words import Severity
from reconciler.planning.plan import Asked, Rules, plan_tenant

Observed = dict[str, dict[str, Live]]
"""What was read so far, by tenant and full key name. Filled while reading, so that an interrupt loses nothing."""


def readable(tenant: DesiredTenant) -> bool:
    """True for a tenant without errors in its files; others are reported and not asked about."""
    return not any(problem.severity is Severity.ERROR for problem in tenant.problems)


async def observe(
    ground: Ground, reach: Reach, world: World, open_reader: OpenReader, brake: Brake, observed: Observed
) -> Mapping[str, BaseException]:
    """Read every declared key of every readable tenant into `observed`. Returns bugs by tenant."""
    tenants = {one.tenant: one for one in ground.tenants if readable(one) and one.keys}

    async def work(name: str) -> None:
        declared = {one.key for one in tenants[name].keys}
        keys = [key for key in ground.catalogue.keys if key.name in declared]
        async with open_reader(reach.access[name]) as api:
            halt = await read_keys(api, keys, observed.setdefault(name, {}), lambda: brake.reason)
        if halt is Halt.EVERYONE:
            brake.stop(f"{name}: {next(live.detail for live in observed[name].values() if live.halt)}")

    world.progress("read", 0, len(tenants))
    return await each(
        list(tenants),
        work,
        at_once=ground.settings.limits.concurrency,
        done=lambda count: world.progress("read", count, len(tenants)),
    )


def plan_all(ground: Ground, reach: Reach, observed: Observed, asked: Callable[[str], Asked]) -> Plan:
    """Plan every selected tenant from what was read; what was not read is unreadable."""
    rules = Rules(
        keys={key.name: key for key in ground.catalogue.keys},
        fits=ground.catalogue.matches,
        same_origin=judge_url,
    )
    return Plan(
        tuple(
            _plan_one(one, reach, observed, rules, asked(one.tenant), ground.earlier.values.get(one.tenant))
            for one in ground.tenants
        )
    )


def _plan_one(
    one: DesiredTenant, reach: Reach, observed: Observed, rules: Rules, asked: Asked, base: Values | None
) -> TenantPlan:
    access = reach.access[one.tenant]
    if not readable(one):
        return TenantPlan(one.tenant, one.file, access.origin, (), {}, one.problems)
    read = observed.get(one.tenant, {})
    live = {declared.key: read.get(declared.key, INTERRUPTED) for declared in one.keys}
    return plan_tenant(one, live, access, rules, asked, base)


def asked_of(rewrite: Mapping[str, frozenset[str]], assume: Mapping[str, frozenset[str]]) -> Callable[[str], Asked]:
    """Return what a person asked for, tenant by tenant."""
    return lambda tenant: Asked(rewrite.get(tenant, frozenset()), assume.get(tenant, frozenset()))


def judge_url(url: str, origin: str) -> bool:
    """True if a URL lies in the origin that a secret is for."""
    return covers(origin, url)
