"""Sorts what a report holds by risk, once, for every renderer that people read: the riskiest first."""

from dataclasses import dataclass
from enum import IntEnum

from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.words import Action, Result, Status
from reconciler.report.causes import Side, side
from reconciler.report.counts import is_held

_WENT_WRONG = frozenset({Status.REJECTED, Status.FAILED, Status.UNKNOWN, Status.SKIPPED})


class Risk(IntEnum):
    """How early a person must see a key; lower is earlier."""

    WENT_WRONG = 0
    IRREVERSIBLE = 1
    BLOCKED = 2
    UNREADABLE = 3
    HELD = 4
    WRITES = 5
    NOTED = 6
    """Nothing to do, but there is a warning."""
    QUIET = 7


def risk(key: KeyReport) -> Risk:
    """Return the risk of `key`: what became of it counts before what was planned."""
    change = key.change
    if key.outcome and key.outcome.status in _WENT_WRONG:
        return Risk.WENT_WRONG
    if change.action.writes:
        if change.irreversible:
            return Risk.IRREVERSIBLE
        return Risk.HELD if is_held(key) else Risk.WRITES
    if change.action is Action.BLOCKED:
        return Risk.BLOCKED
    if change.action is Action.UNREADABLE:
        return Risk.UNREADABLE
    return Risk.NOTED if change.warnings or change.drops else Risk.QUIET


def _side(found: Risk, key: KeyReport) -> Side:
    """What is in the way, or went wrong, is no less so for being drift."""
    return side(key.change.cause) if found is Risk.WRITES else Side.UNTOLD


@dataclass(frozen=True, slots=True)
class Section:
    """One tenant: `keys` are those to show, by risk, side and name; `quiet` those with nothing to say, by name."""

    tenant: TenantReport
    keys: tuple[KeyReport, ...]
    quiet: tuple[KeyReport, ...]

    @property
    def risk(self) -> Risk:
        """The risk of the riskiest key."""
        return risk(self.keys[0]) if self.keys else Risk.QUIET

    @property
    def side(self) -> Side:
        """The side from which the first of the riskiest keys' changes comes."""
        return _side(self.risk, self.keys[0]) if self.keys else Side.UNTOLD

    @property
    def is_quiet(self) -> bool:
        """True if the tenant is in sync and there is nothing to say of any of its keys."""
        return not self.keys and self.tenant.result is Result.IN_SYNC


def sections(report: Report) -> tuple[Section, ...]:
    """Return the tenants, by risk, side and name, quiet ones last: what this revision writes comes before drift.

    Left out are those of which there is nothing but problems in their file, which stand above, and all of them
    after `validate`, which looks at nothing else, and after `import`, which says of each what it did.
    """
    made = [_section(tenant) for tenant in report.tenants if tenant.keys or not tenant.problems]
    if report.command in {"validate", "import"}:
        return ()
    return tuple(sorted(made, key=lambda one: (one.risk, one.is_quiet, one.side, one.tenant.tenant)))


def _section(tenant: TenantReport) -> Section:
    # Almost every key of a large fleet is quiet, so the risk is found once, and only few are sorted by it.
    loud: list[tuple[Risk, KeyReport]] = []
    quiet: list[KeyReport] = []
    for key in tenant.keys:
        found = risk(key)
        if found is Risk.QUIET:
            quiet.append(key)
        else:
            loud.append((found, key))
    loud.sort(key=lambda pair: (pair[0], _side(*pair), pair[1].change.key))
    quiet.sort(key=lambda key: key.change.key)
    return Section(tenant, tuple(key for _, key in loud), tuple(quiet))
