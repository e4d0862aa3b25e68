"""One tenant's writes in their order: what is held, blocked or unreachable is left alone, and each key has one end."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.applying.tenant import BLOCKED, IN_FLIGHT, Brake, apply_tenant
from reconciler.model.key import Key
from reconciler.model.live import Halt, Live, Posted, Sent
from reconciler.model.outcome import Outcome
from reconciler.model.plan import ApprovedPlan, ApprovedTenant, TenantPlan
from reconciler.model.values import Value
from reconciler.model.words import LiveState, Status
from reconciler.planning.gate import approve
from tests.applying.faking import ScriptedApi, Store, desk_of, finish
from tests.planning.making import (
    HOOK,
    KEYS,
    NUMBERS,
    PLACES,
    REF,
    SWITCH,
    TIMER,
    UNKNOWN_KEY,
    UNREADABLE,
    UNSET,
    fleet,
    plan_of,
    policy,
    set_to,
)

FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}
WANTED: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
RIGHT: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "canary-hook", "timeout": 15}
ON, OFF = {"enabled": True}, {"enabled": False}


class Wire:
    """A store whose reads and POSTs of some keys go wrong."""

    def __init__(
        self, store: Store, *, reads: Mapping[str, Live] | None = None, posts: Mapping[str, Posted] | None = None
    ) -> None:
        self.store = store
        self.reads = dict(reads or {})
        self.posts = dict(posts or {})

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """Answer a GET, or fail."""
        found = await self.store.read(key, verifying=verifying)
        return self.reads.get(key.name, found)

    async def post(self, key: Key, value: Value) -> Posted:
        """Take a POST, or fail without taking it."""
        if key.name not in self.posts:
            return await self.store.post(key, value)
        self.store.posted.append(key.name)
        return self.posts[key.name]


def approved_of(plan: TenantPlan, **more: Any) -> ApprovedTenant:
    """Let a tenant pass the gate, beside a neighbour that is of no concern."""
    approved: ApprovedPlan = approve(fleet(plan, plan_of("zeta")), policy(**{"allow_irreversible": True, **more}))
    return approved.tenants[0]


def run(approved: ApprovedTenant, api: Any, brake: Brake | None = None) -> tuple[dict[str, Outcome], list[str]]:
    """Apply a tenant; return the last outcome of each key, and every record in its order as `name status`."""
    outcomes: dict[str, Outcome] = {}
    log: list[str] = []

    async def record(name: str, outcome: Outcome) -> None:
        outcomes[name] = outcome
        log.append(f"{KEYS[name].short} {outcome.status}")

    finish(apply_tenant(approved, desk_of(api), brake or Brake(), record))
    return outcomes, log


def statuses(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """Return the end of each key by its short name."""
    return {KEYS[name].short: outcome.status.value for name, outcome in outcomes.items()}


def everything(tenant: str = "acme") -> TenantPlan:
    """Return a tenant whose five keys all change, the write-once key for the first time."""
    return plan_of(
        tenant,
        (NUMBERS, FIRST, UNSET),
        (PLACES, ["dc"], UNSET),
        (TIMER, 2, UNSET),
        (SWITCH, ON, UNSET),
        (HOOK, WANTED, UNSET),
    )


def test_every_key_is_written_in_order_and_recorded_as_in_flight_before():
    """The hook before the switch, the write-once key last; whatever cuts the run off, the record is true."""
    store = Store(KEYS)

    outcomes, log = run(approved_of(everything()), store)

    assert store.posted == [f"orders.{short}" for short in ("hook", "switch", "timer", "places", "numbers")]
    assert log == [
        f"{short} {status}"
        for short in ("hook", "switch", "timer", "places", "numbers")
        for status in ("unknown", "applied")
    ]
    assert {outcome.attempts for outcome in outcomes.values()} == {1}
    assert store.values["orders.hook"] == RIGHT


def test_a_key_in_flight_is_unknown_until_it_ends():
    """The words that stay in the report if the run ends right there."""
    assert IN_FLIGHT.status is Status.UNKNOWN
    assert "being written" in IN_FLIGHT.detail
    assert "Plan again" in IN_FLIGHT.detail


@pytest.mark.parametrize(
    ("plan", "outcome"),
    [
        pytest.param(plan_of("acme", (TIMER, 2, set_to(TIMER, 2))), Outcome(Status.UNCHANGED), id="no-op"),
        pytest.param(
            plan_of("acme", (NUMBERS, FIRST, set_to(NUMBERS, FIRST))), Outcome(Status.UNCHANGED), id="write-once-set"
        ),
        pytest.param(
            plan_of("acme", (NUMBERS, FIRST, set_to(NUMBERS, {"prefix": "EU"}))),
            Outcome(Status.NOT_ATTEMPTED, BLOCKED),
            id="blocked",
        ),
        pytest.param(
            plan_of("acme", (TIMER, 2, UNREADABLE)),
            Outcome(Status.NOT_ATTEMPTED, "Not written, since it could not be read. 503 from a gateway."),
            id="unreadable",
        ),
        pytest.param(
            plan_of("acme", (TIMER, 2, replace(UNREADABLE, request_id="r-7"))),
            Outcome(
                Status.NOT_ATTEMPTED,
                "Not written, since it could not be read. 503 from a gateway.",
                request_id="r-7",
            ),
            id="unreadable-by-request",
        ),
        pytest.param(
            plan_of("acme", (TIMER, 2, Live(LiveState.UNKNOWN_KEY))),
            Outcome(Status.NOT_ATTEMPTED, "Not written, since it could not be read."),
            id="unknown-key",
        ),
    ],
)
def test_what_has_nothing_to_write_is_not_even_read_again(plan: TenantPlan, outcome: Outcome):
    """No-ops, blocked and unreadable keys end without a request."""
    store = Store(KEYS)

    (told,) = run(approved_of(plan), store)[0].values()

    assert told == outcome
    assert store.touched == set()


def test_what_blocks_a_key_says_how_to_end_it():
    """Two ways out: give the file the live value, or take the key out of the file."""
    assert "Restore" in BLOCKED
    assert "take the key out" in BLOCKED


def test_a_held_key_is_left_alone_with_the_reason():
    """What the gate held is neither read nor sent; the tenant's other keys go on."""
    approved = approved_of(plan_of("acme", (TIMER, 2, UNSET), (NUMBERS, FIRST, UNSET)), allow_irreversible=False)
    store = Store(KEYS)

    outcomes, _ = run(approved, store)

    assert outcomes["orders.numbers"] == Outcome(Status.NOT_ATTEMPTED, approved.held["orders.numbers"])
    assert outcomes["orders.timer"].status is Status.APPLIED
    assert store.touched == {"orders.timer"}


