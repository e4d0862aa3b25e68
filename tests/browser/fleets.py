"""Reports of large fleets as they are in practice: nearly all in sync, many values shared, every kind of trouble.

Made from the number of tenants alone, so equal arguments give an equal report.
"""

from dataclasses import replace
from random import Random
from typing import Any

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.report import KeyReport, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.values import ABSENT
from reconciler.model.words import Action, Cause, Reason, Result, Status

DATE = "2026-03-02T10:00:00Z"
WEBHOOK, OMS, TIMER = "external_order_webhook", "external_oms", "on_hold_timer_duration"
CANCEL, BIG, SEQUENCE = "cancellation_allowed_from", "big_sales_order", "sales_order_generator_sequence"
STAGES = ("", "-staging", "-sandbox")


def name_of(number: int) -> str:
    """A brand's environment: `brand-0042-staging`."""
    return f"brand-{number // len(STAGES):04}{STAGES[number % len(STAGES)]}"


def plan_of(count: int) -> Report:
    """The plan of `count` tenants."""
    return _report("plan", Result.FAILED, tuple(_tenant(number, applied=False) for number in range(count)))


def apply_of(count: int) -> Report:
    """The apply of the same."""
    tenants = tuple(_tenant(number, applied=True) for number in range(count))
    undo: dict[str, Any] = {
        one.tenant: {"sales_order": {TIMER: 600}}
        for one in tenants
        if any(key.outcome and key.outcome.status is Status.APPLIED for key in one.keys)
    }
    lost = tuple(f"{name}: sales_order.{SEQUENCE}: it can be set once only" for name in list(undo)[:2])
    return replace(_report("apply", Result.FAILED, tenants), undo=undo, not_restorable=lost)


def _report(command: str, result: Result, tenants: tuple[TenantReport, ...]) -> Report:
    refusals = (Refusal("max_changed_percent", "35 % of the tenants would change, and the limit is 30 %."),)
    return Report(
        command=command,
        tool_version="0.1.0",
        started_at="2026-03-02T12:00:00Z",
        finished_at="2026-03-02T12:04:12Z",
        sandbox=False,
        selection=Selection(),
        revision=Revision("4f2a" * 10, "91bc" * 10, dirty=False),
        result=result,
        exit_code=1,
        digest="sha256:" + "5e" * 32,
        tenants=tenants,
        refusals=refusals if command == "plan" else (),
        released=(f"{tenants[0].tenant}:sales_order.{BIG}",) if tenants else (),
    )


def _tenant(number: int, *, applied: bool) -> TenantReport:
    name = name_of(number)
    dice = Random(number)
    file = f"tenants/{name}.yaml"
    every = {short: _in_sync(name, file, line, short, dice) for line, short in enumerate(_SHORTS)}
    made = {short: change for short, change in every.items() if change is not None}
    _move(number, made, dice)
    keys = tuple(KeyReport(made[short], _ended(made[short], dice) if applied else None) for short in sorted(made))
    return TenantReport(name, file, f"https://{name}.p.newstore.example", _result(keys), "sha256:" + "0a" * 32, keys)


_SHORTS = (WEBHOOK, OMS, TIMER, CANCEL, BIG, SEQUENCE)


def _in_sync(name: str, file: str, line: int, short: str, dice: Random) -> Change | None:
    if short in {OMS, BIG} and dice.random() < 0.2:
        return None
    values: dict[str, Any] = {
        WEBHOOK: {
            "url": f"https://orders.{name}.example/",
            "timeout": 15,
            "api_key": {"secret": "WEBHOOK_API_KEY"},
        },
        OMS: {"enabled": True},
        TIMER: 36 if dice.random() < 0.002 else 3600,
        CANCEL: ("dc", "store") if dice.random() < 0.3 else ("store",),
        BIG: {"soft_limit_for_big_orders": dice.choice((100, 300, 500))},
        SEQUENCE: {"prefix": name[6:10], "size": 16, "start": 1, "step": 1},
    }
    before = {**values[short], "api_key": {"sensitive": True}} if short == WEBHOOK else values[short]
    return Change(
        f"sales_order.{short}",
        Action.NO_OP,
        Reason.WRITE_ONCE_SET if short == SEQUENCE else Reason.IN_SYNC,
        values[short],
        Source(file, 3 + 4 * line, 3),
        before,
        write_once=short == SEQUENCE,
        live_updated_at=DATE,
    )


