"""The page's first screen and its last: what happened in words, what stands in the way, and about this run."""

from collections.abc import Iterator

from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import Report
from reconciler.model.words import Result, Severity, Verdict
from reconciler.report.cells import Tone
from reconciler.report.checks import findings
from reconciler.report.counts import Counts, summary
from reconciler.report.headline import SANDBOX
from reconciler.report.markup import code, row, section, table
from reconciler.report.untrusted import html
from reconciler.report.wording import result

TONES = {
    Result.IN_SYNC: Tone.DONE,
    Result.CHANGES: Tone.CHANGE,
    Result.APPLIED: Tone.DONE,
    Result.BLOCKED: Tone.BAD,
    Result.REFUSED: Tone.BAD,
    Result.STALE: Tone.BAD,
    Result.FAILED: Tone.BAD,
    Result.INTERRUPTED: Tone.BAD,
}
"""How loud a result is."""


def badge(ended: Result) -> str:
    """Return a result as a small label; the colour says nothing that the word doesn't."""
    return f'<span class="badge {TONES[ended]}">{html(ended.value.replace("-", " "))}</span>'


def header(report: Report, counted: Counts, first: str) -> Iterator[str]:
    """Yield the answer in words, and the counts. `first` is the headline, escaped."""
    commit = f" · commit {report.revision.commit[:12]}" if report.revision.commit else ""
    yield "<header>"
    yield f'<p class="run">reconciler {html(report.command)} · {html(report.finished_at + commit)}</p>'
    yield f"<h1>{first}</h1>"
    told = [words for words in (result(report.result),) if words != report.result.value.replace("-", " ")]
    told.append(f"exit code {report.exit_code}")
    yield f'<p class="verdict">{badge(report.result)} <span>{html(", ".join(told))}</span></p>'
    if report.sandbox:
        yield f'<p class="banner"><strong>{html(SANDBOX)}</strong></p>'
    shown = [
        f"<li><strong>{number:,}</strong> <span>{html(name)}</span></li>"
        for name, number in summary(counted).items()
        if number
    ]
    if shown:
        yield '<ul class="counts">'
        yield from shown
        yield "</ul>"
    yield "</header>"


def problems(found: tuple[Problem, ...]) -> Iterator[str]:
    """Yield all problems, each with its place, its rule and what to do."""
    if found:
        rows = [
            row(
                f'<span class="{"bad" if one.severity is Severity.ERROR else "note"}">{one.severity}</span>',
                code(one.where),
                code(one.rule),
                f"<p>{html(one.message)}</p>" + (f"<p>{html(one.hint)}</p>" if one.hint else ""),
            )
            for one in found
        ]
        shown = table(("Severity", "Where", "Rule", "What, and what to do"), rows, "problems")
        yield from section(f"Problems ({len(rows):,})", *shown, name="problems")


def checks(report: Report) -> Iterator[str]:
    """Yield what a doctor looked at, and what to do where something isn't in order."""
    if report.checks:
        rows = [
            row(
                f'<span class="{_VERDICTS[one.status]}">{one.status}</span>',
                html(f"{one.area}: {one.name}"),
                f"<p>{html(one.text)}</p>" + (f"<p><strong>{html(one.hint)}</strong></p>" if one.hint else ""),
            )
            for one in findings(report.checks)
        ]
        shown = table(("Status", "Check", "What was found, and what to do"), rows, "problems")
        yield from section("Checks", *shown, name="checks")


_VERDICTS = {Verdict.OK: "good", Verdict.WARNING: "note", Verdict.PROBLEM: "bad", Verdict.SKIPPED: "quiet"}


def refusals(found: tuple[Refusal, ...]) -> Iterator[str]:
    """Yield every no of the gate."""
    if found:
        rows = [
            row(code(one.rule), html(one.tenant or "all tenants"), html(one.key or "all keys"), html(one.message))
            for one in found
        ]
        shown = table(("Rule", "Tenant", "Key", "Why"), rows)
        yield from section(f"Refusals ({len(rows):,})", *shown, name="refusals")


def about(report: Report) -> Iterator[str]:
    """Yield what ran, when, on which revision, and the digest."""
    revision = report.revision
    selection = report.selection
    facts = {
        "Command": report.command,
        "Version": report.tool_version,
        "Started": report.started_at,
        "Finished": report.finished_at,
        "Commit": (revision.commit or "") + (" with local changes" if revision.dirty else ""),
        "Base": revision.base or "",
        "Only tenants": ", ".join(selection.tenants),
        "Only keys": ", ".join(selection.keys),
        "Changed since": selection.changed_since or "",
        "Shard": selection.shard or "",
        "Exit code": str(report.exit_code),
        "Digest": report.digest,
    }
    yield "<footer>\n<h2>About this run</h2>\n<dl>"
    yield from (f"<div><dt>{name}</dt><dd>{code(fact)}</dd></div>" for name, fact in facts.items() if fact)
    yield "</dl>\n</footer>"
