"""How one tenant may be reached: its origin, its credential, its secrets, and the limits of a run."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A bearer token that a person put into the credentials."""

    token: Secret


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0 client credentials: a form POST to `token_url` yields a bearer that lives `expires_in` seconds."""

    client_id: str
    client_secret: Secret
    token_url: str


@dataclass(frozen=True, slots=True)
class Access:
    """One tenant's entry in the credentials. The grant's token goes to `origin` and nowhere else."""

    tenant: str
    origin: str
    grant: StaticToken | ClientCredentials
    secrets: Mapping[str, BoundSecret] = field(default_factory=dict)

    def every_secret(self) -> tuple[Secret, ...]:
        """Return all that must never be seen in a detail: token, client secret, and the secrets to be written."""
        grant = self.grant.token if isinstance(self.grant, StaticToken) else self.grant.client_secret
        return (grant, *(bound.secret for bound in self.secrets.values()))


@dataclass(frozen=True, slots=True)
class Limits:
    """`[limits]`: seconds unless the name says otherwise."""

    concurrency: int = 50
    """Tenants under way at once; each has one connection and one request in flight."""
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    read_tries: int = 3
    """GETs in all, for one read, when the failure may pass."""
    verify_timeout: float = 10.0
    """How long a key is read back after its POST until it shows the desired value."""
    tenant_deadline: float = 120.0
    """How long one tenant may take to be read, and again to be written, queueing for the address's budget aside."""
    run_deadline: float = 14400.0
    """How long a run sends: below the six hours after which CI would end it without a report."""
    breaker_failures: int = 5
    """Requests in a row that find a tenant unavailable before it is left alone."""
    tenant_rate: float = 160.0
    """Calls a second to one tenant: 80 % of what a production tenant grants (others grant half)."""
    calls_per_window: int = 5000
    """Calls of this process, to all tenants and for tokens, in any `window_seconds`."""
    window_seconds: float = 300.0


class Clock(Protocol):
    """Time as an argument, so that tests need not wait."""

    def now(self) -> float:
        """Return seconds on a clock that never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


Notice = Callable[[str], None]
"""Where a room says something to the person who is watching: one line, no values."""

Sleep = Callable[[float], Awaitable[None]]
