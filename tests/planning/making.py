"""Keys, tenants, plans and plan files by hand: the small world in which the deciding rooms are tested.

Its keys are made up, but of the same kinds as the real ones: a number, a set, a secret beside a URL, a switch that
is written after it, and a sequence that can be set once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from jsonschema import Draft202012Validator

from reconciler.model.access import Access, StaticToken
from reconciler.model.key import Key, Schema, WriteAfter
from reconciler.model.live import Live
from reconciler.model.normal import normalise, unknown_fields
from reconciler.model.plan import Change, Plan, Planned, TenantPlan
from reconciler.model.policy import Gate
from reconciler.model.report import KeyReport, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import BoundSecret, DesiredKey, DesiredTenant, Secrets, Source, Values
from reconciler.model.values import ABSENT, Secret, SecretRef
from reconciler.model.words import Action, LiveState, Reason, Result
from reconciler.planning.digest import run_digest, tenant_digest
from reconciler.planning.gate import Policy
from reconciler.planning.plan import Asked, Rules, plan_tenant

DATE = "2026-03-02T10:00:00Z"
LATER = "2026-03-02T10:00:01Z"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOOK_URL = "https://hook.example"
REF = SecretRef("HOOK")
SECRETS: Secrets = {"HOOK": BoundSecret(Secret("canary-hook"), HOOK_URL)}


def make_key(
    short: str, order: int, schema: Schema, *, write_once: bool = False, after: tuple[WriteAfter, ...] = ()
) -> Key:
    """Make a key of the group `orders`."""
    return Key(
        name=f"orders.{short}",
        group="orders",
        short=short,
        path=f"/v0/config/orders/{short}",
        title=short,
        description="",
        schema=schema,
        write_once=write_once,
        order=order,
        write_after=after,
    )


HOOK = make_key(
    "hook",
    1,
    {
        "type": "object",
        "properties": {
            "url": {"type": "string"},
            "api_key": {"type": "string", "x-sensitive": True, "x-sent-to": "/url"},
            "timeout": {"type": "integer", "default": 15},
        },
    },
)
SWITCH = make_key(
    "switch",
    2,
    {"type": "object", "properties": {"enabled": {"type": "boolean"}}},
    after=(WriteAfter("orders.hook", {"properties": {"enabled": {"const": True}}}),),
)
TIMER = make_key("timer", 3, {"type": "integer"})
PLACES = make_key("places", 4, {"type": "array", "items": {"type": "string"}, "x-list-type": "set"})
NUMBERS = make_key(
    "numbers",
    0,
    {"type": "object", "properties": {"prefix": {"type": "string"}, "start": {"type": "integer"}}},
    write_once=True,
)
SEALED = make_key(
    "sealed",
    5,
    {"type": "object", "properties": {"pin": {"type": "string", "x-sensitive": True}}},
    write_once=True,
)
PAIR = make_key(
    "pair",
    6,
    {
        "type": "object",
        "properties": {name: {"type": "string", "x-sensitive": True} for name in ("one", "two", "zero")},
    },
)
KEYS: Mapping[str, Key] = {key.name: key for key in (HOOK, SWITCH, TIMER, PLACES, NUMBERS, SEALED, PAIR)}

UNSET = Live(LiveState.UNSET)
UNKNOWN_KEY = Live(LiveState.UNKNOWN_KEY, detail="404: no such key.")
UNREADABLE = Live(LiveState.UNREADABLE, detail="503 from a gateway.")


def fits(schema: Schema, value: Any) -> bool:
    """Say whether `value` fits, as the catalogue does."""
    return Draft202012Validator(schema).is_valid(value)


def same_origin(url: str, origin: str) -> bool:
    """Say whether `url` lies in `origin`; good enough for URLs that mean no harm."""
    return url == origin or url.startswith(f"{origin}/")


RULES = Rules(KEYS, fits, same_origin)


def set_to(key: Key, value: Any, date: str | None = DATE) -> Live:
    """Return `value` as it is read when it is set."""
    return Live(LiveState.SET, normalise(value, key.schema), date, unknown_fields(value, key.schema))


def default_of(key: Key, value: Any) -> Live:
    """Return `value` as it is read when it is the platform's default."""
    return Live(LiveState.DEFAULT, normalise(value, key.schema), None, unknown_fields(value, key.schema))