FAILURES: Mapping[str, tuple[dict[str, Any], str]] = {
    "rejected": ({"posts": {"orders.hook": Posted(Sent.REJECTED, "400")}}, "rejected"),
    "failed": ({"posts": {"orders.hook": Posted(Sent.LOST, "504")}}, "failed"),
    "unreadable": ({"reads": {"orders.hook": UNREADABLE}}, "not-attempted"),
    "unknown-key": ({"reads": {"orders.hook": UNKNOWN_KEY}}, "not-attempted"),
    "skipped": ({"reads": {"orders.hook": set_to(HOOK, {"url": "https://x.example"})}}, "skipped"),
}


@pytest.mark.parametrize(("faults", "first"), FAILURES.values(), ids=FAILURES)
def test_a_key_whose_predecessor_was_not_written_is_skipped(faults: dict[str, Any], first: str):
    """The switch is not turned on without the hook; keys that wait for nothing go on."""
    outcomes, _ = run(approved_of(everything()), Wire(Store(KEYS), **faults))

    assert statuses(outcomes) == {
        "hook": first,
        "switch": "skipped",
        "timer": "applied",
        "places": "applied",
        "numbers": "applied",
    }
    assert outcomes["orders.switch"].detail == (
        "It must be written after orders.hook, which was not. Correct that and run again."
    )


