"""Hand-built reports that between them hold every action, reason, outcome, problem and refusal, and every ending."""

from collections.abc import Mapping
from typing import Any

from reconciler.model.check import Check, ok, problem, skipped, warning
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Lifted, Report, Revision, Selection, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.values import ABSENT
from reconciler.model.words import Action, Cause, Reason, Result, Severity, Status, Verdict

SEQUENCE = "sales_order.sales_order_generator_sequence"
WEBHOOK = "sales_order.external_order_webhook"
TIMER = "sales_order.on_hold_timer_duration"
BIG = "sales_order.big_sales_order"
CANCEL = "sales_order.cancellation_allowed_from"
OMS = "sales_order.external_oms"
DATE = "2026-03-02T10:00:00Z"
WHOLE_SEQUENCE: Mapping[str, Any] = {"prefix": "NS", "size": 16, "start": 1, "step": 1}


def digest_of(name: str) -> str:
    """Make up a digest that differs by name."""
    return "sha256:" + (name.encode().hex() * 64)[:64]


def change(key: str, action: Action, reason: Reason, after: Any, line: int = 5, **more: Any) -> Change:
    """Build a change declared in acme's file, unless `file` says otherwise."""
    source = Source(more.pop("file", "tenants/acme.yaml"), line, 3)
    return Change(key, action, reason, after, source, **more)


def tenant(name: str, result: Result, *keys: KeyReport | Change, **more: Any) -> TenantReport:
    """Build a tenant with keys sorted by name; a bare Change has no outcome."""
    made = [key if isinstance(key, KeyReport) else KeyReport(key) for key in keys]
    return TenantReport(
        name,
        f"tenants/{name}.yaml",
        f"https://{name}.p.newstore.example",
        result,
        digest_of(name),
        tuple(sorted(made, key=lambda key: key.change.key)),
        more.pop("problems", ()),
    )


def report(command: str, result: Result, exit_code: int, *tenants: TenantReport, **more: Any) -> Report:
    """Build a report of a clean checkout at noon."""
    facts: dict[str, Any] = {
        "tool_version": "0.1.0",
        "started_at": "2026-03-02T12:00:00Z",
        "finished_at": "2026-03-02T12:00:09Z",
        "sandbox": False,
        "selection": Selection(),
        "revision": Revision("4f2a" * 10, "91bc" * 10, dirty=False),
        "digest": digest_of(command) if tenants else "",
    }
    return Report(command=command, result=result, exit_code=exit_code, tenants=tenants, **(facts | more))