def _move(number: int, made: dict[str, Change], dice: Random) -> None:
    """Let some keys differ: a few roll-outs over many tenants, some drift, and single troubles."""
    timer, hook, sequence = made[TIMER], made[WEBHOOK], made[SEQUENCE]
    if dice.random() < 0.12:
        made[TIMER] = _update(timer, 600, (FieldChange("", 600, timer.after),), Cause.DECLARED)
    if dice.random() < 0.04:
        was = ("dc",)
        made[CANCEL] = _update(made[CANCEL], was, (FieldChange("", was, made[CANCEL].after),), Cause.DRIFT)
    if BIG in made and dice.random() < 0.03:
        made[BIG] = replace(
            made[BIG], action=Action.CREATE, reason=Reason.UNSET, before=ABSENT, cause=Cause.DECLARED,
            changes=(FieldChange("", ABSENT, made[BIG].after),), live_updated_at=None,
        )  # fmt: skip
    if dice.random() < 0.02:
        fields = (
            FieldChange("/api_key", {"sensitive": True}, {"secret": "WEBHOOK_API_KEY"}, sensitive=True),
            FieldChange("/retries", 3, ABSENT),
            FieldChange("/timeout", 25, 15),
        )
        old = {"url": f"https://orders.{name_of(number)}.example/", "timeout": 25, "api_key": {"sensitive": True}}
        made[WEBHOOK] = replace(_update(hook, old, fields, Cause.BOTH), drops=("/retries",))
    trouble = number % 97
    if trouble == 5:
        made[SEQUENCE] = replace(
            sequence, action=Action.CREATE, reason=Reason.UNSET, before=ABSENT, irreversible=True,
            cause=Cause.DECLARED, changes=(FieldChange("", ABSENT, sequence.after),), live_updated_at=None,
        )  # fmt: skip
    elif trouble == 11:
        made[SEQUENCE] = replace(
            sequence, action=Action.BLOCKED, reason=Reason.WRITE_ONCE_DIFFERS,
            changes=(FieldChange("/prefix", "EU", name_of(number)[6:10]),),
        )  # fmt: skip
    elif trouble == 23:
        told = ("503 three times in 12 s.",)
        made[TIMER] = replace(timer, action=Action.UNREADABLE, reason=Reason.READ_FAILED, before=ABSENT, warnings=told)
    elif trouble == 31:
        told = ("api_key looks masked, so it counts as equal.",)
        made[WEBHOOK] = replace(hook, reason=Reason.NOT_COMPARABLE, warnings=told)


def _update(change: Change, before: Any, fields: tuple[FieldChange, ...], cause: Cause) -> Change:
    return replace(change, action=Action.UPDATE, reason=Reason.DIFFERS, before=before, changes=fields, cause=cause)


def _ended(change: Change, dice: Random) -> Outcome:
    if not change.action.writes:
        held = change.action in {Action.BLOCKED, Action.UNREADABLE}
        return Outcome(Status.NOT_ATTEMPTED if held else Status.UNCHANGED)
    luck, request = dice.random(), f"req-{dice.randrange(16**8):08x}"
    if luck < 0.03:
        return Outcome(Status.REJECTED, "400: value out of range.", None, 1, request)
    if luck < 0.05:
        return Outcome(
            Status.FAILED, "Came back as 600 for 10 s after the POST.", verified=False, attempts=1, request_id=request
        )
    if luck < 0.06:
        return Outcome(Status.UNKNOWN, "No answer in 15 s, and no read after it.", None, 1)
    if luck < 0.08:
        return Outcome(Status.SKIPPED, "Someone else wrote since the plan.")
    return Outcome(Status.APPLIED, "", verified=True, attempts=1, request_id=request)


def _result(keys: tuple[KeyReport, ...]) -> Result:
    actions = {key.change.action for key in keys}
    ended = {key.outcome.status for key in keys if key.outcome}
    if Action.UNREADABLE in actions or ended & {Status.REJECTED, Status.FAILED, Status.UNKNOWN, Status.SKIPPED}:
        return Result.FAILED
    if Action.BLOCKED in actions:
        return Result.BLOCKED
    if Status.APPLIED in ended:
        return Result.APPLIED
    return Result.CHANGES if any(action.writes for action in actions) else Result.IN_SYNC
