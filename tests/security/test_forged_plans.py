"""A plan file by somebody who may write it: whatever it says, apply writes what git wants, and no more.

The digest is no signature: who can write the file can compute it. So a forged one may stop a run, and may allow what is
declared in git and pending now; and that is all. The oracle is the files, the platform's history, and the settings.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from reconciler.model.normal import normalise, same
from reconciler.model.values import Value
from reconciler.planning.digest import run_digest, tenant_digest
from reconciler.report.from_json import Malformed, from_json
from reconciler.report.to_json import to_json
from reconciler.sandbox import Author, Write
from tests.journeys.generated import DATE, SECRETS, Held, Tenant, fleets, held, secret_text
from tests.journeys.stage import Stage
from tests.journeys.test_damaged_plans import another, places_in, spoilt
from tests.journeys.two_pulls import CATALOGUE, KEYS, Place, arena, few, lay_out, many, move, posts, snapshot
from tests.plugins.threats import Cases

__all__ = ["arena"]

FROZEN = '[[gate.freeze]]\nfrom = 2020-01-01T00:00:00Z\nto = 2099-01-01T00:00:00Z\ntenants = "{}"\nreason = "peak"'
GATES: Mapping[str, tuple[int, Callable[[str], bool]]] = {
    "": (3, lambda _: True),
    "[gate]\nmax_tenants_changed = 1": (1, lambda _: True),
    FROZEN.format("*"): (0, lambda _: False),
    FROZEN.format("one"): (3, lambda name: name != "one"),
}
"""Settings: how many tenants may be written, and which."""
FLAGS = ((), ("--allow-irreversible",), ("--shard", "1/1"), ("--shard", "1/2"))


def desired(tenant: str, key: str, value: Any) -> Value:
    """Return a declared value as it should be live, references resolved."""

    def resolved(part: Any) -> Any:
        if isinstance(part, Mapping):
            name = part.get("secret")
            return secret_text(tenant, name) if name in SECRETS else {name: resolved(one) for name, one in part.items()}
        return [resolved(one) for one in part] if isinstance(part, list) else part

    return normalise(resolved(value), KEYS[key].schema)


def written(arena: Stage, start: int) -> list[Write]:
    """What the client has written since write number `start`."""
    return [one for one in arena.sandbox.writes() if one.number > start and one.author is Author.CLIENT]


def wrong(
    fleet: Mapping[str, Tenant], before: Mapping[Place, Held | None], writes: Sequence[Write], gate: str
) -> Iterator[str]:
    """Say of every write what it must not have been."""
    most, may = GATES[gate]
    if len({one.tenant for one in writes}) > most:
        yield f"more than {most} tenants were written"
    for one in writes:
        place = (one.tenant, one.key)
        declared = fleet[one.tenant].declared if one.tenant in fleet else {}
        state = before.get(place)
        if not may(one.tenant):
            yield f"{place} is frozen"
        if one.key not in declared:
            yield f"{place} is not declared"
            continue
        want = desired(*place, declared[one.key])
        if not same(normalise(one.value, KEYS[one.key].schema), want):
            yield f"{place} got another value than the file's"
        if state is not None and same(normalise(state.value, KEYS[one.key].schema), want) and state.date is not None:
            yield f"{place} was not pending"
        if state is not None and KEYS[one.key].write_once and state.value not in (None, "", [], {}):
            yield f"{place} can be set once, and was"


# ------------------------------------------------------------------------------------------------------- the forger


@dataclass
class Forger:
    """Changes a plan as somebody would who knows the format, the files, and what is live."""

    data: st.DataObject
    report: Any
    other: Any
    """Another plan, of the same fleet in another state."""
    before: Mapping[Place, Held | None]

    def pick(self, items: Sequence[Any]) -> Any:
        return self.data.draw(st.sampled_from(items))

    def rows(self) -> list[tuple[Any, Any]]:
        return [(tenant, key) for tenant in self.report["tenants"] for key in tenant["keys"]]

    def any_value(self) -> None:
        """Any member or item, at any depth, is another one or is gone."""
        path, old = self.pick(list(places_in(self.report)))
        self.report = json.loads(spoilt(self.report, path, another(self.data, self.report, path, old)))

    def as_pending(self) -> None:
        """A key that is equal, blocked or unreadable is to be written."""
        for _, key in self.rows():
            if self.data.draw(st.booleans()):
                key |= {
                    "action": self.pick(["create", "update"]),
                    "reason": self.pick(["unset", "differs", "ambiguous"]),
                }
                key["irreversible"] = key["write_once"]
                if self.data.draw(st.booleans()):
                    key.pop("before", None)

    def as_it_is_now(self) -> None:
        """What is live now is given as what was reviewed, with its date."""
        for tenant, key in self.rows():
            state = self.before.get((tenant["tenant"], key["key"]))
            key["live_updated_at"] = None if state is None else state.date
            if state is not None and not any(change["sensitive"] for change in key["changes"]):
                key["before"] = state.value

    def another_after(self) -> None:
        """Another value than the file's is to be written."""
        for _, key in self.rows():
            if self.data.draw(st.booleans()):
                key["after"] = self.pick([1, {"enabled": True}, ["store"], {"secret": "FIRST"}, key["after"]])

    def swapped(self) -> None:
        """Two tenants change places."""
        if len(self.report["tenants"]) > 1:
            one, two = self.pick([(0, 1), (1, 0), (0, -1)])
            tenants = self.report["tenants"]
            for name in self.pick([("tenant", "origin"), ("keys",), ("tenant",), ("origin",)]):
                tenants[one][name], tenants[two][name] = tenants[two][name], tenants[one][name]

    def copied(self) -> None:
        """A tenant has another's changes besides."""
        if len(self.report["tenants"]) > 1:
            to, source = self.pick([(0, 1), (1, 0)])
            names = {key["key"] for key in self.report["tenants"][to]["keys"]}
            more = [key for key in self.report["tenants"][source]["keys"] if key["key"] not in names]
            self.report["tenants"][to]["keys"] += json.loads(json.dumps(more))

    def merged(self) -> None:
        """Tenants of a foreign plan stand beside, or in place of, its own."""
        foreign = json.loads(json.dumps(self.other["tenants"]))
        self.report["tenants"] = self.pick([foreign, [*self.report["tenants"], *foreign]])

    def wider(self) -> None:
        """The selection says more than was planned."""
        self.report["selection"] = {
            "tenants": [],
            "keys": [],
            "changed_since": None,
            "shard": self.pick([None, "1/1", "1/2"]),
        }

    def older(self) -> None:
        """It says that another tool wrote it, somewhere else, against something else."""
        self.report |= self.pick([{"tool_version": "0.0.1"}, {"sandbox": True}, {"command": "apply"}, {"exit_code": 0}])

    def elsewhere(self) -> None:
        """A tenant lives at another origin."""
        for tenant in self.report["tenants"][:1]:
            tenant["origin"] = self.pick(["https://evil.example", tenant["origin"] + "/", tenant["origin"].upper()])

    def file(self) -> bytes:
        """Return the file, its digests computed anew if the forger did."""
        text = json.dumps(self.report)
        if self.data.draw(st.sampled_from([True] * 7 + [False])):
            text = signed(text)
        content = text.encode()
        return content[: len(content) * 2 // 3] if self.data.draw(st.integers(0, 19)) == 19 else content


WAYS = (
    *(Forger.as_pending, Forger.as_it_is_now, Forger.another_after, Forger.copied, Forger.wider) * 4,
    *(Forger.any_value, Forger.swapped, Forger.merged, Forger.older, Forger.elsewhere),
)
"""Those that are refused at once are the fewest: what passes the first look is what matters."""


def signed(text: str) -> str:
    """Return a plan file with the digests that its content has; as it is, if it is no plan file any more."""
    report = from_json(text)
    if isinstance(report, Malformed):
        return text
    tenants = tuple(
        replace(one, digest=tenant_digest(one.tenant, one.origin, [key.change for key in one.keys]))
        for one in report.tenants
    )
    try:
        return to_json(replace(report, tenants=tenants, digest=run_digest(tenants)))
    except ValueError:
        return text


def nothing_is_widened(arena: Stage, fleet: Mapping[str, Tenant], data: st.DataObject, forgeries: int) -> int:
    """Plan, let the world move, forge the plan in several ways, and apply each. Return how many were applied."""
    arena.clear()
    gate = data.draw(st.sampled_from(list(GATES)))
    arena.settings(gate)
    lay_out(arena, fleet)
    other = arena.plan(to="other.json").report
    places = st.tuples(st.sampled_from(sorted(fleet)), st.sampled_from(sorted(KEYS)))
    for tenant, key in data.draw(st.lists(places, max_size=2)):
        move(arena, {(tenant, key): data.draw(held(KEYS[key], tenant, fleet[tenant].declared.get(key)))})
    report = arena.plan().report
    for tenant, key in data.draw(st.lists(places, max_size=2)):
        move(arena, {(tenant, key): data.draw(held(KEYS[key], tenant, fleet[tenant].declared.get(key)))})
    for _ in range(forgeries):
        before = snapshot(arena, fleet)
        forger = Forger(data, json.loads(json.dumps(report)), other, before)
        for way in data.draw(st.lists(st.sampled_from(WAYS), min_size=1, max_size=3)):
            try:
                way(forger)
            except (KeyError, TypeError, AttributeError, IndexError):
                break  # the one before has left nothing to forge
            event(way.__name__)
        (arena.folder / "plan.json").write_bytes(forger.file())
        start = max((one.number for one in arena.sandbox.writes()), default=0)
        ended = arena.run("apply", "--plan", "plan.json", *data.draw(st.sampled_from(FLAGS)))
        writes = written(arena, start)
        assert list(wrong(fleet, before, writes, gate)) == []
        assert ended.exit_code in {0, 1, 3, 4, 64}, ended.stderr
        assert ended.exit_code != 64 or not writes
        event(f"exit {ended.exit_code}{' and a write' if writes else ''}")
    return forgeries


@given(fleet=fleets(CATALOGUE), data=st.data())
@settings(few, max_examples=16, suppress_health_check=list(HealthCheck))
def test_a_forged_plan_file_never_widens_what_apply_may_do(
    arena: Stage, cases: Cases, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """Any value, digests computed anew or not, tenants swapped, copied, merged, moved; with the world moved, too."""
    cases.add(nothing_is_widened(arena, fleet, data, 3))


@pytest.mark.long
@given(fleet=fleets(CATALOGUE), data=st.data())
@settings(many, max_examples=150, suppress_health_check=list(HealthCheck))
def test_many_forged_plan_files_never_widen_what_apply_may_do(
    arena: Stage, cases: Cases, fleet: Mapping[str, Tenant], data: st.DataObject
):
    """The same, with more patience."""
    cases.add(nothing_is_widened(arena, fleet, data, 4))


TIMER, LIMIT = "sales_order.on_hold_timer_duration", "sales_order.big_sales_order"
ONCE = next(name for name, key in KEYS.items() if key.write_once)
SEQUENCE = {"prefix": "NS", "size": 16, "start": 1, "step": 1}


def forged(arena: Stage, change: Callable[[Any], object]) -> None:
    """Change plan.json, and give it the digests of what it says then."""
    path = arena.folder / "plan.json"
    report = json.loads(path.read_text())
    change(report)
    path.write_text(signed(json.dumps(report)))


def _named(report: Any, key: str) -> Any:
    return next(one for one in report["tenants"][0]["keys"] if one["key"] == key)


def test_a_forged_plan_can_not_bring_a_value_that_no_file_has(arena: Stage, cases: Cases):
    """It says 999; the file says 120, so nobody reviewed that: stale."""
    lay_out(arena, {"one": Tenant({TIMER: 120}, {TIMER: Held(60)})})
    arena.settings()
    arena.plan()
    forged(arena, lambda report: _named(report, TIMER).update(after=999))
    ended = arena.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, arena.live("one", TIMER)) == (4, 60)
    cases.add()


@pytest.mark.parametrize("flags", FLAGS, ids=["plain", "allowed", "sharded", "half"])
def test_a_forged_plan_can_not_send_a_sequence_to_a_tenant_that_has_one(arena: Stage, flags: Sequence[str]):
    """It says that nothing is there; apply looks, and what is set stays."""
    old = {**SEQUENCE, "prefix": "OLD"}
    lay_out(arena, {"one": Tenant({ONCE: SEQUENCE, TIMER: 120}, {ONCE: Held(old)})})
    arena.settings()
    arena.plan()

    def change(report: Any) -> None:
        row = _named(report, ONCE)
        row.update(action="create", reason="unset", irreversible=True, live_updated_at=None)
        row.pop("before", None)

    forged(arena, change)
    arena.run("apply", "--plan", "plan.json", *flags)
    assert (ONCE, arena.live("one", ONCE)) == (ONCE, old)
    assert ("one", ONCE) not in posts(arena)


def test_a_forged_plan_does_not_pass_the_gate_by_itself(arena: Stage):
    """Its own refusals, lifts and counts say nothing: the gate judges what would be written now."""
    lay_out(arena, {name: Tenant({TIMER: 120}, {TIMER: Held(60)}) for name in ("one", "two")})
    arena.settings("[gate]\nmax_tenants_changed = 1")
    assert arena.plan().exit_code == 0
    forged(arena, lambda report: report.update(lifted=[{"rule": "max_tenants_changed", "reason": "x"}], refusals=[]))
    before = len(posts(arena))
    ended = arena.run("apply", "--plan", "plan.json")
    arena.settings()
    assert (ended.exit_code, len(posts(arena))) == (3, before)


def test_a_forged_date_lets_nothing_through_but_what_the_file_says(arena: Stage):
    """A secret that moved since the review is stale by its date, which no digest covers: forged, git's is written."""
    hook = next(name for name in KEYS if name.endswith("webhook"))
    value = {"url": "https://hook.example/", "api_key": {"secret": "FIRST"}}
    live = {"url": "https://hook.example/", "api_key": "canary-of-nobody"}
    lay_out(arena, {"one": Tenant({hook: value}, {hook: Held(live)})})
    arena.settings()
    arena.plan()
    arena.sandbox.set_value("one", hook, {**live, "api_key": "canary-of-another"}, "2026-02-02T00:00:00Z")
    assert arena.run("apply", "--plan", "plan.json").exit_code == 4
    forged(arena, lambda report: _named(report, hook).update(live_updated_at="2026-02-02T00:00:00Z"))
    assert arena.run("apply", "--plan", "plan.json").exit_code == 0
    assert same(normalise(arena.live("one", hook), KEYS[hook].schema), desired("one", hook, value))


@pytest.mark.parametrize("name", ["apply.journal.jsonl", "apply.json", "merged.json"])
def test_what_is_no_plan_is_never_taken_for_one(arena: Stage, name: str):
    """A journal, the report of an apply, two plans in one file: refused before anything is asked."""
    lay_out(arena, {"one": Tenant({TIMER: 120}, {TIMER: Held(60)})})
    arena.settings()
    plan = arena.plan().report
    arena.run("apply", "--report", "apply.json")
    (arena.folder / "merged.json").write_text(json.dumps(plan) + json.dumps(plan))
    arena.sandbox.set_value("one", TIMER, 60, DATE)
    before = len(arena.sandbox.log())
    ended = arena.run("apply", "--plan", name)
    assert (ended.exit_code, len(arena.sandbox.log())) == (64, before)


def test_the_oracle_sees_what_must_not_be():
    """Each of the things that a forged plan must not bring about is told from what it may."""
    fleet = {"one": Tenant({TIMER: 120, ONCE: SEQUENCE}, {})}

    def told(key: str, value: Any, state: Held | None, gate: str = "") -> list[str]:
        write = Write(7, DATE, "one", key, Author.CLIENT, 1, unset=False, value=value, updated_at=DATE)
        return list(wrong(fleet, {("one", key): state}, [write], gate))

    assert told(TIMER, 120, Held(60)) == []
    assert told(ONCE, SEQUENCE, None) == []
    assert told(TIMER, 999, Held(60))
    assert told(TIMER, 120, Held(120))
    assert told(LIMIT, {"soft_limit_for_big_orders": 3}, None)
    assert told(ONCE, SEQUENCE, Held({**SEQUENCE, "prefix": "OLD"}))
    assert told(TIMER, 120, Held(60), FROZEN.format("one"))
