r"""The page's data: all tenants and keys of a report as one block of JSON, written a tenant at a time.

Of sixty thousand keys nearly all are in sync, so such a key costs five small numbers: its column, its reason, its value
(tables at the end say which), line and column in its file. Every other key is told whole, in the words of this room.

Strings are fit to be shown (`untrusted.visible`) before they go in, and the block is ASCII without `<`, `>` and `&`,
so nothing within can end it, begin another element or be a line break to a script. Its shape is read by `page/data.js`
of the same version, and is nobody's contract: the JSON report is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.meaning import Meaning, Meanings
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.words import Cause, Reason, Result
from reconciler.report import wording
from reconciler.report.cells import Kind, kind_of
from reconciler.report.fields import FieldLine, differing_lines, value_text
from reconciler.report.grouping import Group
from reconciler.report.sections import Section
from reconciler.report.untrusted import broken, visible
from reconciler.report.yaml_text import yaml_lines

_encode = json.JSONEncoder(separators=(",", ":")).encode
_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_KINDS = {kind: number for number, kind in enumerate(Kind)}
_REASONS = {reason: number for number, reason in enumerate(Reason)}
_CAUSES = {cause: number for number, cause in enumerate(Cause)}
_RESULTS = {result: number for number, result in enumerate(Result)}


def data_pieces(
    report: Report, tenants: Iterable[Section], groups: Iterable[Group], meanings: Meanings
) -> Iterator[str]:
    """Yield the block's text. `tenants` come in the order in which they are shown first; `groups` as numbered."""
    shared = _Shared(tuple(sorted({key.change.key for tenant in report.tenants for key in tenant.keys})))
    for number, group in enumerate(groups):
        if len(group.tenants) > 1:
            shared.groups.update(((tenant, group.key), number) for tenant in group.tenants)
    lead = '{"tenants":['
    for section in tenants:
        yield lead + _harmless(_row(section, report, shared))
        lead = ",\n"
    yield f"{lead if lead.startswith('{') else ''}],\n"
    yield _harmless(_tables(report, shared, meanings))[1:]


def _harmless(value: Any) -> str:
    return broken(_encode(value).translate(_MARKUP))


class _Numbers(dict[str, int]):
    """Texts that rows name by number."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


@dataclass(slots=True)
class _Shared:
    """What rows refer to. Texts gather while rows are made, so the tables come behind them."""

    keys: tuple[str, ...]
    values: _Numbers = field(default_factory=_Numbers)
    shapes: _Numbers = field(default_factory=_Numbers)
    groups: dict[tuple[str, str], int] = field(default_factory=dict)
    columns: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = {key: number for number, key in enumerate(self.keys)}

    def shape(self, name: str, text: str) -> int | str:
        """Return the number of `text` with `{}` for the tenant's name, which many tenants share; else the text."""
        if name and name in text and "{}" not in text:
            return self.shapes[text.replace(name, "{}")]
        return visible(text)


def _row(section: Section, report: Report, shared: _Shared) -> list[Any]:
    """Return a tenant: name, result, risk, file, origin, keys in sync, other keys, and its undo if there is one."""
    tenant = section.tenant
    loud = [_loud(tenant, key, shared) for key in section.keys]
    quiet: list[Any] = []
    columns, values = shared.columns, shared.values
    for key in section.quiet:
        change = key.change
        source = change.source
        where: list[int | str] = [source.line, source.column]
        if source.file != tenant.file:
            where.append(shared.shape(tenant.tenant, source.file))
        quiet.append([columns[change.key], _REASONS[change.reason], values[value_text(change.after)], *where])
    row = [
        visible(tenant.tenant),
        _RESULTS[tenant.result],
        int(section.risk),
        shared.shape(tenant.tenant, tenant.file),
        shared.shape(tenant.tenant, tenant.origin),
        quiet,
        loud,
    ]
    if tenant.tenant in report.undo:
        row.append("\n".join(yaml_lines(report.undo[tenant.tenant])))
    return row


def _loud(tenant: TenantReport, key: KeyReport, shared: _Shared) -> dict[str, Any]:
    """Return a key of which there is something to tell."""
    change = key.change
    source = change.source
    told: dict[str, Any] = {
        "key": shared.columns[change.key],
        "kind": _KINDS[kind_of(key)],
        "cause": _CAUSES[change.cause],
        "why": wording.why(change),
        "at": [source.line, source.column],
        "after": shared.values[value_text(change.after)],
        "lines": [_line(line) for line in differing_lines(change)] if change.changes or change.action.writes else [],
        "notes": [visible(note) for note in wording.notes(tenant, key)],
    }
    if source.file != tenant.file:
        told["at"].append(shared.shape(tenant.tenant, source.file))
    before = value_text(change.before)
    if before:
        told["before"] = shared.values[before]
    if change.live_updated_at:
        told["date"] = visible(change.live_updated_at)
    if change.write_once:
        told["once"] = 1
    group = shared.groups.get((tenant.tenant, change.key))
    if group is not None:
        told["group"] = group
    if key.outcome:
        ended = key.outcome
        told["outcome"] = [
            visible(wording.became(ended.status)),
            visible(ended.detail),
            ended.attempts,
            ended.verified,
            visible(ended.request_id or ""),
        ]
    return told


def _line(line: FieldLine) -> list[Any]:
    told: list[Any] = [line.sign, *map(visible, (line.label, line.before, line.after, line.pointer))]
    return [*told, 1] if line.sensitive else told


def _tables(report: Report, shared: _Shared, meanings: Meanings) -> dict[str, Any]:
    return {
        "command": visible(report.command),
        "keys": [visible(key) for key in shared.keys],
        "meanings": [_meaning(meanings.get(key)) for key in shared.keys],
        "kinds": [[kind.value, kind.words, kind.tone.value] for kind in Kind],
        "reasons": [wording.reason(reason) for reason in Reason],
        "causes": [[cause.value, wording.moved(cause)] for cause in Cause],
        "results": [[result.value, wording.result(result)] for result in Result],
        "values": [visible(text) for text in shared.values],
        "shapes": [visible(text) for text in shared.shapes],
    }


def _meaning(meaning: Meaning | None) -> list[Any]:
    if meaning is None:
        return []
    fields = {
        visible(where): [visible(one.title), visible(one.unit), visible(one.text)]
        for where, one in meaning.fields.items()
    }
    return [visible(meaning.title), visible(meaning.text.replace("\n\n", " ")), fields]
