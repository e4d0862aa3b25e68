"""`apply --plan FILE --shard I/N`: a part of what was reviewed, under the verdict about all of it."""

import json
from typing import Any

import pytest

from reconciler.inputs.choice import Shard
from tests.journeys.stage import SEQUENCE, Result, Stage

NAMES = tuple(f"t{number}" for number in range(10))
CHANGED = NAMES[:3]
ALWAYS = "from = 2020-01-01T00:00:00Z\nto = 2099-12-31T00:00:00Z"
TIMER = "on_hold_timer_duration"
COUNT = 3


def of_shard(number: int) -> list[str]:
    return [name for name in NAMES if Shard(number, COUNT).holds(name)]


HOME = {name: number for number in range(1, COUNT + 1) for name in of_shard(number)}
"""The shard of each tenant."""


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Ten tenants, of which three would change; planned in three shards, and merged."""
    for name in NAMES:
        stage.tenant(name, on_hold_timer_duration=120 if name in CHANGED else 60)
        stage.sandbox.set_value(name, TIMER, 60)
    plan_in_shards(stage)
    return stage


def plan_in_shards(stage: Stage, *words: str) -> None:
    for number in range(1, COUNT + 1):
        stage.plan("--shard", f"{number}/{COUNT}", *words, to=f"plan-{number}.json")
    merge(stage, "plan", "plan.json")
    stage.forget_log()


def merge(stage: Stage, of: str, to: str) -> tuple[Result, Any]:
    files = [f"{of}-{number}.json" for number in range(1, COUNT + 1)]
    ended = stage.run("report", *files, "--report", to)
    return ended, json.loads((stage.folder / to).read_text())


def apply_in_shards(stage: Stage, *words: str) -> dict[int, Result]:
    return {
        number: stage.run(
            "apply", "--plan", "plan.json", "--shard", f"{number}/{COUNT}", "--report", f"apply-{number}.json", *words
        )
        for number in range(1, COUNT + 1)
    }


def test_the_fleet_of_these_tests_has_changes_in_several_shards():
    """Otherwise they would show nothing."""
    assert len({HOME[name] for name in CHANGED}) > 1
    assert set(HOME) == set(NAMES)


def test_a_shard_looks_at_its_own_tenants_and_all_shards_together_at_all(fleet: Stage):
    """Each reads and writes its part; the merged report is of the whole run."""
    for number, ended in apply_in_shards(fleet).items():
        assert ended.exit_code == 0
        assert list(ended.results()) == of_shard(number)
        assert ended.report["selection"]["shard"] == f"{number}/{COUNT}"
    assert sorted(fleet.posted()) == [f"{name}:{TIMER}" for name in CHANGED]
    ended, whole = merge(fleet, "apply", "apply.json")
    assert (ended.exit_code, whole["selection"]["shard"], len(whole["tenants"])) == (0, None, len(NAMES))
    assert sorted(whole["undo"]) == sorted(CHANGED)


def test_the_whole_plan_in_another_number_of_shards_or_one(fleet: Stage):
    """The plan's shards are merged away, so that an apply may have more machines than its plan."""
    for number in range(1, 6):
        assert fleet.run("apply", "--plan", "plan.json", "--shard", f"{number}/5").exit_code == 0
    assert sorted(fleet.posted()) == [f"{name}:{TIMER}" for name in CHANGED]
    assert fleet.run("apply", "--plan", "plan.json", "--shard", "1/1").exit_code == 0


@pytest.mark.parametrize(
    ("gate", "rules"),
    [
        pytest.param("max_tenants_changed = 2", ["max_tenants_changed"], id="too-many"),
        pytest.param("max_changed_percent = 29", ["max_changed_percent"], id="too-large-a-share"),
        pytest.param(f'[[gate.freeze]]\n{ALWAYS}\ntenants = "t0"\nreason = "peak"', ["freeze"], id="one-is-frozen"),
        pytest.param(
            f'max_tenants_changed = 0\n[[gate.freeze]]\n{ALWAYS}\nreason = "peak"',
            ["freeze", "freeze", "freeze", "max_tenants_changed"],
            id="all-of-it",
        ),
    ],
)
def test_every_shard_comes_to_the_same_verdict(fleet: Stage, gate: str, rules: list[str]):
    """No shard has more than two changes, and t0 is in one of them; still all are refused, and for the same reason."""
    fleet.settings(f"[gate]\n{gate}")
    ended = apply_in_shards(fleet)
    assert {(one.exit_code, one.report["result"]) for one in ended.values()} == {(3, "refused")}
    verdicts = [one.report["refusals"] for one in ended.values()]
    assert sorted(one["rule"] for one in verdicts[0]) == rules
    assert verdicts == [verdicts[0]] * COUNT
    assert fleet.posted() == []
    merged, whole = merge(fleet, "apply", "apply.json")
    assert (merged.exit_code, len(whole["refusals"])) == (3, len(rules))


