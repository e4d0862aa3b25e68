"""Trouble on the wire, kind by kind: what the report says is what is stored, and POSTs are never blindly repeated.

Each case is a tenant of its own with its own fault; one run carries them all, beside a tenant without any. So the
cases also prove that tenants don't get in each other's way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from reconciler.catalogue import Catalogue
from reconciler.sandbox import ErrorBody, Fault, FaultKind, RunningSandbox, Sandbox
from tests.journeys.stage import QUICK, SEQUENCE, Result, Stage, until

ONE_GATE = "[gate]\nmax_changed_percent = 100"
TIMER, ONCE, LAST = "on_hold_timer_duration", "sales_order_generator_sequence", "big_sales_order"
LIMIT = {"soft_limit_for_big_orders": 300}
UNTROUBLED = "untroubled"


@dataclass(frozen=True)
class Case:
    """A fault on POST or GET of one key, and how it must end. `posts` counts those that reach the sandbox."""

    name: str
    kind: FaultKind
    status: str
    posts: int
    stored: Any
    method: str = "POST"
    times: int | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    client: bool = False
    ends: bool = False
    """True if the tenant's later keys are not attempted."""


K = FaultKind
ORDINARY = [
    Case("rejected", K.STATUS, "rejected", 1, 60, more={"status": 400}),
    Case("too-large", K.STATUS, "rejected", 1, 60, more={"status": 413}),
    Case("moved-for-good", K.STATUS, "rejected", 1, 60, more={"status": 308}),
    Case("error-once", K.STATUS, "applied", 2, 120, times=1),
    Case("error-always", K.STATUS, "failed", 3, 60),
    Case("gateway-always", K.STATUS, "failed", 3, 60, more={"status": 503, "body": ErrorBody.HTML}),
    Case("error-but-written", K.COMMIT_THEN_STATUS, "applied", 1, 120),
    Case("rejected-but-written", K.COMMIT_THEN_STATUS, "applied", 1, 120, more={"status": 400}),
    Case("not-found-but-written", K.COMMIT_THEN_STATUS, "applied", 1, 120, more={"status": 404}),
    Case("dropped-once", K.DROP, "applied", 2, 120, times=1),
    Case("dropped-always", K.DROP, "failed", 3, 60),
    Case("dropped-but-written", K.COMMIT_THEN_DROP, "applied", 1, 120),
    Case("slow", K.DELAY, "applied", 1, 120, more={"seconds": 0.2}),
    Case("lost-race", K.LOST_RACE, "failed", 1, 77, more={"value": 77}),
    Case("lost-race-to-the-same", K.LOST_RACE, "applied", 1, 120, more={"value": 120}),
    Case("conflict-once", K.STATUS, "applied", 2, 120, times=1, more={"status": 409}),
    Case("conflict-always", K.STATUS, "failed", 3, 60, more={"status": 409}),
    Case("ignored", K.IGNORED_WRITE, "failed", 1, 60),
    Case("garbage", K.GARBAGE, "applied", 1, 120),
    Case("empty", K.EMPTY, "applied", 1, 120),
    Case("truncated", K.TRUNCATED, "applied", 1, 120),
    Case("oversized", K.OVERSIZED, "applied", 1, 120, more={"size": 2_000_000}),
    Case("redirected-once", K.REDIRECT, "applied", 2, 120, times=1),
    Case("redirected-always", K.REDIRECT, "failed", 3, 60),
    Case("throttled-once", K.STATUS, "applied", 2, 120, times=1, more={"status": 429, "retry_after": "0"}),
    Case("throttled-always", K.STATUS, "failed", 3, 60, more={"status": 429}),
    Case("expired-once", K.STATUS, "applied", 2, 120, times=1, more={"status": 401}, client=True),
    Case("unauthorised", K.STATUS, "failed", 1, 60, more={"status": 401}, ends=True),
    Case("forbidden", K.STATUS, "failed", 1, 60, more={"status": 403}, ends=True),
    Case("rival-before", K.RIVAL, "skipped", 0, 77, "GET", 1, {"value": 77, "after": 1}),
    Case("rival-with-the-same", K.RIVAL, "unchanged", 0, 120, "GET", 1, {"value": 120, "after": 1}),
    Case("rival-after", K.RIVAL, "failed", 1, 77, "GET", 1, {"value": 77, "after": 2}),
    Case("read-again-fails", K.STATUS, "not-attempted", 0, 60, "GET", None, {"after": 1}),
    Case("read-again-is-garbage", K.GARBAGE, "not-attempted", 0, 60, "GET", None, {"after": 1}),
    Case("read-back-error-once", K.STATUS, "applied", 1, 120, "GET", 1, {"after": 2}),
    Case("read-back-error", K.STATUS, "unknown", 1, 120, "GET", None, {"after": 2}),
    Case("read-back-404", K.STATUS, "unknown", 1, 120, "GET", None, {"after": 2, "status": 404}),
    Case("read-back-dropped", K.DROP, "unknown", 1, 120, "GET", None, {"after": 2}),
    Case("read-back-garbage", K.GARBAGE, "unknown", 1, 120, "GET", None, {"after": 2}),
    Case("read-back-empty", K.EMPTY, "unknown", 1, 120, "GET", None, {"after": 2}),
    Case("read-back-truncated", K.TRUNCATED, "unknown", 1, 120, "GET", None, {"after": 2}),
    Case("read-back-oversized", K.OVERSIZED, "unknown", 1, 120, "GET", None, {"after": 2, "size": 2_000_000}),
    Case("read-back-redirected", K.REDIRECT, "unknown", 1, 120, "GET", None, {"after": 2}),
    Case("read-back-forbidden", K.STATUS, "unknown", 1, 120, "GET", None, {"after": 2, "status": 403}, ends=True),
    Case("read-back-slow", K.DELAY, "applied", 1, 120, "GET", None, {"after": 2, "seconds": 0.1}),
    Case("dropped-and-unreadable", K.DROP, "unknown", 1, 60, "*", None, {"after": 2}),
]

