"""Counts what a report holds, once, for every renderer."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report
from reconciler.model.words import Action, Result, Severity, Status


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of what. `writes` are the planned changes; `changing` the tenants that have any.

    `irreversible` counts first sets of write-once keys among `writes`; `held` the planned changes that were
    not attempted; `files` those with an error among their problems.
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


def counts(report: Report) -> Counts:
    """Count `report`."""
    keys = [key for tenant in report.tenants for key in tenant.keys]
    problems = all_problems(report)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    return Counts(
        tenants=len(report.tenants),
        keys=len(keys),
        actions=Counter(key.change.action for key in keys),
        statuses=Counter(key.outcome.status for key in keys if key.outcome),
        results=Counter(tenant.result for tenant in report.tenants),
        writes=_writes(keys),
        changing=sum(bool(_writes(tenant.keys)) for tenant in report.tenants),
        irreversible=sum(key.change.irreversible and key.change.action.writes for key in keys),
        held=sum(is_held(key) for key in keys),
        errors=len(errors),
        warnings=len(problems) - len(errors),
        files=len({problem.file for problem in errors}),
    )


def _writes(keys: Iterable[KeyReport]) -> int:
    return sum(key.change.action.writes for key in keys)


def is_held(key: KeyReport) -> bool:
    """True if `key` was to be written and was not even tried."""
    return key.change.action.writes and key.outcome is not None and key.outcome.status is Status.NOT_ATTEMPTED


def all_problems(report: Report) -> tuple[Problem, ...]:
    """Return the problems of the run and of its tenants, each once: errors first, then by file and position."""
    found = {*report.problems, *(problem for tenant in report.tenants for problem in tenant.problems)}
    return tuple(sorted(found, key=lambda problem: (problem.severity is not Severity.ERROR, problem)))


def summary(report: Report) -> dict[str, int]:
    """Return the `summary` member of the JSON report: tenants, keys, and every action and outcome, zeros included."""
    counted = counts(report)
    return {
        "tenants": counted.tenants,
        "keys": counted.keys,
        **{action.value: counted.actions.get(action, 0) for action in Action},
        **{status.value: counted.statuses.get(status, 0) for status in Status},
    }
