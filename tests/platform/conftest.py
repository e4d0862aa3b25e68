"""Two tenants on a loopback server each, a token server, and keys made up for these tests."""

import random
import ssl
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.access import Access, ClientCredentials, Limits, StaticToken
from reconciler.model.key import Key
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret
from reconciler.platform import Platform
from reconciler.platform.client import transports_over
from reconciler.platform.redact import Redactor
from tests.platform.loopback import FakeClock, Say, Server, Watched, serve


@pytest.fixture
def anyio_backend():
    """Asyncio alone: the product runs on nothing else."""
    return "asyncio"


@pytest.fixture
def say():
    return Say


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def watch(clock: FakeClock):
    return Watched(clock)


@pytest.fixture
def notices():
    return []


@pytest.fixture
def serving():
    """Start one more server: `async with serving() as server`."""
    return serve


@pytest.fixture
async def acme():
    async with serve() as server:
        yield server


@pytest.fixture
async def beta():
    async with serve() as server:
        yield server


@pytest.fixture
async def identity():
    """The server that hands out tokens."""
    async with serve() as server:
        yield server


def _key(short: str, schema: dict[str, Any], *, write_once: bool = False) -> Key:
    return Key(
        name=f"orders.{short}",
        group="orders",
        short=short,
        path=f"/v0/config/orders/{short}",
        title=short,
        description=short,
        schema=schema,
        write_once=write_once,
        order=0,
    )


_LIMIT = {
    "type": "object",
    "required": ["soft"],
    "properties": {"soft": {"type": "integer"}, "unit": {"type": "string", "default": "items"}},
}
_HOOK = {
    "type": "object",
    "required": ["url", "api_key"],
    "properties": {"url": {"type": "string"}, "api_key": {"type": "string", "minLength": 1, "x-sensitive": True}},
}


@pytest.fixture
def limit():
    """An ordinary key."""
    return _key("limit", _LIMIT)


@pytest.fixture
def once():
    """A write-once key with the same schema."""
    return _key("once", _LIMIT, write_once=True)


@pytest.fixture
def hook():
    """An ordinary key with a sensitive field."""
    return _key("hook", _HOOK)


@pytest.fixture
def anything():
    """Make a key that any value fits: `anything(write_once=True)`."""
    return lambda *, write_once: _key("anything", {}, write_once=write_once)


def _fits(key: Key, value: object) -> bool:
    return bool(Draft202012Validator(key.schema).is_valid(value))


def _why_not(key: Key, value: object) -> str:
    """Say it as carelessly as jsonschema does: with the value in it."""
    return "; ".join(error.message for error in Draft202012Validator(key.schema).iter_errors(value))


@pytest.fixture
def fits():
    return _fits


@pytest.fixture
def why_not():
    return _why_not


@pytest.fixture
def no_secrets():
    return Redactor()


@pytest.fixture
def access():
    """Make a tenant's access with a static token: `access(server)`."""

    def make(server: Server, tenant: str = "acme", *, token: str | None = None, path: str = "") -> Access:
        return Access(
            tenant=tenant,
            origin=server.origin + path,
            grant=StaticToken(Secret(token or f"canary-token-{tenant}")),
            secrets={"HOOK": BoundSecret(Secret("canary-hook-secret"), "https://hook.example")},
        )

    return make


@pytest.fixture
def client_access():
    """Make a tenant's access with client credentials: `client_access(server, identity)`."""

    def make(server: Server, identity: Server, tenant: str = "acme") -> Access:
        grant = ClientCredentials(
            f"client-{tenant}", Secret(f"canary-client-{tenant}/+é"), f"{identity.origin}/realms/{tenant}/token"
        )
        return Access(tenant=tenant, origin=server.origin, grant=grant)

    return make


_TLS = ssl.create_default_context()
"""Shared by the tests that don't name a CA bundle: to make one takes longer than most of them."""


@pytest.fixture
def platform(clock: FakeClock, notices: list[str], watch: Watched):
    """Make a platform; the limits are short, so that a test of a timeout is."""

    def make(**changes: Any) -> Platform:
        wanted: dict[str, Any] = {
            "fits": _fits,
            "why_not": _why_not,
            "ca_bundle": None,
            "may_write": True,
            "clock": clock,
            "random": random.Random(7),
            "notice": notices.append,
            "watch": watch,
            "transport_for": None if "ca_bundle" in changes else transports_over(lambda: _TLS),
        }
        limits = changes.pop("limits", Limits(connect_timeout=2.0, read_timeout=2.0))
        return Platform(limits, **{**wanted, **changes})

    return make
