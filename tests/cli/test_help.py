"""Help, the reference made from it, and every mention of a command in prose and messages."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from reconciler.cli.main import COMMANDS
from reconciler.cli.options import accept_everywhere
from tests.cli.calling import reconciler
from tests.cli.conftest import Call

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 112


def _commands() -> dict[str, click.Command]:
    """Return every command and sub-command by the words that call it."""
    found: dict[str, click.Command] = {}
    for name, (module, _) in COMMANDS.items():
        command: click.Command = importlib.import_module(module).command
        found[name] = command
        if isinstance(command, click.Group):
            found.update({f"{name} {sub}": each for sub, each in command.commands.items()})
    return found


EVERY = _commands()
every_command = pytest.mark.parametrize("words", EVERY)


@pytest.mark.parametrize("words", ["", *EVERY], ids=lambda words: words or "reconciler")
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_given_on_stdout_and_fits_the_page(call: Call, words: str, flag: str, monkeypatch: pytest.MonkeyPatch):
    """With exit code 0, and no line wider than 112 columns on a terminal that has them."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    said = call(*words.split(), flag)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: {' '.join(['reconciler', *words.split()])}")
    assert [line for line in said.out.splitlines() if len(line) > WIDTH] == []


@every_command
def test_help_shows_examples_of_that_very_command(call: Call, words: str):
    """Each a line that begins with the command, so that it can be copied."""
    said = call(*words.split(), "--help")
    _, heading, examples = said.out.partition("Example")
    assert heading, "no Examples section"
    assert f"\n    reconciler {words}" in examples.replace("\n  reconciler", "\n    reconciler")


@every_command
def test_every_option_says_what_it_does(words: str):
    """An option without help is a riddle."""
    options = [param for param in EVERY[words].params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


@every_command
def test_every_command_takes_what_all_take(words: str):
    """So that a wrapper can give the same flags to whatever it calls."""
    common = ["--settings", "--origin", "--credentials", "--sandbox", "--quiet", "-v", "--no-color"]
    command = accept_everywhere(EVERY[words])
    if not isinstance(command, click.Group):
        known = [flag for param in command.params for flag in param.opts]
        assert [flag for flag in common if known.count(flag) != 1] == []


def test_a_common_flag_changes_nothing_where_it_has_no_use(call: Call):
    """An offline command stays one, and its help doesn't speak of it."""
    plain = call("explain", "on_hold_timer_duration")
    assert (
        call("explain", "on_hold_timer_duration", "--sandbox", "--origin", "x", "--no-color", "--quiet", "-v") == plain
    )
    assert "--credentials" not in call("explain", "--help").out


def test_the_options_of_examples_exist():
    """Those in the help texts; the ones in the pages are run elsewhere."""
    wrong = []
    for command in EVERY.values():
        for line in re.findall(r"^ *reconciler (.*)$", command.epilog or "", re.MULTILINE):
            words = next(words for words in sorted(EVERY, key=len, reverse=True) if f"{line} ".startswith(f"{words} "))
            known = {flag for param in EVERY[words].params for flag in param.opts}
            wrong += [(words, flag) for flag in re.findall(r"(?<!\S)--[a-z-]+", line) if flag not in known]
    assert wrong == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_the_first_line_of_the_command_itself(name: str):
    """It stands twice, so that `reconciler --help` imports no command."""
    module, short = COMMANDS[name]
    command: click.Command = importlib.import_module(module).command
    assert (command.help or "").splitlines()[0] == short
    assert command.name == name


NOT_COMMANDS = {"assumes", "catalogue", "does", "has", "holds", "itself", "keeps", "of", "reads", "that", "writes"}
"""What else follows the program's name in a sentence."""


def _mentioned(text: str) -> set[str]:
    return set(re.findall(r"\breconciler ([a-z]+)", text)) - NOT_COMMANDS


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_every_command_that_a_page_mentions_exists(page: Path):
    """A reader types what they read."""
    assert _mentioned(page.read_text(encoding="utf-8")) - set(COMMANDS) == set()


def test_every_command_that_a_message_mentions_exists():
    """At 2 a.m. nobody should be told to run what isn't there. Looks into all texts in the code, docstrings too."""
    unknown: dict[str, set[str]] = {}
    for file in (ROOT / "reconciler").rglob("*.py"):
        texts = [
            node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        wrong = set().union(*(_mentioned(text) for text in texts)) - set(COMMANDS)
        if wrong:
            unknown[file.relative_to(ROOT).as_posix()] = wrong
    assert unknown == {}


def test_the_version_is_told(call: Call):
    """In one line that a script can read."""
    said = call("--version")
    assert said.code == 0
    assert re.fullmatch(r"reconciler \d+\.\d+\.\d+\n", said.out)


def test_it_runs_as_a_module_and_as_a_program(tmp_path: Path):
    """`python -m reconciler` is what works where no script was installed."""
    program = Path(sys.executable).parent / "reconciler"
    done = subprocess.run([str(program), "--version"], cwd=tmp_path, capture_output=True, check=True, text=True)
    assert reconciler("--version", cwd=tmp_path).stdout == done.stdout
