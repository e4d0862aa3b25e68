"""What the platform answered for one key, and how to ask it: the ports that the platform room implements."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reconciler.model.key import Key
from reconciler.model.values import ABSENT, Absent, Value
from reconciler.model.words import LiveState


@dataclass(frozen=True, slots=True)
class Live:
    """One key as read. `value` is normalised and present for set, default, and ambiguous-with-a-value only.

    `unknown` are the pointers of live fields that the schema doesn't know: they don't count in comparisons,
    and a POST would drop them. `detail` says, for a person, what went wrong; it holds no secret.
    `halt` is set when asking this tenant (or, with `everyone`, any tenant) again in this run is pointless.
    """

    state: LiveState
    value: Value | Absent = ABSENT
    updated_at: str | None = None
    unknown: tuple[str, ...] = ()
    detail: str = ""
    request_id: str | None = None
    halt: "Halt | None" = None


class Halt(StrEnum):
    """How far a failure reaches beyond its own key."""

    TENANT = "tenant"
    EVERYONE = "everyone"


class Sent(StrEnum):
    """What is known right after one POST. Truth comes from the read-back, never from here."""

    ACCEPTED = "accepted"
    """2xx. The body is not looked at."""
    REJECTED = "rejected"
    """400 and every other final 4xx: the platform said no, and nothing was written."""
    CONFLICT = "conflict"
    """409: somebody else was faster, or the platform refuses."""
    NOT_SENT = "not-sent"
    """No byte of the request left: connect failure or timeout. Safe to try again."""
    LOST = "lost"
    """Sent, and then no answer, a 5xx, or an answer that can't be understood: it may have been written."""
    DENIED = "denied"
    """401 or 403 that a fresh token did not mend, or an address block."""
    THROTTLED = "throttled"
    """429: not processed."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer to one POST. `detail` is safe to show; `halt` as in `Live`."""

    sent: Sent
    detail: str = ""
    request_id: str | None = None
    halt: Halt | None = None


class Reader(Protocol):
    """Reads the keys of one tenant. Never raises for what the network or the API does."""

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """GET `key` and say what the answer means. `verifying` after a POST: no limit of ours may hold it up."""


class Writer(Protocol):
    """Writes the keys of one tenant. Sends exactly one POST a call, and none when it answers NOT_SENT."""

    async def post(self, key: Key, value: Value) -> Posted:
        """POST `value` (with `Secret` where the desired value had a reference) and say what is known."""
