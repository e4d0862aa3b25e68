"""What the gate allows: limits and freezes from the settings, and what a person said on the command line."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Freeze:
    """A window, both ends included, in which tenants whose name fits the glob are not written. Times are aware."""

    start: datetime
    end: datetime
    reason: str
    tenants: str = "*"


@dataclass(frozen=True, slots=True)
class Gate:
    """`[gate]`. None for the percentage means the default: 30, once there are 10 tenants."""

    max_tenants_changed: int | None = None
    max_changed_percent: float | None = None
    freezes: tuple[Freeze, ...] = ()


class Drift(StrEnum):
    """`[apply] drift`: what apply does about a change whose cause is drift alone."""

    OVERWRITE = "overwrite"
    REPORT = "report"