def ambiguous(key: Key, value: Any = ABSENT, date: str | None = None) -> Live:
    """Return an answer from which nobody can tell whether a write-once key was set."""
    found = ABSENT if value is ABSENT else normalise(value, key.schema)
    return Live(LiveState.AMBIGUOUS, found, date, detail="Nobody can tell.")


def wanted(tenant: str, *values: tuple[Key, Any], **more: Any) -> DesiredTenant:
    """Return a tenant that declares `values`, on one line each."""
    file = f"tenants/{tenant}.yaml"
    keys = tuple(
        DesiredKey(key.name, normalise(value, key.schema), Source(file, line, 3))
        for line, (key, value) in enumerate(sorted(values, key=lambda it: it[0].name), start=2)
    )
    return DesiredTenant(tenant, file, keys, **more)


def origin_of(tenant: str) -> str:
    """Return where the tenant lives."""
    return f"https://{tenant}.example"


def access_of(tenant: str, secrets: Secrets = SECRETS) -> Access:
    """Return the tenant's credentials."""
    return Access(tenant, origin_of(tenant), StaticToken(Secret("canary-token")), secrets)


def plan_of(
    tenant: str,
    *entries: tuple[Key, Any, Live],
    secrets: Secrets = SECRETS,
    rewrite: tuple[Key, ...] = (),
    assume_unset: tuple[Key, ...] = (),
    base: Values | None = None,
    **more: Any,
) -> TenantPlan:
    """Plan a tenant from entries of a key, what is wanted of it, and what is live; `base` is what was wanted there."""
    return plan_tenant(
        wanted(tenant, *((key, value) for key, value, _ in entries), **more),
        {key.name: live for key, _, live in entries},
        access_of(tenant, secrets),
        RULES,
        Asked(frozenset(key.name for key in rewrite), frozenset(key.name for key in assume_unset)),
        base,
    )


def planned(key: Key, value: Any, live: Live, **more: Any) -> Planned:
    """Plan a single key."""
    (item,) = plan_of("acme", (key, value, live), **more).items
    return item


def fleet(*tenants: TenantPlan) -> Plan:
    """Return a plan of these tenants."""
    return Plan(tuple(sorted(tenants, key=lambda one: one.tenant)))


def policy(gate: Gate | None = None, **more: Any) -> Policy:
    """Return a policy for two tenants with all secrets at hand, noon on 2 March 2026."""
    defaults: dict[str, Any] = {
        "now": NOW,
        "fleet": 2,
        "same_origin": same_origin,
        "secrets": {"acme": SECRETS, "bolt": SECRETS},
    }
    return Policy(gate or Gate(), **{**defaults, **more})


def tenant_report(plan: TenantPlan) -> TenantReport:
    """Return one tenant of a plan file, keys by name."""
    changes = sorted((item.change for item in plan.items), key=lambda change: change.key)
    return TenantReport(
        plan.tenant,
        plan.file,
        plan.origin,
        Result.CHANGES,
        tenant_digest(plan.tenant, plan.origin, changes),
        tuple(KeyReport(change) for change in changes),
    )


def plan_file(*tenants: TenantPlan, **more: Any) -> Report:
    """Return the report of a `plan` over these tenants."""
    reports = tuple(tenant_report(plan) for plan in sorted(tenants, key=lambda one: one.tenant))
    fields: dict[str, Any] = {
        "command": "plan",
        "tool_version": "0",
        "started_at": DATE,
        "finished_at": DATE,
        "sandbox": False,
        "selection": Selection(),
        "revision": Revision(),
        "result": Result.CHANGES,
        "exit_code": 0,
        "digest": run_digest(reports),
        "tenants": reports,
    }
    return Report(**{**fields, **more})


def change(key: str = "orders.timer", **more: Any) -> Change:
    """Return an update of a number from 1 to 2."""
    fields: dict[str, Any] = {
        "action": Action.UPDATE,
        "reason": Reason.DIFFERS,
        "before": 1,
        "after": 2,
        "source": Source("tenants/acme.yaml", 2, 3),
    }
    return Change(key, **{**fields, **more})
