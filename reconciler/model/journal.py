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
    """Each method returns nothing when it is done; else the text says why it could not be done, for a person."""

    async def begun(self, sending: Sending) -> str:
        """Put durably on record that a POST is about to be sent. When that fails, the POST must not be sent."""

    def ended(self, tenant: str, key: str, outcome: Outcome) -> str:
        """Put on record what became of a key that was begun.

        It is durable with the next `begun`, or at the end of the run: what a power cut takes of it leaves a key in
        doubt that needs not be, and never hides one.
        """
