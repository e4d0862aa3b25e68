"""What can be made to go wrong: one fault is one kind of trouble for a tenant, a key and a method, counted.

| kind                 | methods   | state changed | what the client sees                                        |
|----------------------|-----------|---------------|-------------------------------------------------------------|
| status               | all       | no            | `status`, with `body` and perhaps Retry-After               |
| commit-then-status   | POST      | yes           | the same, although the write was done                       |
| drop                 | all       | no            | the connection ends without an answer                       |
| commit-then-drop     | POST      | yes           | the same, although the write was done                       |
| delay                | all       | yes           | the true answer, `seconds` after the write                  |
| late                 | all       | yes           | the true answer; the write itself happens `seconds` later   |
| lost-race            | POST      | to the rival  | 409                                                         |
| rival                | GET       | to the rival  | the rival's value                                           |
| ignored-write        | POST      | no            | 200 and the posted value, as if it had been written         |
| garbage              | all       | yes           | 200 with a body that is not JSON                            |
| empty                | all       | yes           | 200 with no body                                            |
| truncated            | all       | yes           | a Content-Length that the body never reaches                |
| oversized            | all       | yes           | 200 with `size` bytes of JSON                               |
| redirect             | all       | no            | 302 to `location`, another origin                           |
| masked               | GET       | no            | every sensitive field as `********`                         |
| extra-field          | GET       | no            | one field more than the schema knows                        |

"State changed: yes" is said of a POST that would have been accepted without the fault. masked and extra-field come
on top of each other and of one other kind; of the other kinds one acts on a request, counted ones first.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final, Self

from reconciler.model.values import ABSENT, Absent

EVERY: Final = "*"
"""In place of a tenant, key or method: all of them."""

TOKEN: Final = "@token"  # noqa: S105 - the name of an endpoint
"""In place of a key: the tenant's token endpoint, which `*` doesn't mean."""


class FaultKind(StrEnum):
    """The kinds of trouble; the module's table says what each does."""

    STATUS = "status"
    COMMIT_THEN_STATUS = "commit-then-status"
    DROP = "drop"
    COMMIT_THEN_DROP = "commit-then-drop"
    DELAY = "delay"
    LATE = "late"
    LOST_RACE = "lost-race"
    RIVAL = "rival"
    IGNORED_WRITE = "ignored-write"
    GARBAGE = "garbage"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    REDIRECT = "redirect"
    MASKED = "masked"
    EXTRA_FIELD = "extra-field"

    @property
    def dresses(self) -> bool:
        """True for kinds that only change how a value is shown, and so combine with others."""
        return self in {FaultKind.MASKED, FaultKind.EXTRA_FIELD}


_ONLY: Final[Mapping[FaultKind, str]] = {
    FaultKind.COMMIT_THEN_STATUS: "POST",
    FaultKind.COMMIT_THEN_DROP: "POST",
    FaultKind.LOST_RACE: "POST",
    FaultKind.IGNORED_WRITE: "POST",
    FaultKind.RIVAL: "GET",
    FaultKind.MASKED: "GET",
    FaultKind.EXTRA_FIELD: "GET",
}


class ErrorBody(StrEnum):
    """The forms of an error's body: three of the vendor's own, what gateways send, and two nasty ones."""

    CODED = "coded"
    """`{error_code, message, request_id}`"""
    MESSAGES = "messages"
    """`{messages, request_id}`"""
    PROBLEM = "problem"
    """RFC 7807 `{type, title, status, detail}`"""
    TEXT = "text"
    HTML = "html"
    EMPTY = "empty"
    ECHO = "echo"
    """The coded form, with the request's bearer and body in the message: what must not reach a log."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble to be had. Raises ValueError when the parts don't fit together, saying which.

    `tenant`, `key` (full name) and `method` may each be `*`; `key` may be `@token`. It acts on `times` requests
    (None: on all), after letting the first `after` matching ones pass: `rival` with `after=1` shows its value
    from the second GET on. With a `chance` (0 to 1) it acts on that share of the requests left; the same `seed` and
    the same order of requests give the same faults. `value` is what a rival wrote; left out, it is the key's
    example. `seconds` and `size` (bytes) count for the kinds that the table names; `retry_after` is the header's text.
    """

    kind: FaultKind
    tenant: str = EVERY
    key: str = EVERY
    method: str = EVERY
    times: int | None = 1
    after: int = 0
    chance: float = 1.0
    seed: int = 0
    status: int = 500
    body: ErrorBody = ErrorBody.CODED
    retry_after: str | None = None
    seconds: float = 0.0
    value: Any = ABSENT
    location: str = "https://elsewhere.example/"
    size: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.method not in {EVERY, "GET", "POST"}:
            raise ValueError(f"a fault's method is GET, POST or {EVERY}, not {self.method!r}")
        only = _ONLY.get(self.kind, self.method)
        if self.method not in {EVERY, only}:
            raise ValueError(f"the fault {self.kind} acts on {only} only, not on {self.method}")
        if self.times is not None and self.times < 1:
            raise ValueError("a fault acts at least once: times must be 1 or more")
        if self.after < 0 or self.seconds < 0 or self.size < 0:
            raise ValueError("after, seconds and size of a fault can't be negative")
        if not 0 <= self.chance <= 1:
            raise ValueError("the chance of a fault lies between 0 and 1")
        if not 200 <= self.status <= 599:
            raise ValueError("the status of a fault lies between 200 and 599")

    @property
    def on_method(self) -> str:
        """The method that the fault acts on, or `*`: some kinds make sense for one only."""
        return _ONLY.get(self.kind, self.method)

    def members(self) -> Mapping[str, Any]:
        """Return plain data that `from_mapping` turns back into an equal fault."""
        return {name: value for name, value in asdict(self).items() if not isinstance(value, Absent)}

    def encoded(self) -> str:
        """Return JSON text that `decode` turns back into an equal fault."""
        return json.dumps(self.members())

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the fault that `encoded` made text of."""
        return cls.from_mapping(json.loads(text))

    @classmethod
    def from_mapping(cls, members: Mapping[str, Any]) -> Self:
        """Build a fault from plain data (a seed, a command line). Raises ValueError for what doesn't fit."""
        unknown = sorted(set(members) - {field.name for field in fields(cls)})
        if unknown or "kind" not in members:
            wrong = f"no {', '.join(unknown)}" if unknown else "always a kind"
            raise ValueError(f"a fault has {wrong}; it has {', '.join(field.name for field in fields(cls))}")
        body = ErrorBody(members.get("body", ErrorBody.CODED))
        return cls(**{**members, "kind": FaultKind(members["kind"]), "body": body})

    def summary(self) -> str:
        """Return the fault in one line for a person, without the rival's value."""
        count = "always" if self.times is None else f"{self.times}x"
        detail = {
            FaultKind.STATUS: f" {self.status}",
            FaultKind.COMMIT_THEN_STATUS: f" {self.status}",
            FaultKind.DELAY: f" {self.seconds:g} s",
            FaultKind.LATE: f" {self.seconds:g} s",
        }.get(self.kind, "")
        wait = f" after {self.after}" if self.after else ""
        chance = f" with a chance of {self.chance:.0%}" if self.chance < 1 else ""
        return f"{self.kind}{detail} on {self.on_method} {self.key}, {count}{wait}{chance}"
