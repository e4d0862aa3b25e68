"""A client as any other, and a clock that stands still: what the tests of this room call with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from reconciler.sandbox import RunningSandbox

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class StandingClock:
    """A clock that moves when it is told to."""

    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@dataclass
class Caller:
    """HTTP as any client speaks it, with a good bearer unless told otherwise."""

    sandbox: RunningSandbox
    http: httpx.Client

    def url(self, tenant: str, key: str) -> str:
        return self.sandbox.origin(tenant) + self.sandbox.key(key).path

    def _headers(self, tenant: str, more: dict[str, str] | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self.sandbox.static_token(tenant)}", **(more or {})}

    def get(self, tenant: str, key: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.http.get(self.url(tenant, key), headers=self._headers(tenant, headers))

    def post(self, tenant: str, key: str, value: Any) -> httpx.Response:
        return self.http.post(self.url(tenant, key), json={"value": value}, headers=self._headers(tenant, None))

    def send(self, method: str, tenant: str, key: str, **rest: Any) -> httpx.Response:
        rest["headers"] = self._headers(tenant, rest.get("headers"))
        return self.http.request(method, self.url(tenant, key), **rest)

    def token(self, tenant: str, **rest: Any) -> httpx.Response:
        """Ask for a bearer; with client_secret_post and the right credentials unless `data` or `auth` says else."""
        if "data" not in rest:
            name, secret = self.sandbox.client(tenant)
            rest["data"] = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
        return self.http.post(self.sandbox.token_url(tenant), **rest)
