"""The commands of README.md are run as they stand there, against the sandbox; those of docs by test_consoles.py.

What is not taken literally stands in a table here, and a line that is in a page but not in the tables fails a test.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
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
    "ARCHITECTURE.md": ["", ""],
}
"""The blocks of a page. Below, sh is run and yaml validated; `""` is make's or a drawing."""


@pytest.mark.parametrize("page", LANGUAGES)
def test_no_block_of_a_page_is_overlooked(page: str):
    """A new one must be given its place in these tests."""
    assert [block.language for block in blocks(page)] == LANGUAGES[page]


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