def test_a_shard_that_is_run_again_comes_to_the_verdict_of_the_first_time(fleet: Stage):
    """What the others have written meanwhile still counts: at the limit it passes, and a freeze since then stops it."""
    fleet.settings("[gate]\nmax_tenants_changed = 3")
    assert {one.exit_code for one in apply_in_shards(fleet).values()} == {0}
    assert {one.exit_code for one in apply_in_shards(fleet).values()} == {0}
    fleet.settings("[gate]\nmax_tenants_changed = 2")
    assert {one.exit_code for one in apply_in_shards(fleet).values()} == {3}


def test_a_lift_counts_in_every_shard_that_is_given_it(fleet: Stage):
    """And is recorded once in the merged report."""
    fleet.settings("[gate]\nmax_tenants_changed = 1")
    ended = apply_in_shards(fleet, "--lift", "max_tenants_changed=agreed")
    assert {one.exit_code for one in ended.values()} == {0}
    assert merge(fleet, "apply", "apply.json")[1]["lifted"] == [{"rule": "max_tenants_changed", "reason": "agreed"}]


def test_a_stale_tenant_is_left_alone_in_its_shard_and_the_merged_report_says_so(fleet: Stage):
    """Staleness is a tenant's affair: neither its shard's other tenants nor other shards wait for it."""
    fleet.sandbox.set_value("t1", TIMER, 61)
    ended = apply_in_shards(fleet)
    assert {number: one.exit_code for number, one in ended.items()} == {
        number: 4 if number == HOME["t1"] else 0 for number in range(1, COUNT + 1)
    }
    assert sorted(fleet.posted()) == [f"t0:{TIMER}", f"t2:{TIMER}"]
    merged, whole = merge(fleet, "apply", "apply.json")
    assert (merged.exit_code, whole["result"]) == (4, "stale")


def test_a_broken_file_stops_every_shard_whichever_has_it(fleet: Stage):
    """As it would without shards: nothing is written, each says where, and the merged report says it once."""
    fleet.write("t9", {"sales_order": {TIMER: "soon"}})
    ended = apply_in_shards(fleet)
    assert {one.exit_code for one in ended.values()} == {1}
    assert fleet.posted() == []
    for number, one in ended.items():
        assert [problem["tenant"] for problem in one.report["problems"]] == (["t9"] if number != HOME["t9"] else [])
    merged, whole = merge(fleet, "apply", "apply.json")
    assert (merged.exit_code, whole["problems"], whole["result"]) == (1, [], "failed")
    assert [one["tenant"] for one in whole["tenants"] if one["problems"]] == ["t9"]
    assert fleet.run("apply", "--plan", "plan.json").exit_code == 1


def test_a_shard_without_a_plan_is_refused_with_the_way_to_go(fleet: Stage):
    """Its gate would see a part of the changes."""
    ended = fleet.run("apply", "--shard", "1/3")
    assert ended.exit_code == 64
    assert "reconciler report plan-*.json --report plan.json" in ended.stderr
    assert "reconciler apply --plan plan.json --shard I/N" in ended.stderr
    assert fleet.log() == []


@pytest.mark.parametrize("shard", [(), ("--shard", "1/3"), ("--shard", "2/3")], ids=["all", "its own", "another"])
def test_a_plan_of_one_shard_is_no_plan_to_apply(fleet: Stage, shard: tuple[str, ...]):
    """Not even to its own shard: the gate would count the changes of that shard only."""
    ended = fleet.run("apply", "--plan", "plan-1.json", *shard)
    assert ended.exit_code == 64
    assert "shard 1/3 alone" in ended.stderr
    assert "reconciler report plan-*.json" in ended.stderr
    assert fleet.run("apply", *(word for n in (1, 2, 3) for word in ("--plan", f"plan-{n}.json"))).exit_code == 64
    assert fleet.log() == []


@pytest.mark.parametrize("shard", ["0/3", "4/3", "x", "1/0"])
def test_a_shard_that_there_is_not_is_refused(fleet: Stage, shard: str):
    """Before any request."""
    assert fleet.run("apply", "--plan", "plan.json", "--shard", shard).exit_code == 64
    assert fleet.log() == []