RIVAL = {**SEQUENCE, "prefix": "RV"}
WRITE_ONCE = [
    Case("rejected", K.STATUS, "rejected", 1, None, more={"status": 400}),
    Case("unauthorised", K.STATUS, "failed", 1, None, more={"status": 401}),
    Case("unauthorised-client", K.STATUS, "failed", 1, None, times=1, more={"status": 401}, client=True),
    Case("forbidden", K.STATUS, "failed", 1, None, more={"status": 403}),
    Case("throttled", K.STATUS, "failed", 1, None, times=1, more={"status": 429, "retry_after": "0"}),
    Case("conflict", K.STATUS, "unknown", 1, None, times=1, more={"status": 409}),
    Case("error", K.STATUS, "unknown", 1, None, times=1),
    Case("error-but-written", K.COMMIT_THEN_STATUS, "applied", 1, SEQUENCE),
    Case("dropped", K.DROP, "unknown", 1, None, times=1),
    Case("dropped-but-written", K.COMMIT_THEN_DROP, "applied", 1, SEQUENCE),
    Case("slow", K.DELAY, "applied", 1, SEQUENCE, more={"seconds": 0.2}),
    Case("lost-race", K.LOST_RACE, "failed", 1, RIVAL, more={"value": RIVAL}),
    Case("lost-race-to-the-same", K.LOST_RACE, "applied", 1, SEQUENCE, more={"value": SEQUENCE}),
    Case("ignored", K.IGNORED_WRITE, "failed", 1, None),
    Case("garbage", K.GARBAGE, "applied", 1, SEQUENCE),
    Case("empty", K.EMPTY, "applied", 1, SEQUENCE),
    Case("truncated", K.TRUNCATED, "applied", 1, SEQUENCE),
    Case("oversized", K.OVERSIZED, "applied", 1, SEQUENCE, more={"size": 2_000_000}),
    Case("redirected", K.REDIRECT, "unknown", 1, None, times=1),
    Case("rival-before", K.RIVAL, "skipped", 0, RIVAL, "GET", 1, {"value": RIVAL, "after": 1}),
    Case("rival-with-the-same", K.RIVAL, "unchanged", 0, SEQUENCE, "GET", 1, {"value": SEQUENCE, "after": 1}),
    Case("rival-after", K.RIVAL, "failed", 1, RIVAL, "GET", 1, {"value": RIVAL, "after": 2}),
    Case("read-again-fails", K.STATUS, "not-attempted", 0, None, "GET", None, {"after": 1}),
    Case("read-back-error", K.STATUS, "unknown", 1, SEQUENCE, "GET", None, {"after": 2}),
    Case("read-back-garbage", K.GARBAGE, "unknown", 1, SEQUENCE, "GET", None, {"after": 2}),
    Case("dropped-and-unreadable", K.DROP, "unknown", 1, None, "*", None, {"after": 2}),
]


