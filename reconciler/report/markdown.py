"""The report for a pull request's comment: the first line tells all, the riskiest comes first, the rest is folded.

It is made of blocks that are each complete by themselves, so that leaving out rows from the end, to stay within
GitHub's limit, never leaves a table or a fold open.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.words import Verdict
from reconciler.report.checks import Finding, findings
from reconciler.report.counts import all_problems, counts
from reconciler.report.fields import FieldLine, field_lines
from reconciler.report.headline import SANDBOX, headline, next_steps
from reconciler.report.sections import Risk, Section, sections
from reconciler.report.untrusted import markdown
from reconciler.report.wording import notes, outcome, plural, result, sign, why

LIMIT = 60_000
"""Bytes: GitHub takes 65,536 characters a comment, and CI adds a line or two."""
LEAST = 2_000
"""The first lines and the note on what was left out always fit in this."""
_NOTE_ROOM = 600
_VALUE = 200
_SENTENCE = 1_000
"""Characters of a value, or of a sentence with strings from outside, that are shown; JSON and HTML hold all."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows between a head and a foot; `noun` is what a row is, for the note on what was left out.

    Head and rows are made when they are asked for: of a large fleet, most find no room, and are only counted.
    """

    head: Callable[[], str]
    rows: Iterable[str]
    count: int
    noun: str
    foot: str = ""


def to_markdown(report: Report, limit: int = LIMIT) -> str:
    """Return `report` as GitHub's Markdown in at most `limit` bytes of UTF-8, 2,000 at least.

    Every string from outside is shown literally: it makes no syntax, link, mention or element.
    Raises ValueError for a smaller limit.
    """
    if limit < LEAST:
        raise ValueError(f"a Markdown report needs {LEAST} bytes")
    counted = counts(report)
    parts = [f"**{headline(report, counted)}**\n"]
    if report.sandbox:
        parts.append(f"\n**{SANDBOX}**\n")
    room = limit - _NOTE_ROOM - sum(map(_size, parts))
    missing: Counter[str] = Counter()
    for block in _blocks(report, next_steps(report, counted)):
        # What comes first is worth most, so nothing is shown any more after something that was left out.
        text, shown = ("", 0) if missing else _fitting(block, room)
        parts.append(text)
        room -= _size(text)
        if shown < block.count:
            missing[block.noun] += block.count - shown
    if missing:
        told = ", ".join(plural(number, noun) for noun, number in missing.items())
        parts.append(f"\n**Left out, to fit a comment: {told}.** The JSON and HTML reports of this run hold all.\n")
    return "".join(parts)


def _size(text: str) -> int:
    return len(text.encode())


def _fitting(block: _Block, room: int) -> tuple[str, int]:
    """Return as many rows of `block` as fit in `room` bytes, with head and foot, and their number."""
    head = block.head()
    room -= _size(head) + _size(block.foot)
    rows: list[str] = []
    for row in block.rows:
        room -= _size(row)
        if room < 0:
            break
        rows.append(row)
    return (head + "".join(rows) + block.foot, len(rows)) if rows else ("", 0)


def _blocks(report: Report, steps: Sequence[str]) -> Iterator[_Block]:
    if report.selection.changed_since is not None:
        since = f"Only tenants changed since {_code(report.selection.changed_since)}.\n"
        yield _Block(lambda: "\n", (since,), 1, "line")
    yield _Block(lambda: "\n**Next**\n\n", (f"- {step}\n" for step in steps), len(steps), "hint")
    yield _problems(all_problems(report))
    yield _refusals(report.refusals)
    yield _list("Warnings", report.warnings, "warning")
    yield from _checks(findings(report.checks))
    found = sections(report)
    loud = [section for section in found if not section.is_quiet]
    yield from (_section(section) for section in loud if section.risk < Risk.WRITES)
    yield from (_section(section) for section in loud if section.risk >= Risk.WRITES)
    yield _list("Lifted", tuple(f"{lifted.rule}: {lifted.reason}" for lifted in report.lifted), "lift")
    yield _list("Released: no longer declared, left as they are", report.released, "released key")
    yield _list("Can't be restored by undo", report.not_restorable, "note on undo")
    yield _quiet([section for section in found if section.is_quiet])


def _code(text: str, limit: int = _VALUE) -> str:
    """GitHub looks for no links and mentions within code; the escaping holds without it too."""
    return f"<code>{markdown(_cut(text, limit))}</code>" if text else ""


def _sentence(text: str) -> str:
    return markdown(_cut(text, _SENTENCE))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"


def _table(title: str, heads: tuple[str, ...], rows: Iterable[str], count: int, noun: str) -> _Block:
    head = "| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads) + "\n"
    return _Block(lambda: f"\n### {title} ({count:,})\n\n{head}", rows, count, noun)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _problems(problems: tuple[Problem, ...]) -> _Block:
    rows = (
        _row(
            problem.severity,
            _code(problem.where),
            _code(problem.rule),
            "<br>".join(_sentence(text) for text in (problem.message, problem.hint) if text),
        )
        for problem in problems
    )
    return _table("Problems", ("Severity", "Where", "Rule", "What, and what to do"), rows, len(problems), "problem")


def _refusals(refusals: tuple[Refusal, ...]) -> _Block:
    rows = (
        _row(
            _code(refusal.rule),
            _code(refusal.tenant or "all"),
            _code(refusal.key or "all"),
            _sentence(refusal.message),
        )
        for refusal in refusals
    )
    return _table("Refusals", ("Rule", "Tenant", "Key", "Why"), rows, len(refusals), "refusal")


def _checks(found: Sequence[Finding]) -> Iterator[_Block]:
    """What is to be mended as a table, and what is ok folded."""
    heads = "| | Check | What was found, and what to do |\n| --- | --- | --- |\n"
    bad = [one for one in found if one.status is not Verdict.OK]
    good = [one for one in found if one.status is Verdict.OK]
    yield _Block(lambda: f"\n### To mend, from the top\n\n{heads}", map(_check, bad), len(bad), "check")
    summary = f"<summary>{plural(len(good), 'finding')} ok</summary>"
    yield _Block(
        lambda: f"\n<details>{summary}\n\n{heads}", map(_check, good), len(good), "check that is ok", "\n</details>\n"
    )


def _check(one: Finding) -> str:
    told = "<br>".join(_sentence(text) for text in (one.text, one.hint) if text)
    return _row(one.status.value, markdown(f"{one.area}: {one.name}"), told)


def _list(title: str, items: tuple[str, ...], noun: str) -> _Block:
    rows = (f"- {_sentence(item)}\n" for item in items)
    return _Block(lambda: f"\n### {title} ({len(items):,})\n\n", rows, len(items), noun)


_NOTHING = _row("", "", "Nothing to do here.", "")


def _section(section: Section) -> _Block:
    """A tenant as a table; open if a person must look at it, folded if it only has ordinary writes."""
    folded = section.risk >= Risk.WRITES
    rows = (_key(section.tenant, key) for key in section.keys) if section.keys else (_NOTHING,)
    return _Block(
        lambda: _section_head(section, folded=folded),
        rows,
        len(section.keys) or 1,
        "key",
        "\n</details>\n" if folded else "",
    )


def _section_head(section: Section, *, folded: bool) -> str:
    tenant = section.tenant
    name, ended = markdown(_cut(tenant.tenant, _VALUE)), result(tenant.result)
    where = " ".join(_code(text) for text in (tenant.file, tenant.origin) if text)
    quiet = f"{plural(len(section.quiet), 'key')} in sync." if section.quiet else ""
    told = " ".join(part for part in (where, quiet) if part)
    title = f"### {name}: {ended}"
    if folded:
        title = f"<details><summary>{name}: {ended}, {plural(len(section.keys), 'key')}</summary>"
    heads = "| Action | Key | What changes | Why, and what became of it |\n| --- | --- | --- | --- |\n"
    return f"\n{title}\n\n{told}\n\n{heads}"


def _key(tenant: TenantReport, key: KeyReport) -> str:
    change = key.change
    told = [why(change), *notes(tenant, key)]
    sentences = [_sentence(sentence) for sentence in told]
    if key.outcome:
        sentences.append(f"<b>{_sentence(outcome(key.outcome))}</b>")
    where = f"{change.source.file}:{change.source.line}"
    return _row(
        f"{markdown(sign(change.action))} {change.action}",
        f"{_code(change.key)}<br>{_code(where)}",
        "<br>".join(_field(field) for field in field_lines(change)),
        "<br>".join(sentences),
    )


def _field(field: FieldLine) -> str:
    before, after = _window(field.before, field.after)
    values = " → ".join(_code(text, 2 * _VALUE) for text in (before, after) if text)
    return f"{markdown(field.sign)} {_code(field.label)} {values}"


def _window(before: str, after: str) -> tuple[str, str]:
    """Cut two long texts around the first place where they differ: a cut must not make them look alike."""
    if max(len(before), len(after)) <= _VALUE:
        return before, after
    pairs = zip(before, after, strict=False)
    start = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))
    start = max(start - 40, 0) if before and after else 0
    return _part(before, start), _part(after, start)


def _part(text: str, start: int) -> str:
    if len(text) <= _VALUE:
        return text
    head, tail = ("…" if start else ""), ("…" if start + _VALUE < len(text) else "")
    return f"{head}{text[start : start + _VALUE]}{tail} ({len(text):,} characters)"


def _quiet(quiet: list[Section]) -> _Block:
    rows = (f"- {_code(section.tenant.tenant)}: {plural(len(section.quiet), 'key')}\n" for section in quiet)
    summary = f"<summary>{plural(len(quiet), 'tenant')} in sync</summary>"
    return _Block(lambda: f"\n<details>{summary}\n\n", rows, len(quiet), "tenant", "\n</details>\n")
