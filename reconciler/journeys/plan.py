"""`plan`: read, compare, report. Its client can't send anything but GET, and the request for a token."""

from reconciler.applying.tenant import Brake
from reconciler.journeys.call import Call, World
from reconciler.journeys.compile import Ending, Run, report, tenant_report, with_bugs
from reconciler.journeys.ground import named_keys, prepare
from reconciler.journeys.observe import Observed, asked_of, judge_url, observe, plan_all
from reconciler.journeys.platform import open_platform
from reconciler.journeys.reach import Reach, reach
from reconciler.journeys.stopping import run_until_stopped
from reconciler.model.report import Report
from reconciler.planning.gate import Policy, run_refusals


def plan(call: Call, world: World, *, detailed_exitcode: bool = False) -> Report:
    """Return the plan of the selected tenants as a report; it is the plan file. Raises CorrectTheCallError."""
    started = world.stamp()
    ground = prepare(call, world)
    asked = asked_of(
        named_keys(call.rewrite, "--rewrite", ground), named_keys(call.assume_unset, "--assume-unset", ground)
    )
    observed: Observed = {}
    bugs: dict[str, BaseException] = {}
    brake = Brake()

    async def read(reached: Reach) -> None:
        async with open_platform(ground, world, reached, may_write=False) as platform:
            bugs.update(await observe(ground, reached, world, platform.reading, brake, observed))

    with reach(call, world, ground.settings, ground.catalogue, ground.tenants) as reached:
        interrupted = run_until_stopped(lambda: read(reached), brake, world.notice, grace=0.0)
    planned = plan_all(ground, reached, observed, asked)
    run = Run(
        command=call.command,
        started_at=started,
        sandbox=call.sandbox,
        selection=ground.selection,
        revision=ground.revision,
        detailed_exitcode=detailed_exitcode,
    )
    # In a plan the gate's refusals are notices: a review may come before the limit is raised or the freeze is over.
    policy = Policy(
        ground.settings.gate,
        world.wall(),
        ground.fleet_size,
        judge_url,
        reached.secrets,
        drift=ground.settings.apply.drift,
    )
    ending = Ending(
        ground.fleet.problems,
        warnings=ground.warnings,
        refusals=run_refusals(planned, policy),
        released=ground.released,
        interrupted=interrupted,
    )
    tenants = [tenant_report(run, tenant, None, ending) for tenant in planned.tenants]
    return with_bugs(report(run, tenants, ending, world.stamp()), bugs)
