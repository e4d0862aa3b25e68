"""Puts together the keys of which a reviewer would read the same, and keeps who they are: for one row each.

It is finer than `grouping`: who is behind a change, what it drops and what went wrong part two changes too. One walk
through the report.
"""

from dataclasses import dataclass
from typing import TypeAlias

from reconciler.model.plan import Change
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.words import Cause
from reconciler.report.causes import Side, side
from reconciler.report.fields import FieldLine
from reconciler.report.grouping import same_lines
from reconciler.report.sections import Risk, risk

_TOLD = frozenset({Risk.WENT_WRONG, Risk.HELD})
"""Where the detail of an outcome is what a reader looks for."""
_Member: TypeAlias = tuple[TenantReport, KeyReport]
_Kind: TypeAlias = tuple[Risk, tuple[FieldLine, ...], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Alike:
    """Keys of tenants, sorted by name, that are alike; one at least. `lines` say what differs.

    `side` says who is behind what would be written, and is UNTOLD for what is in the way or went wrong.
    """

    risk: Risk
    side: Side
    lines: tuple[FieldLine, ...]
    members: tuple[_Member, ...]

    @property
    def key(self) -> KeyReport:
        """The first of them, for all that they have in common."""
        return self.members[0][1]

    @property
    def change(self) -> Change:
        """The change of the first."""
        return self.key.change

    @property
    def place(self) -> Source | None:
        """Where all of them are declared; None if in more than one place."""
        first = self.change.source
        same = all((key.change.source.file, key.change.source.line) == (first.file, first.line) for _, key in self.rest)
        return first if same else None

    @property
    def rest(self) -> tuple[_Member, ...]:
        """All but the first."""
        return self.members[1:]


def alike(report: Report) -> tuple[Alike, ...]:
    """Return every key that isn't in sync, each once: riskiest first, then by side, over drift, and many."""
    found: dict[_Kind, list[_Member]] = {}
    for tenant in report.tenants:
        for key in tenant.keys:
            if (at_risk := risk(key)) < Risk.NOTED:
                found.setdefault(_kind(at_risk, key), []).append((tenant, key))
    made = [_made(kind, members) for kind, members in found.items()]
    return tuple(sorted(made, key=_order))


def _kind(at_risk: Risk, key: KeyReport) -> _Kind:
    change, ended = key.change, key.outcome
    told = ended.detail if ended and at_risk in _TOLD else ""
    became = (ended.status, told) if ended else None
    same = (change.key, change.action, change.reason, change.cause, became, change.drops)
    return at_risk, same_lines(change), same


def _made(kind: _Kind, members: list[_Member]) -> Alike:
    at_risk, lines, _ = kind
    whose = side(members[0][1].change.cause) if at_risk is Risk.WRITES else Side.UNTOLD
    return Alike(at_risk, whose, lines, tuple(sorted(members, key=lambda one: one[0].tenant)))


def _order(one: Alike) -> tuple[object, ...]:
    change = one.change
    return one.risk, one.side, change.cause is not Cause.BOTH, -len(one.members), change.key, one.members[0][0].tenant
