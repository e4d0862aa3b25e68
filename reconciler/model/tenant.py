"""A tenant as git declares it: RawTenant as written, DesiredTenant as meant."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.problem import Problem
from reconciler.model.values import Secret, Value


@dataclass(frozen=True, slots=True)
class Source:
    """Where a key is declared: lines and columns start at 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class DesiredKey:
    """One declared key: its full name, its normalised value, with `SecretRef` in sensitive places, and its source."""

    key: str
    value: Value
    source: Source


@dataclass(frozen=True, slots=True)
class DesiredTenant:
    """What git wants of one tenant, profiles merged, keys sorted by name.

    With an error among `problems` (those of its profiles included), `keys` is what could be understood, for
    display only: nothing of it may be written.
    """

    tenant: str
    file: str
    keys: tuple[DesiredKey, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundSecret:
    """A secret and the only origin it may be sent beside (`for` in the credentials)."""

    secret: Secret
    origin: str


Secrets = Mapping[str, BoundSecret]
"""A tenant's secrets by the name that its file may use."""
