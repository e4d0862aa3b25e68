"""Two pull requests against a fleet, and a model of what must come of their plans.

The model says what must pass, from the reports of `plan` alone: every change that is pending right before the apply
stands in some given file, to the letter, or its tenant is stale.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Fault, Sandbox
from tests.journeys.generated import HOST, SECRETS, Held, Tenant, secret_text
from tests.journeys.stage import Result, Stage, until


def _shipped() -> Catalogue:
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


CATALOGUE = _shipped()
KEYS = {key.name: key for key in CATALOGUE.keys}
SECRET = {name for name, key in KEYS.items() if '"x-sensitive"' in json.dumps(key.schema)}

some = settings(
    max_examples=5,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink takes minutes; the long variant does
    suppress_health_check=[HealthCheck.too_slow],
)
few = settings(some, max_examples=4)
many = settings(some, max_examples=120, phases=tuple(Phase))

Place = tuple[str, str]
"""Tenant and full key name."""
Edits = Mapping[Place, Any]
"""What a pull request declares; None takes the key out of the file."""
Moves = Mapping[Place, Held | None]
"""What somebody else does to live values."""
Scope = tuple[tuple[str, ...], tuple[str, ...]]
"""The tenants and the keys of a selection; none means all."""


@dataclass(frozen=True)
class Story:
    """Two pull requests against a fleet, planned one after the other, and what happens besides."""

    fleet: Mapping[str, Tenant]
    first: Edits = field(default_factory=dict)
    second: Edits = field(default_factory=dict)
    stacked: bool = False
    """The second was planned on top of the first; else beside it."""
    scopes: tuple[Scope, Scope] = (((), ()), ((), ()))
    moves: tuple[Moves, Moves] = field(default_factory=lambda: ({}, {}))
    """Before the second plan, and after it."""
    cut: Fault | None = None
    """What went wrong in an apply of the first plan."""
    cut_late: bool = False
    """That was after the second plan; else before it."""
    cancelled: bool = False
    """And somebody cancelled it then."""
    rotated: tuple[str, ...] = ()
    """Tenants whose credentials got another secret at the end."""


@dataclass(frozen=True)
class Expected:
    """What must come of the two plans."""

    stale: set[str]
    posts: list[Place]
    waiting: set[Place]
    exit_code: int


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that examples use one after the other."""
    folder = tmp_path_factory.mktemp("arena")
    with Sandbox(tmp_path_factory.mktemp("arena-state") / "sandbox.db", CATALOGUE, seed=None).running() as running:
        yield Stage(folder, running)


def lay_out(arena: Stage, fleet: Mapping[str, Tenant]) -> None:
    """Clear the stage, and put `fleet` on it."""
    arena.clear()
    for tenant, one in fleet.items():
        arena.access(tenant)
        for name in SECRETS:
            arena.secret(tenant, name, secret_text(tenant, name), HOST)
        for key, state in one.live.items():
            arena.sandbox.set_value(tenant, key, state.value, state.date)
    check_out(arena, fleet)


def merged(fleet: Mapping[str, Tenant], *pulls: Edits) -> dict[str, Tenant]:
    """Return the fleet after these pull requests; where two declare the same, the last one wins."""
    made = {}
    for tenant, one in fleet.items():
        declared = dict(one.declared)
        for pull in pulls:
            declared |= {key: value for (name, key), value in pull.items() if name == tenant}
        made[tenant] = replace(one, declared={key: value for key, value in declared.items() if value is not None})
    return made


def check_out(arena: Stage, fleet: Mapping[str, Tenant], *pulls: Edits) -> None:
    """Put the files there as they are after these pull requests."""
    for tenant, one in merged(fleet, *pulls).items():
        arena.write(tenant, one.document())


def move(arena: Stage, moves: Moves) -> None:
    """Change live values, today."""
    for (tenant, key), state in moves.items():
        if state is None:
            arena.sandbox.unset(tenant, key)
        elif state.date is None:
            arena.sandbox.set_value(tenant, key, state.value, None)
        else:
            arena.sandbox.set_value(tenant, key, state.value)


def snapshot(arena: Stage, tenants: Iterable[str]) -> dict[Place, Held | None]:
    """All that is stored."""
    stored = {(tenant, key): arena.sandbox.get_value(tenant, key) for tenant in tenants for key in KEYS}
    return {place: None if one is None else Held(one.value, one.updated_at) for place, one in stored.items()}


def restore(arena: Stage, states: Mapping[Place, Held | None]) -> None:
    """Make it the same again, dates included."""
    now = snapshot(arena, {tenant for tenant, _ in states})
    for (tenant, key), state in states.items():
        if state is None:
            arena.sandbox.unset(tenant, key)
        elif state != now[tenant, key]:
            arena.sandbox.set_value(tenant, key, state.value, state.date)
    arena.forget_log()


def posts(arena: Stage) -> list[Place]:
    return sorted((entry.tenant, str(entry.key)) for entry in arena.log(method="POST"))


# ------------------------------------------------------------------------------------------------------- the model


def text_of(value: Any) -> str:
    """The same text for the same JSON value: 20 and 20.0 are one number, true and 1 are not."""

    def number(digits: str) -> float:
        return int(float(digits)) if float(digits).is_integer() else float(digits)

    return json.dumps(json.loads(json.dumps(value), parse_float=number), sort_keys=True)


def looked_at(scopes: Sequence[Scope], tenant: str, key: str) -> bool:
    return any((not tenants or tenant in tenants) and (not keys or key in keys) for tenants, keys in scopes)


