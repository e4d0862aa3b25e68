"""Says what keeps reports from being the shards of one run, with the names of the files and what to do about it."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from reconciler.model.report import Report, Revision, Selection

_SHOWN = 10
_LONGEST = 80
"""Characters of what a report says about itself, when it is shown."""
_MANY_PLACES = 8
"""Where a name may stand in an origin: `t` is in https, too. With more, its template is not looked for."""


@dataclass(frozen=True, slots=True)
class Given:
    """One content, and the names of the files that have it."""

    name: str
    report: Report

    @property
    def shard(self) -> str | None:
        return self.report.selection.shard


def foreign(given: Sequence[Given]) -> Iterator[str]:
    """Say which of the things that one run has in common are not, and which file says what."""
    aspects: dict[str, tuple[Callable[[Report], Hashable], Callable[[Report], str]]] = {
        "commands": (lambda report: report.command, lambda report: report.command),
        "tool versions": (lambda report: report.tool_version, lambda report: report.tool_version),
        "revisions": (lambda report: report.revision, lambda report: _revision(report.revision)),
        "selections": (_unsharded, lambda report: _selection(report.selection)),
        "platforms": (
            lambda report: report.sandbox,
            lambda report: "the sandbox" if report.sandbox else "a real platform",
        ),
    }
    for what, (value_of, shown) in aspects.items():
        by_value: dict[Hashable, list[Given]] = {}
        for one in given:
            by_value.setdefault(value_of(one.report), []).append(one)
        if len(by_value) > 1:
            said = "; ".join(
                f"{_files(files)}: {_short(shown(files[0].report))}" for files in list(by_value.values())[:_SHOWN]
            )
            yield f"The reports are of different {what} ({said}). Merge those of one run."


def _unsharded(report: Report) -> Selection:
    return replace(report.selection, shard=None)


def _revision(revision: Revision) -> str:
    base = f" since {revision.base[:12]}" if revision.base else ""
    return f"{revision.commit[:12] if revision.commit else 'no commit'}{base}{', dirty' if revision.dirty else ''}"


def _selection(selection: Selection) -> str:
    words = (
        *(f"--tenant {glob}" for glob in selection.tenants),
        *(f"--key {glob}" for glob in selection.keys),
        *([f"--changed-since {selection.changed_since}"] if selection.changed_since else []),
    )
    return " ".join(words) or "every tenant"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _files(given: Sequence[Given]) -> str:
    shown = ", ".join(one.name for one in given[:3])
    return shown if len(given) <= 3 else f"{shown} and {len(given) - 3} more"


def beside(whole: Sequence[Given], parts: Sequence[Given]) -> Iterator[str]:
    """Say what stands beside a whole report and is no part of it."""
    if len(whole) > 1:
        yield f"{_files(whole)} are each of a whole run, with different contents: give one of them."
        return
    there = whole[0].report
    for one in parts:
        missing = next(_missing(one.report, there), None)
        if missing is not None:
            yield (
                f"{one.name} is of shard {one.shard}, and {whole[0].name} of a whole run that doesn't have {missing}."
                " Give all the shards, or what they were merged into."
            )


def _missing(part: Report, whole: Report) -> Iterator[str]:
    """Name what a part has and the whole has not, or otherwise."""
    tenants = {tenant.tenant: tenant for tenant in whole.tenants}
    yield from (f"its tenant {one.tenant} so" for one in part.tenants if tenants.get(one.tenant) != one)
    told = {*whole.problems, *(problem for tenant in whole.tenants for problem in tenant.problems)}
    yield from (f"its problem in {problem.file or 'the run'}" for problem in part.problems if problem not in told)
    lists: tuple[tuple[str, Iterable[object], Iterable[object]], ...] = (
        ("refusals", part.refusals, whole.refusals),
        ("lifts", part.lifted, whole.lifted),
        ("warnings", part.warnings, whole.warnings),
        ("released keys", part.released, whole.released),
        ("checks", part.checks, whole.checks),
        ("list of what can't be restored", part.not_restorable, whole.not_restorable),
    )
    yield from (f"its {what}" for what, some, every in lists if not set(some) <= set(every))
    yield from (f"its undo of {name}" for name, keys in part.undo.items() if whole.undo.get(name) != keys)


def shards(parts: Sequence[Given]) -> Iterator[str]:
    """Say what is not one of each of the shards 1/N to N/N."""
    by_total: dict[int, dict[int, list[Given]]] = {}
    for one in parts:
        number, _, of = (one.shard or "").partition("/")
        by_total.setdefault(int(of), {}).setdefault(int(number), []).append(one)
    if len(by_total) > 1:
        said = "; ".join(
            f"{_files([one for same in by_number.values() for one in same])}: {total}"
            for total, by_number in sorted(by_total.items())
        )
        yield f"The reports are of runs with {_listed(sorted(by_total))} shards ({said}). Merge those of one run."
        return
    for total, by_number in by_total.items():
        yield from _numbers(total, by_number)


def _numbers(total: int, by_number: Mapping[int, Sequence[Given]]) -> Iterator[str]:
    for number, same in sorted(by_number.items()):
        if len(same) > 1:
            yield f"Shard {number}/{total} is given twice, with different contents: {_files(same)}. Give the later one."
        if number > total:
            yield f"There is no shard {number}/{total}: {_files(same)}."
    absent = total - sum(number <= total for number in by_number)
    if absent:
        missing = (number for number in range(1, total + 1) if number not in by_number)
        yield (
            f"Missing of {total} shards: {_listed(missing, absent)}. Give the reports of all; run those that have none"
            " again, with the same --shard."
        )


def _listed(numbers: Iterable[int], count: int | None = None) -> str:
    """Name the first few, and count the others. A forged `1/1000000000` must not take for ever."""
    shown = [number for number, _ in zip(numbers, range(_SHOWN), strict=False)]
    more = f" and {count - len(shown)} more" if count is not None and count > len(shown) else ""
    return ", ".join(map(str, shown)) + more


def overlaps(parts: Sequence[Given]) -> Iterator[str]:
    """Say which tenants are in several shards."""
    there: dict[str, list[Given]] = {}
    for one in parts:
        for name in [tenant.tenant for tenant in one.report.tenants]:
            there.setdefault(name, []).append(one)
    for name in sorted(name for name, given in there.items() if len(given) > 1):
        files = list({one.name: one for one in there[name]}.values())
        yield f"Tenant {name} is in {len(there[name])} of the reports: {_files(files)}. A tenant has one shard."


def places(parts: Sequence[Given]) -> Iterator[str]:
    """Say that not all origins are made from one template, or that two tenants share one."""
    placed = [(one, tenant) for one in parts for tenant in one.report.tenants if tenant.origin]
    by_origin: dict[str, set[str]] = {}
    for _, tenant in placed:
        by_origin.setdefault(tenant.origin, set()).add(tenant.tenant)
    for origin, names in by_origin.items():
        if len(names) > 1:
            yield f"{', '.join(sorted(names)[:_SHOWN])} live at the same origin, {_short(origin)}: each needs its own."
    first = max((tenant for _, tenant in placed), key=lambda tenant: len(tenant.tenant), default=None)
    fitting = _templates(first.tenant, first.origin) if first else None
    for one, tenant in placed:
        if fitting is None or first is None:
            return
        fitting = {text for text in fitting if text.replace("{tenant}", tenant.tenant) == tenant.origin}
        if not fitting:
            yield (
                f"The tenants live at origins of different forms: {first.tenant} at {_short(first.origin)}, and in"
                f" {one.name} {tenant.tenant} at {_short(tenant.origin)}. Run all shards with the same origin."
            )
            return


def _templates(tenant: str, origin: str) -> set[str] | None:
    """Return every template that gives this origin; None where that can't be told from it.

    Any of the places where the name stands may be the tenant's, and an international host doesn't show them.
    """
    places = [match.start() for match in re.finditer(f"(?={re.escape(tenant)})", origin)]
    if len(places) > _MANY_PLACES or "xn--" in origin:
        return None
    found: set[str] = set()
    for chosen in (some for count in range(len(places) + 1) for some in combinations(places, count)):
        if all(later - place >= len(tenant) for place, later in pairwise(chosen)):
            text = origin
            for place in reversed(chosen):
                text = f"{text[:place]}{{tenant}}{text[place + len(tenant) :]}"
            found.add(text)
    return found
