"""Puts together the keys of which a reader would say the same, and keeps who they are.

This is the only place that says when two are the same. A reviewer's row (`alike`) is the finest: what parts two rows
for him alone, as who is behind a change, what it drops and what was said of what went wrong, is left out again in
`grouping`, for those who look at a whole fleet. One walk through the report.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

from reconciler.model.plan import Change
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.words import Action, Cause, Reason, Status
from reconciler.report.causes import Side, side
from reconciler.report.fields import FieldLine, differing_lines
from reconciler.report.sections import Risk, risk

_TOLD = frozenset({Risk.WENT_WRONG, Risk.HELD})
"""Where the detail of an outcome is what a reader looks for."""
_Member: TypeAlias = tuple[TenantReport, KeyReport]


@dataclass(frozen=True, slots=True)
class Same:
    """What keys of several tenants have in common: the same would happen to them, or has happened.

    `side` says who is behind what would be written, and is UNTOLD for what is in the way or went wrong. `lines` say
    what differs, every field from the same to the same value; they are empty where that isn't known (a key that can't
    be read). Of a sensitive field counts only that it changes: tenants may call their secrets what they like.
    """

    key: str
    action: Action
    reason: Reason
    status: Status | None
    risk: Risk
    side: Side
    lines: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Keys of tenants, sorted by name, of which a reviewer would read the same; one at least."""

    same: Same
    members: tuple[_Member, ...]

    @property
    def risk(self) -> Risk:
        """What all of them put at risk."""
        return self.same.risk

    @property
    def side(self) -> Side:
        """Who is behind all of them."""
        return self.same.side

    @property
    def lines(self) -> tuple[FieldLine, ...]:
        """What differs in all of them."""
        return self.same.lines

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
    found: dict[tuple[Same, tuple[object, ...]], list[_Member]] = {}
    for tenant in report.tenants:
        for key in tenant.keys:
            if (at_risk := risk(key)) < Risk.NOTED:
                found.setdefault((_same(at_risk, key), _finer(at_risk, key)), []).append((tenant, key))
    made = (Alike(same, tuple(sorted(members, key=_name))) for (same, _), members in found.items())
    return tuple(sorted(made, key=_order))


def _same(at_risk: Risk, key: KeyReport) -> Same:
    change, ended = key.change, key.outcome
    whose = side(change.cause) if at_risk is Risk.WRITES else Side.UNTOLD
    # Two tenants may share all but the names of their secrets.
    lines = tuple(replace(line, after="") if line.sensitive else line for line in differing_lines(change))
    status = ended.status if ended else None
    return Same(change.key, change.action, change.reason, status, at_risk, whose, lines)


def _finer(at_risk: Risk, key: KeyReport) -> tuple[object, ...]:
    """Return what parts two keys for a reviewer, who reads each row by itself."""
    told = key.outcome.detail if key.outcome and at_risk in _TOLD else ""
    return key.change.cause, key.change.drops, told


def _name(member: _Member) -> str:
    return member[0].tenant


def _order(one: Alike) -> tuple[object, ...]:
    change = one.change
    return one.risk, one.side, change.cause is not Cause.BOTH, -len(one.members), change.key, one.members[0][0].tenant
