"""The commands of README.md and docs/reference/sandbox.md are run as they stand there, against the sandbox.

What is not taken literally stands in a table here, and a line that is in a page but not in the tables fails a test.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import FaultKind, RunningSandbox, Sandbox, secret_text
from tests.cli.calling import LIMIT, Done, reconciler, surroundings
from tests.docs.pages import ROOT, blocks, prose, text_of

TENANT = "acme-staging"
API_KEY = secret_text(TENANT, "WEBHOOK_API_KEY")

LANGUAGES = {
    "README.md": ["", "sh", "yaml"],
    "docs/reference/sandbox.md": ["sh", "sh", "sh"],
    "docs/reference/commands.md": None,
    "ARCHITECTURE.md": ["", ""],
}
"""The blocks of a page. Below, sh is run and yaml validated; `""` is make's or a drawing. None: all are text."""


@pytest.mark.parametrize("page", LANGUAGES)
def test_no_block_of_a_page_is_overlooked(page: str):
    """A new one must be given its place in these tests."""
    wanted = LANGUAGES[page]
    found = [block.language for block in blocks(page)]
    assert found == wanted if wanted is not None else set(found) == {"text"}


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


@pytest.fixture
def platform(tmp_path: Path, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """What stands for the platform: a sandbox in which the tenant of the README is set up."""
    with Sandbox(tmp_path / "platform" / "sandbox.db", catalogue).running() as running:
        hook = {"url": "https://orders.acme.example/", "api_key": API_KEY, "timeout": 20}
        running.set_value(TENANT, "external_order_webhook", hook)
        yield running


def _shell(script: str, folder: Path, env: dict[str, str]) -> Done:
    """Run a block in one POSIX shell that ends at the first command that fails."""
    return subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=LIMIT,
    )


def test_the_five_minutes_of_the_readme_lead_to_a_written_value(tmp_path: Path, platform: RunningSandbox):
    """Every line of the block is run, in one shell, in an empty home; only what a reader fills in is filled in."""
    (block,) = blocks("README.md", "sh")
    client, secret = platform.client(TENANT)
    filled_in = {
        f"https://{TENANT}.p.newstore.net": platform.origin(TENANT),
        f"https://id.p.newstore.net/auth/realms/{TENANT}/protocol/openid-connect/token": platform.token_url(TENANT),
        "client_id: ...": f"client_id: {client}",
        "client_secret: ...": f"client_secret: {secret}",
        "{value: ...,": f"{{value: {API_KEY},",
    }
    script = block.text
    for placeholder, text in filled_in.items():
        assert script.count(placeholder) == 1, placeholder
        script = script.replace(placeholder, text)

    # What surrounds a reader: the checkout's .venv, an editor, and here the address of the stand-in.
    (tmp_path / "home").mkdir()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    editor = tmp_path / "edit"
    editor.write_text("#!/bin/sh\nsed -i 's/on_hold_timer_duration: .*/on_hold_timer_duration: 777/' \"$1\"\n")
    editor.chmod(0o755)
    env = surroundings(tmp_path / "home", EDITOR=str(editor), RECONCILER_ORIGIN=platform.origin_template)

    done = _shell(script, tmp_path, env)
    assert done.returncode == 0, done.stdout + done.stderr
    config = tmp_path / "my-config"
    assert "secret: WEBHOOK_API_KEY" in (config / "tenants" / f"{TENANT}.yaml").read_text(encoding="utf-8")
    plan = json.loads((config / "plan.json").read_text(encoding="utf-8"))
    changed = {
        key["key"].split(".")[1]: key["action"] for key in plan["tenants"][0]["keys"] if key["action"] != "no-op"
    }
    assert changed == {"on_hold_timer_duration": "update"}
    written = platform.get_value(TENANT, "on_hold_timer_duration")
    assert written is not None
    assert written.value == 777
    assert [entry.method for entry in platform.log() if "/config/" in entry.path].count("POST") == 1
    assert API_KEY not in done.stdout + done.stderr


