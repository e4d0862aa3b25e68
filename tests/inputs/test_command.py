import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.inputs.command import Bounds, run_command
from reconciler.inputs.usage import UsageProblem

Program = Callable[[str], list[str]]
CANARY = "canary-never-shown"
ENOUGH = Bounds(seconds=20)


def test_what_a_command_prints_is_returned_byte_for_byte(program: Program):
    """The document may be any bytes; the parser judges them."""
    code = r"import sys; sys.stdout.buffer.write(b'a: \xff\x00\r\n')"
    assert run_command(program(code), {}, ENOUGH) == b"a: \xff\x00\r\n"


def test_no_shell_reads_the_arguments(program: Program):
    """What a shell would expand or chain stays an argument."""
    argv = [*program("import sys; print(sys.argv[1:])"), "$HOME; echo x", "`id`"]
    assert run_command(argv, {"HOME": "/h"}, ENOUGH) == b"['$HOME; echo x', '`id`']\n"


def test_the_environment_that_was_given_is_the_commands(program: Program):
    """Injected, so that what a test sets is all there is."""
    code = "import os; print(os.environ.get('VAULT_ADDR'), os.environ.get('USER'))"
    assert run_command(program(code), {"VAULT_ADDR": "v"}, ENOUGH) == b"v None\n"


def test_a_command_has_no_stdin(program: Program):
    """It can't swallow what was piped into the tool, nor wait for it."""
    assert run_command(program("import sys; print(len(sys.stdin.read()))"), {}, ENOUGH) == b"0\n"


