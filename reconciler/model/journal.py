"""The journal: a run's own account of what it is about to send, kept so that even SIGKILL can't take it away.

The port that `journeys` writes to and `report` implements. The report says what became of a run; the journal says
what may have been sent by one that never got to its report.
"""

from dataclasses import dataclass
from typing import Protocol

from reconciler.model.outcome import Outcome
from reconciler.model.values import Json

JOURNAL_VERSION = "1.0"
"""Of the journal's lines: a new minor adds, a new major breaks."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A POST that is about to leave. `after` is the value as a report shows it: a reference, never a secret."""

    tenant: str
    origin: str
    key: str
    write_once: bool
    after: Json


class Journal(Protocol):
    """Durable when a method returns the empty string; else the text says why it could not be written, for a person."""

    def begun(self, sending: Sending) -> str:
        """Put on record that a POST is about to be sent. When that fails, the POST must not be sent."""

    def ended(self, tenant: str, key: str, outcome: Outcome) -> str:
        """Put on record what became of a key that was begun."""
