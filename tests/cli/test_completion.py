"""Completion in the shell: the scripts that the README tells people to load, and what they complete."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS
from tests.cli.calling import LIMIT, surroundings

SHELLS = ("bash", "zsh", "fish")


def _program(folder: Path, **variables: str) -> str:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "reconciler")],
        cwd=folder,
        env=surroundings(folder, **variables),
        capture_output=True,
        check=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_made_for_each_shell(tmp_path: Path, shell: str):
    """`_RECONCILER_COMPLETE=SHELL_source reconciler` prints what to evaluate."""
    script = _program(tmp_path, _RECONCILER_COMPLETE=f"{shell}_source")
    assert f"_RECONCILER_COMPLETE={shell}_complete" in script
    assert "reconciler" in script


@pytest.mark.parametrize("shell", SHELLS)
def test_the_beginning_of_a_command_is_completed(tmp_path: Path, shell: str):
    """As the shells' scripts ask for it."""
    position = "pl" if shell == "fish" else "1"
    told = _program(tmp_path, _RECONCILER_COMPLETE=f"{shell}_complete", COMP_WORDS="reconciler pl", COMP_CWORD=position)
    assert "plan" in told
    assert [name for name in COMMANDS if name in told.split(maxsplit=1)[0]] == (["plan"] if shell != "zsh" else [])


def _completed(folder: Path, *words: str) -> list[str]:
    """Return what bash itself would offer after these words."""
    quoted = " ".join(f"'{word}'" for word in ("reconciler", *words))
    script = f"""
        eval "$(_RECONCILER_COMPLETE=bash_source reconciler)"
        COMP_WORDS=({quoted}) COMP_CWORD={len(words)}
        _reconciler_completion reconciler
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "--norc", "-c", script],
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        check=True,
        text=True,
        timeout=LIMIT,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_sub_commands_options_and_formats(tmp_path: Path):
    """The whole way, in a real bash."""
    assert _completed(tmp_path, "pl") == ["plan"]
    assert _completed(tmp_path, "sandbox", "s") == ["serve", "set", "show"]
    assert _completed(tmp_path, "plan", "--detailed") == ["--detailed-exitcode"]
    assert _completed(tmp_path, "plan", "--format", "") == ["text", "markdown", "json"]
