"""How a run ends and what it leaves on stdout and stderr: bugs, closed pipes, formats, notices, colour."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS
from tests.cli.buggy import CANARY
from tests.cli.calling import LIMIT, reconciler, surroundings
from tests.cli.conftest import Call

ESCAPE = "\x1b"


@pytest.fixture
def buggy(call: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line with one command more, which has a bug."""
    monkeypatch.setitem(COMMANDS, "buggy", ("tests.cli.buggy", "Fail."))
    return call


@pytest.mark.parametrize("where", [(), ("--in-journey",)], ids=["in the command", "in a journey"])
def test_a_bug_ends_with_70_and_shows_where_but_never_the_exceptions_message(buggy: Call, where: tuple[str, ...]):
    """A message may quote a value. Whoever mends it needs the place."""
    said = buggy("buggy", *where)
    assert said.code == 70
    assert said.out == ""
    assert "RuntimeError" in said.err
    assert "buggy.py:" in said.err
    assert CANARY not in said.err
    assert "Traceback" not in said.err


def test_a_bug_in_a_journey_still_leaves_a_report_without_the_message(buggy: Call, folder: Path):
    """A JSON report is always written; what ended the run stands in it."""
    said = buggy("buggy", "--in-journey", "--format", "json")
    (kept,) = (folder / ".reconciler" / "runs").glob("*.json")
    for text in (said.out, kept.read_text(encoding="utf-8")):
        report = json.loads(text)
        assert (report["exit_code"], report["result"]) == (70, "failed")
        assert CANARY not in text


CLOSED = {
    "help": ("--help",),
    "version": ("--version",),
    "explain": ("explain",),
    "validate": ("validate", "-v"),
    "plan": ("plan", "--sandbox", "--format", "json"),
}


@pytest.mark.parametrize("words", CLOSED.values(), ids=list(CLOSED))
def test_a_closed_pipe_is_no_bug_and_no_problem(folder: Path, words: tuple[str, ...]):
    """`reconciler … | head -1` ends as without it, and prints no complaint, neither at the write nor at the end."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *words],
            cwd=folder,
            env=surroundings(folder),
            stdin=subprocess.DEVNULL,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
            text=True,
            timeout=LIMIT,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_verbose_logs_our_requests_and_nothing_of_a_library(folder: Path):
    """Which selector asyncio uses is of no use to whoever asks why a run is slow."""
    said = reconciler("plan", "--sandbox", "-v", cwd=folder).stderr
    logged = [line for line in said.splitlines() if line.partition(": ")[2]]
    assert [line for line in logged if line.startswith("reconciler.platform: GET ")]
    assert [line for line in logged if line.startswith(("asyncio", "httpx", "httpcore"))] == []
    assert "Selector" not in said


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_stdout_is_one_json_document_while_notices_are_on_stderr(folder: Path, command: str):
    """So that `… --format json | jq` works whatever there is to say."""
    words = (command, *(["--sandbox"] if command == "plan" else []), "--format", "json")
    done = reconciler(*words, cwd=folder, env=surroundings(folder, RECONCILER_TENANT="acme"))
    report = json.loads(done.stdout)
    assert (report["command"], report["exit_code"], done.returncode) == (command, 0, 0)
    assert [tenant["tenant"] for tenant in report["tenants"]] == ["acme", "beta"]
    assert "RECONCILER_TENANT" in done.stderr


@pytest.mark.parametrize("format_", ["text", "markdown", "json"])
def test_quiet_silences_stderr_and_leaves_stdout_alone(call: Call, format_: str, monkeypatch: pytest.MonkeyPatch):
    """A cron job that mails whatever comes on stderr stays silent; errors are told all the same."""
    monkeypatch.setenv("RECONCILER_TENANT", "acme")
    loud, quiet = call("validate", "--format", format_), call("validate", "--format", format_, "--quiet")
    assert "RECONCILER_TENANT" in loud.err
    assert quiet.err == ""
    if format_ != "json":  # which has times in it
        assert quiet.out == loud.out != ""
    wrong = call("validate", "--quiet", "--tenants", "gone")
    assert wrong.code == 64
    assert "gone" in wrong.err


def test_a_problem_is_told_in_every_format(call: Call, folder: Path):
    """With its place, and exit code 1."""
    (folder / "tenants" / "acme.yaml").write_text("sales_order:\n  on_hold_timer_duration: soon\n", encoding="utf-8")
    for format_ in ("text", "markdown"):
        said = call("validate", "--format", format_)
        assert said.code == 1
        assert "on_hold_timer_duration" in said.out
    assert "tenants/acme.yaml:2:" in call("validate").out
    acme, beta = json.loads(call("validate", "--format", "json").out)["tenants"]
    (problem,) = acme["problems"]
    assert (problem["file"], problem["line"], beta["problems"]) == ("tenants/acme.yaml", 2, [])


def test_every_run_leaves_a_json_report_unless_one_was_asked_for(call: Call, folder: Path):
    """Below .reconciler/runs, out of git's sight, readable by its owner alone."""
    assert call("validate").code == 0
    (kept,) = (folder / ".reconciler" / "runs").iterdir()
    assert json.loads(kept.read_text(encoding="utf-8"))["command"] == "validate"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (folder / ".reconciler" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    assert call("validate", "--report", "mine.json", "--report", "mine.md").code == 0
    assert (folder / "mine.json").stat().st_mode & 0o777 == 0o600
    assert (folder / "mine.md").exists()
    assert len(list((folder / ".reconciler" / "runs").iterdir())) == 1


def _on_a_terminal(folder: Path, *words: str, env: Mapping[str, str]) -> str:
    """Run the command with a terminal as its stdout and return what it showed."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb", buffering=0) as stdout:
            child = subprocess.Popen(
                [sys.executable, "-m", "reconciler", *words],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.DEVNULL,
            )
        shown = b""
        try:
            while chunk := screen.read(65536):
                shown += chunk
        except OSError:
            pass  # Linux's way to say that the other side has closed
        child.wait(timeout=LIMIT)
    return shown.decode("utf-8")


COLOURLESS = {
    "--no-color": (("--no-color",), {}),
    "NO_COLOR": ((), {"NO_COLOR": "1"}),
    "JSON": (("--format", "json"), {}),
}


def test_a_terminal_gets_colour(folder: Path):
    """Otherwise the next test would hold for no reason."""
    assert f"{ESCAPE}[" in _on_a_terminal(folder, "validate", env=surroundings(folder, TERM="xterm-256color"))


@pytest.mark.parametrize(("words", "variables"), COLOURLESS.values(), ids=list(COLOURLESS))
def test_who_wants_no_colour_gets_none(folder: Path, words: tuple[str, ...], variables: dict[str, str]):
    """Not one escape, even on a terminal that could show it."""
    env = surroundings(folder, TERM="xterm-256color", **variables)
    shown = _on_a_terminal(folder, "validate", *words, env=env)
    assert shown != ""
    assert ESCAPE not in shown


def test_output_into_a_pipe_or_a_file_has_no_colour_and_no_progress(folder: Path):
    """Neither stdout nor stderr nor a report file: a CI log shows escapes as dirt."""
    done = reconciler("plan", "--sandbox", "--report", "plan.txt", cwd=folder)
    assert done.returncode == 0
    assert "beta" in done.stdout
    assert ESCAPE not in done.stdout + done.stderr + (folder / "plan.txt").read_text(encoding="utf-8")
    assert "\r" not in done.stdout + done.stderr
