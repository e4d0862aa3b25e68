"""`judge`: whether what the pull request itself brings is in order. The required check.

| what                                       | where                              | counts |
|--------------------------------------------|------------------------------------|--------|
| an error that the base doesn't have        | anywhere                           | yes    |
| an error that the base has too             | in a file that is touched          | yes    |
| an error that the base has too             | in another file                    | no     |
| a warning                                  | anywhere                           | no     |
| a blocked or an unreadable key             | in a tenant of the plan            | yes    |
| a tenant that otherwise went wrong         | in the plan                        | yes    |
| a tenant that went wrong by errors alone   | in the plan                        | as they do |
| a report that isn't there, or not whole    |                                    | yes    |

A plan is of the tenants that the pull request changes. Without `--touched` nothing is taken for touched.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.github.problems import Identity, known_problems, told_apart
from reconciler.github.reading import is_finished, read_report
from reconciler.github.runner import Runner, say
from reconciler.github.stopping import Failure, usable
from reconciler.inputs.tomlfiles import read_regular
from reconciler.inputs.usage import UsageProblem
from reconciler.model.problem import Problem
from reconciler.model.report import Report, TenantReport
from reconciler.model.words import Action, Result, Severity
from reconciler.report.counts import all_problems
from reconciler.report.untrusted import markdown
from reconciler.report.wording import plural, reason, result

_FINE = frozenset({Result.IN_SYNC, Result.CHANGES, Result.APPLIED})
_MOST_TOUCHED = 64 << 20
_CHANGED = "the pull request changes this tenant"
_SHOWN = 200
"""Rows of either kind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the verdict; `why` says why it counts, or why it doesn't."""

    counts: bool
    where: str
    what: str
    why: str


def judge(runner: Runner, *, validated: Path, known: Path | None, touched: Path | None, plan: Path | None) -> int:
    """Print the verdict and add it to the summary; return 1 if anything counts, else 0."""
    files = usable(touched_files(touched)) if touched is not None else frozenset()
    base = read_report(known, "validate") if known is not None else None
    before = known_problems(None if isinstance(base, Failure) else base)
    if isinstance(base, Failure):
        say(f"No problem is taken for the base branch's own: {base.message}")
    in_files = _of_file(validated, "validate", files, before)
    in_plan = _of_file(plan, "plan", files, before) if plan is not None else ()
    found = list(dict.fromkeys([*in_files, *in_plan]))  # a plan repeats what is wrong with the files
    _tell(runner, found)
    return int(any(finding.counts for finding in found))


def touched_files(path: Path) -> frozenset[str] | Failure:
    """Return the paths in the output of `git diff -z --name-only --no-renames`."""
    contents = read_regular(path, "list of touched files", _MOST_TOUCHED)
    if isinstance(contents, UsageProblem):
        return Failure(contents.message, "Without it, nobody can tell what the pull request touches.")
    return frozenset(name.decode("utf-8", "surrogateescape") for name in contents.data.split(b"\0") if name)


def _of_file(path: Path, command: str, touched: Collection[str], known: Counter[Identity]) -> Iterator[Finding]:
    report = read_report(path, command)
    if isinstance(report, Failure):
        yield Finding(True, command, report.message, report.hint)
        return
    if not is_finished(report):
        first = next((f"{one.message} {one.hint}".rstrip() for one in report.problems), "The log of its job says why.")
        yield Finding(True, command, f"{command} ended with exit code {report.exit_code}: {first}", "it didn't finish")
        return
    yield from _of_problems(report, touched, known)
    for tenant in report.tenants:
        yield from _of_tenant(tenant)


def _of_problems(report: Report, touched: Collection[str], known: Counter[Identity]) -> Iterator[Finding]:
    for problem, is_known in told_apart(all_problems(report), known):
        if problem.severity is not Severity.ERROR:
            yield _row(False, problem, "a warning never counts")
        elif not is_known:
            yield _row(True, problem, "the base branch doesn't have it")
        elif problem.file in touched:
            yield _row(True, problem, "the base branch has it too, but the pull request touches the file")
        else:
            yield _row(False, problem, "the base branch has it too, and the pull request doesn't touch the file")


def _row(counts: bool, problem: Problem, why: str) -> Finding:  # noqa: FBT001 -- the row's first column
    return Finding(counts, problem.where, f"{problem.message} ({problem.rule})", why)


def _of_tenant(tenant: TenantReport) -> Iterator[Finding]:
    """Yield what is wrong with a tenant of a plan beyond its file, whose problems are judged by themselves."""
    bad = [key.change for key in tenant.keys if key.change.action in {Action.BLOCKED, Action.UNREADABLE}]
    for change in bad:
        source = change.source
        what = f"{tenant.tenant}: {change.key} is {change.action.value}: {reason(change.reason)}"
        yield Finding(True, f"{source.file}:{source.line}:{source.column}", what, _CHANGED)
    in_file = any(problem.severity is Severity.ERROR for problem in tenant.problems)
    if tenant.result not in _FINE and not bad and not in_file:
        yield Finding(True, tenant.file, f"{tenant.tenant}: {result(tenant.result)}", _CHANGED)


def _tell(runner: Runner, found: list[Finding]) -> None:
    counting = [finding for finding in found if finding.counts]
    shown = [finding for finding in found if not finding.counts]
    if counting:
        verdict = f"Not in order: {plural(len(counting), 'finding')} of the pull request's own."
    else:
        verdict = "In order: nothing that the pull request brings is wrong."
    say(verdict)
    parts = [f"### {verdict}\n"]
    for title, rows in (("counts", counting), ("doesn't count", shown)):
        for row in rows[:_SHOWN]:
            say(f"  {title}: {row.where}: {row.what.rstrip('.')}; {row.why}")
        rest = len(rows) - _SHOWN
        if rest > 0:
            say(f"  {title}: {rest:,} more, in the reports")
        parts.append(_table(title.capitalize(), rows))
    runner.summary("".join(parts) + "\n")


def _table(title: str, rows: list[Finding]) -> str:
    if not rows:
        return ""
    lines = [f"| {markdown(row.where)} | {markdown(row.what)} | {markdown(row.why)} |\n" for row in rows[:_SHOWN]]
    rest = len(rows) - _SHOWN
    more = f"\n{rest:,} more are in the reports.\n" if rest > 0 else ""
    return f"\n**{title}: {len(rows):,}**\n\n| where | what | why |\n|---|---|---|\n{''.join(lines)}{more}"
