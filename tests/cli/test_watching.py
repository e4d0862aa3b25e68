"""What shows on stderr during a run: on a terminal that is read as a person sees it, in a log, and not at all."""

import io
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from reconciler.catalogue import Catalogue, load
from reconciler.cli.course import Course
from reconciler.cli.watching import Lines, Screen, display, watching
from reconciler.model.watching import Asked, Held
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from scripts.terminal import Terminal, shown
from tests.cli.calling import surroundings
from tests.cli.test_course import Hand

TENANTS = tuple(f"tenant-{number:02}" for number in range(12))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The one server."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def fleet(tmp_path: Path, served: RunningSandbox) -> Path:
    """A folder with a dozen tenants and settings by which two at a time are asked, each answer taking a moment."""
    served.reset()
    (tmp_path / "tenants").mkdir()
    credentials = {}
    for tenant in TENANTS:
        (tmp_path / "tenants" / f"{tenant}.yaml").write_text("sales_order: {on_hold_timer_duration: 60}\n")
        credentials[tenant] = {"origin": served.origin(tenant), "token": served.static_token(tenant)}
    path = tmp_path / "credentials.yaml"
    path.touch(mode=0o600)
    path.write_text(json.dumps(credentials))
    (tmp_path / "reconciler.toml").write_text(f'origin = "{served.origin_template}"\n[limits]\nconcurrency = 2\n')
    served.fault(Fault(FaultKind.DELAY, "*", "*", seconds=0.15, times=None))
    return tmp_path


def started(folder: Path, *words: str, stdout: int | None = None, columns: int = 80, **more: str) -> Terminal:
    """Start a command on a terminal; `stdout` may be a file."""
    return Terminal(
        [sys.executable, "-m", "reconciler", *words, "--credentials", "credentials.yaml"],
        cwd=folder,
        env=surroundings(folder, **more),
        columns=columns,
        stdout=stdout,
    )


def test_progress_is_drawn_on_a_terminal_and_gone_at_the_end(fleet: Path):
    """It counts, and stdout, which is a file here, has the report and nothing of it."""
    with (fleet / "out").open("wb") as out, started(fleet, "plan", stdout=out.fileno()) as terminal:
        terminal.until(lambda now: any(re.search(r"Reading .* [1-9]\d* of 12 tenants", line) for line in now.lines()))
        assert terminal.wait() == 0
    (line,) = terminal.lines()
    assert line.startswith("The plan file of this run: .reconciler/runs/")
    said = (fleet / "out").read_text()
    assert said.startswith("Plan: 12 changes in 12 of 12 tenants")
    assert "\x1b" not in said
    assert terminal.text.endswith("\n")
    assert terminal.text.rfind("\x1b[?25l") < terminal.text.rfind("\x1b[?25h"), "the cursor is back"


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_the_display_fits_the_terminal(columns: int):
    """Each line of it, so that none is broken by the terminal, and taken away by halves."""
    hand = Hand()
    course = Course(hand)
    course.progress("read", 0, 10_000)
    for wait in (Asked("a-tenant-with-a-long-name", 429, hand.time + 90), Held(5000, 300.0, hand.time + 200)):
        course.waits(wait)
    hand.time += 60
    course.progress("read", 1234, 10_000)
    out = io.StringIO()
    Console(file=out, width=columns, force_terminal=True).print(display(course))
    lines = shown(out.getvalue().replace("\n", "\r\n"), 1000)
    assert max(map(len, lines)) <= columns
    assert "1,234 of 10,000" in lines[0]
    assert lines[1].startswith("  Waiting 2 min: this machine's")


def test_a_wait_for_the_platforms_limit_is_named_on_the_screen(fleet: Path, served: RunningSandbox):
    """Whose limit it is, what the platform said, and for how long yet; at the end, what it came to."""
    served.fault(Fault(FaultKind.STATUS, TENANTS[1], status=429, retry_after="2", times=1))
    with Path(os.devnull).open("wb") as nowhere, started(fleet, "plan", stdout=nowhere.fileno()) as terminal:
        named = f"  Waiting [12] s for the platform's limit of {TENANTS[1]} (429, Retry-After)"
        pattern = re.escape(named).replace(r"\[12\]", "[12]")
        terminal.until(lambda now: any(re.fullmatch(pattern, line) for line in now.lines()))
        assert terminal.wait() == 0
    assert terminal.lines()[0] == "The platform asked to slow down (429, 503) once, for 2 s."
    assert not any("Waiting" in line for line in terminal.lines())


def test_ctrl_c_says_what_happens_now_and_the_end_says_where_the_report_is(fleet: Path, served: RunningSandbox):
    """How many POSTs are under way, what was done until then; and the display does not come back."""
    served.reset()
    served.fault(Fault(FaultKind.DELAY, "*", "*", "POST", seconds=0.7, times=None))
    words = ("apply", "--lift", "max_changed_percent=test")
    with Path(os.devnull).open("wb") as nowhere, started(fleet, *words, stdout=nowhere.fileno()) as terminal:
        terminal.until(lambda _: sum(entry.method == "POST" for entry in served.log()) == 4)
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.wait() == 130
    said = terminal.lines()
    assert said[:3] == [
        "Stopping: no further key is written; applied until now: 2.",
        "Under way: 2 POSTs, to be answered and read back within 5 s.",
        "Once more stops at once, and leaves open whether that was written.",
    ]
    where = said[3].removeprefix("The report of this run: ")
    assert json.loads((fleet / where).read_text())["exit_code"] == 130
    assert len(said) == 4
    assert sum(entry.method == "POST" for entry in served.log()) == 4


