"""After kill -9, and on a full disk: what may have been sent is on record, and the next run converges."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reconciler.applying.tenant import Brake, apply_tenant
from reconciler.catalogue import Catalogue
from reconciler.journeys.recording import Recorder
from reconciler.model.journal import Sending
from reconciler.model.outcome import Outcome
from reconciler.model.words import Status
from reconciler.planning.gate import approve
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from tests.applying.faking import Store, desk_of, finish
from tests.journeys.stage import SEQUENCE, WEBHOOK, Result, Stage, until
from tests.planning.making import KEYS, PLACES, TIMER, UNSET, plan_of, policy
from tests.planning.making import fleet as fleet_of

TENANTS = ("acme", "beta")
LAG = 0.15
"""Seconds that a slow or late answer takes, or a write that comes late."""


@pytest.fixture
def sandbox(tmp_path: Path, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """A server for one test: the log counts from its first request."""
    with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants with six keys each, all unset, one of them write-once."""
    for tenant in TENANTS:
        stage.tenant(
            tenant,
            external_order_webhook=WEBHOOK,
            external_oms={"enabled": True},
            on_hold_timer_duration=120,
            cancellation_allowed_from=["dc"],
            big_sales_order={"soft_limit_for_big_orders": 9},
            sales_order_generator_sequence=SEQUENCE,
        )
        stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-hook-{tenant}")
    return stage


def journal_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal; none when the run sent nothing."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


def apply_with_room(fleet: Stage, room: int, *more: str) -> Result:
    """Apply in a process that can't write files of more than `room` bytes: to it, the disk is full."""
    full, path = fleet._arguments(["apply", "--allow-irreversible", *more], wanted=True)  # noqa: SLF001  half of the stage
    # Coverage's own files would not fit either.
    environment = {
        name: value
        for name, value in fleet._environment().items()  # noqa: SLF001  half of the stage
        if not name.startswith("COV")
    }
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *full],
        cwd=fleet.folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )
    return fleet._checked(done.returncode, done.stdout, done.stderr, path)  # noqa: SLF001  half of the stage


def test_the_journal_of_a_whole_run_holds_every_post_and_no_secret(fleet: Stage):
    """Beside the report, 0600: a header, each POST announced and ended, the exit code."""
    run = fleet.run("apply", "--allow-irreversible", "--report", "apply.json")
    path = fleet.folder / "apply.journal.jsonl"
    lines = journal_lines(path)
    assert (run.exit_code, lines[-1]["exit_code"], path.stat().st_mode & 0o777) == (0, 0, 0o600)
    assert {name: lines[0][name] for name in ("command", "sandbox", "report", "started_at")} == {
        "command": "apply",
        "sandbox": False,
        "report": "apply.json",
        "started_at": run.report["started_at"],
    }
    announced = [f"{one['tenant']}:{one['key'].split('.')[1]}" for one in lines if one.get("event") == "sending"]
    assert sorted(announced) == sorted(fleet.posted())
    assert len([one for one in lines if one.get("event") == "ended"]) == len(announced) == 12
    for canary in fleet.canaries:
        assert canary not in path.read_text()
    hook = next(one for one in lines if one.get("key", "").endswith("webhook"))
    assert hook["after"]["api_key"] == {"secret": "WEBHOOK_API_KEY"}
    shown = fleet.run("report", "apply.journal.jsonl")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("12 keys sent, 0 in doubt.")


def test_without_a_report_path_the_journal_is_kept_with_the_report(fleet: Stage):
    """Below .reconciler/runs, under the same name."""
    fleet.run("apply", "--allow-irreversible", report=False)
    runs = fleet.folder / ".reconciler" / "runs"
    (report,) = runs.glob("*.json")
    assert (runs / f"{report.stem}.journal.jsonl").exists()
    assert (runs.parent / ".gitignore").exists()


def test_runs_that_send_nothing_leave_no_journal(fleet: Stage):
    """plan and validate never do, apply does not where nothing differs."""
    fleet.run("validate", report=False)
    fleet.run("plan", report=False)
    fleet.run("apply", "--allow-irreversible", "--report", "first.json")
    assert fleet.run("apply", "--report", "second.json").exit_code == 0
    assert [path.name for path in fleet.folder.rglob("*.journal.jsonl")] == ["first.journal.jsonl"]


def _below_a_file(fleet: Stage) -> tuple[str, ...]:
    (fleet.folder / ".reconciler").write_text("")
    return ()


def _journal_is_a_folder(fleet: Stage) -> tuple[str, ...]:
    (fleet.folder / "apply.journal.jsonl").mkdir()
    return ("--report", "apply.json")