def test_a_failure_shows_exit_code_and_stderr_but_not_stdout_or_arguments(program: Program):
    """Stderr says what went wrong; stdout and arguments may hold the secrets."""
    code = f"import sys; print('{CANARY}'); print('vault: \\x1b[31mno login', file=sys.stderr); sys.exit(7)"
    problem = run_command([*program(code), CANARY], {}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert "exit code 7" in problem.message
    assert problem.said == ("vault: \\x1b[31mno login",)
    assert "vault: " in str(problem)
    assert "vault: " not in repr(problem)
    assert CANARY not in str(problem)
    assert CANARY not in repr(problem)


def test_only_the_last_lines_of_a_long_stderr_are_shown(program: Program):
    """More stderr than a pipe holds neither blocks the command nor floods the terminal."""
    code = "import sys\nfor n in range(60000): print('line', n, file=sys.stderr)\nsys.exit(1)"
    problem = run_command(program(code), {}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert len(problem.said) == 10
    assert problem.said[-1] == "line 59999"


def test_a_line_of_stderr_without_end_is_cut(program: Program):
    """A dump of the whole answer of a vault is no message."""
    problem = run_command(program("import sys; print('x' * 4000, file=sys.stderr); sys.exit(1)"), {}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert problem.said == ("x" * 300 + "…",)


def test_a_signal_is_named(program: Program):
    """A killed command has no exit code."""
    problem = run_command(program("import os; os.kill(os.getpid(), 9)"), {}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert "signal 9" in problem.message


def test_a_command_that_hangs_is_stopped_and_what_it_said_is_shown(program: Program):
    """A prompt that nobody sees must not hold a job for hours."""
    code = "import sys, time; print('Password:', file=sys.stderr, flush=True); time.sleep(60)"
    began = time.monotonic()
    problem = run_command(program(code), {}, Bounds(seconds=0.7))
    assert isinstance(problem, UsageProblem)
    assert "longer than 0.7 seconds" in problem.message
    assert problem.said == ("Password:",)
    assert time.monotonic() - began < 10


def test_a_stopped_command_is_gone(program: Program, tmp_path: Path):
    """No process is left behind, even one that ignores the polite signal."""
    note = tmp_path / "pid"
    code = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    assert isinstance(run_command(program(code), {}, Bounds(seconds=0.7, grace=0.2)), UsageProblem)
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_a_child_that_keeps_the_pipe_is_not_waited_for(program: Program):
    """An agent that the command starts may live on: the document is what came until the command ended."""
    sleeper = program("import time; time.sleep(6)")
    code = f"import subprocess; print('a: b', flush=True); subprocess.Popen({sleeper!r})"
    began = time.monotonic()
    assert run_command(program(code), {}, ENOUGH) == b"a: b\n"
    assert time.monotonic() - began < 5


def test_a_command_that_closes_its_pipes_and_hangs_is_stopped(program: Program):
    """The end of output is not the end of the command."""
    code = "import os, time; os.close(1); os.close(2); time.sleep(60)"
    problem = run_command(program(code), {}, Bounds(seconds=0.7))
    assert isinstance(problem, UsageProblem)
    assert "longer than" in problem.message


def test_output_without_end_is_cut_off(program: Program):
    """A command that prints for ever ends at the limit, not in memory."""
    code = f"while True: print('{CANARY}' * 1000)"
    problem = run_command(program(code), {}, Bounds(seconds=20, most=100_000))
    assert isinstance(problem, UsageProblem)
    assert "more than 100000 bytes" in problem.message
    assert CANARY not in str(problem)


def test_output_of_exactly_the_limit_passes(program: Program):
    """The limit itself is allowed."""
    assert run_command(program("print('x' * 99, end='')"), {}, Bounds(20, 99)) == b"x" * 99


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["no-such-program-anywhere"], id="absent"),
        pytest.param(["/etc/hostname"], id="not-executable"),
        pytest.param(["/"], id="a-folder"),
        pytest.param(["a\0b"], id="null-character"),
    ],
)
def test_a_command_that_can_not_start_says_so(argv: list[str]):
    """The program is named, for that is where the typo is."""
    problem = run_command(argv, {"PATH": "/usr/bin:/bin"}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert "can't be started" in problem.message


@pytest.mark.parametrize("name", ["./print-them", "bin/print-them", "../print-them", "bin/../print-them"])
def test_a_path_that_counts_from_the_working_directory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """It would be a file of whatever branch is checked out; the message says what to give instead."""
    here = tmp_path / "checkout"
    for folder in (tmp_path, here, here / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "print-them").write_text("#!/bin/sh\necho theirs\n")
        (folder / "print-them").chmod(0o755)
    monkeypatch.chdir(here)
    problem = run_command([name], {"PATH": "/usr/bin:/bin"}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert f"{name} is refused" in problem.message
    assert "absolute path, or the bare name" in problem.hint


@pytest.mark.parametrize("path", ["", ".", ":{absolute}", "bin:{absolute}", "{absolute}::", "./bin"])
def test_a_program_is_never_looked_up_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
):
    """An empty or relative entry of the PATH means "here", and here is a checkout."""
    absolute = tmp_path / "absolute"
    for folder, prints in ((tmp_path, "theirs"), (tmp_path / "bin", "theirs"), (absolute, "ours")):
        folder.mkdir(exist_ok=True)
        (folder / "print-them").write_text(f"#!/bin/sh\necho {prints}\n")
        (folder / "print-them").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    ran = run_command(["print-them"], {"PATH": path.format(absolute=absolute)}, Bounds())
    if "absolute" in path:
        assert ran == b"ours\n"
    else:
        assert "can't be started: No such file" in str(ran)


def test_a_file_that_can_not_be_run_is_no_program(tmp_path: Path):
    """The next folder of the PATH is looked at, as a shell does."""
    for folder, mode in (("first", 0o644), ("second", 0o755)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "print-them").write_text(f"#!/bin/sh\necho {folder}\n")
        (tmp_path / folder / "print-them").chmod(mode)
    assert run_command(["print-them"], {"PATH": f"{tmp_path}/first:{tmp_path}/second"}, Bounds()) == b"second\n"


def test_a_variable_before_the_program_is_not_shown(program: Program):
    """A shell would understand it; here it is a program that is not there, and its name would be a secret."""
    problem = run_command([f"VAULT_TOKEN=a/{CANARY}", *program("pass")], {}, ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert "VAULT_TOKEN=…" in problem.message
    assert "env NAME=VALUE PROGRAM" in problem.hint
    assert CANARY not in str(problem)