@dataclass(frozen=True)
class Carried:
    """One run that carried every case; what was stored, and which POSTs had arrived, when it ended, by tenant."""

    stage: Stage
    result: Result
    stored: Mapping[str, Any] = field(default_factory=dict)
    posts: Mapping[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """A server for this module's long-lived state."""
    with Sandbox(tmp_path_factory.mktemp("own") / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


def _carry(folder: Any, own: RunningSandbox, prefix: str, cases: Sequence[Case], key: str) -> Carried:
    stage = Stage(folder, own)
    stage.settings(ONE_GATE, limits={**QUICK, "concurrency": 12})
    desired = {key: 120 if key == TIMER else SEQUENCE, LAST: LIMIT}
    for case in (*cases, None):
        tenant = f"{prefix}-{case.name if case else UNTROUBLED}"
        stage.tenant(tenant, **desired)
        stage.access(tenant, client=case is not None and case.client)
        if key == TIMER:
            own.set_value(tenant, key, 60, "2026-01-01T00:00:00Z")
        if case is not None:
            own.fault(Fault(case.kind, tenant, key, case.method, case.times, **case.more))
    stage.forget_log()
    result = stage.run("apply", "--allow-irreversible")
    tenants = list(result.results())
    return Carried(
        stage,
        result,
        {tenant: stage.live(tenant, key) for tenant in tenants},
        {tenant: len(stage.log(tenant, key, "POST")) for tenant in tenants},
    )


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory, own: RunningSandbox) -> Carried:
    """The cases of an ordinary key, carried by one apply."""
    return _carry(tmp_path_factory.mktemp("ordinary"), own, "o", ORDINARY, TIMER)


@pytest.fixture(scope="module")
def write_once(tmp_path_factory: pytest.TempPathFactory, own: RunningSandbox) -> Carried:
    """The cases of a write-once key, carried by one apply."""
    return _carry(tmp_path_factory.mktemp("once"), own, "w", WRITE_ONCE, ONCE)


def _judge(carried: Carried, tenant: str, key: str, case: Case, *, others: str | None) -> None:
    outcome = carried.result.outcome(tenant, key)
    assert (outcome["status"], carried.stored[tenant]) == (case.status, case.stored), outcome["detail"]
    assert carried.posts[tenant] == case.posts
    # A POST that a fresh token needed is one attempt of two requests.
    assert outcome["attempts"] == case.posts - (case.client and case.posts > 1)
    if others is not None:
        assert carried.result.outcome(tenant, LAST)["status"] == others


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: case.name)
def test_an_ordinary_key_ends_as_it_is_stored(ordinary: Carried, case: Case):
    """At most three POSTs, each after a read that shows the before-value; and the tenant's next key goes on."""
    _judge(ordinary, f"o-{case.name}", TIMER, case, others="not-attempted" if case.ends else "applied")