def _no_files_there(fleet: Stage) -> tuple[str, ...]:
    return ("--report", "apply.json", "--report", "/proc/self/apply.md")


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(_below_a_file, id="runs-folder"),
        pytest.param(_journal_is_a_folder, id="journal"),
        pytest.param(_no_files_there, id="second-report"),
    ],
)
def test_what_cannot_be_kept_is_not_begun(fleet: Stage, prepare: Any):
    """One error, exit 64, and not a single request, tokens included; also when there would be nothing to write."""
    arguments = prepare(fleet)
    run = fleet.run("apply", "--allow-irreversible", *arguments, report=False)
    assert run.exit_code == 64
    assert "Nothing was sent" in run.stderr
    assert run.stderr.count("Error:") == 1
    assert "Report not written" not in run.stderr
    assert not fleet.sandbox.log()


def test_a_full_disk_is_told_before_the_first_request(fleet: Stage):
    """The check writes a whole block, since an empty file fits on a full disk."""
    run = apply_with_room(fleet, 1000)
    assert run.exit_code == 64
    assert "File too large" in run.stderr
    assert not fleet.sandbox.log()


def test_a_disk_that_fills_up_meanwhile_stops_the_sending(fleet: Stage):
    """A POST that can't be announced is not sent; the outcome is on stdout, and the next run converges.

    One that was just announced when the disk filled up is held back, too, and the journal may have no room to say so.
    """
    run = apply_with_room(fleet, 4200, "--report", "apply.json", "--format", "json")
    report = json.loads(run.stdout)
    assert (run.exit_code, report["exit_code"]) == (1, 1)
    assert "Report not written" in run.stderr
    assert any("journal can't be written" in text for text in report["warnings"])
    lines = journal_lines(fleet.folder / "apply.journal.jsonl")
    announced = {f"{one['tenant']}:{one['key'].split('.')[1]}" for one in lines if one.get("event") == "sending"}
    posted = fleet.posted()
    assert set(posted) <= announced
    outcomes = [key["outcome"] for tenant in report["tenants"] for key in tenant["keys"]]
    left = [one for one in outcomes if one["status"] == "not-attempted"]
    assert 0 < len(left) == 12 - len(posted)
    assert any("journal can't be written" in one["detail"] for one in left)
    assert {one["status"] for one in outcomes} == {"applied", "not-attempted"}
    assert fleet.run("apply", "--allow-irreversible").exit_code == 0


class FullJournal:
    """Takes `room` lines, and then no more."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.begun_keys: list[str] = []

    async def begun(self, sending: Sending) -> str:
        if why := self._full():
            return why
        self.begun_keys.append(f"{sending.tenant}:{sending.key}")
        return ""

    def ended(self, tenant: str, key: str, outcome: Outcome) -> str:
        return self._full()

    def _full(self) -> str:
        self.room -= 1
        return "a.journal.jsonl: No space left on device" if self.room < 0 else ""


@pytest.mark.parametrize("room", range(9))
def test_nothing_is_sent_that_the_journal_has_no_room_for(room: int):
    """At whichever line it fills up: the POSTs are those that were announced, and no tenant after it sends one."""
    plan = fleet_of(*(plan_of(tenant, (PLACES, ["dc"], UNSET), (TIMER, 2, UNSET)) for tenant in TENANTS))
    journal, brake, lost = FullJournal(room), Brake(), list[str]()
    posted: list[str] = []
    ends: list[Outcome] = []
    for one in approve(plan, policy(allow_irreversible=True)).tenants:
        store, outcomes = Store(KEYS), dict[str, Outcome]()
        recorder = Recorder(one.plan, outcomes, journal, brake, lost)
        finish(apply_tenant(one, desk_of(store), brake, recorder))
        posted += [f"{one.plan.tenant}:{key}" for key in store.posted]
        ends += outcomes.values()
    assert posted == journal.begun_keys
    assert len(posted) == (room + 1) // 2
    assert [one.status for one in ends] == [Status.APPLIED] * len(posted) + [Status.NOT_ATTEMPTED] * (4 - len(posted))
    assert {one.detail for one in ends[len(posted) :]} <= {brake.reason}
    assert lost == ([brake.reason] if room < 8 else [])
    assert bool(brake.reason) is (room < 8)


def test_the_outcome_is_on_stdout_when_the_report_cannot_be_saved(fleet: Stage):
    """As text too: whoever watches is told what happened, and that the file is missing."""
    run = apply_with_room(fleet, 9000, "--report", "apply.json")
    assert run.exit_code == 1
    assert "applied" in run.stdout
    assert "Report not written" in run.stderr
    assert run.report is None
    assert fleet.run("report", "apply.journal.jsonl").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("a.journal.jsonl", "plan.json"), "by itself", id="mixed"),
        pytest.param(("a.journal.jsonl", "--format", "markdown"), "markdown", id="markdown"),
        pytest.param(("a.journal.jsonl", "--report", "a.json"), "no report", id="to-file"),
        pytest.param(("a.journal.jsonl", "--undo", "back"), "no report", id="undo"),
        pytest.param(("b.journal.jsonl",), "There is no journal", id="missing"),
        pytest.param(("a.journal.jsonl",), "no journal of the reconciler", id="foreign"),
    ],
)
def test_a_journal_asked_for_wrongly_is_a_wrong_call(stage: Stage, arguments: Sequence[str], said: str):
    """64, with what to do."""
    (stage.folder / "a.journal.jsonl").write_text("{}\n")
    run = stage.run("report", *arguments)
    assert run.exit_code == 64
    assert said in run.stderr
    assert run.stdout == ""


def killed_at(fleet: Stage, index: int, kind: FaultKind) -> None:
    """SIGKILL an apply as soon as its request number `index` is in the platform's log, then hold what must be true."""
    fault = Fault(kind, method="POST", times=None, seconds=LAG)
    fleet.sandbox.fault(fault)
    process = fleet.process("apply", "--allow-irreversible", "--report", "apply.json")
    until(lambda: len(fleet.sandbox.log()) >= index or process.handle.poll() is not None)
    process.handle.kill()
    process.handle.communicate()
    time.sleep(LAG * 2)  # what is under way on the platform's side
    journal = fleet.folder / "apply.journal.jsonl"
    posted = set(fleet.posted())
    if posted:
        shown = fleet.run("report", journal.name, "--format", "json")
        read = json.loads(shown.stdout)
        ended = {_short(f"{one['tenant']}:{one['key']}") for one in read["keys"] if one["ended"]}
        doubt = {_short(name) for name in read["in_doubt"]}
        assert posted - ended <= doubt
        assert shown.exit_code == (1 if doubt else 0)
    _holds_after_a_rerun(fleet)


