"""Decides how a tenant, and a run, ended, and what the process exits with. The one place that knows.

## One key

| outcome                          | action           | why                               | counts as   |
|----------------------------------|------------------|-----------------------------------|-------------|
| none (plan)                      | no-op            |                                   | in-sync     |
| none (plan)                      | create, update   |                                   | changes     |
| none, not-attempted, unchanged   | blocked          |                                   | blocked     |
| none, not-attempted, unchanged   | unreadable       |                                   | failed      |
| unchanged                        | no-op, writes    |                                   | in-sync     |
| applied                          | any              |                                   | applied     |
| rejected failed unknown skipped  | any              |                                   | failed      |
| not-attempted                    | no-op            |                                   | in-sync     |
| not-attempted                    | create, update   | its tenant is stale               | stale       |
| not-attempted                    | create, update   | a refusal covers it               | refused     |
| not-attempted                    | create, update   | policy leaves it alone            | changes     |
| not-attempted                    | create, update   | the run was interrupted           | interrupted |
| not-attempted                    | create, update   | none of these: the tenant halted, | failed      |
|                                  |                  | or the key became unreadable      |             |

The first "why" that holds counts. "Writes" are create and update.

## A tenant, a run

An error problem counts as failed, and so does a problem that a check of `doctor` found; a warning doesn't count. A
refusal counts as refused, but in `plan` it is only a notice. Of all that holds, the furthest down this table is the
result:

| result           | exit code                                            |
|------------------|------------------------------------------------------|
| in-sync          | 0                                                    |
| changes          | 0; 2 for `plan --detailed-exitcode`                  |
| applied          | 0                                                    |
| blocked, refused | 3                                                    |
| failed           | 1                                                    |
| stale            | 4                                                    |
| interrupted      | 130                                                  |

64 (usage) and 70 (a bug) end a run before there is anything to judge; who meets them reports `failed` with that code.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import assert_never

from reconciler.model.check import Check
from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, TenantReport
from reconciler.model.words import Action, Result, Severity, Status, Verdict

_PRECEDENCE = (
    Result.IN_SYNC,
    Result.CHANGES,
    Result.APPLIED,
    Result.BLOCKED,
    Result.REFUSED,
    Result.FAILED,
    Result.STALE,
    Result.INTERRUPTED,
)


def worst(results: Iterable[Result]) -> Result:
    """Return the result that a reader must hear of first; in-sync when there is none."""
    return max(results, key=_PRECEDENCE.index, default=Result.IN_SYNC)


def tenant_result(
    tenant: str,
    keys: Sequence[KeyReport],
    problems: Sequence[Problem] = (),
    refusals: Sequence[Refusal] = (),
    *,
    command: str,
    stale: bool = False,
    interrupted: bool = False,
    left_alone: Collection[str] = (),
) -> Result:
    """Return how `tenant` ended, by the tables above.

    `refusals` are those of the whole run. `left_alone` are the full names of keys that policy does not write
    though they differ (`[apply] drift = "report"`). An interrupted run doesn't make a finished tenant interrupted.
    """
    found = {Result.FAILED} if any(problem.severity is Severity.ERROR for problem in problems) else set()
    counting = refusals if command != "plan" else ()
    if stale:
        found.add(Result.STALE)
    if any(refusal.tenant == tenant for refusal in counting):
        found.add(Result.REFUSED)
    for key in keys:
        found.add(
            _key_result(key)
            or _not_attempted(key, tenant, counting, stale=stale, interrupted=interrupted, left_alone=left_alone)
        )
    return worst(found)


def _key_result(key: KeyReport) -> Result | None:
    """Return what `key` counts as; None if it was to be written and was not attempted, which says too little."""
    action = key.change.action
    if key.outcome is None:
        return _planned(action)
    match key.outcome.status:
        case Status.APPLIED:
            return Result.APPLIED
        case Status.REJECTED | Status.FAILED | Status.UNKNOWN | Status.SKIPPED:
            return Result.FAILED
        case Status.UNCHANGED:
            return Result.IN_SYNC if action.writes else _planned(action)
        case Status.NOT_ATTEMPTED:
            return None if action.writes else _planned(action)
        case never:
            assert_never(never)


def _planned(action: Action) -> Result:
    match action:
        case Action.NO_OP:
            return Result.IN_SYNC
        case Action.CREATE | Action.UPDATE:
            return Result.CHANGES
        case Action.BLOCKED:
            return Result.BLOCKED
        case Action.UNREADABLE:
            return Result.FAILED
        case never:
            assert_never(never)


def _not_attempted(
    key: KeyReport,
    tenant: str,
    refusals: Sequence[Refusal],
    *,
    stale: bool,
    interrupted: bool,
    left_alone: Collection[str],
) -> Result:
    if stale:
        return Result.STALE
    if any(_covers(refusal, tenant, key.change.key) for refusal in refusals):
        return Result.REFUSED
    if key.change.key in left_alone:
        return Result.CHANGES
    return Result.INTERRUPTED if interrupted else Result.FAILED


def _covers(refusal: Refusal, tenant: str, key: str) -> bool:
    return refusal.tenant in {None, tenant} and refusal.key in {None, key}


def verdict(
    tenants: Sequence[TenantReport],
    problems: Sequence[Problem],
    refusals: Sequence[Refusal],
    *,
    command: str,
    detailed_exitcode: bool = False,
    stale: Collection[str] = (),
    interrupted: bool = False,
    checks: Sequence[Check] = (),
) -> tuple[Result, int]:
    """Return the result of a run and its exit code, by the tables above.

    The `result` of each tenant is taken as `tenant_result` made it; `problems` are those that belong to no
    tenant, `stale` the names of the stale tenants.
    """
    found = {tenant.result for tenant in tenants}
    if any(problem.severity is Severity.ERROR for problem in problems):
        found.add(Result.FAILED)
    if any(check.status is Verdict.PROBLEM for check in checks):
        found.add(Result.FAILED)
    if refusals and command != "plan":
        found.add(Result.REFUSED)
    if stale:
        found.add(Result.STALE)
    if interrupted:
        found.add(Result.INTERRUPTED)
    result = worst(found)
    return result, _exit_code(result, detailed=detailed_exitcode and command == "plan")


def _exit_code(result: Result, *, detailed: bool) -> int:
    match result:
        case Result.IN_SYNC | Result.APPLIED:
            return 0
        case Result.CHANGES:
            return 2 if detailed else 0
        case Result.BLOCKED | Result.REFUSED:
            return 3
        case Result.STALE:
            return 4
        case Result.FAILED:
            return 1
        case Result.INTERRUPTED:
            return 130
        case never:
            assert_never(never)
