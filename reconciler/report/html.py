"""The report as one self-contained page: no script, no network, light and dark. A policy in the page says so."""

import base64
import hashlib
from collections.abc import Iterable, Iterator

from reconciler.model.meaning import NO_MEANINGS, Meanings
from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.report.counts import Counts, all_problems, counts, summary
from reconciler.report.fields import field_lines
from reconciler.report.headline import SANDBOX, headline, next_steps
from reconciler.report.sections import Risk, Section, risk, sections
from reconciler.report.untrusted import html
from reconciler.report.wording import notes, outcome, plural, result, sign, why

_CSS = """
:root { color-scheme: light dark; --line: #8886; --bad: #b3261e; --good: #1a7f37; --change: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #7ee787; --change: #f2cc60; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.3; }
h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; }
h1, h2, p, li { overflow-wrap: anywhere; }
code, .value { font-family: ui-monospace, monospace; font-size: .875em; overflow-wrap: break-word; }
.scroll { overflow-x: auto; }
.keys table { table-layout: fixed; min-width: 56rem; }
.keys th:nth-child(1) { width: 7rem; }
.keys th:nth-child(2) { width: 31%; }
.keys th:nth-child(3) { width: 27%; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
td p { margin: .25rem 0; max-width: 60ch; }
.changes { list-style: none; margin: 0; padding: 0; }
.banner { border: 2px solid var(--change); border-radius: .4rem; padding: .5rem .8rem; }
.counts { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; padding: 0; list-style: none; }
.bad { color: var(--bad); font-weight: 600; }
.good { color: var(--good); }
.change { color: var(--change); }
.where { opacity: .8; }
"""
_HASH = base64.b64encode(hashlib.sha256(_CSS.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


def to_html(report: Report, meanings: Meanings = NO_MEANINGS) -> str:
    """Return `report` as a complete HTML document. Every string from outside is escaped text, never markup."""
    return "".join(html_pieces(report, meanings))


def html_pieces(report: Report, meanings: Meanings = NO_MEANINGS) -> Iterator[str]:
    """Yield the document of `to_html`, some lines at a time."""
    yield from (f"{line}\n" for line in _lines(report, meanings))


def _lines(report: Report, meanings: Meanings) -> Iterator[str]:
    counted = counts(report)
    first = html(headline(report, counted))
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{first}</title>"
    yield f"<style>{_CSS}</style>"
    yield "</head>"
    yield "<body>"
    yield from _body(report, counted, first, meanings)
    yield "</body>"
    yield "</html>"


def _body(report: Report, counted: Counts, first: str, meanings: Meanings) -> Iterator[str]:
    yield f"<header>\n<h1>{first}</h1>"
    if report.sandbox:
        yield f'<p class="banner"><strong>{html(SANDBOX)}</strong></p>'
    yield "</header>\n<main>"
    yield from _counts(counted)
    yield from _list("What to do next", next_steps(report, counted))
    yield from _problems(all_problems(report))
    yield from _refusals(report.refusals)
    yield from _list("Warnings", report.warnings)
    found = sections(report)
    for section in found:
        if not section.is_quiet:
            yield from _section(section, meanings)
    yield from _quiet([section for section in found if section.is_quiet])
    yield from _list("Lifted", [f"{lifted.rule}: {lifted.reason}" for lifted in report.lifted])
    yield from _list("Released: no longer declared, left as they are", report.released)
    yield from _list("Can't be restored by undo", report.not_restorable)
    yield f"</main>\n<footer>\n{_about(report)}\n</footer>"


def _counts(counted: Counts) -> Iterator[str]:
    shown = [
        f"<li>{html(name)} <strong>{number:,}</strong></li>" for name, number in summary(counted).items() if number
    ]
    if shown:
        yield '<ul class="counts">' + "".join(shown) + "</ul>"


def _list(title: str, items: Iterable[str]) -> Iterator[str]:
    rows = [f"<li>{html(item)}</li>" for item in items]
    if rows:
        yield f"<section>\n<h2>{html(title)}</h2>\n<ul>\n" + "\n".join(rows) + "\n</ul>\n</section>"


def _table(heads: Iterable[str], rows: Iterable[str], kind: str = "scroll") -> str:
    head = "".join(f'<th scope="col">{html(name)}</th>' for name in heads)
    # Focusable, because a wide table is scrolled with the keyboard too.
    return f'<div class="{kind}" tabindex="0">\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n' + (
        "\n".join(rows) + "\n</tbody>\n</table>\n</div>"
    )


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    if problems:
        rows = [
            _row(
                f'<span class="bad">{problem.severity}</span>',
                f"<code>{html(problem.where)}</code>",
                f"<code>{html(problem.rule)}</code>",
                f"<p>{html(problem.message)}</p>" + (f"<p>{html(problem.hint)}</p>" if problem.hint else ""),
            )
            for problem in problems
        ]
        yield f"<section>\n<h2>Problems ({len(rows):,})</h2>"
        yield _table(("Severity", "Where", "Rule", "What, and what to do"), rows)
        yield "</section>"


def _refusals(refusals: tuple[Refusal, ...]) -> Iterator[str]:
    if refusals:
        rows = [
            _row(*(html(text or "all") for text in (refusal.rule, refusal.tenant, refusal.key, refusal.message)))
            for refusal in refusals
        ]
        yield f"<section>\n<h2>Refusals ({len(rows):,})</h2>"
        yield _table(("Rule", "Tenant", "Key", "Why"), rows)
        yield "</section>"


def _section(section: Section, meanings: Meanings) -> Iterator[str]:
    tenant = section.tenant
    yield f"<section>\n<h2>{html(tenant.tenant)}: {html(result(tenant.result))}</h2>"
    yield f'<p class="where"><code>{html(tenant.file)}</code> <code>{html(tenant.origin)}</code></p>'
    if section.keys:
        rows = [_key(tenant, key, meanings) for key in section.keys]
        yield _table(("Action", "Key", "What changes", "Why, and what became of it"), rows, "scroll keys")
    if section.quiet:
        names = "".join(f"<li><code>{html(key.change.key)}</code></li>" for key in section.quiet)
        told = f"{plural(len(section.quiet), 'key')} in sync"
        yield f"<details><summary>{told}</summary><ul>{names}</ul></details>"
    yield "</section>"


def _key(tenant: TenantReport, key: KeyReport, meanings: Meanings) -> str:
    change = key.change
    kinds = {"+": "good", "-": "bad"}
    fields = [
        f'<li class="value {kinds.get(field.sign, "change")}">{field.sign} {html(field.label)}: {html(field.text)}</li>'
        for field in field_lines(change)
    ]
    told = [f"<p>{html(why(change))}</p>", *(f"<p>{html(note)}</p>" for note in notes(tenant, key))]
    if key.outcome:
        told.append(f"<p><strong>{html(outcome(key.outcome))}</strong></p>")
    where = f"{change.source.file}:{change.source.line}"
    meant = meanings.get(change.key)
    title = f"{html(meant.title)}<br>" if meant else ""
    return _row(
        f'<span class="{_kind(key)}">{html(sign(change.action))} {change.action}</span>',
        f'<code>{html(change.key)}</code><br>{title}<span class="where"><code>{html(where)}</code></span>',
        f'<ul class="changes">{"".join(fields)}</ul>' if fields else "",
        "".join(told),
    )


def _kind(key: KeyReport) -> str:
    if risk(key) <= Risk.UNREADABLE:
        return "bad"
    return "good" if sign(key.change.action) == "+" else "change"


def _quiet(quiet: list[Section]) -> Iterator[str]:
    if quiet:
        rows = "".join(
            f"<li>{html(section.tenant.tenant)} ({plural(len(section.quiet), 'key')})</li>" for section in quiet
        )
        told = f"{plural(len(quiet), 'tenant')} in sync"
        yield f"<section>\n<h2>In sync</h2>\n<details><summary>{told}</summary><ul>{rows}</ul></details>\n</section>"


def _about(report: Report) -> str:
    revision = report.revision
    facts = {
        "Command": report.command,
        "Version": report.tool_version,
        "Started": report.started_at,
        "Finished": report.finished_at,
        "Commit": (revision.commit or "") + (" with local changes" if revision.dirty else ""),
        "Base": revision.base or "",
        "Changed since": report.selection.changed_since or "",
        "Shard": report.selection.shard or "",
        "Exit code": str(report.exit_code),
        "Digest": report.digest,
    }
    rows = [
        f'<tr><th scope="row">{name}</th><td><code>{html(fact)}</code></td></tr>'
        for name, fact in facts.items()
        if fact
    ]
    return "<h2>About this run</h2>\n<table>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"