@pytest.mark.parametrize("case", WRITE_ONCE, ids=lambda case: case.name)
def test_a_write_once_key_is_sent_at_most_once(write_once: Carried, case: Case):
    """One POST in a run, whatever is heard of it: after that it is only read. It comes last, so the rest is done."""
    _judge(write_once, f"w-{case.name}", ONCE, case, others="applied")


def test_a_tenant_without_trouble_is_applied_beside_all_of_these(ordinary: Carried, write_once: Carried):
    """And nothing but the troubled keys failed."""
    assert ordinary.result.results()[f"o-{UNTROUBLED}"] == "applied"
    assert write_once.result.results()[f"w-{UNTROUBLED}"] == "applied"
    assert (ordinary.result.exit_code, write_once.result.exit_code) == (1, 1)


def test_the_next_apply_converges_once_the_trouble_is_over(write_once: Carried, ordinary: Carried):
    """Whatever a run left behind, running again is safe: unset sequences are set, set ones never sent."""
    write_once.stage.sandbox.clear_faults()
    again = write_once.stage.run("apply", "--allow-irreversible")
    for case in WRITE_ONCE:
        tenant = f"w-{case.name}"
        wanted = case.stored or SEQUENCE
        assert write_once.stage.live(tenant, ONCE) == wanted
        posts = len(write_once.stage.log(tenant, ONCE, "POST"))
        assert posts == write_once.posts[tenant] + (case.stored is None)
        assert again.results()[tenant] == (
            "blocked" if wanted == RIVAL else "applied" if case.stored is None else "in-sync"
        )
    rest = ordinary.stage.run("apply")
    assert rest.exit_code == 0
    assert all(ordinary.stage.live(f"o-{case.name}", TIMER) == 120 for case in ORDINARY)


READING: list[tuple[str, FaultKind, dict[str, Any], str, str]] = [
    ("error", K.STATUS, {}, "unreadable", "read-failed"),
    ("unknown", K.STATUS, {"status": 404}, "unreadable", "unknown-key"),
    ("unauthorised", K.STATUS, {"status": 401}, "unreadable", "read-failed"),
    ("forbidden", K.STATUS, {"status": 403}, "unreadable", "read-failed"),
    ("throttled", K.STATUS, {"status": 429}, "unreadable", "read-failed"),
    ("gateway", K.STATUS, {"status": 502, "body": ErrorBody.HTML}, "unreadable", "read-failed"),
    ("created", K.STATUS, {"status": 201}, "unreadable", "read-failed"),
    ("no-content", K.STATUS, {"status": 204}, "unreadable", "read-failed"),
    ("error-once", K.STATUS, {"times": 1}, "update", "differs"),
    ("dropped", K.DROP, {}, "unreadable", "read-failed"),
    ("dropped-once", K.DROP, {"times": 1}, "update", "differs"),
    ("slow", K.DELAY, {"seconds": 0.1}, "update", "differs"),
    ("late", K.LATE, {"seconds": 0.1}, "update", "differs"),
    ("rival", K.RIVAL, {"value": 120}, "no-op", "in-sync"),
    ("garbage", K.GARBAGE, {}, "unreadable", "read-failed"),
    ("empty", K.EMPTY, {}, "unreadable", "read-failed"),
    ("truncated", K.TRUNCATED, {}, "unreadable", "read-failed"),
    ("oversized", K.OVERSIZED, {"size": 2_000_000}, "unreadable", "read-failed"),
    ("redirected", K.REDIRECT, {}, "unreadable", "read-failed"),
    ("masked", K.MASKED, {}, "update", "differs"),
    ("extra-field", K.EXTRA_FIELD, {}, "update", "differs"),
]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory, own: RunningSandbox) -> Carried:
    """The cases of reading, carried by one plan."""
    stage = Stage(tmp_path_factory.mktemp("reading"), own)
    stage.settings(limits={**QUICK, "concurrency": 12})
    for name, kind, more, _, _ in READING:
        tenant = f"r-{name}"
        stage.tenant(tenant, **{TIMER: 120})
        own.set_value(tenant, TIMER, 60, "2026-01-01T00:00:00Z")
        own.fault(Fault(**{"kind": kind, "tenant": tenant, "key": TIMER, "method": "GET", "times": None, **more}))
    stage.tenant("r-untroubled", **{TIMER: 120})
    stage.forget_log()
    return Carried(stage, stage.run("plan"))