TIMER_UPDATE = change(
    TIMER,
    Action.UPDATE,
    Reason.DIFFERS,
    7200,
    8,
    before=3600,
    cause=Cause.DECLARED,
    changes=(FieldChange("", 3600, 7200),),
    live_updated_at=DATE,
)
WEBHOOK_UPDATE = change(
    WEBHOOK,
    Action.UPDATE,
    Reason.DIFFERS,
    {"url": "https://orders.acme.example/", "api_key": {"secret": "WEBHOOK_API_KEY"}, "timeout": 25},
    3,
    before={"url": "https://orders.acme.example/old", "api_key": {"sensitive": True}, "timeout": 15},
    cause=Cause.BOTH,
    drops=("/retries", "/headers/x~1trace"),
    changes=(
        FieldChange("/api_key", {"sensitive": True}, {"secret": "WEBHOOK_API_KEY"}, sensitive=True),
        FieldChange("/retries", 3, ABSENT),
        FieldChange("/timeout", 15, 25),
        FieldChange("/url", "https://orders.acme.example/old", "https://orders.acme.example/"),
    ),
    live_updated_at=DATE,
)
FIRST_SET = change(
    SEQUENCE,
    Action.CREATE,
    Reason.UNSET,
    WHOLE_SEQUENCE,
    16,
    cause=Cause.DECLARED,
    write_once=True,
    irreversible=True,
    changes=(FieldChange("", ABSENT, WHOLE_SEQUENCE),),
)
BLOCKED = change(
    SEQUENCE,
    Action.BLOCKED,
    Reason.WRITE_ONCE_DIFFERS,
    WHOLE_SEQUENCE,
    12,
    file="tenants/globex.yaml",
    before={**WHOLE_SEQUENCE, "prefix": "EU"},
    write_once=True,
    changes=(FieldChange("/prefix", "EU", "NS"),),
    live_updated_at=DATE,
)
SEQUENCE_SET = change(
    SEQUENCE, Action.NO_OP, Reason.WRITE_ONCE_SET, WHOLE_SEQUENCE, before=WHOLE_SEQUENCE, write_once=True
)
CANCEL_CREATE = change(CANCEL, Action.CREATE, Reason.UNSET, ("dc", "store"), 7, cause=Cause.DECLARED)
BIG_DEFAULT = change(
    BIG,
    Action.UPDATE,
    Reason.DEFAULT_DIFFERS,
    {"soft_limit_for_big_orders": 300},
    9,
    before={"soft_limit_for_big_orders": 100},
    changes=(FieldChange("/soft_limit_for_big_orders", 100, 300),),
)
OMS_IN_SYNC = change(OMS, Action.NO_OP, Reason.IN_SYNC, {"enabled": True}, before={"enabled": True})
WEBHOOK_MASKED = change(
    WEBHOOK,
    Action.NO_OP,
    Reason.NOT_COMPARABLE,
    {"url": "https://orders.acme.example/", "api_key": {"secret": "WEBHOOK_API_KEY"}, "timeout": 15},
    before={"url": "https://orders.acme.example/", "api_key": {"sensitive": True}, "timeout": 15},
    warnings=("api_key looks masked, so it counts as equal.",),
)
UNKNOWN_KEY = change(CANCEL, Action.UNREADABLE, Reason.UNKNOWN_KEY, ("store",), warnings=("404: no such key.",))
READ_FAILED = change(TIMER, Action.UNREADABLE, Reason.READ_FAILED, 60, warnings=("503 three times in 12 s.",))
AMBIGUOUS = change(
    SEQUENCE, Action.UNREADABLE, Reason.AMBIGUOUS, WHOLE_SEQUENCE, before=WHOLE_SEQUENCE, write_once=True
)
DRIFT = change(
    TIMER,
    Action.UPDATE,
    Reason.DIFFERS,
    60,
    before=90,
    cause=Cause.DRIFT,
    changes=(FieldChange("", 90, 60),),
)
PROBLEMS = (
    Problem(
        "tenants/acme.yaml",
        4,
        10,
        f"/{WEBHOOK}/url",
        "rule/https",
        "The address is not https.",
        "Write https://, or ask for an exception.",
        tenant="acme",
    ),
    Problem("tenants/globex.yaml", 7, 3, "/sales_order", "yaml/duplicate", "Duplicate key, first given at 4:3."),
)
WARNING = Problem(
    "tenants/_shared.yaml", 0, 0, "", "profile/unused", "No tenant extends it.", severity=Severity.WARNING
)


def _ended(planned: Change, status: Status, detail: str = "", **more: Any) -> KeyReport:
    return KeyReport(planned, Outcome(status, detail, **more))


def _plan() -> Report:
    acme = tenant("acme", Result.CHANGES, TIMER_UPDATE, WEBHOOK_UPDATE, FIRST_SET, CANCEL_CREATE, OMS_IN_SYNC)
    return report(
        "plan",
        Result.FAILED,
        1,
        acme,
        tenant("acme-staging", Result.IN_SYNC, OMS_IN_SYNC, SEQUENCE_SET),
        tenant("globex", Result.BLOCKED, BLOCKED, BIG_DEFAULT),
        tenant("hooli", Result.FAILED, UNKNOWN_KEY, READ_FAILED, AMBIGUOUS),
        tenant("initech", Result.CHANGES, DRIFT, WEBHOOK_MASKED),
        tenant("umbrella", Result.IN_SYNC, WEBHOOK_MASKED),
        warnings=("The secret SPARE_KEY of acme is not named by any file.",),
        refusals=(Refusal("max_changed_percent", "50 % of 6 tenants would change, and the limit is 30 %."),),
        released=("acme-staging:sales_order.big_sales_order",),
    )


