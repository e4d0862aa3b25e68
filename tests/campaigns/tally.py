"""What a campaign did, in numbers: how much was tried, what went wrong on purpose, and what went wrong in earnest."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from reconciler.sandbox import LogEntry

PROPERTY = "campaign"
"""The name under which a test reports its tally."""


@dataclass
class Tally:
    """The numbers of one campaign, or of one test's part in it."""

    name: str
    runs: int = 0
    """Commands that were run."""
    requests: int = 0
    """Those that reached a server."""
    faults: Counter[str] = field(default_factory=Counter)
    """How often a fault acted on a request, by kind."""
    crashes: int = 0
    """Runs that were killed."""
    violations: list[str] = field(default_factory=list)

    def saw(self, entries: Iterable[LogEntry]) -> None:
        """Count requests, and the faults that acted on them."""
        for entry in entries:
            self.requests += 1
            self.faults.update(entry.faults)

    def add(self, other: Self) -> None:
        self.runs += other.runs
        self.requests += other.requests
        self.faults.update(other.faults)
        self.crashes += other.crashes
        self.violations += other.violations

    def plain(self) -> dict[str, Any]:
        """As JSON would have it; `from_plain` reads it."""
        return {
            "name": self.name,
            "runs": self.runs,
            "requests": self.requests,
            "faults": dict(sorted(self.faults.items())),
            "crashes": self.crashes,
            "violations": self.violations,
        }

    @classmethod
    def from_plain(cls, members: Mapping[str, Any]) -> Self:
        return cls(**{**members, "faults": Counter(members["faults"])})