def test_the_tenant_file_of_the_readme_is_valid(tmp_path: Path):
    """With the profile of the samples beside it."""
    (block,) = blocks("README.md", "yaml")
    (tmp_path / "tenants").mkdir()
    assert block.text.startswith(f"# tenants/{TENANT}.yaml ")
    (tmp_path / "tenants" / f"{TENANT}.yaml").write_text(block.text, encoding="utf-8")
    shutil.copy(ROOT / "tenants" / "_retail-default.yaml", tmp_path / "tenants")
    done = reconciler("validate", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_the_make_targets_that_the_readme_names_exist():
    """`make demo` and `make test` are run by people and CI; here, that they are there and described."""
    targets = set(re.findall(r"^([a-z-]+):.*## ", text_of("Makefile"), re.MULTILINE))
    first, _, _ = blocks("README.md")
    named = set(re.findall(r"make ([a-z-]+)", first.text + prose("README.md") + text_of("docs/reference/sandbox.md")))
    assert {"demo", "test"} <= named <= targets


PORT = "8400"
"""Where docs/reference/sandbox.md serves. Tests use a free port in its place, as two may run at once."""

SERVE = f"reconciler sandbox serve --port {PORT} --write-credentials sandbox.credentials.yaml"
"""The one line that doesn't end by itself: it is run in the background, and Ctrl-C ends it."""


def _lines(text: str) -> list[str]:
    return [line.split(" #")[0].rstrip() for line in text.splitlines() if line and not line.startswith("#")]


def test_the_commands_of_the_sandboxs_page_work(tmp_path: Path):
    """Every line, in order; `serve` in the background while the lines after it run."""
    first, second, third = (_lines(block.text) for block in blocks("docs/reference/sandbox.md", "sh"))
    assert first[-1] == SERVE
    assert f"127.0.0.1:{PORT}/" in second[0]
    (tmp_path / "tenants").mkdir()
    for tenant in ("acme.yaml", "_retail-default.yaml", "acme-sandbox.yaml"):
        shutil.copy(ROOT / "tenants" / tenant, tmp_path / "tenants")
    env = surroundings(tmp_path)
    done = _shell("\n".join(first[:-1]), tmp_path, env)
    assert (done.returncode, done.stderr) == (0, "")
    port = _free_port()
    with _in_the_background(SERVE.replace(PORT, port), tmp_path, env):
        for block in (second, third):
            done = _shell("\n".join(block).replace(PORT, port), tmp_path, env)
            assert done.returncode == 0, done.stdout + done.stderr
        shown = _shell("reconciler sandbox show --format json", tmp_path, env).stdout
    rows = {(row["tenant"], row["key"]): row for row in json.loads(shown)}
    assert rows["acme", "sales_order.on_hold_timer_duration"]["value"] == 60
    assert "value" not in rows["acme", "sales_order.big_sales_order"]
    assert len(rows["acme", "sales_order.external_oms"]["faults"]) == 2
    assert len(rows["*", "*"]["faults"]) == 2


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return str(listening.getsockname()[1])


@contextmanager
def _in_the_background(command: str, folder: Path, env: dict[str, str]) -> Iterator[None]:
    """Run a command that serves, until the end of the block; Ctrl-C must end it cleanly."""
    log = folder / "serve.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"], cwd=folder, env=env, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    try:
        until = time.monotonic() + LIMIT
        while "Ctrl-C" not in log.read_text(encoding="utf-8"):
            assert child.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        child.send_signal(2)
        child.wait(timeout=10)
    assert child.returncode == 0, log.read_text(encoding="utf-8")


def test_the_sandboxs_page_lists_every_fault_there_is():
    """And none that isn't."""
    table = prose("docs/reference/sandbox.md").partition("| kind |")[2]
    first_cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(first_cells))) == sorted(FaultKind)


def test_the_picture_of_a_plan_is_current(tmp_path: Path):
    """The first thing that a reader sees is what the program shows today; a script draws it, and checks itself."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "pictures.py"), "--check"],
        cwd=tmp_path,
        env=surroundings(tmp_path),
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")
