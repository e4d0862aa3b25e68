"""How a step ends that can't go on: one value, and the one exception of this room that carries it to the command."""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong and what to do, for a person. Holds no token; strings from outside are not escaped yet.

    `status` is the HTTP status, where GitHub gave one.
    """

    message: str
    hint: str = ""
    status: int | None = None


class MendAndRunAgainError(Exception):
    """The command can't do its work: exit 1. `failure` says why, and what to do."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def usable(value: T | Failure) -> T:
    """Return `value`, or end the command with exit 1."""
    if isinstance(value, Failure):
        raise MendAndRunAgainError(value)
    return value
