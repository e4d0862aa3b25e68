"""Ctrl-C and SIGTERM in the middle of a run: the process ends soon, and its report is true."""

import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from tests.journeys.stage import SEQUENCE, Process, Stage, until

SLOW = {"read_timeout": 30, "connect_timeout": 2, "verify_timeout": 0.3}


@pytest.fixture
def sandbox(tmp_path: Path, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """A server for one test: what is slow in it must not end in another's."""
    with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """`acme` will have a slow request; `beta` is done by then."""
    stage.settings(limits=SLOW)
    stage.tenant("acme", on_hold_timer_duration=120, big_sales_order={"soft_limit_for_big_orders": 9})
    stage.tenant("beta", on_hold_timer_duration=120)
    return stage


def under_way(stage: Stage, tenant: str, method: str) -> bool:
    """The slow request has arrived, and the other tenant has nothing under way."""
    return any(one.status is None for one in stage.log(tenant, method=method)) and all(
        one.status for one in stage.log() if one.tenant != tenant
    )


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, id="int"), pytest.param(signal.SIGTERM, id="term")])
def test_an_interrupted_plan_is_130_and_reports_what_was_read(fleet: Stage, number: signal.Signals):
    """What was not read is unreadable, never unset."""
    fleet.sandbox.fault(Fault(FaultKind.DELAY, "acme", "on_hold_timer_duration", seconds=8))
    process = fleet.process("plan")
    until(lambda: under_way(fleet, "acme", "GET") and fleet.log("beta"))
    time.sleep(0.7)  # answered is not yet read, on a busy machine
    process.handle.send_signal(number)
    ended = process.wait(timeout=6)
    assert (ended.exit_code, ended.report["result"]) == (130, "interrupted")
    assert ended.actions("acme") == {"big_sales_order": "unreadable", "on_hold_timer_duration": "unreadable"}
    assert ended.actions("beta") == {"on_hold_timer_duration": "create"}
    assert "interrupted" in ended.stdout.lower()


def test_one_signal_lets_the_post_under_way_end_and_sends_no_other(fleet: Stage):
    """The key in flight is read back and told truly; the rest was not attempted."""
    fleet.sandbox.fault(Fault(FaultKind.DELAY, "acme", "on_hold_timer_duration", "POST", seconds=0.8))
    process = fleet.process("apply")
    until(lambda: under_way(fleet, "acme", "POST") and fleet.posted("beta"))
    process.interrupt()
    ended = process.wait()
    assert (ended.exit_code, ended.report["result"]) == (130, "interrupted")
    assert ended.statuses("acme") == {"big_sales_order": "not-attempted", "on_hold_timer_duration": "applied"}
    assert "Not attempted. The run was interrupted." in ended.stdout
    assert ended.results()["beta"] == "applied"
    assert fleet.posted("acme") == ["acme:on_hold_timer_duration"]
    assert fleet.live("acme", "on_hold_timer_duration") == 120


@pytest.mark.parametrize("key", ["on_hold_timer_duration", "sales_order_generator_sequence"])
def test_more_signals_end_it_at_once_and_the_key_in_flight_is_unknown(fleet: Stage, key: str):
    """It may have been written or not: the report says so, however often Ctrl-C is hit, and a second run converges."""
    fleet.tenant(
        "acme",
        on_hold_timer_duration=120,
        cancellation_allowed_from=["dc"],
        sales_order_generator_sequence=SEQUENCE,
    )
    fleet.sandbox.fault(Fault(FaultKind.DELAY, "acme", key, "POST", seconds=8))
    process = fleet.process("apply", "--allow-irreversible")
    until(lambda: under_way(fleet, "acme", "POST") and fleet.log("acme", key, "POST"))
    until(process.interrupted, seconds=4)
    ended = process.wait()
    assert (ended.exit_code, ended.report["result"]) == (130, "interrupted")
    statuses = ended.statuses("acme")
    assert statuses.pop(key) == "unknown"
    done = {"applied"} if key == "sales_order_generator_sequence" else {"not-attempted"}
    assert set(statuses.values()) == done
    again = fleet.run("apply", "--allow-irreversible")
    assert again.exit_code == 0
    assert len(fleet.log("acme", "sales_order_generator_sequence", "POST")) == 1
    assert fleet.live("acme", "sales_order_generator_sequence") == SEQUENCE


def test_an_interrupt_comes_before_every_other_way_to_end(fleet: Stage):
    """130 before 1: a tenant that failed already does not hide that the run was cut off."""
    fleet.sandbox.fault(Fault(FaultKind.STATUS, "beta", method="POST", status=400))
    fleet.sandbox.fault(Fault(FaultKind.DELAY, "acme", "on_hold_timer_duration", "POST", seconds=0.8))
    process = fleet.process("apply")
    until(lambda: under_way(fleet, "acme", "POST") and fleet.posted("beta"))
    process.interrupt()
    ended = process.wait()
    assert (ended.exit_code, ended.results()["beta"]) == (130, "failed")


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, id="int"), pytest.param(signal.SIGTERM, id="term")])
@pytest.mark.parametrize("times", [2, pytest.param(6, marks=pytest.mark.long)])
def test_a_signal_after_the_last_request_does_not_cost_the_report(fleet: Stage, number: signal.Signals, times: int):
    """All is written by then, and the only thing left that can be lost is the word of it. Each time a bit later."""
    journal = fleet.folder / "late.journal.jsonl"

    def written_or_over(process: Process) -> bool:
        return process.handle.poll() is not None or (journal.exists() and '"exit_code"' in journal.read_text())

    for value in range(100, 100 + times):
        fleet.tenant("acme", on_hold_timer_duration=value)
        journal.unlink(missing_ok=True)
        process = fleet.process("apply", "--report", "late.json")
        until(partial(written_or_over, process))
        process.handle.send_signal(number)
        ended = process.wait()
        assert ended.report is not None
        assert ended.outcome("acme", "on_hold_timer_duration")["status"] == "applied"
        assert fleet.live("acme", "on_hold_timer_duration") == value
