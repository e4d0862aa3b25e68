"""What a command loads: nobody should wait for libraries that the command doesn't use."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.terminal import Terminal
from tests.cli.calling import LIMIT, surroundings

PROBE = """
import json, sys
from reconciler.cli.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""
LIBRARIES = {"asyncio", "deepdiff", "httpx", "jsonschema", "jsonschema_rs", "sqlite3", "starlette", "uvicorn", "yaml"}
FOR_FILES = {"jsonschema_rs", "yaml"}
ROOMS = {"applying", "catalogue", "desired", "inputs", "journeys", "model", "planning", "platform", "report", "sandbox"}
NOT_FOR_VALIDATE = {
    *("reconciler.applying", "reconciler.platform", "reconciler.sandbox"),
    *("reconciler.planning.gate", "reconciler.planning.plan", "reconciler.planning.undo"),
    *("reconciler.report.html", "reconciler.report.markdown", "reconciler.report.journal"),
    *("reconciler.catalogue.authority", "reconciler.catalogue.derive", "difflib", "traceback"),
}


def loaded(folder: Path, *words: str, ends: int = 0) -> set[str]:
    """Return the modules that a run leaves loaded. Without coverage, which loads some of its own."""
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
    assert code == ends, done.stderr
    return set(modules)


LIGHT = {
    "version": ("--version",),
    "help": ("--help",),
    "help of plan": ("plan", "--help"),
    "help of apply": ("apply", "--help"),
    "help of doctor": ("doctor", "--help"),
    "help of sandbox": ("sandbox", "serve", "--help"),
}


@pytest.mark.parametrize("words", LIGHT.values(), ids=list(LIGHT))
def test_version_and_help_load_no_library_but_clicks_and_no_room(folder: Path, words: tuple[str, ...]):
    """They are what people wait for at a prompt."""
    found = loaded(folder, *words)
    assert not found & (LIBRARIES | {"traceback"})
    assert not found & {f"reconciler.{room}" for room in ROOMS}


OFFLINE = {
    "validate": ("validate",),
    "explain": ("explain",),
    "explain a key": ("explain", "external_oms"),
    "shards": ("shards",),
    "init": ("init", "new"),
}


@pytest.mark.parametrize("words", OFFLINE.values(), ids=list(OFFLINE))
def test_offline_commands_load_nothing_that_talks_or_compares(folder: Path, words: tuple[str, ...]):
    """validate runs before every commit."""
    assert loaded(folder, *words) & LIBRARIES <= FOR_FILES


def test_validate_of_files_in_order_loads_only_what_it_needs(folder: Path):
    """Nothing that explains, renders in other forms, plans or writes."""
    found = loaded(folder, "validate")
    assert found & LIBRARIES == FOR_FILES
    assert not found & NOT_FOR_VALIDATE
    assert {"reconciler.desired.glance", "reconciler.report.text", "reconciler.report.to_json"} < found


def test_validate_on_a_terminal_loads_nothing_that_draws(folder: Path):
    """A hook of git has the terminal of whoever commits, and is over before there is anything to draw."""
    env = {name: value for name, value in surroundings(folder).items() if not name.startswith("COVERAGE_")}
    with Terminal([sys.executable, "-c", PROBE, "validate"], cwd=folder, env=env, columns=60_000) as terminal:
        assert terminal.wait() == 0
    code, modules = json.loads(terminal.lines()[-1])
    assert code == 0
    assert {"reconciler.report.overview", "reconciler.cli.watching"} < set(modules)
    assert not {"asyncio", "rich"} & set(modules)


def test_validate_loads_jsonschema_for_a_file_that_is_wrong(folder: Path):
    """It alone says what is wrong; so the name above is the one that it is loaded by."""
    (folder / "tenants" / "wrong.yaml").write_text("sales_order: {on_hold_timer_duration: soon}\n", encoding="utf-8")
    assert {"jsonschema", "reconciler.catalogue.authority"} < loaded(folder, "validate", ends=1)


def test_a_form_that_was_not_asked_for_is_not_loaded(folder: Path):
    """Each renderer comes with its tables."""
    found = loaded(folder, "validate", "--format", "json", "--report", "r.md")
    assert "reconciler.report.markdown" in found
    assert not found & {"reconciler.report.text", "reconciler.report.html"}


def test_a_plan_loads_what_it_needs(folder: Path):
    """So the names above are those of the libraries that are really used."""
    found = loaded(folder, "plan", "--sandbox")
    assert {"asyncio", "httpx", "sqlite3", "starlette", "uvicorn", "jsonschema_rs"} < found
    assert not found & {"reconciler.report.html", "reconciler.report.markdown"}
    assert not found & {"reconciler.journeys.since", "reconciler.inputs.committed", "reconciler.desired.changed"}


NEVER_FOR_A_PLAN = {
    *("anyio", "deepdiff", "h11", "httpcore", "jsonschema", "pygments", "rfc8785", "rich", "sniffio", "sqlite3"),
    *("starlette", "uvicorn"),
    *("reconciler.catalogue.authority", "reconciler.catalogue.derive", "reconciler.report.html", "reconciler.sandbox"),
    *("reconciler.planning.undo", "reconciler.report.journal", "reconciler.report.markdown"),
}


def test_a_plan_of_tenants_elsewhere_loads_one_http_engine_and_nothing_that_it_does_not_use(folder: Path):
    """A job of CI starts it for every pull request. Nobody listens at that port, hence the 1."""
    entries = [
        f"{file.stem}: {{origin: 'http://127.0.0.1:9/{file.stem}', token: canary}}\n"
        for file in (folder / "tenants").iterdir()
    ]
    credentials = folder / "credentials.yaml"
    credentials.touch(mode=0o600)
    credentials.write_text("".join(entries), encoding="utf-8")
    words = ("plan", "--origin", "http://127.0.0.1:9/{tenant}", "--credentials", str(credentials))
    found = loaded(folder, *words, ends=1)
    assert {"asyncio", "httptools", "httpx", "jsonschema_rs", "yaml"} < found
    assert sorted(found & NEVER_FOR_A_PLAN) == []


def test_a_plan_asks_jsonschema_neither_what_fits_nor_what_does_not(folder: Path):
    """A condition of the order of writing that doesn't hold is nothing wrong: to tell so takes no explanation."""
    hook = "external_order_webhook: {url: 'https://a.example/', api_key: {secret: A}}"
    (folder / "tenants" / "beta.yaml").write_text(
        f"sales_order:\n  {hook}\n  external_oms: {{enabled: false}}\n", encoding="utf-8"
    )
    assert "jsonschema" not in loaded(folder, "plan", "--sandbox")
