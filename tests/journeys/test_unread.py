"""A reader that goes away takes neither the run with it nor the truth of its exit code."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from reconciler.sandbox import Fault, FaultKind
from tests.journeys.stage import SEQUENCE, Process, Result, Stage, until

TIMER = "on_hold_timer_duration"
TENANTS = ("acme", "beta")


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants with a change each."""
    for tenant in TENANTS:
        stage.tenant(tenant, on_hold_timer_duration=120)
        stage.sandbox.set_value(tenant, TIMER, 60)
    return stage


class Unread(Process):
    """A run of which nothing is read but its report."""

    def wait(self, timeout: float = 30) -> Result:
        self.handle.wait(timeout)
        return self.stage._checked(self.handle.returncode, "", "", self.path)  # noqa: SLF001  half of the stage


def started(stage: Stage, *arguments: str, unbuffered: bool = False) -> Unread:
    """Start a command of whose stdout and stderr nobody will ever read anything."""
    reading, writing = os.pipe()
    os.close(reading)
    path = stage.folder / "report.json"
    words = (*arguments, "--credentials", "credentials.yaml", "--report", path.name)
    own = {**stage._environment(), **({"PYTHONUNBUFFERED": "1"} if unbuffered else {})}  # noqa: SLF001  half of the stage
    with os.fdopen(writing, "wb") as closed:
        handle = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *words],
            cwd=stage.folder,
            env=own,
            stdout=closed,
            stderr=closed,
            text=True,
        )
    return Unread(stage, handle, path)


def blocked(stage: Stage) -> None:
    stage.tenant("beta", on_hold_timer_duration=120, sales_order_generator_sequence=SEQUENCE)
    stage.sandbox.set_value("beta", "sales_order_generator_sequence", {**SEQUENCE, "start": 7})


def rejected(stage: Stage) -> None:
    stage.sandbox.fault(Fault(FaultKind.STATUS, "beta", method="POST", status=400))


def nothing(stage: Stage) -> None:
    """Leave the fleet with its two changes."""


@pytest.mark.parametrize(
    ("arrange", "arguments", "code", "posts"),
    [
        pytest.param(nothing, ("apply", "-v"), 0, 2, id="applied"),
        pytest.param(blocked, ("apply", "-v"), 3, 2, id="blocked"),
        pytest.param(rejected, ("apply", "-v"), 1, 2, id="rejected"),
        pytest.param(nothing, ("plan", "-v", "--detailed-exitcode"), 2, 0, id="changes"),
    ],
)
def test_a_run_that_nobody_reads_ends_as_it_would_have(
    fleet: Stage, arrange: Callable[[Stage], None], arguments: tuple[str, ...], code: int, posts: int
):
    """Every line of its log meets a closed pipe, long before the last write."""
    arrange(fleet)
    ended = started(fleet, *arguments).wait()
    assert ended.exit_code == code
    assert len(fleet.posted()) == posts


def test_a_run_without_buffers_outlives_its_reader_too(fleet: Stage):
    """As containers set Python up."""
    ended = started(fleet, "apply", "-v", unbuffered=True).wait()
    assert (ended.exit_code, sorted(fleet.posted())) == (0, [f"{tenant}:{TIMER}" for tenant in TENANTS])


def test_a_run_whose_output_was_closed_before_it_began_ends_as_it_would_have(fleet: Stage):
    """`reconciler apply >&- 2>&-`, as some who start services leave it."""
    words = ("apply", "-v", "--credentials", "credentials.yaml", "--report", "report.json")
    handle = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" >&- 2>&-', "sh", sys.executable, "-m", "reconciler", *words],
        cwd=fleet.folder,
        env=fleet._environment(),  # noqa: SLF001  as `started`
        text=True,
    )
    ended = Unread(fleet, handle, fleet.folder / "report.json").wait()
    assert (ended.exit_code, ended.report["result"]) == (0, "applied")


def test_an_interrupt_that_ended_the_reader_as_well_is_130(fleet: Stage):
    """Ctrl-C goes to every process of `reconciler apply | tee log`."""
    fleet.sandbox.fault(Fault(FaultKind.DELAY, "acme", TIMER, "POST", seconds=0.8))
    process = started(fleet, "apply")
    until(lambda: any(one.status is None for one in fleet.log("acme", method="POST")))
    process.interrupt()
    ended = process.wait()
    assert (ended.exit_code, ended.report["result"]) == (130, "interrupted")
    assert ended.outcome("acme", TIMER)["status"] == "applied"


def test_head_ends_early_and_apply_does_not(fleet: Stage):
    """The real thing, with all of its output going there."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is needed, for PIPESTATUS")
    command = f"'{sys.executable}' -m reconciler apply -v --credentials credentials.yaml 2>&1 | head -n 1"
    done = subprocess.run(
        [bash, "-c", f"{command}; echo ${{PIPESTATUS[0]}}"],
        cwd=fleet.folder,
        env=fleet._environment(),  # noqa: SLF001  as `started`
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    first, code = done.stdout.splitlines()
    assert (code, done.stderr) == ("0", "")
    assert first
    assert sorted(fleet.posted()) == [f"{tenant}:{TIMER}" for tenant in TENANTS]


@pytest.mark.parametrize(("full", "code"), [("stdout", 1), ("stderr", 0), ("both", 1)])
def test_a_full_disk_ends_no_apply_and_is_told(fleet: Stage, full: str, code: int):
    """A log that can't be written stops nothing; a result that nobody will read whole is no success.

    A file that is open for reading alone stands for the disk: it takes nothing either, on every system.
    """
    path = fleet.folder / "report.json"
    words = ("apply", "-v", "--credentials", "credentials.yaml", "--report", path.name)
    with (fleet.folder / "reconciler.toml").open("rb") as device:
        ended = subprocess.run(
            [sys.executable, "-m", "reconciler", *words],
            cwd=fleet.folder,
            env=fleet._environment(),  # noqa: SLF001  half of the stage
            stdout=device if full in {"stdout", "both"} else subprocess.PIPE,
            stderr=device if full in {"stderr", "both"} else subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == code
    assert json.loads(path.read_text(encoding="utf-8"))["exit_code"] == 0
    assert sorted(fleet.posted()) == [f"{tenant}:{TIMER}" for tenant in TENANTS]
    if full == "stdout":
        assert "not all of the output could be written: Bad file descriptor." in ended.stderr
        assert "bug" not in ended.stderr.lower()
