"""`annotate`: what a report found, at its lines in the pull request."""

from collections.abc import Iterator
from pathlib import Path

import click

from reconciler.github.annotation import Annotation, Kind, fitted
from reconciler.github.problems import known_problems, told_apart
from reconciler.github.reading import read_report
from reconciler.github.stopping import Failure, usable
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.words import Action, Severity
from reconciler.report.counts import all_problems
from reconciler.report.wording import notes, why


def annotate(path: Path, known: Path | None) -> int:
    """Print the annotations of the report of a `validate` or a `plan`.

    `known` is the report of the base's `validate`; one that can't be read is none, and every problem is loud.
    """
    report = usable(read_report(path, "validate", "plan"))
    base = read_report(known, "validate") if known is not None else None
    for annotation in fitted(annotations(report, None if isinstance(base, Failure) else base)):
        click.echo(str(annotation))
    return 0


def annotations(report: Report, base: Report | None = None) -> Iterator[Annotation]:
    """Yield one for every problem, by severity and place, then one for every risky change."""
    for problem, is_known in told_apart(all_problems(report), known_problems(base)):
        yield _of_problem(problem, is_known=is_known)
    for tenant in report.tenants:
        for key in tenant.keys:
            if (risky := _of_change(tenant, key)) is not None:
                yield risky


def _of_problem(problem: Problem, *, is_known: bool) -> Annotation:
    kind = Kind.ERROR if problem.severity is Severity.ERROR else Kind.WARNING
    title = f"{problem.severity.value.capitalize()}: {problem.rule}"
    if is_known:
        kind, title = Kind.NOTICE, f"{title} (the base branch has it too)"
    return Annotation(kind, title, (problem.message, problem.hint), problem.file, problem.line, problem.column)


def _of_change(tenant: TenantReport, key: KeyReport) -> Annotation | None:
    """Return a note on a change that a reviewer must not miss; None for the others."""
    change = key.change
    if change.action is Action.BLOCKED:
        kind, title = Kind.ERROR, "Blocked"
    elif change.action is Action.UNREADABLE:
        kind, title = Kind.ERROR, "Unreadable"
    elif change.action.writes and change.irreversible:
        kind, title = Kind.WARNING, "Can't be undone"
    else:
        return None
    lines = (f"{tenant.tenant}: {change.key}: {why(change)}.", *notes(tenant, key))
    return Annotation(kind, f"{title}: {change.key}", lines, *_place(key))


def _place(key: KeyReport) -> tuple[str, int, int]:
    source = key.change.source
    return source.file, source.line, source.column
