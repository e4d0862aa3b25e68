"""Plans of one, twenty and two thousand tenants against a base, and an apply that went wrong: what a comment is for."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.meanings import meanings
from reconciler.model.meaning import Meanings
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Change, FieldChange, Refusal
from reconciler.model.problem import Problem
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.tenant import Source
from reconciler.model.words import Cause, Result, Status
from reconciler.report.links import Links
from tests.report.samples import (
    BLOCKED,
    CANCEL_CREATE,
    FIRST_SET,
    OMS_IN_SYNC,
    READ_FAILED,
    SEQUENCE_SET,
    TIMER_UPDATE,
    UNKNOWN_KEY,
    WEBHOOK_UPDATE,
    report,
    tenant,
)

LINKS = Links(f"https://github.example/acme/config/blob/{'4f2a' * 10}", "https://github.example/acme/config/runs/1")
PROFILE = Source("tenants/_retail-default.yaml", 5, 3)


def known() -> Meanings:
    """What the shipped catalogue says of the keys."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    return meanings(catalogue)


def timer(before: int, after: int, cause: Cause = Cause.DECLARED) -> Change:
    """A grace period that moves."""
    return replace(TIMER_UPDATE, before=before, after=after, cause=cause, changes=(FieldChange("", before, after),))


def by_profile(number: int) -> tuple[Change, ...]:
    """The same for every tenant, in one place."""
    return (replace(timer(1800, 3600), source=PROFILE), OMS_IN_SYNC)


KINDS: Mapping[str, Callable[[int], tuple[Change, ...]]] = {
    "profile": by_profile,
    "own": lambda number: (timer(1800, 60 * number), OMS_IN_SYNC),
    "drift": lambda number: (timer(30 * number, 3600, Cause.DRIFT), OMS_IN_SYNC),
    "both": lambda _: (timer(900, 3600, Cause.BOTH), SEQUENCE_SET),
    "webhook": lambda _: (WEBHOOK_UPDATE, CANCEL_CREATE, SEQUENCE_SET),
    "first": lambda _: (FIRST_SET, OMS_IN_SYNC),
    "blocked": lambda _: (replace(BLOCKED, cause=Cause.DECLARED), OMS_IN_SYNC),
    "unreadable": lambda number: (replace(READ_FAILED, after=3600) if number % 3 else UNKNOWN_KEY, OMS_IN_SYNC),
    "quiet": lambda _: (OMS_IN_SYNC, SEQUENCE_SET),
}
ENDS = {"blocked": Result.BLOCKED, "unreadable": Result.FAILED, "quiet": Result.IN_SYNC}


def _tenants(counts: Mapping[str, int]) -> tuple[TenantReport, ...]:
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    return tuple(_tenant(number, kind) for number, kind in enumerate(kinds, 1))


def _tenant(number: int, kind: str) -> TenantReport:
    name = f"shop-{number:04}"
    keys = [_in_file(change, f"tenants/{name}.yaml") for change in KINDS[kind](number)]
    return tenant(name, ENDS.get(kind, Result.CHANGES), *keys)


def _in_file(change: Change, file: str) -> Change:
    return change if change.source == PROFILE else replace(change, source=replace(change.source, file=file))


def _problems(count: int) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            f"tenants/shop-{number:04}.yaml",
            6,
            7,
            "/sales_order/external_order_webhook/timeout",
            "spec/maximum",
            "The timeout is 30, and at most 25 is allowed.",
            "Write a number of seconds up to 25.",
            tenant=f"shop-{number:04}",
        )
        for number in range(9001, 9001 + count)
    )


ONE = report(
    "plan", Result.CHANGES, 0, tenant("acme", Result.CHANGES, TIMER_UPDATE, CANCEL_CREATE, OMS_IN_SYNC, SEQUENCE_SET)
)
TWENTY = report(
    "plan",
    Result.FAILED,
    1,
    *_tenants(
        {
            "profile": 7,
            "own": 1,
            "both": 1,
            "webhook": 1,
            "drift": 2,
            "first": 1,
            "blocked": 1,
            "unreadable": 2,
            "quiet": 4,
        }
    ),
    problems=_problems(1),
    refusals=(Refusal("max_changed_percent", "65 % of 20 tenants would change, and the limit is 30 %."),),
    released=("shop-0017:sales_order.big_sales_order",),
)
MANY = report(
    "plan",
    Result.FAILED,
    1,
    *_tenants(
        {
            "profile": 1100,
            "own": 300,
            "both": 30,
            "webhook": 20,
            "drift": 120,
            "first": 5,
            "blocked": 12,
            "unreadable": 40,
            "quiet": 373,
        }
    ),
    problems=_problems(150),
    warnings=("The base branch has moved on since this plan.",),
    released=tuple(f"shop-{number:04}:sales_order.big_sales_order" for number in range(1700, 1760)),
)


def _ended(number: int, change: Change) -> KeyReport:
    """Most are applied; of what is not, every way is among them."""
    if not change.action.writes:
        still = Status.NOT_ATTEMPTED if change.action in {BLOCKED.action, READ_FAILED.action} else Status.UNCHANGED
        return KeyReport(change, Outcome(still))
    if number == 3:
        return KeyReport(change, Outcome(Status.FAILED, "Came back as 1800.", verified=False, attempts=1))
    if number in {4, 5}:
        refused = Outcome(Status.REJECTED, "400: too long.", attempts=1, request_id=f"req-{number}")
        return KeyReport(change, refused)
    if number == 10:
        return KeyReport(change, Outcome(Status.UNKNOWN, "No answer in 15 s, and no read after.", attempts=1))
    return KeyReport(change, Outcome(Status.APPLIED, verified=True, attempts=1, request_id=f"req-{number}"))


def _applied(planned: Report) -> Report:
    tenants = tuple(
        replace(one, result=Result.APPLIED, keys=tuple(_ended(number, key.change) for key in one.keys))
        for number, one in enumerate(planned.tenants, 1)
    )
    wrong = tuple(
        replace(one, result=Result.FAILED) if number in {3, 4, 5, 10} else one for number, one in enumerate(tenants, 1)
    )
    return replace(
        planned, command="apply", tenants=wrong, problems=(), refusals=(), undo={"shop-0001": {"sales_order": {}}}
    )


APPLIED = _applied(TWENTY)
FLEETS: Mapping[str, Report] = {"1": ONE, "20": TWENTY, "2000": MANY, "apply": APPLIED}
"""By the name of the golden file, `comment-NAME.md`."""