def _holds_after_a_rerun(fleet: Stage) -> None:
    before = {tenant: fleet.log(tenant, "sales_order_generator_sequence", "POST") for tenant in TENANTS}
    was_set = {tenant: fleet.live(tenant, "sales_order_generator_sequence") is not None for tenant in TENANTS}
    fleet.sandbox.clear_faults()
    assert fleet.run("apply", "--allow-irreversible", "--report", "apply.json").exit_code == 0
    for tenant in TENANTS:
        posts = fleet.log(tenant, "sales_order_generator_sequence", "POST")
        assert len(before[tenant]) <= 1
        assert len(posts) - len(before[tenant]) == (0 if was_set[tenant] else 1)
        assert fleet.live(tenant, "sales_order_generator_sequence") == SEQUENCE
    assert fleet.run("plan", "--detailed-exitcode").exit_code == 0


def _short(name: str) -> str:
    tenant, _, key = name.partition(":")
    return f"{tenant}:{key.split('.')[1]}"


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        pytest.param(6, FaultKind.DELAY, id="6-while-planning"),
        pytest.param(15, FaultKind.DELAY, id="15-delay"),
        pytest.param(16, FaultKind.LATE, id="16-late"),
        pytest.param(18, FaultKind.DROP, id="18-drop"),
        pytest.param(27, FaultKind.DELAY, id="27-delay"),
        pytest.param(40, FaultKind.COMMIT_THEN_DROP, id="40-commit-then-drop"),
        pytest.param(46, FaultKind.DELAY, id="46-last"),
    ],
)
def test_after_kill_9_the_journal_tells_what_may_be_written_and_a_rerun_converges(
    fleet: Stage, index: int, kind: FaultKind
):
    """Two tenants, six keys: wherever it is cut off, no POST is hidden and the sequence is set once."""
    killed_at(fleet, index, kind)


@pytest.mark.long
@pytest.mark.parametrize("kind", [FaultKind.DELAY, FaultKind.LATE, FaultKind.DROP, FaultKind.COMMIT_THEN_DROP])
def test_kill_9_at_every_request(fleet: Stage, kind: FaultKind):
    """All indexes of the whole run, one after the other."""
    for index in range(1, 50):
        fleet.sandbox.reset()
        fleet.forget_log()
        for path in fleet.folder.glob("*.jsonl"):
            path.unlink()
        killed_at(fleet, index, kind)


def test_the_journal_is_flushed_while_the_post_is_under_way(fleet: Stage):
    """Whoever looks at that moment finds the POST announced: that is what SIGKILL leaves."""
    fleet.sandbox.fault(Fault(FaultKind.DELAY, "acme", "external_order_webhook", "POST", seconds=3))
    process = fleet.process("apply", "--allow-irreversible", "--report", "apply.json")
    until(lambda: any(one.status is None for one in fleet.log("acme", method="POST")))
    os.kill(process.handle.pid, 9)
    process.handle.communicate()
    shown = fleet.run("report", "apply.journal.jsonl")
    assert shown.exit_code == 1
    assert "? acme  sales_order.external_order_webhook" in shown.stdout
    assert "reconciler plan --tenant acme" in shown.stdout
