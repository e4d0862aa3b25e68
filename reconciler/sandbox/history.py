"""What a sandbox remembers: every request and every change of a value, so that reports can be held to it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One request. `status` is None while it is under way, and for good when it ended without an answer.

    `key` is a full name, `@token` for the token endpoint, None for a path that leads nowhere. `body_digest`
    is `sha256:…` of a POST's body; never of a token request, whose body is a secret. `faults` are the kinds that
    acted on it. `saw` is the number of the `Write` that a GET answered with, or that a POST found in place; None
    where that was the unset state, or where the request did not get that far (then `reached` is False).
    """

    sequence: int
    at: str
    tenant: str
    key: str | None
    method: str
    path: str
    status: int | None
    request_id: str
    body_digest: str | None
    faults: tuple[str, ...] = ()
    reached: bool = False
    saw: int | None = None


class Author(StrEnum):
    """Who changed a value."""

    CLIENT = "client"
    """A POST."""
    RIVAL = "rival"
    """A fault that plays somebody else."""
    OPERATOR = "operator"
    """A tester, behind the API's back."""


@dataclass(frozen=True, slots=True)
class Write:
    """One change of a value. `value` and `updated_at` are None when it was made unset. `request` is a sequence."""

    number: int
    at: str
    tenant: str
    key: str
    author: Author
    request: int | None
    unset: bool
    value: Any
    updated_at: str | None