@pytest.mark.parametrize(("name", "action", "reason"), [(row[0], *row[3:]) for row in READING], ids=lambda part: part)
def test_what_can_not_be_read_is_unreadable_and_never_unset(planned: Carried, name: str, action: str, reason: str):
    """A failed read is not an empty value: nothing would be written on its word."""
    key = planned.result.key(f"r-{name}", TIMER)
    assert (key["action"], key["reason"]) == (action, reason), key["warnings"]
    assert "before" in key or action == "unreadable"
    assert not planned.stage.log(f"r-{name}", method="POST")


def test_reading_beside_trouble_goes_on(planned: Carried):
    """One tenant's answers are no other's."""
    assert planned.result.key("r-untroubled", TIMER)["action"] == "create"
    assert planned.result.exit_code == 1


@pytest.mark.parametrize(
    ("key", "live", "desired", "ends"),
    [
        pytest.param(TIMER, 60, 120, {"applied", "failed"}, id="ordinary"),
        pytest.param(ONCE, None, SEQUENCE, {"unknown"}, id="write-once"),
    ],
)
def test_a_write_that_arrives_after_its_time_is_told_for_what_it_is(
    stage: Stage, key: str, live: Any, desired: Any, ends: set[str]
):
    """The POST times out here and is carried out there later: a write-once key is then unknown, not sent again."""
    stage.settings(limits={"read_timeout": 0.4, "connect_timeout": 2, "verify_timeout": 0.2})
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, **{key: desired})
        if live is not None:
            stage.sandbox.set_value(tenant, key, live)
    stage.sandbox.fault(Fault(FaultKind.LATE, "acme", key, "POST", seconds=1.5))
    ended = stage.run("apply", "--allow-irreversible")
    assert ended.outcome("acme", key)["status"] in ends
    assert ended.results()["beta"] == "applied"
    until(lambda: all(one.status for one in stage.log()))
    assert stage.live("acme", key) == desired
    assert len(stage.log("acme", key, "POST")) <= (1 if key == ONCE else 3)
    again = stage.run("apply", "--allow-irreversible")
    assert (again.exit_code, again.report["result"]) == (0, "in-sync")


def test_a_blocked_address_stops_the_whole_run(stage: Stage):
    """A 403 that is no JSON means that this machine called too often: every further call would prolong it."""
    stage.settings(limits={**QUICK, "concurrency": 1})
    for tenant in ("acme", "beta", "gamma"):
        stage.tenant(tenant, on_hold_timer_duration=120, big_sales_order=LIMIT)
    html = ErrorBody.HTML
    stage.sandbox.fault(Fault(FaultKind.STATUS, "beta", TIMER, "POST", times=None, status=403, body=html))
    ended = stage.run("apply")
    assert ended.exit_code == 1
    assert ended.results() == {"acme": "applied", "beta": "failed", "gamma": "failed"}
    assert ended.statuses("gamma") == {"big_sales_order": "not-attempted", "on_hold_timer_duration": "not-attempted"}
    assert stage.posted("gamma") == []
    assert "5 minutes" in ended.stderr


def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed(stage: Stage):
    """Once, for the tenant that needs it; a write-once key is not sent again even then."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120, big_sales_order=LIMIT)
        stage.access(tenant, client=True)
    stage.sandbox.expire_tokens_after(1)
    assert stage.run("apply").exit_code == 0
    assert stage.live("beta", LAST) == LIMIT
