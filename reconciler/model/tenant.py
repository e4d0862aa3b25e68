"""A tenant as git declares it: RawTenant as written, DesiredTenant as meant."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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


Values = Mapping[str, Value]
"""What a revision wants of one tenant: normalised values by full key name. Of a tenant without a file, none."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What git wanted at the base of the tenants that a run looks at. Without a base, nothing is known of any.

    `untold` are the tenants of today whose files can't be judged at the base; they, and those with errors today, are
    not among `values`. `released` are the tenants and full names of the keys that the base declares and git no longer
    does; `lost` the tenants without a file today of which it can't be told what the base declared.
    """

    values: Mapping[str, Values] = field(default_factory=dict)
    released: tuple[tuple[str, str], ...] = ()
    untold: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundSecret:
    """A secret and the only origin it may be sent beside (`for` in the credentials)."""

    secret: Secret
    origin: str


Secrets = Mapping[str, BoundSecret]
"""A tenant's secrets by the name that its file may use."""
