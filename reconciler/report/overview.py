"""The report of a large fleet for a terminal: the answer, what is risky, the changes that are alike once, and a matrix.

A person at a terminal would scroll through thousands of lines, and miss the one that counts. What is left out here is
counted, and the last lines say how to see it. What goes into a pipe or a file is never shortened: that is `text`.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.report.causes import Side
from reconciler.report.counts import counts
from reconciler.report.grouping import Group, Outlier, groups, names_of, outliers
from reconciler.report.layout import Line, Style, marked, wrapped
from reconciler.report.matrix import matrix
from reconciler.report.sections import Risk, Section, risk, sections
from reconciler.report.text import (
    LEAST,
    drawn,
    ending,
    field_as_lines,
    key_lines,
    label_room,
    opening,
    quiet_lines,
    text_pieces,
)
from reconciler.report.untrusted import visible
from reconciler.report.wording import became, plural, reason, sign

MANY = 20
"""Tenants with something to say; so many and fewer are told one by one. Of problems and the like, so many are shown."""
_WHOLE = 8
"""Tenants of each kind of risk whose keys are shown whole."""
_VALUES = 6
"""Different changes of one key that are shown, the most frequent first."""
_NAMES = 60
"""Names that are listed of those that are not shown."""
_FEW_NAMES = 4
_TITLES = {
    Risk.WENT_WRONG: "Went wrong",
    Risk.IRREVERSIBLE: "Can't be undone",
    Risk.BLOCKED: "Blocked",
    Risk.UNREADABLE: "Unreadable",
    Risk.NOTED: "With a warning",
}


def overview_pieces(report: Report, *, width: int, colour: bool) -> Iterator[str]:
    """Yield the overview, a line at a time; of a small fleet, all of the text."""
    found = sections(report)
    loud = [section for section in found if not section.is_quiet]
    if len(loud) <= MANY:
        return text_pieces(report, width=width, colour=colour)
    return drawn(_lines(report, found, loud, max(width, LEAST)), colour=colour)


def _lines(report: Report, found: Sequence[Section], loud: Sequence[Section], width: int) -> Iterator[Line]:
    counted = counts(report)
    yield from opening(report, counted, width, MANY)
    for at_risk, title in _TITLES.items():
        yield from _whole(title, at_risk, loud, width)
    yield from _alike(groups(report), width)
    yield from _unlike(outliers(report), width)
    yield from matrix(report, width)
    yield from quiet_lines([section for section in found if section.is_quiet], width, verbose=False)
    yield from ending(report, counted, width, MANY)
    yield Line("")
    yield from wrapped("This is an overview. Tenant by tenant: reconciler report FILE | less", width, rest="    ")
    yield from wrapped("In a browser, with filters: reconciler report FILE --report all.html", width, rest="    ")


def _class(key: KeyReport) -> Risk:
    """Return under which title a key stands: one that is only to be written may do so with a warning."""
    at_risk = risk(key)
    alike = at_risk in {Risk.HELD, Risk.WRITES}
    return Risk.NOTED if alike and (key.change.warnings or key.change.drops) else at_risk


def _whole(title: str, at_risk: Risk, loud: Sequence[Section], width: int) -> Iterator[Line]:
    """Yield the keys of one kind of risk, whole for the first tenants, and the names of the others."""
    some: list[tuple[TenantReport, list[KeyReport]]] = []
    for section in loud:
        keys = [key for key in section.keys if _class(key) is at_risk]
        if keys:
            some.append((section.tenant, keys))
    if not some:
        return
    total = plural(sum(len(keys) for _, keys in some), "key")
    yield Line("")
    yield Line(f"{title} ({total} in {plural(len(some), 'tenant')})", Style.STRONG)
    for tenant, keys in some[:_WHOLE]:
        yield from wrapped(visible(tenant.tenant), width, rest="  ", style=Style.STRONG)
        for key in keys:
            yield from key_lines(tenant, key, width)
    rest = [visible(tenant.tenant) for tenant, _ in some[_WHOLE:]]
    if rest:
        told = f"… and {plural(len(rest), 'more tenant')}: {names_of(rest, _NAMES)}"
        yield from wrapped(told, width, rest="  ")


_SIDES = {
    Side.REVISION: "What this revision does",
    Side.UNTOLD: "Other changes",
    Side.DRIFT: "Drift that applying would overwrite",
}


def _alike(every: Sequence[Group], width: int) -> Iterator[Line]:
    """Yield the ordinary changes by whose they are: each key once, with its values, in how many tenants."""
    ordinary = [group for group in every if group.risk in {Risk.HELD, Risk.WRITES}]
    named = any(group.side is not Side.UNTOLD for group in ordinary)
    for whose in Side:
        of_one = [group for group in ordinary if group.side is whose]
        if of_one:
            yield from _of_one_side(_SIDES[whose] if named else "Changes", of_one, width)


def _of_one_side(title: str, ordinary: Sequence[Group], width: int) -> Iterator[Line]:
    yield Line("")
    tenants = {name for group in ordinary for name in group.tenants}
    keys = sum(len(group.tenants) for group in ordinary)
    yield Line(f"{title} ({plural(keys, 'key')} in {plural(len(tenants), 'tenant')})", Style.STRONG)
    by_key = sorted(ordinary, key=_head)
    for _, same in groupby(by_key, key=_head):
        yield from _one_key(sorted(same, key=lambda group: (-len(group.tenants), group.tenants)), width)


def _unlike(found: Sequence[Outlier], width: int) -> Iterator[Line]:
    """Yield the fields in which few tenants want something else than all the others: a slip looks like that."""
    if found:
        yield Line("")
        yield Line(f"Unlike the others ({plural(len(found), 'field')})", Style.STRONG)
    for outlier in found[:MANY]:
        usual = f"{visible(outlier.key)} {visible(outlier.label)}: {plural(outlier.agreeing, 'tenant')} want"
        others = "; ".join(
            f"{visible(text)} in {names_of([visible(name) for name in names], _FEW_NAMES)}"
            for text, names in outlier.others
        )
        yield from wrapped(f"{usual} {visible(outlier.usual)}, but {others}", width, first="  - ", rest="    ")


def _head(group: Group) -> tuple[str, str, str, str]:
    return group.key, group.action, group.reason, group.status or ""


def _one_key(same: Sequence[Group], width: int) -> Iterator[Line]:
    first = same[0]
    style = Style.GOOD if sign(first.action) == "+" else Style.CHANGE
    ended = f" => {became(first.status)}" if first.status else ""
    head = f"{sign(first.action)} {first.action}  {visible(first.key)}"
    headed = wrapped(f"{head}  {reason(first.reason)}{ended}", width, first="  ", rest="      ", style=style)
    yield from marked(headed, 2 + len(head))
    for group in same[:_VALUES]:
        room = label_room(group.lines)
        for field in group.lines:
            yield from field_as_lines(field, room, width)
        names = [visible(name) for name in group.tenants]
        told = f"in {plural(len(names), 'tenant')}: {names_of(names, _FEW_NAMES)}"
        yield from wrapped(told, width, first="          ", rest="          ")
    others = same[_VALUES:]
    if others:
        tenants = plural(sum(len(group.tenants) for group in others), "tenant")
        told = f"… and {plural(len(others), 'other change')} of it in {tenants}"
        yield from wrapped(told, width, first="      ", rest="          ")
