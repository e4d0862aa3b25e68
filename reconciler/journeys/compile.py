"""From plan and outcomes to the report that every renderer takes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler import __version__
from reconciler.inputs.usage import UsageProblem
from reconciler.model.check import Check
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Refusal, TenantPlan
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Lifted, Report, Revision, Selection, TenantReport
from reconciler.model.words import Result
from reconciler.planning.digest import run_digest, tenant_digest
from reconciler.report.verdict import tenant_result, verdict

_USAGE, _BUG, _INTERRUPTED = 64, 70, 130


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run before any tenant is looked at."""

    command: str
    started_at: str
    sandbox: bool = False
    selection: Selection = field(default_factory=Selection)
    revision: Revision = field(default_factory=Revision)
    detailed_exitcode: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known at the end, besides the tenants."""

    problems: Sequence[Problem] = ()
    warnings: Sequence[str] = ()
    refusals: Sequence[Refusal] = ()
    lifted: Sequence[Lifted] = ()
    released: Sequence[str] = ()
    stale: Collection[str] = ()
    interrupted: bool = False
    checks: Sequence[Check] = ()


def tenant_report(
    run: Run,
    plan: TenantPlan,
    outcomes: Mapping[str, Outcome] | None,
    ending: Ending,
    left_alone: Collection[str] = (),
) -> TenantReport:
    """Return one tenant's part, keys sorted by name. `outcomes` by full key name; None for a run that only plans."""
    items = sorted(plan.items, key=lambda item: item.key.name)
    keys = tuple(KeyReport(item.change, None if outcomes is None else outcomes[item.key.name]) for item in items)
    return TenantReport(
        tenant=plan.tenant,
        file=plan.file,
        origin=plan.origin,
        result=tenant_result(
            plan.tenant,
            keys,
            plan.problems,
            tuple(_as_far_as_it_reaches(refusal) for refusal in ending.refusals),
            command=run.command,
            stale=plan.tenant in ending.stale,
            interrupted=ending.interrupted,
            left_alone=left_alone,
        ),
        digest=tenant_digest(plan.tenant, plan.origin, (item.change for item in items)),
        keys=keys,
        problems=plan.problems,
    )


def _as_far_as_it_reaches(refusal: Refusal) -> Refusal:
    """A refusal names the tenant and key that it was found at, and yet most rules stop more than that."""
    # Only an apply has refusals, and only it has to wait for the gate to load.
    from reconciler.planning.gate import IRREVERSIBLE, LIFTABLE

    if refusal.rule in LIFTABLE:
        return replace(refusal, tenant=None, key=None)
    return refusal if refusal.rule == IRREVERSIBLE else replace(refusal, key=None)


def report(run: Run, tenants: Sequence[TenantReport], ending: Ending, finished_at: str) -> Report:
    """Return the whole run's report, with its result and exit code, and after apply what would undo it."""
    ordered = tuple(sorted(tenants, key=lambda tenant: tenant.tenant))
    result, exit_code = verdict(
        ordered,
        ending.problems,
        ending.refusals,
        command=run.command,
        detailed_exitcode=run.detailed_exitcode,
        stale=ending.stale,
        interrupted=ending.interrupted,
        checks=ending.checks,
    )
    made = _report(run, ordered, ending, finished_at, result, exit_code)
    if run.command != "apply":
        return made
    from reconciler.planning.undo import undo_of  # only after an apply is there something to undo

    undo = undo_of(ordered)
    return replace(made, undo=undo.tenants, not_restorable=undo.not_restorable)


def with_bugs(made: Report, bugs: Mapping[str, BaseException]) -> Report:
    """Return the report of a run in which our own code failed for some tenants: exit 70, unless interrupted."""
    if not bugs:
        return made
    found = tuple(_bug(error, tenant) for tenant, error in sorted(bugs.items()))
    exit_code = made.exit_code if made.result is Result.INTERRUPTED else _BUG
    result = made.result if made.result is Result.INTERRUPTED else Result.FAILED
    return replace(made, problems=(*made.problems, *found), exit_code=exit_code, result=result)


def place(error: BaseException) -> str:
    """Return where an exception was raised, ` at file.py:12`, or nothing if it never was."""
    import traceback  # it loads the tokenizer, which no run without a bug needs

    frames = traceback.extract_tb(error.__traceback__)
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def _bug(error: BaseException, tenant: str = "") -> Problem:
    """Only the kind of the exception is told: its message may quote a value."""
    said = f"A bug in reconciler {__version__}: {type(error).__name__}{place(error)}. Please report it."
    return Problem("", 0, 0, "", "bug/exception", said, tenant=tenant)


def not_begun(run: Run, problem: UsageProblem, finished_at: str) -> Report:
    """Return the report of a run that could not start as it was asked for: exit 64. What others `said` isn't in it."""
    said = " ".join((problem.message, "; ".join(problem.details))).rstrip()
    found = Problem("", 0, 0, "", "call/usage", said, problem.hint)
    return _without_plan(run, finished_at, Result.FAILED, _USAGE, found)


def broken_off(run: Run, error: Exception, finished_at: str) -> Report:
    """Return the report of a run that a bug of ours ended before its own report was made: exit 70."""
    return _without_plan(run, finished_at, Result.FAILED, _BUG, _bug(error))


def cut_off(run: Run, finished_at: str) -> Report:
    """Return the report of a run that was interrupted where there was none to make yet: exit 130."""
    said = "Interrupted before there was anything to report. If something was written, it is not listed here."
    found = Problem("", 0, 0, "", "run/interrupted", said, "Plan again.")
    return _without_plan(run, finished_at, Result.INTERRUPTED, _INTERRUPTED, found)


def _without_plan(run: Run, finished_at: str, result: Result, exit_code: int, *problems: Problem) -> Report:
    """The digest stays empty, so that nobody can apply it as the plan of a fleet in which nothing changes."""
    return replace(_report(run, (), Ending(problems=problems), finished_at, result, exit_code), digest="")


def _report(
    run: Run, tenants: tuple[TenantReport, ...], ending: Ending, finished_at: str, result: Result, exit_code: int
) -> Report:
    return Report(
        command=run.command,
        tool_version=__version__,
        started_at=run.started_at,
        finished_at=finished_at,
        sandbox=run.sandbox,
        selection=run.selection,
        revision=run.revision,
        result=result,
        exit_code=exit_code,
        digest=run_digest(tenants),
        tenants=tenants,
        problems=tuple(sorted(ending.problems)),
        warnings=tuple(ending.warnings),
        refusals=tuple(ending.refusals),
        lifted=tuple(ending.lifted),
        released=tuple(ending.released),
        checks=tuple(ending.checks),
    )
