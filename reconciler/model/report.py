"""The report: what every renderer shows and every plan file carries. Its contract: `schemas/report.schema.json`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.check import Check
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, Refusal
from reconciler.model.problem import Problem
from reconciler.model.values import Json
from reconciler.model.words import Result

FORMAT_VERSION = "1.0"
"""Of the JSON report: a new minor adds, a new major breaks."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a person chose to look at. Empty globs mean everything. `shard` is `I/N`, 1-based."""

    tenants: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    changed_since: str | None = None
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """The commits that were compared; None where there is no git or no base."""

    commit: str | None = None
    base: str | None = None
    dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class KeyReport:
    """One declared key: the planned change, and what became of it once apply has been there."""

    change: Change
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class TenantReport:
    """One tenant, keys sorted by name."""

    tenant: str
    file: str
    origin: str
    result: Result
    digest: str
    keys: tuple[KeyReport, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifted:
    """A gate rule that a person lifted, and why."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. Times are RFC 3339 in UTC; everything else is the same for the same state.

    `problems` are those of files that belong to no selected tenant (profiles, bad names), and, with exit
    code 64, what was wrong with the call. `released` are `tenant:key` names. `checks` are those of `doctor`, in the
    order in which one would mend them; it has no tenants.
    """

    command: str
    tool_version: str
    started_at: str
    finished_at: str
    sandbox: bool
    selection: Selection
    revision: Revision
    result: Result
    exit_code: int
    digest: str
    tenants: tuple[TenantReport, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    lifted: tuple[Lifted, ...] = ()
    released: tuple[str, ...] = ()
    undo: Mapping[str, Json] = field(default_factory=dict)
    not_restorable: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
