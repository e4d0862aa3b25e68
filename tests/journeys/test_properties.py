"""What holds for every fleet, found by making fleets up: on a real socket, through the command line."""

import re
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Sandbox
from tests.journeys.generated import HOST, SECRETS, Held, Tenant, fleets, secret_text, twins
from tests.journeys.stage import Result, Stage


def _shipped() -> Catalogue:
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


CATALOGUE = _shipped()
WRITE_ONCE = {key.name for key in CATALOGUE.keys if key.write_once}
TIMES = re.compile(r'"(started_at|finished_at)": "[^"]*"')

NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing example takes minutes to shrink here; the long variant has them."""

some = settings(max_examples=15, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.too_slow])
many = settings(some, max_examples=250, phases=tuple(Phase))


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that examples use one after the other."""
    folder = tmp_path_factory.mktemp("arena")
    with Sandbox(tmp_path_factory.mktemp("arena-state") / "sandbox.db", CATALOGUE, seed=None).running() as running:
        yield Stage(folder, running)


def lay_out(arena: Stage, fleet: Mapping[str, Tenant], *, files: bool = True) -> None:
    """Clear the stage, and put `fleet` on it."""
    arena.clear()
    for number, (tenant, one) in enumerate(fleet.items()):
        arena.access(tenant, client=bool(number % 2))
        for name in SECRETS:
            arena.secret(tenant, name, secret_text(tenant, name), HOST)
        for key, held in one.live.items():
            arena.sandbox.set_value(tenant, key, held.value, held.date)
        if files:
            arena.write(tenant, one.document())


def states(arena: Stage, fleet: Mapping[str, Tenant]) -> dict[tuple[str, str], Held | None]:
    """All that is stored, by tenant and key."""
    found: dict[tuple[str, str], Held | None] = {}
    for tenant in fleet:
        for key in CATALOGUE.keys:
            stored = arena.sandbox.get_value(tenant, key.name)
            found[tenant, key.name] = None if stored is None else Held(stored.value, stored.updated_at)
    return found


def without_times(arena: Stage, name: str) -> str:
    return TIMES.sub("", (arena.folder / name).read_text())


def touched(arena: Stage, method: str | None = None) -> list[tuple[str, str]]:
    return [(entry.tenant, str(entry.key)) for entry in arena.log(method=method)]


def converges(arena: Stage, fleet: Mapping[str, Tenant]) -> None:
    """Plan twice, apply, plan: and hold everything that must be true of that."""
    lay_out(arena, fleet)
    declared = {(tenant, key) for tenant, one in fleet.items() for key in one.declared}
    before = states(arena, fleet)

    planned = arena.plan(to="first.json")
    arena.plan(to="second.json")
    assert without_times(arena, "first.json") == without_times(arena, "second.json")
    assert touched(arena, "POST") == []

    applied = arena.run("apply", "--allow-irreversible")
    posted = touched(arena, "POST")
    assert len(posted) == len(set(posted)), "each key at most once"
    skipped = behind_a_stuck_key(applied)
    assert {f"{tenant}:{key}" for tenant, key in posted} == set(planned.pending()) - skipped
    assert set(touched(arena)) == declared, "no undeclared key was read or written"
    for tenant, key in posted:
        held = before[tenant, key]
        assert key not in WRITE_ONCE or held is None or (held.date is None and not held.value)
    after = states(arena, fleet)
    assert {place for place in before if before[place] != after[place]} == set(posted)
    _outcomes_are_true(applied, set(posted), skipped)

    again = arena.plan(to="third.json")
    assert set(again.pending()) == skipped
    assert _stuck(again) == _stuck(planned) == _stuck(applied)


def behind_a_stuck_key(applied: Result) -> set[str]:
    """Every `tenant:key` that waits for another key of its tenant, which can't be read."""
    found = set()
    for tenant in applied.report["tenants"]:
        stuck = {key["key"] for key in tenant["keys"] if key["action"] == "unreadable"}
        for key in tenant["keys"]:
            if key["outcome"]["status"] == "skipped":
                assert any(name in key["outcome"]["detail"] for name in stuck)
                found.add(f"{tenant['tenant']}:{key['key']}")
    return found


