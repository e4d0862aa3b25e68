"""Why nothing is sent, as a value; and what a request is for, which decides how much may hold it up."""

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.live import Halt


class Errand(StrEnum):
    """What a request is for. A token is fetched on the errand of the request that needs it."""

    READ = "read"
    WRITE = "write"
    VERIFY = "verify"
    """A read-back after a POST. The truth is worth more than our limits: budget, breaker and deadlines let it pass."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """There is no token, or nothing more is to be sent: why, and how far that reaches.

    `asked` is true if the request was sent before, and refused with a 401 or 403.
    """

    detail: str
    halt: Halt
    request_id: str | None = None
    asked: bool = False


@dataclass(slots=True)
class Stop:
    """Why nothing more may be sent: one for a run, one for each tenant. Set once, never released."""

    why: Stopped | None = None
