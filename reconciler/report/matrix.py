"""The fleet at a glance, for a terminal: keys across, tenants down, a sign a cell; those that are alike share a row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.model.report import KeyReport, Report
from reconciler.report.cells import Kind, kind_of
from reconciler.report.grouping import names_of
from reconciler.report.layout import Line, Style, cells, marked, wrapped
from reconciler.report.sections import Risk, risk
from reconciler.report.untrusted import visible
from reconciler.report.wording import plural

ROWS = 24
"""A screenful. What doesn't fit is counted."""
_ROOM = 36
"""Cells beside the signs: the number of tenants, and some names."""
_NOT_DECLARED = "."
_SIGNS = {
    Kind.FAILED: "X",
    Kind.REJECTED: "R",
    Kind.UNKNOWN: "U",
    Kind.SKIPPED: "S",
    Kind.FIRST_SET: "*",
    Kind.BLOCKED: "!",
    Kind.UNREADABLE: "?",
    Kind.NOT_ATTEMPTED: "N",
    Kind.CREATE: "+",
    Kind.UPDATE: "~",
    Kind.APPLIED: "A",
    Kind.IN_SYNC: "=",
    Kind.UNCHANGED: "=",
    Kind.NOTED: "=",
}
"""In the order in which a reader must see them; of those with one sign, the first names it."""
_NAMES = {Kind.FIRST_SET: "first set, can't be undone"}
_RISKY = frozenset("XRUS*!?")


def cell(key: KeyReport) -> str:
    """Return the one sign for a key: what became of it, or else what would."""
    return _SIGNS[kind_of(key)]


def matrix(report: Report, width: int) -> Iterator[Line]:
    """Yield a row for each kind of tenant that isn't wholly in sync, riskiest first; the keys' names; the signs used.

    Nothing if there is no such tenant, or more keys than a line has room for.
    """
    names = sorted({key.change.key for tenant in report.tenants for key in tenant.keys})
    gap = " " if 2 * len(names) + _ROOM <= width else ""
    if (len(names) * (1 + len(gap))) + _ROOM > width:
        return
    kinds: dict[str, list[str]] = {}
    worst: dict[str, Risk] = {}
    place = {name: number for number, name in enumerate(names)}
    for tenant in report.tenants:
        at_risk = min(map(risk, tenant.keys), default=Risk.QUIET)
        if at_risk < Risk.NOTED:
            cells_of = [_NOT_DECLARED] * len(names)
            for key in tenant.keys:
                cells_of[place[key.change.key]] = cell(key)
            row = "".join(cells_of)
            kinds.setdefault(row, []).append(tenant.tenant)
            worst[row] = min(at_risk, worst.get(row, at_risk))
    if not kinds:
        return
    order = sorted(kinds, key=lambda row: (worst[row], -len(kinds[row]), row))
    yield Line("")
    yield Line("Fleet: a sign for each key", Style.STRONG)
    yield from _heads(names, gap, width)
    for row in order[:ROWS]:
        yield from _row(row, sorted(kinds[row]), gap, width)
    left_out = order[ROWS:]
    if left_out:
        tenants = plural(sum(len(kinds[row]) for row in left_out), "tenant")
        yield from wrapped(f"… and {tenants} in {len(left_out):,} other ways", width, first="  ", rest="    ")
    yield from _legend({sign for row in order[:ROWS] for sign in row}, width)


def _heads(names: Sequence[str], gap: str, width: int) -> Iterator[Line]:
    """Number the columns, and say below which number is which key."""
    digits = len(str(len(names)))
    numbers = [str(number).rjust(digits) for number in range(1, len(names) + 1)]
    for number, name in zip(numbers, names, strict=True):
        yield from wrapped(f"{number} {visible(name)}", width, first="  ", rest="    ", style=Style.FAINT)
    for line in range(digits):
        yield Line("  " + gap.join(number[line] for number in numbers), Style.FAINT)


def _row(row: str, tenants: Sequence[str], gap: str, width: int) -> Iterator[Line]:
    lead = f"  {gap.join(row)}  {len(tenants):>6,}  "
    names = _fitting(tenants, width - cells(lead))
    style = Style.BAD if _RISKY & set(row) else Style.PLAIN
    yield from marked(wrapped(names, width, first=lead, rest=" " * cells(lead), style=style), cells(lead))


def _fitting(tenants: Sequence[str], room: int) -> str:
    """Return as many names as a line has room for, and how many more there are."""
    shown = [visible(name) for name in tenants]
    most = 1
    while most < len(shown) and cells(names_of(shown[: most + 2], most + 1)) + 16 <= room:
        most += 1
    return names_of(shown, most)


def _legend(used: Iterable[str], width: int) -> Iterator[Line]:
    there, told = set(used), ""
    for item in (f"{sign} {meaning}" for sign, meaning in _meanings().items() if sign in there):
        if told and cells(told) + cells(item) + 5 > width:
            yield Line(f"  {told}", Style.FAINT)
            told = ""
        told += f"   {item}" if told else item
    yield Line(f"  {told}", Style.FAINT)


def _meanings() -> Mapping[str, str]:
    told: dict[str, str] = {}
    for kind, sign in _SIGNS.items():
        told.setdefault(sign, _NAMES.get(kind, kind.words))
    return {**told, _NOT_DECLARED: "not declared"}
