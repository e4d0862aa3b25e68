"""The report for a terminal or a log. Its first line can be read alone; then the riskiest first; what to do last."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.plan import Change, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.words import Result, Severity
from reconciler.report.counts import Counts, all_problems, counts
from reconciler.report.fields import FieldLine, field_lines
from reconciler.report.headline import SANDBOX, headline, next_steps
from reconciler.report.layout import Line, Style, cells, marked, padded, painted, wrapped
from reconciler.report.sections import Risk, Section, risk, sections
from reconciler.report.untrusted import broken, visible
from reconciler.report.wording import notes, outcome, plural, result, sign, why

LEAST = 40
"""Cells: a narrower terminal breaks the lines itself."""
_LABEL = 32
"""Field names wider than this don't push the values of the others to the right."""


def to_text(report: Report, *, width: int, colour: bool, verbose: bool = False) -> str:
    """Return `report` as text with a final newline; lines are at most `width` cells, where 40 is the least.

    With `colour`, ANSI colours that repeat what signs and words say. Keys and tenants with nothing to do are
    counted; `verbose` names them. No string from outside can send an escape sequence or a workflow command.
    """
    return "".join(text_pieces(report, width=width, colour=colour, verbose=verbose))


def text_pieces(report: Report, *, width: int, colour: bool, verbose: bool = False) -> Iterator[str]:
    """Yield the text of `to_text`, a line at a time."""
    return drawn(_lines(report, max(width, LEAST), verbose=verbose), colour=colour)


def drawn(lines: Iterable[Line], *, colour: bool) -> Iterator[str]:
    """Yield each line as it is written, harmless to a runner too."""
    for line in lines:
        text = broken(line.text)
        yield (painted(Line(text, line.style, line.marked)) if colour else text) + "\n"


def _lines(report: Report, width: int, *, verbose: bool) -> Iterator[Line]:
    counted = counts(report)
    yield from opening(report, counted, width)
    if report.checks:
        from reconciler.report.checks import lines  # only doctor has them

        yield from lines(report.checks, width, verbose=verbose)
    found = sections(report)
    for section in found:
        if not section.is_quiet:
            yield from _section(section, width, verbose=verbose)
    yield from quiet_lines([section for section in found if section.is_quiet], width, verbose=verbose)
    yield from ending(report, counted, width)


def opening(report: Report, counted: Counts, width: int, most: int | None = None) -> Iterator[Line]:
    """Yield what stands before the tenants: the answer, problems, refusals and warnings, at `most` so many of each."""
    bad = report.exit_code not in {0, 2}
    yield from wrapped(headline(report, counted), width, style=Style.LOUD if bad else Style.STRONG)
    if report.sandbox:
        yield from wrapped(SANDBOX, width, style=Style.CHANGE)
    if report.selection.shard:
        yield from wrapped(f"Shard {visible(report.selection.shard)} of this run.", width)
    if report.selection.changed_since is not None:
        yield from wrapped(f"Only tenants changed since {visible(report.selection.changed_since)}.", width)
    yield from _block("Problems", [_problem(problem, width) for problem in all_problems(report)], most)
    yield from _block("Refusals", [_refusal(refusal, width) for refusal in report.refusals], most)
    done = "Done" if report.command == "import" else "Warnings"
    yield from _block(done, [_item(warning, width) for warning in report.warnings], most)


def ending(report: Report, counted: Counts, width: int, most: int | None = None) -> Iterator[Line]:
    """Yield what stands after the tenants: what is on record besides, at `most` so many of each; what to do next."""
    yield from _aftermath(report, width, most)
    yield from _next(next_steps(report, counted), width)


def _block(title: str, items: Sequence[Iterator[Line]], most: int | None) -> Iterator[Line]:
    if items:
        yield Line("")
        yield Line(f"{title} ({len(items):,})", Style.STRONG)
        for item in items[:most]:
            yield from item
        if most is not None and len(items) > most:
            yield Line(f"  … and {len(items) - most:,} more")


def _item(text: str, width: int) -> Iterator[Line]:
    return wrapped(visible(text), width, first="  - ", rest="    ")


def _problem(problem: Problem, width: int) -> Iterator[Line]:
    wrong = problem.severity is Severity.ERROR
    yield from wrapped(
        f"{visible(problem.where)}  {problem.severity}  {visible(problem.rule)}",
        width,
        first="  ",
        rest="    ",
        style=Style.BAD if wrong else Style.CHANGE,
    )
    yield from wrapped(visible(problem.message), width, first="    ", rest="    ")
    if problem.hint:
        yield from wrapped(f"Hint: {visible(problem.hint)}", width, first="    ", rest="    ")


def _refusal(refusal: Refusal, width: int) -> Iterator[Line]:
    where = ":".join(part for part in (refusal.tenant, refusal.key) if part)
    told = "  ".join(part for part in (refusal.rule, where) if part)
    yield from wrapped(visible(told), width, first="  ", rest="    ", style=Style.BAD)
    yield from wrapped(visible(refusal.message), width, first="    ", rest="    ")