@pytest.mark.parametrize(
    ("hook", "switch"),
    [
        pytest.param(set_to(HOOK, RIGHT), "applied", id="unchanged"),
        pytest.param(set_to(HOOK, {**RIGHT, "timeout": 1}), "applied", id="applied"),
        pytest.param(UNREADABLE, "skipped", id="unreadable-in-the-plan"),
    ],
)
def test_a_predecessor_that_is_as_wanted_lets_its_follower_go_on(hook: Live, switch: str):
    """Unchanged is as good as applied; unreadable is neither."""
    store = Store(KEYS, {"orders.hook": {**RIGHT, "timeout": 1}} if hook.state is LiveState.SET else {})
    plan = plan_of("acme", (HOOK, WANTED, hook), (SWITCH, ON, UNSET))

    outcomes, _ = run(approved_of(plan), store)

    assert statuses(outcomes)["switch"] == switch


def test_a_held_predecessor_skips_its_follower():
    """What drift policy or the gate held was not written, so what needs it waits."""
    approved = approved_of(plan_of("acme", (HOOK, WANTED, UNSET), (SWITCH, ON, UNSET)))
    held = replace(approved, held={"orders.hook": "held"})

    outcomes, _ = run(held, Store(KEYS))

    assert statuses(outcomes) == {"hook": "not-attempted", "switch": "skipped"}


def test_all_missing_predecessors_are_named():
    """Whoever repairs one should know of the other."""
    plan = plan_of("acme", (HOOK, WANTED, UNREADABLE), (TIMER, 2, UNREADABLE), (PLACES, ["dc"], UNSET))
    waiting = replace(plan, predecessors={"orders.places": ("orders.hook", "orders.timer")})

    outcomes, _ = run(approved_of(waiting), Store(KEYS))

    assert outcomes["orders.places"] == Outcome(
        Status.SKIPPED,
        "It must be written after orders.hook, orders.timer, which was not. Correct that and run again.",
    )


def test_a_key_without_an_entry_waits_for_nobody():
    """A plan that says nothing of an order is carried out as it stands."""
    plan = replace(everything(), predecessors={})

    outcomes, _ = run(approved_of(plan), Store(KEYS))

    assert set(statuses(outcomes).values()) == {"applied"}


def test_switching_off_comes_before_the_hook_and_guards_it():
    """In the other direction it is the hook that waits."""
    plan = plan_of("acme", (HOOK, WANTED, UNSET), (SWITCH, OFF, UNSET))
    good, bad = Store(KEYS), Store(KEYS)

    run(approved_of(plan), good)
    outcomes, _ = run(approved_of(plan), Wire(bad, posts={"orders.switch": Posted(Sent.REJECTED, "400")}))

    assert good.posted == ["orders.switch", "orders.hook"]
    assert statuses(outcomes) == {"switch": "rejected", "hook": "skipped"}


