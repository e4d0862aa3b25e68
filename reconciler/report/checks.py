"""What `doctor` looked at, for people: those with the same finding together, in the order in which to mend them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.check import Check
from reconciler.model.words import Verdict
from reconciler.report.layout import Line, Style, padded, wrapped
from reconciler.report.untrusted import visible

_SHOWN = 3
_OK_APART, _APART = 3, 10
_EACH = "each in a way of its own; -v and the JSON report tell all."
_ORDER = (Verdict.PROBLEM, Verdict.WARNING, Verdict.SKIPPED, Verdict.OK)
_STYLES = {
    Verdict.PROBLEM: Style.BAD,
    Verdict.WARNING: Style.CHANGE,
    Verdict.SKIPPED: Style.FAINT,
    Verdict.OK: Style.PLAIN,
}
_AREAS = {"api": "API"}
_LEAD = 2 + max(map(len, Verdict)) + 2
_NAME = 12


@dataclass(frozen=True, slots=True)
class Finding:
    """Checks of one name with one finding. All texts are raw: each renderer escapes them for its medium."""

    area: str
    name: str
    status: Verdict
    about: str
    detail: str
    hint: str
    request_id: str | None

    @property
    def text(self) -> str:
        """Return about whom or what it is, and what was found."""
        told = f" Request id {self.request_id}." if self.request_id else ""
        return ": ".join(part for part in (self.about, self.detail) if part) + told


def findings(checks: Sequence[Check], *, every: bool = False) -> tuple[Finding, ...]:
    """Return what to show: one finding of many tenants or places once, with the first few of their names.

    More than three that are ok, each in another way, are one too, and of others the eleventh and what follows it. With
    `every`, each name and each detail is there.
    """
    by_name: dict[tuple[str, Verdict], dict[tuple[str, str], list[Check]]] = {}
    for check in checks:
        same = by_name.setdefault((check.check, check.status), {})
        same.setdefault((check.detail, check.hint), []).append(check)
    names = {name: place for place, name in enumerate(dict.fromkeys(check.check for check in checks))}
    found: list[Finding] = []
    for (name, status), groups in sorted(by_name.items(), key=lambda item: (names[item[0][0]], _rank(item[0][1]))):
        apart = _apart(status, len(groups), every=every)
        several = list(groups.values())
        found += [_finding(name, status, group, group[0].detail, every=every) for group in several[:apart]]
        if several[apart:]:
            together = [check for group in several[apart:] for check in group]
            found.append(_finding(name, status, together, "" if status is Verdict.OK else _EACH, every=every))
    return tuple(found)


def _apart(status: Verdict, several: int, *, every: bool) -> int:
    """Return how many findings of one name are told one by one; what remains is told together."""
    most = _OK_APART if status is Verdict.OK else _APART
    if every or several <= most:
        return several
    return 0 if status is Verdict.OK else most


def _rank(status: Verdict) -> int:
    return _ORDER.index(status)


def _finding(name: str, status: Verdict, group: Sequence[Check], detail: str, *, every: bool) -> Finding:
    area, _, short = name.partition("/")
    only = group[0] if len(group) == 1 else None
    return Finding(
        area=_AREAS.get(area, area.capitalize()),
        name=short.replace("-", " "),
        status=status,
        about=_about(group, every=every),
        detail=detail,
        hint=group[0].hint if len({one.hint for one in group}) == 1 else "",
        request_id=only.request_id if only else None,
    )


def _about(group: Sequence[Check], *, every: bool) -> str:
    whats = tuple(dict.fromkeys(one.what for one in group))
    tenants = tuple(dict.fromkeys(one.tenant for one in group))
    if not any(tenants):
        return _several(whats, "places", every=every)
    if len(whats) == 1:
        return ", ".join(part for part in (_several(tenants, "tenants", every=every), whats[0]) if part)
    pairs = [", ".join(part for part in (one.tenant, one.what) if part) for one in group]
    return _several(pairs, "findings", every=every)


def _several(names: Sequence[str], noun: str, *, every: bool) -> str:
    if len(names) == 1:
        return names[0]
    shown = names if every or len(names) <= _SHOWN + 1 else names[:_SHOWN]
    rest = f" and {len(names) - len(shown):,} more" if len(shown) < len(names) else ""
    return f"{len(names):,} {noun} ({', '.join(shown)}{rest})"


def lines(checks: Sequence[Check], width: int, *, verbose: bool) -> Iterator[Line]:
    """Yield the lines of a text report, harmless but for a CI runner's commands, which its writer breaks."""
    area = ""
    for one in findings(checks, every=verbose):
        if one.area != area:
            area = one.area
            yield Line("")
            yield Line(visible(area), Style.STRONG)
        lead = f"  {padded(one.status.value, _LEAD - 4)}  {padded(visible(one.name), _NAME)}"
        rest = " " * _LEAD
        yield from wrapped(visible(one.text), width, first=f"{lead} ", rest=rest, style=_STYLES[one.status])
        if one.hint:
            yield from wrapped(visible(one.hint), width, first=f"{rest}Do: ", rest=f"{rest}    ")
