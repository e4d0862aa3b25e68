"""What a command loads: nobody should wait for libraries that the command doesn't use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.calling import LIMIT, surroundings

PROBE = """
import json, sys
from reconciler.cli.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""
HEAVY = {"asyncio", "deepdiff", "httpx", "jsonschema", "sqlite3", "starlette", "uvicorn", "yaml"}
FOR_FILES = {"jsonschema", "yaml"}


def loaded(folder: Path, *words: str) -> set[str]:
    """Return the heavy modules that a run leaves loaded. Without coverage, which loads some of its own."""
    env = {name: value for name, value in surroundings(folder).items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        cwd=folder,
        env=env,
        capture_output=True,
        check=True,
        text=True,
        timeout=LIMIT,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return HEAVY & set(modules)


LIGHT = {
    "version": ("--version",),
    "help": ("--help",),
    "help of plan": ("plan", "--help"),
    "help of apply": ("apply", "--help"),
    "help of sandbox": ("sandbox", "serve", "--help"),
}


@pytest.mark.parametrize("words", LIGHT.values(), ids=list(LIGHT))
def test_version_and_help_load_no_library_but_clicks(folder: Path, words: tuple[str, ...]):
    """They are what people wait for at a prompt."""
    assert loaded(folder, *words) == set()


OFFLINE = {"validate": ("validate",), "explain": ("explain",), "explain a key": ("explain", "external_oms")}


@pytest.mark.parametrize("words", OFFLINE.values(), ids=list(OFFLINE))
def test_offline_commands_load_nothing_that_talks_or_compares(folder: Path, words: tuple[str, ...]):
    """validate runs before every commit."""
    assert loaded(folder, *words) <= FOR_FILES


def test_a_plan_loads_what_it_needs(folder: Path):
    """So the names above are those of the libraries that are really used."""
    assert {"asyncio", "httpx", "sqlite3", "starlette", "uvicorn"} < loaded(folder, "plan", "--sandbox")
