"""Merges the reports of the shards of one run into the report that the run would have written without shards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from reconciler.model.check import Check
from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import Report, TenantReport
from reconciler.model.words import Result
from reconciler.report.one_run import Given, beside, foreign, overlaps, places, shards
from reconciler.report.verdict import verdict

_BEFORE_VERDICT = (70, 64)
"""Exit codes that no verdict gives: a bug, and usage. Where a shard has one, so has the whole."""


@dataclass(frozen=True, slots=True)
class MergeProblem:
    """Reports that are not the shards of one run, or not all of them; every reason that was found."""

    reasons: tuple[str, ...]


def merge(
    reports: Sequence[Report], *, digest: Callable[[tuple[TenantReport, ...]], str], names: Sequence[str] = ()
) -> Report | MergeProblem:
    """Merge in any order. What is given twice counts once, also beside the merge that it is a part of already.

    `digest` computes the digest of the run from all its tenants, sorted by name; tenants keep theirs. `names` are
    those of the files, for the reasons. Reports that differ in their times only are the same.
    MergeProblem: nothing given; another command, version, revision, selection or platform; a shard missing or
    given with two contents; a tenant in two shards; something that the merge beside it doesn't have.
    """
    given = _unique(names or [f"report {number}" for number in range(1, len(reports) + 1)], reports)
    if not given:
        return MergeProblem(("There is no report to merge.",))
    whole, parts = ([one for one in given if (one.shard is None) is kind] for kind in (True, False))
    if whole:
        reasons = (*foreign(given), *beside(whole, parts))
    else:
        reasons = (*foreign(parts), *shards(parts), *overlaps(parts), *places(parts))
    if reasons:
        return MergeProblem(reasons)
    return _spanning(whole[0].report, given) if whole else _merged(tuple(one.report for one in parts), digest)


def _unique(names: Sequence[str], reports: Sequence[Report]) -> list[Given]:
    """Return each content once, over all the time that its files span."""
    by_shard: dict[str | None, list[list[tuple[str, Report]]]] = {}
    for name, report in zip(names, reports, strict=True):
        contents = by_shard.setdefault(report.selection.shard, [])
        same = next((files for files in contents if _timeless(files[0][1]) == _timeless(report)), None)
        if same is None:
            contents.append([(name, report)])
        else:
            same.append((name, report))
    return [
        Given(files[0][0], _spanning(files[0][1], [Given(*file) for file in files]))
        for contents in by_shard.values()
        for files in contents
    ]


def _timeless(report: Report) -> Report:
    return replace(report, started_at="", finished_at="")


def _spanning(report: Report, given: Sequence[Given]) -> Report:
    return replace(
        report,
        started_at=min(one.report.started_at for one in given),
        finished_at=max(one.report.finished_at for one in given),
    )


def _merged(reports: tuple[Report, ...], digest: Callable[[tuple[TenantReport, ...]], str]) -> Report:
    first = reports[0]
    tenants = tuple(sorted((t for report in reports for t in report.tenants), key=lambda t: t.tenant))
    # Each shard of an apply tells of every broken file; in the whole, those of tenants stand with their tenants.
    owned = {problem for tenant in tenants for problem in tenant.problems}
    problems = tuple(sorted({problem for report in reports for problem in report.problems} - owned))
    checks = tuple(dict.fromkeys(check for report in reports for check in report.checks))
    refusals = tuple(sorted({no for report in reports for no in report.refusals}, key=_refusal_order))
    result, exit_code = _ended(reports, tenants, problems, refusals, checks)
    return replace(
        first,
        started_at=min(report.started_at for report in reports),
        finished_at=max(report.finished_at for report in reports),
        selection=replace(first.selection, shard=None),
        result=result,
        exit_code=exit_code,
        digest="" if checks else digest(tenants),
        tenants=tenants,
        problems=problems,
        warnings=tuple(sorted({text for report in reports for text in report.warnings})),
        refusals=refusals,
        lifted=tuple(
            sorted({lift for report in reports for lift in report.lifted}, key=lambda lift: (lift.rule, lift.reason))
        ),
        released=tuple(sorted({name for report in reports for name in report.released})),
        undo=dict(sorted((name, keys) for report in reports for name, keys in report.undo.items())),
        not_restorable=tuple(sorted({text for report in reports for text in report.not_restorable})),
        checks=checks,
    )


def _refusal_order(refusal: Refusal) -> tuple[str, str, str, str]:
    return refusal.rule, refusal.tenant or "", refusal.key or "", refusal.message


def _ended(
    reports: tuple[Report, ...],
    tenants: tuple[TenantReport, ...],
    problems: tuple[Problem, ...],
    refusals: tuple[Refusal, ...],
    checks: tuple[Check, ...],
) -> tuple[Result, int]:
    """Judge the whole. That changes were asked to exit 2 is known only from a shard that did."""
    codes = {report.exit_code for report in reports}
    result, exit_code = verdict(
        tenants,
        problems,
        refusals,
        command=reports[0].command,
        detailed_exitcode=2 in codes,
        interrupted=any(report.result is Result.INTERRUPTED for report in reports),
        checks=checks,
    )
    if result is Result.INTERRUPTED:
        return result, exit_code
    return next(((Result.FAILED, code) for code in _BEFORE_VERDICT if code in codes), (result, exit_code))
