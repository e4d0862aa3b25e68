"""Counts what a report holds, once, for every renderer."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report
from reconciler.model.words import Action, Cause, Result, Severity, Status


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of what. `writes` are the planned changes; `changing` the tenants that have any.

    `irreversible` counts first sets of write-once keys among `writes`; `held` the planned changes that were
    not attempted; `causes` all of them by cause; `files` those with an error among their problems.
    """

    tenants: int
    keys: int
    actions: Mapping[Action, int]
    statuses: Mapping[Status, int]
    results: Mapping[Result, int]
    writes: int
    changing: int
    irreversible: int
    held: int
    errors: int
    warnings: int
    files: int
    causes: Mapping[Cause, int]


def counts(report: Report) -> Counts:
    """Count `report`."""
    # Of sixty thousand keys few are of different kinds: they are looked at once, and the rest is counted by kind.
    kinds = Counter([_kind(key) for tenant in report.tenants for key in tenant.keys])
    actions: Counter[Action] = Counter()
    statuses: Counter[Status] = Counter()
    for (action, status, *_), number in kinds.items():
        actions[action] += number
        if status:
            statuses[status] += number
    writes = {kind: number for kind, number in kinds.items() if kind[0].writes}
    causes: Counter[Cause] = Counter()
    for (*_, cause), number in writes.items():
        causes[cause] += number
    problems = all_problems(report)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    return Counts(
        tenants=len(report.tenants),
        keys=kinds.total(),
        actions=actions,
        statuses=statuses,
        results=Counter([tenant.result for tenant in report.tenants]),
        writes=sum(writes.values()),
        changing=sum(any(key.change.action.writes for key in tenant.keys) for tenant in report.tenants),
        irreversible=sum(number for (_, _, irreversible, _), number in writes.items() if irreversible),
        held=sum(number for (_, status, _, _), number in writes.items() if status is Status.NOT_ATTEMPTED),
        errors=len(errors),
        warnings=len(problems) - len(errors),
        files=len({problem.file for problem in errors}),
        causes=causes,
    )


def _kind(key: KeyReport) -> tuple[Action, Status | None, bool, Cause]:
    change = key.change
    return change.action, key.outcome.status if key.outcome else None, change.irreversible, change.cause


def is_held(key: KeyReport) -> bool:
    """True if `key` was to be written and was not even tried."""
    return key.change.action.writes and key.outcome is not None and key.outcome.status is Status.NOT_ATTEMPTED


def all_problems(report: Report) -> tuple[Problem, ...]:
    """Return the problems of the run and of its tenants, each once: errors first, then by file and position."""
    found = {*report.problems, *(problem for tenant in report.tenants for problem in tenant.problems)}
    return tuple(sorted(found, key=lambda problem: (problem.severity is not Severity.ERROR, problem)))


def summary(counted: Counts) -> dict[str, int]:
    """Return the `summary` member of the JSON report: tenants, keys, and every action and outcome, zeros included."""
    return {
        "tenants": counted.tenants,
        "keys": counted.keys,
        **{action.value: counted.actions.get(action, 0) for action in Action},
        **{status.value: counted.statuses.get(status, 0) for status in Status},
    }