def _apply() -> Report:
    return report(
        "apply",
        Result.FAILED,
        1,
        tenant(
            "acme",
            Result.APPLIED,
            _ended(TIMER_UPDATE, Status.APPLIED, verified=True, attempts=1, request_id="req-7f3a"),
            _ended(FIRST_SET, Status.APPLIED, verified=True, attempts=1, request_id="req-7f3b"),
            _ended(CANCEL_CREATE, Status.UNCHANGED, "Somebody else wrote the same.", verified=True),
            _ended(OMS_IN_SYNC, Status.UNCHANGED),
        ),
        tenant(
            "globex",
            Result.FAILED,
            _ended(BLOCKED, Status.NOT_ATTEMPTED),
            _ended(BIG_DEFAULT, Status.REJECTED, "400: too big a number.", attempts=1, request_id="req-81"),
            _ended(DRIFT, Status.FAILED, "Came back as 90.", verified=False, attempts=1),
            _ended(WEBHOOK_UPDATE, Status.UNKNOWN, "No answer in 15 s, and no read after.", attempts=1),
            _ended(CANCEL_CREATE, Status.SKIPPED, "It comes after the webhook, which is unknown."),
        ),
        tenant("hooli", Result.REFUSED, _ended(DRIFT, Status.NOT_ATTEMPTED, "Refused: see above.")),
        tenant("initech", Result.STALE, _ended(DRIFT, Status.NOT_ATTEMPTED, "Not as reviewed.")),
        refusals=(
            Refusal("secret-unavailable", "WEBHOOK_API_KEY is not in the credentials of hooli.", "hooli", WEBHOOK),
        ),
        lifted=(Lifted("freeze", "Agreed with the retailer, ticket 4711."),),
        undo={"acme": {"sales_order": {"on_hold_timer_duration": 3600}}},
        not_restorable=(f"acme:{SEQUENCE}: write-once",),
    )


def _refused() -> Report:
    return report(
        "apply",
        Result.REFUSED,
        3,
        tenant("acme", Result.REFUSED, _ended(TIMER_UPDATE, Status.NOT_ATTEMPTED)),
        tenant("globex", Result.REFUSED, _ended(FIRST_SET, Status.NOT_ATTEMPTED)),
        refusals=(
            Refusal("freeze", "Peak season until 2026-12-31."),
            Refusal("irreversible", "A first set needs a reviewed plan.", "globex", SEQUENCE),
        ),
    )


def _hostile() -> Report:
    """Strings that attack a terminal, a runner, GitHub and a browser, in every place that takes one."""
    evil = "\x1b[31m\r\n::error::x ##[add]<img src=x onerror=alert(1)> @team #12 https://evil.example |`*_[a](b)\u202e"
    attacked = change(
        evil,
        Action.UPDATE,
        Reason.DIFFERS,
        {evil: evil},
        file=evil,
        before={evil: "a" * 1500},
        drops=(f"/{evil}",),
        changes=(FieldChange(f"/{evil}", "a" * 1500, evil), FieldChange("/b", ABSENT, {evil: {"secret": evil}})),
        warnings=(evil,),
        live_updated_at=evil,
    )
    problem = Problem(evil, 1, 2, evil, evil, evil, evil, tenant=evil)
    ended = KeyReport(attacked, Outcome(Status.FAILED, evil, request_id=evil, attempts=1, verified=False))
    one = TenantReport(evil, evil, evil, Result.FAILED, digest_of("x"), (ended,), (problem,))
    return report(
        "apply",
        Result.FAILED,
        1,
        one,
        tenant("globex", Result.IN_SYNC, OMS_IN_SYNC),
        tool_version=evil,
        selection=Selection((evil,), (evil,), evil, None),
        revision=Revision(evil, evil, dirty=True),
        problems=(problem,),
        warnings=(evil,),
        refusals=(Refusal(evil, evil, evil, evil),),
        lifted=(Lifted(evil, evil),),
        released=(evil,),
        undo={evil: {evil: evil}},
        not_restorable=(evil,),
    )


