"""Shards as processes of their own, as on several machines: plan, merge, apply under the merged plan, merge again."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue
from reconciler.inputs.choice import Shard
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from tests.journeys.stage import SEQUENCE, Process, Stage, until

COUNT = 4
NAMES = tuple(f"tenant-{number:02}" for number in range(24))
TIMER = "on_hold_timer_duration"
ANY_SHARE = "[gate]\nmax_changed_percent = 100"


@pytest.fixture
def sandbox(tmp_path: Path, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """A server for one test: what is slow in it must not end in another's."""
    with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two dozen tenants with a change and a key in sync each; some have a first set, too."""
    stage.settings(ANY_SHARE, limits={"read_timeout": 30})
    for place, name in enumerate(NAMES):
        once = {"sales_order_generator_sequence": SEQUENCE} if place % 5 == 0 else {}
        stage.tenant(name, on_hold_timer_duration=120, external_oms={"enabled": False}, **once)
        stage.sandbox.set_value(name, TIMER, 60)
        stage.sandbox.set_value(name, "external_oms", {"enabled": False})
    return stage


def of_shard(number: int, count: int = COUNT) -> list[str]:
    return [name for name in NAMES if Shard(number, count).holds(name)]


def begin(stage: Stage, *words: str, number: int, to: str) -> Process:
    """Start one shard as a process; its report is `to-NUMBER.json`."""
    return stage.process(*words, "--shard", f"{number}/{COUNT}", "--report", f"{to}-{number}.json")


def kill(process: Process) -> None:
    """As a machine that is switched off."""
    process.handle.kill()
    process.handle.communicate(timeout=30)


def timeless(report: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in {"started_at", "finished_at"}}


def under_way(stage: Stage, tenant: str, method: str) -> bool:
    return any(entry.status is None for entry in stage.log(tenant, method=method))


def files(to: str) -> list[str]:
    return [f"{to}-{number}.json" for number in range(1, COUNT + 1)]


def plan_with_a_machine_lost(stage: Stage) -> None:
    """Plan in four processes, of which the second is killed while it reads, and run again."""
    slow = of_shard(2)[0]
    stage.sandbox.fault(Fault(FaultKind.DELAY, slow, f"sales_order.{TIMER}", "GET", seconds=20.0))
    started = {number: begin(stage, "plan", number=number, to="plan") for number in range(1, COUNT + 1)}
    until(lambda: under_way(stage, slow, "GET"))
    kill(started.pop(2))
    assert [process.wait().exit_code for process in started.values()] == [0] * (COUNT - 1)
    lost = stage.run("report", *files("plan")[:1], *files("plan")[2:], "--report", "merged.json")
    assert lost.exit_code == 64
    assert "Missing of 4 shards: 2." in lost.stderr
    assert stage.run("apply", "--plan", "merged.json").exit_code == 64, "what is left instead of a plan is no plan"
    assert begin(stage, "plan", number=2, to="plan").wait().exit_code == 0


def apply_with_a_machine_lost(stage: Stage) -> str:
    """Apply in four processes, of which the third is killed between a POST and its answer; return that tenant."""
    cut = of_shard(3)[-1]
    stage.sandbox.fault(Fault(FaultKind.DELAY, cut, f"sales_order.{TIMER}", "POST", seconds=20.0))
    words = ("apply", "--plan", "merged.json")
    started = {number: begin(stage, *words, number=number, to="apply") for number in range(1, COUNT + 1)}
    until(lambda: under_way(stage, cut, "POST") and stage.live(cut, TIMER) == 120)
    kill(started.pop(3))
    assert [process.wait().exit_code for process in started.values()] == [0] * (COUNT - 1)
    assert begin(stage, *words, number=3, to="apply").wait().exit_code == 0
    return cut


def test_four_machines_do_what_one_would_and_two_of_them_may_be_lost(fleet: Stage):
    """Plan, merge, apply, merge: the merged plan is the unsharded one, everything is written once, nothing is left."""
    whole = fleet.plan(to="whole.json").report
    plan_with_a_machine_lost(fleet)
    assert fleet.run("report", *reversed(files("plan")), "--report", "merged.json").exit_code == 0
    merged = json.loads((fleet.folder / "merged.json").read_text())
    assert timeless(merged) == timeless(whole)
    # A list of files that names more than is needed changes nothing.
    assert fleet.run("report", "merged.json", *files("plan"), "plan-1.json", "--report", "again.json").exit_code == 0
    assert (fleet.folder / "again.json").read_bytes() == (fleet.folder / "merged.json").read_bytes()

    fleet.forget_log()
    cut = apply_with_a_machine_lost(fleet)
    posted = fleet.posted()
    assert sorted(one for one in posted if one.endswith(TIMER)) == [f"{name}:{TIMER}" for name in NAMES]
    assert len(posted) == len(set(posted)) == len(whole_writes(whole))
    done = fleet.run("report", *files("apply"), "--report", "done.json")
    report = json.loads((fleet.folder / "done.json").read_text())
    assert (done.exit_code, report["command"], report["result"]) == (0, "apply", "applied")
    assert report["selection"] == whole["selection"]
    assert [tenant["tenant"] for tenant in report["tenants"]] == list(NAMES)
    # What the lost machine wrote is no change any more when its shard is run again: only its journal knows.
    assert set(NAMES) - set(of_shard(3)) <= set(report["undo"]) <= set(NAMES) - {cut}
    assert fleet.run("plan").pending() == []


def whole_writes(report: Any) -> list[str]:
    return [key["key"] for tenant in report["tenants"] for key in tenant["keys"] if key["action"] != "no-op"]
