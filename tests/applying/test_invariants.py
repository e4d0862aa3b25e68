"""What must hold whatever the platform answers: random scripts of reads and POSTs against one key and one tenant."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.applying.tenant import IN_FLIGHT, Brake, apply_tenant
from reconciler.applying.verdicts import matches
from reconciler.applying.write import TRIES, write_key
from reconciler.model.key import Key
from reconciler.model.live import Halt, Live, Posted, Sent
from reconciler.model.normal import Match
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Planned
from reconciler.model.values import Value
from reconciler.model.words import LiveState, Status
from reconciler.planning.gate import approve
from tests.applying.faking import VERIFY, FakeClock, desk_of, finish
from tests.planning.making import (
    DATE,
    HOOK,
    LATER,
    NUMBERS,
    PLACES,
    REF,
    SECRETS,
    SWITCH,
    TIMER,
    UNKNOWN_KEY,
    UNREADABLE,
    UNSET,
    ambiguous,
    default_of,
    fleet,
    plan_of,
    planned,
    policy,
    set_to,
)

FIRST: Mapping[str, Any] = {"prefix": "NS", "start": 1}
EU: Mapping[str, Any] = {"prefix": "EU", "start": 1}
WANTED: Mapping[str, Any] = {"url": "https://hook.example", "api_key": REF}
RIGHT: Mapping[str, Any] = {"url": "https://hook.example", "api_key": "canary-hook", "timeout": 15}
WRONG: Mapping[str, Any] = {**RIGHT, "api_key": "canary-old"}
MASKED: Mapping[str, Any] = {**RIGHT, "api_key": "********"}

LIVES: Mapping[str, list[Live]] = {
    TIMER.name: [UNSET, set_to(TIMER, 1), set_to(TIMER, 2), set_to(TIMER, 9, LATER), default_of(TIMER, 1)],
    NUMBERS.name: [
        UNSET,
        set_to(NUMBERS, FIRST),
        set_to(NUMBERS, EU),
        ambiguous(NUMBERS),
        ambiguous(NUMBERS, date=DATE),
        ambiguous(NUMBERS, FIRST),
        ambiguous(NUMBERS, EU),
        default_of(NUMBERS, FIRST),
    ],
    HOOK.name: [
        UNSET,
        set_to(HOOK, RIGHT),
        set_to(HOOK, WRONG),
        set_to(HOOK, MASKED),
        set_to(HOOK, MASKED, LATER),
        set_to(HOOK, {**WRONG, "new": 1}, LATER),
    ],
    SWITCH.name: [UNSET, set_to(SWITCH, {"enabled": True}), set_to(SWITCH, {"enabled": False})],
    PLACES.name: [UNSET, set_to(PLACES, ["dc"]), set_to(PLACES, ["store"])],
}
UNREAD = [UNREADABLE, UNKNOWN_KEY, replace(UNREADABLE, halt=Halt.TENANT), replace(UNREADABLE, halt=Halt.EVERYONE)]
DESIRED: Mapping[str, Any] = {
    TIMER.name: 2,
    NUMBERS.name: FIRST,
    HOOK.name: WANTED,
    SWITCH.name: {"enabled": True},
    PLACES.name: ["dc"],
}

halts = st.sampled_from([None, None, None, Halt.TENANT, Halt.EVERYONE])
posted = st.builds(Posted, st.sampled_from(Sent), st.sampled_from(["", "said so."]), halt=halts)


def lives(key: Key) -> st.SearchStrategy[Live]:
    """Draw what a read of `key` may answer."""
    return st.sampled_from([*LIVES[key.name], *UNREAD])


@st.composite
def pending(draw: st.DrawFn, key: Key) -> Planned:
    """Draw a planned change of `key` that writes."""
    live = draw(st.sampled_from(LIVES[key.name]))
    item = planned(key, DESIRED[key.name], live, rewrite=(key,), assume_unset=(key,))
    if item.change.action.writes:
        return item
    return planned(key, DESIRED[key.name], UNSET, assume_unset=(key,) if draw(st.booleans()) else ())


class Erratic:
    """Answers as Hypothesis likes, most often with what was read before, and writes down what it was asked."""

    def __init__(self, draw: Callable[..., Any], clock: FakeClock, planned_lives: Mapping[str, Live]) -> None:
        self.calls: list[tuple[str, str, Live | Posted]] = []
        self.bodies: list[Value] = []
        self._draw = draw
        self._clock = clock
        self._last = dict(planned_lives)

    async def read(self, key: Key, *, verifying: bool = False) -> Live:
        """Answer a GET with anything."""
        live: Live = self._draw(st.one_of(st.just(self._last[key.name]), st.just(self._last[key.name]), lives(key)))
        if live.state not in {LiveState.UNREADABLE, LiveState.UNKNOWN_KEY}:
            self._last[key.name] = live
        self._clock.time += self._draw(st.sampled_from([0.0, 0.01, 4.0]))
        self.calls.append(("read", key.name, live))
        return live

    async def post(self, key: Key, value: Value) -> Posted:
        """Answer a POST with anything."""
        answer: Posted = self._draw(posted)
        self._clock.time += self._draw(st.sampled_from([0.0, 0.01, 20.0]))
        self.calls.append(("post", key.name, answer))
        self.bodies.append(value)
        return answer

    def posts(self, name: str) -> list[Posted]:
        """Return the answers to the POSTs of one key."""
        return [answer for _, key, answer in self.calls if key == name and isinstance(answer, Posted)]


def check_key(item: Planned, calls: list[tuple[str, Live | Posted]], outcome: Outcome) -> None:
    """Hold one key's calls and its outcome against the invariants."""
    answers = [answer for _, answer in calls if isinstance(answer, Posted)]
    reached = [answer for answer in answers if answer.sent is not Sent.NOT_SENT]
    reads = [answer for _, answer in calls if isinstance(answer, Live)]

    assert len(reached) <= (1 if item.key.write_once else TRIES)
    assert len([answer for answer in answers if answer.sent is Sent.NOT_SENT]) <= TRIES
    assert outcome.attempts == len(reached)
    for place, (kind, answer) in enumerate(calls):
        if kind == "post":
            previous = calls[place - 1][1] if place else None
            assert isinstance(previous, Live), "a POST that no read came right before"
            assert previous.state not in {LiveState.UNREADABLE, LiveState.UNKNOWN_KEY}
            assert matches(item, previous, SECRETS) is not Match.EQUAL or previous.state is LiveState.AMBIGUOUS
            assert previous.state is item.live.state
            if item.key.write_once:
                assert previous.state is LiveState.UNSET or item.assume_unset
                assert previous.state in {LiveState.UNSET, LiveState.AMBIGUOUS}
        if isinstance(answer, Posted) and answer.halt is not None:
            assert all(later == "read" for later, _ in calls[place + 1 :]), "a POST after a halt"
    if outcome.status is Status.APPLIED:
        last = reads[-1]
        assert calls[-1][0] == "read"
        match = matches(item, last, SECRETS)
        assert match is not Match.DIFFERENT
        assert match is Match.EQUAL or (last.updated_at, last.value) != (item.live.updated_at, item.live.value)
        assert outcome.verified
        assert reached
    if outcome.status is Status.UNCHANGED:
        assert not reached
        assert matches(item, reads[-1], SECRETS) is Match.EQUAL
    if outcome.status is Status.REJECTED:
        assert reached[-1].sent is Sent.REJECTED
        assert calls[-1][0] == "read"
        assert matches(item, reads[-1], SECRETS) is not Match.EQUAL or reads[-1].state is LiveState.AMBIGUOUS
    if outcome.status in {Status.SKIPPED, Status.NOT_ATTEMPTED}:
        assert not reached