def rows(planned: Result) -> dict[Place, str]:
    """What a plan would write, in a text that is the same if the change is."""
    return {
        (tenant["tenant"], key["key"]): text_of(
            [
                tenant["origin"],
                key["action"],
                {side: key[side] for side in ("before", "after") if side in key},
                [change["pointer"] for change in key["changes"] if change["sensitive"]],
                key["live_updated_at"] if key["key"] in SECRET else "",
            ]
        )
        for tenant in planned.report["tenants"]
        for key in tenant["keys"]
        if key["action"] in {"create", "update"}
    }


def waiting(tenant: Any, scopes: Sequence[Scope]) -> set[Place]:
    """Pending keys of a tenant that come after one which can't be written."""
    keys = {key["key"]: key for key in tenant["keys"] if looked_at(scopes, tenant["tenant"], key["key"])}
    order = set()
    for name in keys:
        for rule in KEYS[name].write_after:
            if rule.key in keys:
                pair = (rule.key, name)
                order.add(pair if CATALOGUE.matches(rule.when, keys[name]["after"]) else pair[::-1])
    stuck = {name for name, key in keys.items() if key["action"] in {"unreadable", "blocked"}}
    held_up: set[str] = set()
    for _ in keys:
        held_up |= {
            then
            for first, then in order
            if first in stuck | held_up and keys[then]["action"] in {"create", "update"}
        }  # fmt: skip
    return {(tenant["tenant"], name) for name in held_up}


def expect(reviewed: Sequence[Result], scopes: Sequence[Scope], fresh: Result) -> Expected:
    """What must come of `apply` with these plans, by what is pending right before it."""
    files = [rows(one) for one in reviewed]
    pending = {place: row for place, row in rows(fresh).items() if looked_at(scopes, *place)}
    stale = {tenant for (tenant, key), row in pending.items() if row not in {one.get((tenant, key)) for one in files}}
    held_up = {place for tenant in fresh.report["tenants"] for place in waiting(tenant, scopes)}
    actions = {
        key["action"]
        for tenant in fresh.report["tenants"]
        for key in tenant["keys"]
        if looked_at(scopes, tenant["tenant"], key["key"])
    }
    held_up = {place for place in held_up if place[0] not in stale}
    failed = "unreadable" in actions or held_up
    return Expected(
        stale,
        sorted(place for place in pending if place[0] not in stale and place not in held_up),
        held_up,
        4 if stale else 1 if failed else 3 if "blocked" in actions else 0,
    )


# ------------------------------------------------------------------------------------------------------ the stories


def review(arena: Stage, scope: Scope, name: str) -> Result:
    """Plan what `scope` selects into a file."""
    tenants, keys = scope
    flags = [
        *(word for one in tenants for word in ("--tenant", one)),
        *(word for one in keys for word in ("--key", one)),
    ]
    return arena.plan(*flags, to=name)


def cut_short(arena: Stage, story: Story) -> None:
    """Apply the first plan, and have it go wrong."""
    if story.cut is None:
        return
    check_out(arena, story.fleet, story.first)
    arena.sandbox.fault(story.cut)
    if story.cancelled:
        arena.forget_log()
        process = arena.process("apply", "--plan", "first.json")
        until(lambda: any(one.status is None for one in arena.log(method="POST")))
        process.interrupt()
        assert process.wait().exit_code == 130
    else:
        assert arena.run("apply", "--plan", "first.json").exit_code in {0, 1, 3, 4}
    arena.sandbox.clear_faults()


def tell(arena: Stage, story: Story) -> Expected:
    """Play a story up to its end, apply both plans in both orders, and hold the model's word against what came."""
    lay_out(arena, story.fleet)
    check_out(arena, story.fleet, story.first)
    first = review(arena, story.scopes[0], "first.json")
    if not story.cut_late:
        cut_short(arena, story)
    move(arena, story.moves[0])
    check_out(arena, story.fleet, *([story.first] if story.stacked else []), story.second)
    second = review(arena, story.scopes[1], "second.json")
    if story.cut_late:
        cut_short(arena, story)
    move(arena, story.moves[1])
    for tenant in story.rotated:
        arena.secret(tenant, SECRETS[0], f"canary-new-of-{tenant}", HOST)
    check_out(arena, story.fleet, story.first, story.second)

    expected = expect([first, second], story.scopes, arena.run("plan"))
    before = snapshot(arena, story.fleet)
    ends = []
    for order in (("first.json", "second.json"), ("second.json", "first.json")):
        restore(arena, before)
        ended = arena.run("apply", *(word for name in order for word in ("--plan", name)))
        comes_as_expected(arena, ended, expected)
        values = {place: state and state.value for place, state in snapshot(arena, story.fleet).items()}
        ends.append((ended.results(), {name: ended.statuses(name) for name in ended.results()}, values))
    assert ends[0] == ends[1], "the order of the files doesn't matter"

    left = {place for place in rows(arena.run("plan")) if looked_at(story.scopes, *place)}
    assert {place for place in left if place[0] not in expected.stale} == expected.waiting
    return expected


def comes_as_expected(arena: Stage, ended: Result, expected: Expected) -> None:
    assert posts(arena) == expected.posts
    assert ended.exit_code == expected.exit_code
    assert {tenant for tenant, result in ended.results().items() if result == "stale"} == expected.stale
    assert ended.report["refusals"] == [] or expected.stale
    for tenant in expected.stale:
        assert set(ended.statuses(tenant).values()) <= {"not-attempted", "unchanged"}
    for tenant, key in expected.posts:
        assert ended.outcome(tenant, key)["status"] == "applied"
