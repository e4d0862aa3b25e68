"""`apply`: plan, gate, write, read back, report. The gate stands between what would be done and what is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.applying.tenant import IN_FLIGHT, Brake, apply_tenant
from reconciler.applying.write import Desk
from reconciler.inputs.choice import Shard, parse_shard
from reconciler.inputs.usage import UsageProblem, did_you_mean, first_few
from reconciler.journeys.call import Call, CorrectTheCallError, World, usable
from reconciler.journeys.compile import Ending, Run, report, tenant_report, with_bugs
from reconciler.journeys.ground import Ground, named_keys, prepare
from reconciler.journeys.observe import Observed, asked_of, judge_url, observe, plan_all
from reconciler.journeys.platform import Platform, open_platform
from reconciler.journeys.reach import Reach, reach
from reconciler.journeys.reading import each
from reconciler.journeys.recording import Recorder, check_it_can_be_kept, journal_of
from reconciler.journeys.reviewing import MERGE, check_plan_files, narrowed_by, read_plan_files
from reconciler.journeys.stopping import READING, run_until_stopped
from reconciler.model.journal import Journal
from reconciler.model.outcome import Outcome
from reconciler.model.plan import ApprovedPlan, ApprovedTenant
from reconciler.model.policy import Drift
from reconciler.model.report import Lifted, Report
from reconciler.model.words import Severity, Status
from reconciler.planning.gate import HELD_DRIFT, LIFTABLE, Policy, approve, reviewed_changes
from reconciler.planning.plan import Asked
from reconciler.planning.review import Reviewed, not_sent_again
from reconciler.report.wording import plural

GRACE = 5.0
"""Seconds that operations under way get after the first signal."""

_NOT_REACHED = Outcome(Status.NOT_ATTEMPTED, "The run ended before this key's turn. Run again.")


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person allows, on the command line, beyond what the gate lets through by itself."""

    plans: tuple[Path, ...] = ()
    allow_irreversible: bool = False
    lifts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Ledger:
    """What is known so far. Filled as the run goes, so that whatever ends it, the report is true."""

    observed: Observed = field(default_factory=dict)
    outcomes: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    bugs: dict[str, BaseException] = field(default_factory=dict)
    approved: ApprovedPlan | None = None
    lost: list[str] = field(default_factory=list)
    """What the journal could not be told."""


def apply(call: Call, world: World, approval: Approval) -> Report:
    """Write what differs in the selected tenants, and return what became of it. Raises CorrectTheCallError."""
    started = world.stamp()
    shard = _shard(call, approval)
    check_it_can_be_kept(world)
    lifted = _lifted(approval.lifts)
    files = read_plan_files(approval.plans, call) if approval.plans else ()
    ground = prepare(call, world, (lambda listing: narrowed_by(files, listing, shard)) if approval.plans else None)
    _check_that_drift_can_be_told(call, ground)
    asked = asked_of(
        named_keys(call.rewrite, "--rewrite", ground), named_keys(call.assume_unset, "--assume-unset", ground)
    )
    ledger, brake = _Ledger(), Brake()
    journal = journal_of(call, world, started, ground.revision)
    with reach(call, world, ground.settings, ground.catalogue, ground.tenants) as reached:
        check_plan_files(approval.plans, files, sandbox=call.sandbox, origins=reached.origins)
        policy = Policy(
            gate=ground.settings.gate,
            now=world.wall(),
            fleet=ground.fleet_size,
            same_origin=judge_url,
            secrets=reached.secrets,
            drift=ground.settings.apply.drift,
            allow_irreversible=approval.allow_irreversible,
            reviewed=Reviewed.of(files) if approval.plans else None,
            lifted=frozenset(one.rule for one in lifted),
            merged=_changed_in(files, ground) if shard else None,
        )
        steps = _Steps(ground, reached, world, asked, policy, ledger, brake, journal)
        interrupted = run_until_stopped(steps.run, brake, world.notice, GRACE, lambda: _stopping(ledger))
    run = Run(call.command, started, call.sandbox, ground.selection, ground.revision)
    made = with_bugs(_report(run, steps, files, lifted, interrupted=interrupted), ledger.bugs)
    if journal is not None and (lost := journal.finished(made.exit_code)):
        world.notice(f"The journal has no last line ({lost}). The report is complete.")
    return made


def _stopping(ledger: _Ledger) -> tuple[str, ...]:
    """Say what the first signal does, as things stand when it comes; lines for a terminal of 80 columns."""
    if ledger.approved is None:
        return (*READING, f"What is being read gets {GRACE:g} s. Once more stops at once.")
    outcomes = [outcome for keys in ledger.outcomes.values() for outcome in keys.values()]
    done = sum(outcome.status is Status.APPLIED for outcome in outcomes)
    posts = sum(outcome is IN_FLIGHT for outcome in outcomes)
    first = f"Stopping: no further key is written; applied until now: {done:,}."
    if not posts:
        return (f"{first} No POST is under way.",)
    return (
        first,
        f"Under way: {plural(posts, 'POST')}, to be answered and read back within {GRACE:g} s.",
        "Once more stops at once, and leaves open whether that was written.",
    )


def _shard(call: Call, approval: Approval) -> Shard | None:
    """Return the part to apply. Without a plan, the gate would know only this part, and its limits mean nothing."""
    if call.shard is not None and not approval.plans:
        raise CorrectTheCallError(UsageProblem("A shard is applied only under the merged plan of all shards.", MERGE))
    return usable(parse_shard(call.shard)) if call.shard is not None else None