def test_a_run_whose_reader_was_cut_off_too_still_says_where_its_report_is(fleet: Path, served: RunningSandbox):
    """Ctrl-C goes to all of `reconciler apply | tail`, and the report is all that is left."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed, started(fleet, "plan", stdout=closed.fileno()) as terminal:
        terminal.until(lambda _: len(served.log()) > 2)
        terminal.process.send_signal(signal.SIGINT)
        terminal.wait()
    assert terminal.lines()[-1].startswith("The report of this run: .reconciler/runs/")


WAYS_TO_END = {
    "a wrong call": (("--tenant", "nobody"), 64, False),
    "in sync": (("--key", "on_hold*"), 0, False),
    "something to do": ((), 0, True),
}


@pytest.mark.parametrize(("words", "code", "led"), WAYS_TO_END.values(), ids=list(WAYS_TO_END))
def test_a_terminal_is_led_to_the_plan_file_when_there_is_something_in_it(
    fleet: Path, served: RunningSandbox, words: tuple[str, ...], code: int, led: bool
):
    """A run that did nothing, or has nothing to be done, leads nowhere."""
    served.reset()
    (fleet / "tenants" / f"{TENANTS[0]}.yaml").write_text(
        "sales_order: {on_hold_timer_duration: 60, external_oms: {enabled: true}}\n"
    )
    for tenant in TENANTS:
        served.set_value(tenant, "on_hold_timer_duration", 60)
    with started(fleet, "plan", *words) as terminal:
        assert terminal.wait() == code
    assert terminal.lines()[-1].startswith("The plan file of this run: .reconciler/runs/") is led


def test_quiet_shows_nothing_on_a_terminal(fleet: Path):
    """Not for a moment."""
    with Path(os.devnull).open("wb") as nowhere, started(fleet, "plan", "--quiet", stdout=nowhere.fileno()) as terminal:
        assert terminal.wait() == 0
    assert terminal.raw == b""


def test_a_terminal_that_can_not_redraw_gets_no_escape(fleet: Path, served: RunningSandbox):
    """TERM=dumb is what editors and logs set; there, plain lines are all there is."""
    served.reset()
    with started(fleet, "plan", TERM="dumb") as terminal:
        assert terminal.wait() == 0
    assert "\x1b" not in terminal.text
    assert "Plan: 12 changes" in terminal.text


def test_a_log_gets_a_line_a_minute_and_the_reason_of_a_long_wait(capsys: pytest.CaptureFixture[str]):
    """So that a job that stands still says why; of many tenants that wait for the same, once in half a minute."""
    hand = Hand()
    lines = watching(hand, {}, terminal=False, logged=False, colour=False)
    assert isinstance(lines, Lines)
    lines.progress("read", 0, 100)
    for second in range(1, 121):
        hand.time += 1
        lines.sent()
        lines.progress("read", second // 2, 100)
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 30 of 100 tenants, 1.0 requests/s, about 2 min left",
        "Reading: 60 of 100 tenants, 1.0 requests/s, about 80 s left",
    ]
    held = Held(5000, 300.0, hand.time + 200)
    asked = [Asked(tenant, 429, hand.time + seconds) for tenant, seconds in (("acme", 29), ("beta", 40), ("beta", 41))]
    every: list[Asked | Held] = [*asked, held]
    for wait in every:
        lines.waits(wait)
    assert capsys.readouterr().err.splitlines() == [
        "Waiting 40 s for the platform's limit of beta (429, Retry-After)",
        (
            "Waiting 3 min: this machine's address may make 5,000 requests in 5 min, and has made them."
            " Shards on several machines would not wait."
        ),
    ]
    hand.time += 41
    for wait in every:
        lines.goes_on(wait)
    lines.close()
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_a_notice_on_a_screen_is_literal(capsys: pytest.CaptureFixture[str]):
    """A bracket in it is no markup, with a display or without."""
    screen = Screen(Course(Hand()), colour=True)
    screen.notice("[bold]not bold[/bold]")
    screen.show()
    screen.notice("[bold]nor this[/bold] [red]:smile:")
    screen.close()
    screen.show()  # the timer may fire while the run ends
    said = capsys.readouterr().err
    assert "[bold]not bold[/bold]\n" in said
    assert "[bold]nor this[/bold] [red]:smile:" in said
    assert said.endswith("\x1b[?25h") or said.count("\x1b[?25h") == said.count("\x1b[?25l")


KINDS = {
    "a terminal": ({"TERM": "xterm"}, {"terminal": True}, Screen),
    "a dumb one": ({"TERM": "dumb"}, {"terminal": True}, Lines),
    "one of no kind": ({}, {"terminal": True}, Lines),
    "one that requests are logged to": ({"TERM": "xterm"}, {"terminal": True, "logged": True}, Lines),
    "a log": ({"TERM": "xterm"}, {"terminal": False}, Lines),
}


@pytest.mark.parametrize(("environment", "how", "kind"), KINDS.values(), ids=list(KINDS))
def test_what_fits_is_chosen(environment: dict[str, str], how: dict[str, bool], kind: type):
    """A display only where nothing else would run through it."""
    chosen = watching(Hand(), environment, **{"logged": False, "colour": False, **how})
    assert type(chosen) is kind