def _outcomes_are_true(applied: Result, posted: set[tuple[str, str]], skipped: set[str]) -> None:
    for tenant in applied.report["tenants"]:
        for key in tenant["keys"]:
            wanted = "not-attempted" if key["action"] in {"blocked", "unreadable"} else "unchanged"
            if (tenant["tenant"], key["key"]) in posted:
                wanted = "applied"
            if f"{tenant['tenant']}:{key['key']}" in skipped:
                wanted = "skipped"
            assert key["outcome"]["status"] == wanted


def _stuck(result: Result) -> set[tuple[str, str, str]]:
    return {
        (tenant["tenant"], key["key"], key["action"])
        for tenant in result.report["tenants"]
        for key in tenant["keys"]
        if key["action"] in {"blocked", "unreadable"}
    }


@given(fleet=fleets(CATALOGUE))
@some
def test_any_fleet_converges_in_one_apply_that_touches_nothing_else(arena: Stage, fleet: Mapping[str, Tenant]):
    """Only what differs is sent, once; undeclared keys are left alone; then nothing is left to do."""
    converges(arena, fleet)


@pytest.mark.long
@given(fleet=fleets(CATALOGUE))
@many
def test_any_of_many_fleets_converges(arena: Stage, fleet: Mapping[str, Tenant]):
    """The same, with more patience."""
    converges(arena, fleet)


@given(fleet=fleets(CATALOGUE))
@some
def test_a_plan_right_after_an_import_changes_nothing(arena: Stage, fleet: Mapping[str, Tenant]):
    """Whatever is live: what can't be read makes no file, and everything else makes a valid one."""
    lay_out(arena, fleet, files=False)
    imported = arena.run("import", *fleet)
    written = [tenant for tenant, result in imported.results().items() if result == "applied"]
    assert imported.exit_code == (0 if len(written) == len(fleet) else 1)
    if written:
        planned = arena.run("plan", "--detailed-exitcode")
        assert planned.exit_code == 0, planned.stdout
        assert sorted(planned.results()) == sorted(written)
    assert touched(arena, "POST") == []
    for path in (arena.folder / "tenants").iterdir():
        assert "canary" not in path.read_text()


@given(fleet=twins(CATALOGUE))
@some
def test_the_same_value_in_another_form_is_no_change(arena: Stage, fleet: Mapping[str, Tenant]):
    """Sets in another order, defaults written out or left out, 20 and 20.0."""
    lay_out(arena, fleet)
    planned = arena.run("plan", "--detailed-exitcode")
    assert planned.exit_code == 0
    assert {key["action"] for tenant in planned.report["tenants"] for key in tenant["keys"]} == {"no-op"}


@given(fleet=fleets(CATALOGUE), moved=st.data())
@some
def test_a_reviewed_plan_writes_what_was_reviewed_or_nothing(
    arena: Stage, fleet: Mapping[str, Tenant], moved: st.DataObject
):
    """Some live values move after the review: a tenant is then either as reviewed, or not written at all."""
    lay_out(arena, fleet)
    planned = arena.plan()
    tenant = moved.draw(st.sampled_from(sorted(fleet)))
    key = moved.draw(st.sampled_from(CATALOGUE.keys))
    arena.sandbox.set_value(tenant, key.name, key.example)
    applied = arena.run("apply", "--plan", "plan.json")
    posted = {f"{tenant}:{key}" for tenant, key in touched(arena, "POST")}
    assert posted <= set(planned.pending())
    for name in fleet:
        mine = {pair for pair in planned.pending() if pair.startswith(f"{name}:")}
        if name != tenant:
            mine -= behind_a_stuck_key(applied)
            assert {pair for pair in posted if pair.startswith(f"{name}:")} == mine
            assert applied.results()[name] != "stale"
    if applied.results()[tenant] == "stale":
        assert not any(pair.startswith(f"{tenant}:") for pair in posted)
        assert applied.exit_code == 4


@pytest.mark.parametrize("live", [1, 0, "true", [True], {"enabled": 1}, {"enabled": "true"}])
def test_true_is_not_1(stage: Stage, live: object):
    """Python thinks so; the platform's document doesn't."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, external_oms={"enabled": True})
    stage.sandbox.set_value("acme", "external_oms", live)
    stage.sandbox.set_value("beta", "external_oms", {"enabled": True})
    planned = stage.run("plan")
    assert (planned.actions("acme"), planned.actions("beta")) == (
        {"external_oms": "unreadable"},
        {"external_oms": "no-op"},
    )
