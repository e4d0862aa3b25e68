"""The gate between plan and apply: how much may change, when, and who said that it may anyway."""

import pytest

from tests.journeys.stage import SEQUENCE, Stage

NOW = "from = 2020-01-01T00:00:00Z\nto = 2099-12-31T00:00:00Z"
PAST = "from = 2020-01-01T00:00:00Z\nto = 2020-12-31T00:00:00Z"


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Ten tenants, of which three would change."""
    for number in range(10):
        tenant = f"t{number}"
        stage.tenant(tenant, on_hold_timer_duration=60)
        stage.sandbox.set_value(tenant, "on_hold_timer_duration", 60)
    change(stage, "t1", "t2", "t3")
    return stage


def change(stage: Stage, *tenants: str) -> None:
    for tenant in tenants:
        stage.tenant(tenant, on_hold_timer_duration=120)


@pytest.mark.parametrize(
    ("gate", "rule"),
    [
        pytest.param("max_tenants_changed = 3", None, id="at-the-limit"),
        pytest.param("max_tenants_changed = 2", "max_tenants_changed", id="over-the-limit"),
        pytest.param("max_tenants_changed = 0", "max_tenants_changed", id="none-allowed"),
        pytest.param("max_changed_percent = 30", None, id="at-the-share"),
        pytest.param("max_changed_percent = 29.9", "max_changed_percent", id="over-the-share"),
        pytest.param("", None, id="at-the-default-share"),
        pytest.param(f'[[gate.freeze]]\n{NOW}\nreason = "peak"', "freeze", id="frozen"),
        pytest.param(f'[[gate.freeze]]\n{NOW}\ntenants = "t1"\nreason = "peak"', "freeze", id="one-frozen"),
        pytest.param(f'[[gate.freeze]]\n{NOW}\ntenants = "t9"\nreason = "peak"', None, id="frozen-without-change"),
        pytest.param(f'[[gate.freeze]]\n{PAST}\nreason = "peak"', None, id="no-longer-frozen"),
    ],
)
def test_nothing_is_written_while_a_rule_stands(fleet: Stage, gate: str, rule: str | None):
    """Equality passes; otherwise no tenant at all is written, and the refusal says which rule and how to go on."""
    fleet.settings(f"[gate]\n{gate}")
    planned = fleet.run("plan")
    assert planned.exit_code == 0, "in a plan a refusal is a notice"
    assert {one["rule"] for one in planned.report["refusals"]} == ({rule} if rule else set())
    ended = fleet.run("apply")
    if rule is None:
        assert (ended.exit_code, len(fleet.posted())) == (0, 3)
        return
    assert (ended.exit_code, ended.report["result"]) == (3, "refused")
    assert fleet.posted() == []
    assert {one["rule"] for one in ended.report["refusals"]} == {rule}
    assert f"--lift {rule}=" in ended.report["refusals"][0]["message"]
    assert {ended.results()[tenant] for tenant in ("t1", "t2", "t3")} == {"refused"}
    assert ended.results()["t4"] == "in-sync"


def test_the_default_share_is_30_percent_once_there_are_ten_tenants(fleet: Stage):
    """Below ten, one change is a large share of the fleet, and the default doesn't count."""
    change(fleet, "t4")
    ended = fleet.run("apply")
    assert (ended.exit_code, fleet.posted()) == (3, [])
    for tenant in ("t8", "t9"):
        (fleet.folder / "tenants" / f"{tenant}.yaml").unlink()
    assert fleet.run("apply").exit_code == 0
    assert len(fleet.posted()) == 4


def test_the_share_is_of_the_whole_fleet_and_not_of_the_selection(fleet: Stage):
    """One tenant of ten is a tenth, also when it is the only one that was selected."""
    fleet.settings("[gate]\nmax_changed_percent = 10")
    assert fleet.run("apply", "--tenant", "t1").exit_code == 0
    assert fleet.posted() == ["t1:on_hold_timer_duration"]


def test_every_refusal_is_told_and_each_wants_its_own_lift(fleet: Stage):
    """Lifting one of two rules writes nothing; lifting both writes, and the reasons stand in the report."""
    fleet.settings(f'[gate]\nmax_tenants_changed = 1\n[[gate.freeze]]\n{NOW}\nreason = "peak season"')
    ended = fleet.run("apply")
    assert {one["rule"] for one in ended.report["refusals"]} == {"max_tenants_changed", "freeze"}
    assert any("peak season" in one["message"] for one in ended.report["refusals"])
    ended = fleet.run("apply", "--lift", "freeze=the webhook is down")
    assert (ended.exit_code, fleet.posted()) == (3, [])
    assert ended.report["lifted"] == [{"rule": "freeze", "reason": "the webhook is down"}]
    ended = fleet.run("apply", "--lift", "freeze=the webhook is down", "--lift", "max_tenants_changed=incident 7")
    assert (ended.exit_code, len(fleet.posted())) == (0, 3)
    assert {one["rule"]: one["reason"] for one in ended.report["lifted"]} == {
        "freeze": "the webhook is down",
        "max_tenants_changed": "incident 7",
    }


def test_the_gate_holds_for_a_reviewed_plan_too(fleet: Stage):
    """A review says what, not when or how much at once."""
    fleet.plan()
    fleet.settings("[gate]\nmax_tenants_changed = 2")
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, fleet.posted()) == (3, [])
    assert fleet.run("apply", "--plan", "plan.json", "--lift", "max_tenants_changed=agreed").exit_code == 0


def test_a_run_without_changes_is_not_refused(fleet: Stage):
    """A scheduled run in the peak season stays green."""
    assert fleet.run("apply").exit_code == 0
    fleet.settings(f'[gate]\nmax_tenants_changed = 0\n[[gate.freeze]]\n{NOW}\nreason = "peak"')
    ended = fleet.run("apply")
    assert (ended.exit_code, ended.report["refusals"]) == (0, [])


def test_a_refused_first_set_stops_its_key_alone(stage: Stage):
    """`irreversible` is no rule of the run: everything else is written."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120, sales_order_generator_sequence=SEQUENCE)
    ended = stage.run("apply")
    assert (ended.exit_code, ended.report["result"]) == (3, "refused")
    assert sorted(stage.posted()) == ["acme:on_hold_timer_duration", "beta:on_hold_timer_duration"]