@pytest.mark.parametrize("key", [TIMER, NUMBERS, HOOK], ids=lambda key: key.short)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_answer_makes_one_key_go_wrong(key: Key, data: st.DataObject):
    """Whatever is answered: bounded POSTs, a read right before each, none after a halt, and no success unseen."""
    item = data.draw(pending(key))
    clock = FakeClock()
    api = Erratic(data.draw, clock, {key.name: item.live})
    sending = 0

    async def let_go() -> str:
        nonlocal sending
        sending += 1
        return ""

    written = finish(write_key(item, desk_of(api, clock), let_go))

    calls = [(kind, answer) for kind, _, answer in api.calls]
    check_key(item, calls, written.outcome)
    assert sending == len(api.posts(key.name))
    assert sum(clock.slept) <= VERIFY + 2 * sum((0.1, 0.2, 0.4))
    halts_met = {answer.halt for _, answer in calls} - {None}
    assert written.halt in {*halts_met, Halt.TENANT, None}
    assert written.halt is not None or Halt.EVERYONE not in {a.halt for a in api.posts(key.name)}
    assert "canary" not in repr(written)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_no_answer_makes_a_tenant_go_wrong(data: st.DataObject):
    """Every key has one end; nothing is sent that was held, blocked, in sync, or behind a predecessor that failed."""
    keys = data.draw(st.lists(st.sampled_from([HOOK, SWITCH, TIMER, PLACES, NUMBERS]), unique_by=lambda key: key.name))
    plan = plan_of(
        "acme",
        *((key, DESIRED[key.name], data.draw(lives(key))) for key in keys),
        rewrite=tuple(keys),
        assume_unset=tuple(keys),
    )
    allowed = data.draw(st.booleans())
    neighbour = plan_of("bolt", (TIMER, 2, UNSET))
    approved = approve(fleet(plan, neighbour), policy(allow_irreversible=allowed)).tenants[0]
    extra = data.draw(st.sets(st.sampled_from([key.name for key in keys]))) if keys else set()
    writes = {item.key.name for item in plan.items if item.change.action.writes}
    approved = replace(approved, held={**approved.held, **dict.fromkeys(extra & writes, "held")})
    clock, brake = FakeClock(), Brake(data.draw(st.sampled_from(["", "", "", "stopped"])))
    braked = brake.reason
    api = Erratic(data.draw, clock, {item.key.name: item.live for item in plan.items})
    records: list[tuple[str, Outcome]] = []

    async def record(name: str, outcome: Outcome) -> None:
        records.append((name, outcome))

    finish(apply_tenant(approved, desk_of(api, clock), brake, record))

    final = [(name, outcome) for name, outcome in records if outcome is not IN_FLIGHT]
    assert [name for name, _ in final] == [item.key.name for item in plan.items]
    outcomes = dict(final)
    touched = {name for _, name, _ in api.calls}
    assert touched <= writes - set(approved.held)
    if braked:
        assert not touched
    ended: dict[str, Status] = {}
    for item in plan.items:
        name = item.key.name
        calls = [(kind, answer) for kind, asked, answer in api.calls if asked == name]
        if calls:
            check_key(item, calls, outcomes[name])
            assert all(ended[first] in {Status.UNCHANGED, Status.APPLIED} for first in plan.predecessors[name])
        ended[name] = outcomes[name].status
    order = [name for _, name, _ in api.calls]
    assert order == sorted(order, key=[item.key.name for item in plan.items].index), "keys of a tenant overlap"
    for place, (_, name, answer) in enumerate(api.calls):
        if answer.halt is not None:
            assert {later for _, later, _ in api.calls[place:]} == {name}, "a key was begun after a halt"
    stopped = any(answer.halt is Halt.EVERYONE for _, _, answer in api.calls if isinstance(answer, Posted))
    assert bool(brake.reason) or not stopped
