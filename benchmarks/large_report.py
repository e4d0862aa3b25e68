"""The plan of a large fleet as a report, made from the number of tenants alone: what the benchmark of reports renders.

Six keys a tenant, nearly all in sync. One tenant in ten has a key that changes; of a hundred, one each has a blocked
key, an unreadable one, a webhook that differs and would lose a field, a warning; of two hundred, one has problems.
"""

import hashlib
from dataclasses import replace

from benchmarks.fleet import DOMAIN, name_of
from reconciler.model.plan import Change, FieldChange
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.values import Json
from reconciler.model.words import Action, Cause, Reason, Result, Severity

DATE = "2026-03-02T10:00:00Z"
SEQUENCE = {"size": 16, "start": 1, "step": 1}


def large_report(count: int, first: int = 0, shard: str | None = None) -> Report:
    """Return the plan of `count` tenants, from number `first` on; equal arguments give an equal report."""
    numbers = range(first, first + count)
    return Report(
        command="plan",
        tool_version="0.1.0",
        started_at="2026-03-02T12:00:00Z",
        finished_at="2026-03-02T12:10:00Z",
        sandbox=False,
        selection=Selection(shard=shard),
        revision=Revision("4f2a" * 10, "91bc" * 10, dirty=False),
        result=Result.FAILED,
        exit_code=1,
        digest=_digest(f"{first} and {count} more"),
        tenants=tuple(_tenant(i) for i in numbers),
        warnings=tuple(f"The secret SPARE_KEY of {name_of(i)} is not named by any file." for i in numbers[7::500]),
        released=tuple(f"{name_of(i)}:sales_order.big_sales_order" for i in numbers[8::500]),
    )


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _tenant(i: int) -> TenantReport:
    name = name_of(i)
    file = f"tenants/{name}.yaml"
    changes = _moved(i, _in_sync(i, file))
    keys = tuple(KeyReport(changes[key]) for key in sorted(changes))
    problems = _problems(file, name) if i % 200 == 9 else ()
    ended = _ended({change.action for change in changes.values()}, problems)
    return TenantReport(name, file, f"https://{name}.{DOMAIN}", ended, _digest(name), keys, problems)


def _ended(actions: set[Action], problems: tuple[Problem, ...]) -> Result:
    if problems or Action.UNREADABLE in actions:
        return Result.FAILED
    if Action.BLOCKED in actions:
        return Result.BLOCKED
    return Result.CHANGES if Action.UPDATE in actions else Result.IN_SYNC


def _in_sync(i: int, file: str) -> dict[str, Change]:
    """Return the six keys of tenant `i`, by their short names, as they are where nothing differs."""
    webhook: dict[str, Json] = {"url": f"https://orders.tenant-{i}.example/", "timeout": 1 + i % 25}
    values: dict[str, Json] = {
        "external_order_webhook": {**webhook, "api_key": {"secret": "WEBHOOK_API_KEY"}},
        "external_oms": {"enabled": bool(i % 2)},
        "on_hold_timer_duration": 1 + i % 604_000,
        "cancellation_allowed_from": ("dc", "store"),
        "big_sales_order": {"soft_limit_for_big_orders": 1 + i % 9000},
        "sales_order_generator_sequence": {"prefix": f"T{i}", **SEQUENCE},
    }
    live = {**values, "external_order_webhook": {**webhook, "api_key": {"sensitive": True}}}
    return {
        short: Change(
            key=f"sales_order.{short}",
            action=Action.NO_OP,
            reason=Reason.WRITE_ONCE_SET if "sequence" in short else Reason.IN_SYNC,
            after=value,
            source=Source(file, 3 + 2 * line, 3),
            before=live[short],
            write_once="sequence" in short,
            live_updated_at=DATE,
        )
        for line, (short, value) in enumerate(values.items())
    }


def _moved(i: int, changes: dict[str, Change]) -> dict[str, Change]:
    """Return what becomes of the keys of tenant `i`, for most of which nothing does."""
    oms, webhook = changes["external_oms"], changes["external_order_webhook"]
    sequence = changes["sales_order_generator_sequence"]
    found: dict[str, Change] = {}
    if i % 10 == 0:
        fields = (FieldChange("", 20, 1 + i % 604_000),)
        found["on_hold_timer_duration"] = _update(changes["on_hold_timer_duration"], 20, fields)
    if i % 100 == 1:
        found["sales_order_generator_sequence"] = replace(
            sequence,
            action=Action.BLOCKED,
            reason=Reason.WRITE_ONCE_DIFFERS,
            before={"prefix": f"EU{i}", **SEQUENCE},
            changes=(FieldChange("/prefix", f"EU{i}", f"T{i}"),),
        )
    if i % 100 == 2:
        told = (f"503 three times in 12 s; the request id of the last one was req-{i:08x}.",)
        found["external_oms"] = replace(oms, action=Action.UNREADABLE, reason=Reason.READ_FAILED, warnings=told)
    if i % 100 == 3:
        old: Json = {"url": f"https://old.tenant-{i}.example/", "timeout": 99, "api_key": {"sensitive": True}}
        some = (
            FieldChange("/api_key", {"sensitive": True}, {"secret": "WEBHOOK_API_KEY"}, sensitive=True),
            FieldChange("/timeout", 99, 1 + i % 25),
            FieldChange("/url", f"https://old.tenant-{i}.example/", f"https://orders.tenant-{i}.example/"),
        )
        found["external_order_webhook"] = replace(_update(webhook, old, some), drops=("/retries",))
    if i % 100 == 4:
        told = ("api_key looks masked, so it counts as equal.",)
        found["external_order_webhook"] = replace(webhook, reason=Reason.NOT_COMPARABLE, warnings=told)
    return {**changes, **found}


def _update(change: Change, before: Json, fields: tuple[FieldChange, ...]) -> Change:
    return replace(
        change, action=Action.UPDATE, reason=Reason.DIFFERS, cause=Cause.DECLARED, before=before, changes=fields
    )


def _problems(file: str, name: str) -> tuple[Problem, ...]:
    where = "/sales_order/external_order_webhook"
    return (
        Problem(
            file,
            4,
            10,
            f"{where}/url",
            "rule/https",
            "The address is not https.",
            "Write https://, or ask for an exception.",
            tenant=name,
        ),
        Problem(
            file,
            5,
            10,
            f"{where}/timeout",
            "rule/timeout",
            "A long timeout holds orders up.",
            severity=Severity.WARNING,
            tenant=name,
        ),
    )