def _check_that_drift_can_be_told(call: Call, ground: Ground) -> None:
    """Refuse to guess under `drift = "report"`: a change of unknown cause would overwrite what is to be left alone."""
    if ground.settings.apply.drift is not Drift.REPORT:
        return
    if call.base is None:
        raise CorrectTheCallError(
            UsageProblem(
                '[apply] drift = "report" takes a base: without one, nobody can tell drift from what git wants anew.',
                "Say --base REF with the commit that was applied last, such as HEAD^1 right after a merge.",
            )
        )
    if ground.earlier.untold:
        raise CorrectTheCallError(
            UsageProblem(
                f'[apply] drift = "report": at --base {call.base}, drift can\'t be told from what git wants anew.',
                "Name a base at which these files and their profiles are in order, and that has been fetched.",
                first_few(ground.earlier.untold),
            )
        )


def _changed_in(files: Sequence[Report], ground: Ground) -> frozenset[str]:
    """Return whom the plan files would change, of the tenants that there still are: the same in every shard."""
    there = {*ground.elsewhere, *(one.tenant for one in ground.tenants)}
    return reviewed_changes(files, ground.settings.apply.drift) & there


@dataclass(frozen=True, slots=True)
class _Steps:
    """The steps that talk to the platform, over one Platform, so that tokens and connections serve both halves."""

    ground: Ground
    reached: Reach
    world: World
    asked: Callable[[str], Asked]
    policy: Policy
    ledger: _Ledger
    brake: Brake
    journal: Journal | None

    async def run(self) -> None:
        async with open_platform(self.ground, self.world, self.reached, may_write=True) as platform:
            self.ledger.bugs.update(
                await observe(self.ground, self.reached, self.world, platform.reading, self.brake, self.ledger.observed)
            )
            approved = self.approve()
            await self._write(approved, platform)

    def approve(self) -> ApprovedPlan:
        """Plan from what was read and pass the gate; once."""
        if self.ledger.approved is None:
            plan = plan_all(self.ground, self.reached, self.ledger.observed, self.asked)
            broken = any(problem.severity is Severity.ERROR for problem in self.ground.fleet.problems)
            self.ledger.approved = approve(plan, self.policy, file_problems=broken)
        return self.ledger.approved

    async def _write(self, approved: ApprovedPlan, platform: Platform) -> None:
        tenants = {one.plan.tenant: one for one in approved.tenants}

        async def work(name: str) -> None:
            outcomes = self.ledger.outcomes.setdefault(name, {})
            access = self.reached.access[name]
            recorder = Recorder(tenants[name].plan, outcomes, self.journal, self.brake, self.ledger.lost)
            async with platform.writing(access) as api:
                desk = Desk(api, access.secrets, self.world.clock, self.ground.settings.limits.verify_timeout)
                await apply_tenant(tenants[name], desk, self.brake, recorder)

        names = [name for name, one in tenants.items() if one.plan.items]
        self.world.progress("apply", 0, len(names))
        self.ledger.bugs.update(
            await each(
                names,
                work,
                at_once=self.ground.settings.limits.concurrency,
                done=lambda count: self.world.progress("apply", count, len(names)),
            )
        )


def _report(run: Run, steps: _Steps, files: Sequence[Report], lifted: Sequence[Lifted], *, interrupted: bool) -> Report:
    approved = steps.approve()
    unsent = not_sent_again(files, [one.plan for one in approved.tenants])
    ending = Ending(
        problems=steps.ground.fleet.problems,
        warnings=(*steps.ground.warnings, *unsent, *steps.ledger.lost),
        refusals=approved.refusals,
        lifted=lifted,
        released=steps.ground.released,
        stale=frozenset(one.plan.tenant for one in approved.tenants if one.stale),
        interrupted=interrupted,
    )
    tenants = [
        tenant_report(run, one.plan, _outcomes(one, steps.ledger), ending, _left_alone(one)) for one in approved.tenants
    ]
    return report(run, tenants, ending, steps.world.stamp())


def _outcomes(one: ApprovedTenant, ledger: _Ledger) -> Mapping[str, Outcome]:
    """Return an outcome for every declared key; one whose turn never came was not attempted."""
    known = ledger.outcomes.get(one.plan.tenant, {})
    return {item.key.name: known.get(item.key.name, _NOT_REACHED) for item in one.plan.items}


def _left_alone(one: ApprovedTenant) -> frozenset[str]:
    return frozenset(key for key, reason in one.held.items() if reason == HELD_DRIFT)


def _lifted(lifts: Sequence[str]) -> tuple[Lifted, ...]:
    """Read the RULE=REASON of --lift. A reason is required: it stands in the report for whoever asks later."""
    found: list[Lifted] = []
    for text in lifts:
        rule, _, reason = text.partition("=")
        if rule not in LIFTABLE or not reason.strip():
            raise CorrectTheCallError(
                UsageProblem(
                    f"--lift {text}: {'a reason is missing' if rule in LIFTABLE else 'there is no such rule to lift'}."
                    f"{did_you_mean(rule, LIFTABLE)}",
                    f'Write --lift RULE="why"; the rules that can be lifted are {", ".join(LIFTABLE)}.',
                )
            )
        found.append(Lifted(rule, reason.strip()))
    return tuple(found)