@pytest.mark.parametrize(
    ("faults", "first"),
    [
        pytest.param({"posts": {"orders.hook": Posted(Sent.DENIED, "401")}}, "failed", id="denied"),
        pytest.param({"posts": {"orders.hook": Posted(Sent.NOT_SENT, "No connection.")}}, "failed", id="no-connection"),
        pytest.param({"reads": {"orders.hook": replace(UNREADABLE, halt=Halt.TENANT)}}, "not-attempted", id="read"),
    ],
)
def test_a_failure_of_the_tenant_ends_it_and_nobody_else(faults: dict[str, Any], first: str):
    """Its later keys are not attempted; the run goes on with the others."""
    store, brake = Store(KEYS), Brake()

    outcomes, _ = run(approved_of(everything()), Wire(store, **faults), brake)
    neighbour, _ = run(approved_of(everything("bolt")), Store(KEYS), brake)

    assert statuses(outcomes) == {
        "hook": first,
        **dict.fromkeys(["switch", "timer", "places", "numbers"], "not-attempted"),
    }
    assert outcomes["orders.timer"].detail == "The tenant ended at orders.hook. Correct that and run again."
    assert store.touched == {"orders.hook"}
    assert brake.reason == ""
    assert set(statuses(neighbour).values()) == {"applied"}


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param({"posts": {"orders.hook": Posted(Sent.DENIED, "403: blocked.", halt=Halt.EVERYONE)}}, id="post"),
        pytest.param({"posts": {"orders.hook": Posted(Sent.NOT_SENT, "Blocked.", halt=Halt.EVERYONE)}}, id="not-sent"),
        pytest.param({"reads": {"orders.hook": replace(UNREADABLE, halt=Halt.EVERYONE)}}, id="read"),
    ],
)
def test_a_failure_of_everyone_stops_the_run(faults: dict[str, Any]):
    """An address that is blocked is blocked for all tenants: nothing more is sent."""
    store, other, brake = Store(KEYS), Store(KEYS), Brake()

    outcomes, _ = run(approved_of(everything()), Wire(store, **faults), brake)
    neighbour, _ = run(approved_of(everything("bolt")), other, brake)

    assert brake.reason == f"The run stopped sending at acme orders.hook: {outcomes['orders.hook'].detail}"
    assert statuses(outcomes)["timer"] == "not-attempted"
    assert set(neighbour.values()) == {Outcome(Status.NOT_ATTEMPTED, brake.reason)}
    assert other.touched == set()


def test_a_brake_keeps_its_first_reason():
    """The first is the cause; what comes after is its consequence."""
    brake = Brake()
    assert brake.reason == ""

    brake.stop("first")
    brake.stop("second")

    assert brake.reason == "first"


def test_a_stopped_run_still_says_what_is_in_sync_and_what_was_held():
    """No request is needed for that; only what would be written is not attempted."""
    plan = plan_of(
        "acme",
        (TIMER, 2, set_to(TIMER, 2)),
        (PLACES, ["dc"], UNSET),
        (NUMBERS, FIRST, set_to(NUMBERS, {"prefix": "EU"})),
        (HOOK, WANTED, UNSET),
    )
    approved = replace(approved_of(plan), held={"orders.hook": "held"})

    outcomes, _ = run(approved, Store(KEYS), Brake("stopped"))

    assert outcomes == {
        "orders.timer": Outcome(Status.UNCHANGED),
        "orders.places": Outcome(Status.NOT_ATTEMPTED, "stopped"),
        "orders.numbers": Outcome(Status.NOT_ATTEMPTED, BLOCKED),
        "orders.hook": Outcome(Status.NOT_ATTEMPTED, "held"),
    }


def test_a_brake_between_a_read_and_its_post_keeps_the_post_back():
    """Another tenant, or a person, may stop the run at any moment: what was not sent yet is not sent."""
    brake = Brake()

    class Stopping(ScriptedApi):
        async def read(self, key: Key, *, verifying: bool = False) -> Live:
            brake.stop("The run was interrupted.")
            return await super().read(key, verifying=verifying)

    api = Stopping([UNSET])

    outcomes, log = run(approved_of(plan_of("acme", (TIMER, 2, UNSET))), api, brake)

    assert outcomes == {"orders.timer": Outcome(Status.NOT_ATTEMPTED, "The run was interrupted.")}
    assert (api.story, log) == ("R", ["timer not-attempted"])


def test_a_rejected_key_does_not_end_the_tenant():
    """The platform said no to one value; the other keys are as good as before."""
    outcomes, _ = run(
        approved_of(everything()), Wire(Store(KEYS), posts={"orders.timer": Posted(Sent.REJECTED, "400", "r-1")})
    )

    assert outcomes["orders.timer"] == Outcome(Status.REJECTED, "400", verified=False, attempts=1, request_id="r-1")
    assert [name for name, status in statuses(outcomes).items() if status != "applied"] == ["timer"]