def _checks() -> tuple[Check, ...]:
    """What a look at a fleet of twelve may find: one finding of many, of a few, of one, and of nobody."""
    names = [f"tenant-{number:02}" for number in range(1, 13)]
    read = Check(
        "api/keys", Verdict.PROBLEM, TIMER, "404 Not Found.", "Look at the origin.", names[2], request_id="req-7"
    )
    return (
        ok("tool/version", "reconciler 0.1.0 on Python 3.12.3"),
        problem("files/problems", "tenants/a.yaml:3:5", "The name <b>x</b> is \x1b[31mnot known", "Correct it."),
        problem("files/problems", "", "2 more in 1 file.", "See all of them: reconciler validate"),
        *(problem("credentials/entry", "", "no entry.", "Add an entry.", tenant=name) for name in names[5:]),
        *(ok("credentials/entry", "", "a token", tenant=name) for name in names[:5]),
        skipped("credentials/secrets", "of credentials/entry", tenant=names[5]),
        *(ok("network/certificate", f"https://{name}.example", f"{40 + len(name)} days") for name in names[:2]),
        *(ok("network/name", f"https://{name}.example", f"192.0.2.{at}") for at, name in enumerate(names[:5])),
        warning("network/clock", "https://id.example", "this machine's clock is about 40 s behind.", "Set it (NTP)."),
        read,
        *(problem("api/keys", BIG, "500 Internal Server Error.", "Try again.", tenant=name) for name in names[:2]),
    )


SAMPLES: Mapping[str, Report] = {
    "doctor": report("doctor", Result.FAILED, 1, digest="", checks=_checks()),
    "plan": _plan(),
    "apply": _apply(),
    "refused": _refused(),
    "hostile": _hostile(),
    "plan-in-sync": report(
        "plan",
        Result.IN_SYNC,
        0,
        tenant("acme", Result.IN_SYNC, OMS_IN_SYNC, SEQUENCE_SET),
        tenant("globex", Result.IN_SYNC, OMS_IN_SYNC),
    ),
    "sandbox-changes": report(
        "plan",
        Result.CHANGES,
        2,
        tenant("acme", Result.CHANGES, TIMER_UPDATE),
        tenant("globex", Result.CHANGES, FIRST_SET),
        sandbox=True,
        selection=Selection(("acme*", "globex"), shard="1/2"),
    ),
    "interrupted": report(
        "apply",
        Result.INTERRUPTED,
        130,
        tenant("acme", Result.APPLIED, _ended(TIMER_UPDATE, Status.APPLIED, verified=True, attempts=1)),
        tenant("globex", Result.INTERRUPTED, _ended(DRIFT, Status.NOT_ATTEMPTED, "The run was interrupted.")),
    ),
    "none-changed": report("plan", Result.IN_SYNC, 0, selection=Selection(keys=("*oms",), changed_since="origin/main")),
    "empty-fleet": report("plan", Result.IN_SYNC, 0, selection=Selection(shard="3/8")),
    "usage": report(
        "plan",
        Result.FAILED,
        64,
        problems=(Problem("credentials", 0, 0, "", "usage/credentials", "There are none for acme.", "Add them."),),
    ),
    "validate": report(
        "validate",
        Result.FAILED,
        1,
        tenant("acme", Result.FAILED, problems=PROBLEMS[:1]),
        tenant("globex", Result.FAILED, problems=PROBLEMS[1:]),
        tenant("hooli", Result.IN_SYNC),
        problems=(WARNING,),
    ),
    "validate-clean": report(
        "validate", Result.IN_SYNC, 0, tenant("acme", Result.IN_SYNC), tenant("globex", Result.IN_SYNC)
    ),
}