def test_the_shard_narrows_the_selection_of_the_plan_and_never_widens_it(fleet: Stage):
    """A plan of some tenants and keys, in shards: nobody else is even read."""
    plan_in_shards(fleet, "--tenant", "t[0-4]", "--key", "*timer*")
    ended = apply_in_shards(fleet)
    assert {entry.tenant for entry in fleet.log()} == {"t0", "t1", "t2", "t3", "t4"}
    for number, one in ended.items():
        chosen = one.report["selection"]
        assert (chosen["tenants"], chosen["keys"], chosen["shard"]) == (["t[0-4]"], ["*timer*"], f"{number}/{COUNT}")


def test_two_plans_in_shards_count_together(fleet: Stage):
    """Two pull requests: each shard judges by both."""
    fleet.settings("[gate]\nmax_tenants_changed = 2")
    fleet.plan("--tenant", "t0", to="one.json")
    fleet.plan("--tenant", "t[12]", to="two.json")
    words = ("apply", "--plan", "one.json", "--plan", "two.json", "--shard")
    assert {fleet.run(*words, f"{number}/2").exit_code for number in (1, 2)} == {3}
    fleet.settings("[gate]\nmax_tenants_changed = 3")
    assert {fleet.run(*words, f"{number}/2").exit_code for number in (1, 2)} == {0}
    assert sorted(fleet.posted()) == [f"{name}:{TIMER}" for name in CHANGED]


def test_a_tenant_whose_file_is_gone_since_the_plan_counts_no_more(fleet: Stage):
    """In no shard, as it would not without shards; with no file left at all this is the wrong folder."""
    fleet.settings("[gate]\nmax_tenants_changed = 2\nmax_changed_percent = 100")
    (fleet.folder / "tenants" / "t0.yaml").unlink()
    assert {one.exit_code for one in apply_in_shards(fleet).values()} == {0}
    for file in (fleet.folder / "tenants").iterdir():
        file.unlink()
    assert {one.exit_code for one in apply_in_shards(fleet).values()} == {64}


def test_all_shards_are_given_the_same_flags(stage: Stage):
    """--assume-unset names one tenant; the other shards pass it over, and a typo is a wrong call in all."""
    stage.settings("[gate]\nmax_changed_percent = 100")
    for name in NAMES:
        stage.tenant(name, sales_order_generator_sequence=SEQUENCE)
        stage.sandbox.set_value(name, "sales_order_generator_sequence", {**SEQUENCE, "prefix": "??"}, None)
    flag = ("--assume-unset", "t4:sales_order_generator_sequence")
    plan_in_shards(stage, *flag)
    apply_in_shards(stage, *flag)
    assert stage.posted() == ["t4:sales_order_generator_sequence"]
    for wrong in ("t4:sales_order_generator_sequenc", "t44:sales_order_generator_sequence"):
        for number in range(1, COUNT + 1):
            ended = stage.run("plan", "--shard", f"{number}/{COUNT}", "--assume-unset", wrong)
            assert ended.exit_code == 64, (number, wrong)


def test_a_single_shard_is_merged_by_itself(fleet: Stage):
    """A matrix of one job takes the same way as one of many."""
    fleet.plan("--shard", "1/1", to="plan-1.json")
    assert fleet.run("report", "plan-1.json", "--report", "one.json").exit_code == 0
    assert json.loads((fleet.folder / "one.json").read_text())["selection"]["shard"] is None
    assert fleet.run("apply", "--plan", "one.json", "--shard", "1/1").exit_code == 0


def test_reports_that_do_not_belong_together_are_refused_by_name(fleet: Stage):
    """With what each of them says, and what to give instead."""
    apply_in_shards(fleet)
    ended = fleet.run("report", "plan-1.json", "apply-2.json", "plan-3.json", "--report", "no.json")
    assert ended.exit_code == 64
    for words in ("plan-1.json, plan-3.json: plan", "apply-2.json: apply", "Merge those of one run"):
        assert words in ended.stderr
    fleet.sandbox.set_value("t1", TIMER, 99)
    fleet.plan("--shard", f"{HOME['t1']}/{COUNT}", to="later.json")
    ended = fleet.run("report", "plan-1.json", "plan-2.json", "plan-3.json", "later.json")
    assert ended.exit_code == 64
    assert f"Shard {HOME['t1']}/3 is given twice" in ended.stderr
    assert f"plan-{HOME['t1']}.json, later.json" in ended.stderr
    ended = fleet.run("report", "plan.json", "later.json")
    assert ended.exit_code == 64
    assert "later.json is of shard" in ended.stderr
    assert fleet.run("apply", "--plan", "no.json").exit_code == 64
