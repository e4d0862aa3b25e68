"""Merges the reports of the shards of one run into the report that the run would have written without shards."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import Report, TenantReport
from reconciler.model.words import Result
from reconciler.report.verdict import verdict

_Item = TypeVar("_Item")
_BEFORE_VERDICT = (70, 64)
"""Exit codes that no verdict gives: a bug, and usage. Where a shard has one, so has the whole."""
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class MergeProblem:
    """Reports that are not the shards of one run, or not all of them; every reason that was found."""

    reasons: tuple[str, ...]


def merge(reports: Sequence[Report], *, digest: Callable[[tuple[TenantReport, ...]], str]) -> Report | MergeProblem:
    """Merge in any order; the same report given twice counts once, and a single whole report is its own merge.

    `digest` computes the digest of the run from all its tenants, sorted by name. Tenants keep theirs.
    MergeProblem: nothing given; another command, version, revision, selection or platform; a shard missing or
    given with two contents; a tenant in two shards.
    """
    unique = _unique(reports)
    if not unique:
        return MergeProblem(("There is no report to merge.",))
    if len(unique) == 1 and unique[0].selection.shard is None:
        return unique[0]
    reasons = (*_foreign(unique), *_shards(unique), *_overlaps(unique))
    return MergeProblem(reasons) if reasons else _merged(unique, digest)


def _unique(items: Iterable[_Item]) -> tuple[_Item, ...]:
    """Return each item once. By equality: reports hold mappings, which have no hash."""
    found: list[_Item] = []
    for item in items:
        if item not in found:
            found.append(item)
    return tuple(found)


def _foreign(reports: tuple[Report, ...]) -> tuple[str, ...]:
    """Say which of the things that one run has in common are not."""
    whole = [replace(report.selection, shard=None) for report in reports]
    common: dict[str, list[object]] = {
        "commands": [report.command for report in reports],
        "tool versions": [report.tool_version for report in reports],
        "revisions": [report.revision for report in reports],
        "selections": list(whole),
        "platforms (one is of the sandbox)": [report.sandbox for report in reports],
    }
    return tuple(
        f"The reports are of different {name}: merge those of one run."
        for name, values in common.items()
        if any(value != values[0] for value in values)
    )


def _shards(reports: tuple[Report, ...]) -> tuple[str, ...]:
    """Say what is not one of each of the shards 1/N to N/N."""
    if any(report.selection.shard is None for report in reports):
        return ("A report that is no shard is among them: it can't be merged with others.",)
    parts = [(report.selection.shard or "").partition("/") for report in reports]
    given = Counter((int(number), int(total)) for number, _, total in parts)
    totals = sorted({total for _, total in given})
    if len(totals) > 1:
        return (f"The reports are of runs with {_listed(totals)} shards: merge those of one run.",)
    total = totals[0]
    twice = sorted(number for (number, _), times in given.items() if times > 1)
    beyond = sorted(number for number, _ in given if number > total)
    absent = total - sum(number <= total for number, _ in given)
    missing = (number for number in range(1, total + 1) if (number, total) not in given)
    return (
        *(f"Shard {number}/{total} is given twice, with different contents." for number in twice),
        *(f"There is no shard {number}/{total}." for number in beyond),
        *([f"Missing of {total} shards: {_listed(missing, absent)}. Give the reports of all."] if absent else []),
    )


def _listed(numbers: Iterable[int], count: int | None = None) -> str:
    """Name the first few, and count the others. A forged `1/1000000000` must not take for ever."""
    shown = [number for number, _ in zip(numbers, range(_SHOWN), strict=False)]
    more = f" and {count - len(shown)} more" if count is not None and count > len(shown) else ""
    return ", ".join(map(str, shown)) + more


def _overlaps(reports: tuple[Report, ...]) -> tuple[str, ...]:
    given = Counter(tenant.tenant for report in reports for tenant in report.tenants)
    return tuple(f"Tenant {name} is in {times} of the reports." for name, times in sorted(given.items()) if times > 1)


def _merged(reports: tuple[Report, ...], digest: Callable[[tuple[TenantReport, ...]], str]) -> Report:
    first = reports[0]
    tenants = tuple(sorted((t for report in reports for t in report.tenants), key=lambda t: t.tenant))
    problems = tuple(sorted(_unique(problem for report in reports for problem in report.problems)))
    refusals = tuple(sorted(_unique(no for report in reports for no in report.refusals), key=_refusal_order))
    result, exit_code = _ended(reports, tenants, problems, refusals)
    return replace(
        first,
        started_at=min(report.started_at for report in reports),
        finished_at=max(report.finished_at for report in reports),
        selection=replace(first.selection, shard=None),
        result=result,
        exit_code=exit_code,
        digest=digest(tenants),
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
    )


def _refusal_order(refusal: Refusal) -> tuple[str, str, str, str]:
    return refusal.rule, refusal.tenant or "", refusal.key or "", refusal.message


def _ended(
    reports: tuple[Report, ...],
    tenants: tuple[TenantReport, ...],
    problems: tuple[Problem, ...],
    refusals: tuple[Refusal, ...],
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
    )
    if result is Result.INTERRUPTED:
        return result, exit_code
    return next(((Result.FAILED, code) for code in _BEFORE_VERDICT if code in codes), (result, exit_code))