def _section(section: Section, width: int, *, verbose: bool) -> Iterator[Line]:
    tenant = section.tenant
    loud = tenant.result in {Result.BLOCKED, Result.REFUSED, Result.STALE, Result.FAILED, Result.INTERRUPTED}
    yield Line("")
    yield from wrapped(
        f"{visible(tenant.tenant)}: {result(tenant.result)}",
        width,
        rest="  ",
        style=Style.LOUD if loud else Style.STRONG,
    )
    yield from wrapped(
        f"{visible(tenant.file)}  {visible(tenant.origin)}".rstrip(),
        width,
        first="  ",
        rest="  ",
        style=Style.FAINT,
    )
    for key in section.keys:
        yield from key_lines(tenant, key, width)
    if section.quiet:
        names = ": " + ", ".join(visible(key.change.key) for key in section.quiet) if verbose else ""
        told = f"= {plural(len(section.quiet), 'key')} in sync{names}"
        yield from wrapped(told, width, first="  ", rest="    ", style=Style.FAINT)


def key_lines(tenant: TenantReport, key: KeyReport, width: int) -> Iterator[Line]:
    """Yield all that is to be said of one key."""
    change, style = key.change, _style(key)
    head = f"{sign(change.action)} {change.action}  {visible(change.key)}"
    tail = f"{why(change)}  {_source(change)}"
    if cells(head) + cells(tail) + 4 <= width:
        yield Line(f"  {head}  {tail}", style, None if style is Style.LOUD else 2 + len(head))
    else:
        yield from wrapped(head, width, first="  ", rest="      ", style=style)
        yield from wrapped(tail, width, first="      ", rest="      ", style=_loud(style))
    fields = field_lines(change)
    room = label_room(fields)
    for field in fields:
        yield from field_as_lines(field, room, width)
    for note in notes(tenant, key):
        yield from wrapped(visible(note), width, first="      ", rest="      ")
    if key.outcome:
        told = visible(outcome(key.outcome))
        yield from marked(wrapped(told, width, first="      => ", rest="         ", style=style), len("      =>"))


def _loud(style: Style) -> Style:
    """Return the style of what isn't to be read first: only what can't be undone is loud to its end."""
    return style if style is Style.LOUD else Style.PLAIN


def label_room(fields: Iterable[FieldLine]) -> int:
    """Return how many cells the names of `fields` get, so that their values stand below each other."""
    return min(max((cells(visible(field.label)) for field in fields), default=0), _LABEL)


def _source(change: Change) -> str:
    return f"{visible(change.source.file)}:{change.source.line}"


def _style(key: KeyReport) -> Style:
    match risk(key):
        case Risk.WENT_WRONG | Risk.BLOCKED | Risk.UNREADABLE:
            return Style.BAD
        case Risk.IRREVERSIBLE:
            return Style.LOUD
        case Risk.QUIET:
            return Style.FAINT
        case Risk.HELD | Risk.WRITES | Risk.NOTED:
            return Style.GOOD if sign(key.change.action) == "+" else Style.CHANGE


def field_as_lines(field: FieldLine, room: int, width: int) -> Iterator[Line]:
    """Yield one line if it fits, else before and after below each other, so that the eye can compare them.

    What is too long for a line goes on below its own beginning.
    """
    yield from marked(_field(field, room, width), len("      +"))


def _field(field: FieldLine, room: int, width: int) -> Iterator[Line]:
    style = {"+": Style.GOOD, "-": Style.BAD}.get(field.sign, Style.CHANGE)
    lead, text = f"      {field.sign} {padded(visible(field.label), room)}  ", visible(field.text)
    if cells(lead) > width - 20:
        yield from wrapped(lead.strip(), width, first="      ", rest=" " * 8, style=style)
        lead = " " * 10
    rest = " " * (cells(lead) if cells(lead) <= width - 40 else 10)
    if cells(lead) + cells(text) <= width or not (field.before and field.after):
        yield from wrapped(text, width, first=lead, rest=rest, style=style)
        return
    yield from wrapped(visible(field.before), width, first=lead, rest=rest, style=style)
    yield from wrapped(visible(field.after), width, first=f"{rest[2:]}→ ", rest=rest, style=style)


def quiet_lines(quiet: Sequence[Section], width: int, *, verbose: bool) -> Iterator[Line]:
    """Yield how many tenants there is nothing to say of; with `verbose`, which."""
    if not quiet:
        return
    keys = sum(len(section.quiet) for section in quiet)
    names = ": " + ", ".join(visible(section.tenant.tenant) for section in quiet) if verbose else ""
    scope = plural(len(quiet), "tenant") + (f" ({plural(keys, 'key')})" if keys else "")
    yield Line("")
    yield from wrapped(f"= {scope} in sync{names}", width, rest="  ", style=Style.FAINT)


def _aftermath(report: Report, width: int, most: int | None) -> Iterator[Line]:
    yield from _block("Lifted", [_item(f"{lifted.rule}: {lifted.reason}", width) for lifted in report.lifted], most)
    yield from _block(
        "Released: no longer declared, left as they are", [_item(name, width) for name in report.released], most
    )
    yield from _block("Can't be restored by undo", [_item(text, width) for text in report.not_restorable], most)


def _next(steps: Sequence[str], width: int) -> Iterator[Line]:
    if steps:
        yield Line("")
    if len(steps) > 1:
        yield Line("Next", Style.STRONG)
    for step in steps:
        yield from wrapped(visible(step), width, first="Next: " if len(steps) == 1 else "  - ", rest="    ")
