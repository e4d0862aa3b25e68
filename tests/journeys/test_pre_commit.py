"""The hooks of .pre-commit-hooks.yaml, run as pre-commit runs them: file names after the entry, in the top folder."""

import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.calling import LIMIT, Done, surroundings
from tests.docs.pages import ROOT, blocks
from tests.workflows.repository import commit, git, write

GOOD = "sales_order: {on_hold_timer_duration: 60}\n"
BAD = "sales_order: {on_hold_timer_duration: soon}\n"
BEFORE = {
    "tenants/_base.yaml": GOOD,
    "tenants/acme.yaml": "extends: [_base]\n",
    "tenants/beta.yaml": GOOD,
    "tenants/eu/gamma.yaml": GOOD,
    "tenants/broken.yaml": BAD,
    "README.md": "Hello\n",
    "reconciler.toml": "",
}
CHANGED, ALL = "reconciler-validate", "reconciler-validate-all"


def hook(name: str, **more: Any) -> Mapping[str, Any]:
    """Return a hook of the manifest, with pre-commit's defaults and what a team's own file says besides."""
    (found,) = [one for one in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text()) if one["id"] == name]
    return {"files": "", "args": [], "pass_filenames": True, "always_run": False, **found, **more}


def committed(folder: Path, what: Mapping[str, Any], files: Mapping[str, str | None]) -> Done | None:
    """Stage `files` (None deletes) and return what the hook says of that commit; None when it isn't run."""
    write(folder, files)
    git(folder, "add", "--all")
    staged = git(folder, "diff", "--staged", "--name-only", "--no-ext-diff", "-z", "--diff-filter=ACMRTUXB")
    names = [name for name in staged.split("\0") if name and re.search(what["files"], name)]
    return called(folder, what, names) if names or what["always_run"] else None


def called(folder: Path, what: Mapping[str, Any], names: Sequence[str]) -> Done:
    words = [*shlex.split(what["entry"]), *what["args"], *(names if what["pass_filenames"] else ())]
    return subprocess.run(
        words,
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=LIMIT,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with one commit, in which a tenant is broken already."""
    write(tmp_path, BEFORE)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "Begin")
    return tmp_path


def test_the_manifest_has_what_pre_commit_asks_for():
    """An id, a name, an entry and a language; nothing is run in parallel with itself."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [one["id"] for one in hooks] == [CHANGED, ALL]
    for one in hooks:
        assert {"id", "name", "entry", "language"} <= one.keys()
        assert one["language"] == "python"
        assert one["entry"].split()[0] in (ROOT / "pyproject.toml").read_text()
        assert one.get("require_serial") or one.get("pass_filenames") is False


@pytest.mark.parametrize(
    ("files", "code", "told"),
    [
        pytest.param({"tenants/beta.yaml": GOOD + "\n"}, 0, [], id="good"),
        pytest.param({"tenants/beta.yaml": BAD}, 1, ["tenants/beta.yaml:1:39"], id="bad"),
        pytest.param({"tenants/eu/gamma.yaml": BAD, "README.md": "x"}, 1, ["tenants/eu/gamma.yaml"], id="below"),
        pytest.param({"tenants/_base.yaml": BAD}, 1, ["tenants/_base.yaml", "tenants/acme.yaml"], id="profile"),
        pytest.param({"tenants/Bad_Name.yaml": GOOD}, 1, ["tenants/Bad_Name.yaml"], id="name"),
        pytest.param({"reconciler.toml": "[gate]\n"}, 1, ["tenants/broken.yaml"], id="settings-stand-for-all"),
        pytest.param({"reconciler.toml": "tenant = 1\n"}, 64, ["tenant"], id="wrong-settings"),
    ],
)
def test_a_commit_is_judged_by_what_it_changes(folder: Path, files: Mapping[str, str], code: int, told: Sequence[str]):
    """And not by the file that was broken before, as long as it is not concerned."""
    done = committed(folder, hook(CHANGED), files)
    assert done is not None
    assert done.returncode == code, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert [name for name in told if name not in said] == []
    assert ("broken.yaml" in said) == ("tenants/broken.yaml" in told)


@pytest.mark.parametrize("name", ["README.md", "tenants/.hidden.yaml", "tenants/.d/x.yaml", "tenants/notes.txt"])
def test_a_commit_of_other_files_starts_nothing(folder: Path, name: str):
    """What is no tenant's file would be refused as one."""
    assert committed(folder, hook(CHANGED), {name: "x"}) is None


def test_a_deleted_profile_is_found_by_the_hook_for_all(folder: Path):
    """pre-commit tells nobody of a deleted file."""
    write(folder, {"tenants/broken.yaml": GOOD})
    commit(folder, "Mend")
    assert committed(folder, hook(CHANGED), {"tenants/_base.yaml": None}) is None
    done = committed(folder, hook(ALL), {})
    assert done is not None
    assert done.returncode == 1
    assert "tenants/acme.yaml:1:11" in done.stdout


def test_a_deleted_tenant_is_no_problem(folder: Path):
    """It is not managed any more."""
    done = committed(folder, hook(ALL), {"tenants/broken.yaml": None})
    assert done is not None
    assert done.returncode == 0, done.stdout


def test_thousands_of_names_are_one_run(folder: Path):
    """As many as pre-commit puts into one command line, which is 128 KiB."""
    write(folder, {f"tenants/many/tenant-{number:05}.yaml": GOOD for number in range(3500)})
    names = [f"tenants/many/tenant-{number:05}.yaml" for number in range(3500)]
    done = called(folder, hook(CHANGED), names)
    assert (done.returncode, done.stdout) == (0, "Valid: 3,500 tenants.\n"), done.stderr


def test_what_the_page_says_of_other_folders_holds(tmp_path: Path):
    """Settings, tenants and further keys below config/: each name that its pattern takes is understood."""
    said = blocks("docs/how-to/pre-commit.md", "yaml")
    (first,) = yaml.safe_load(said[0].text)["repos"]
    (other,) = yaml.safe_load(said[1].text)
    assert {one["id"] for one in [*first["hooks"], other]} == {CHANGED, ALL}
    files = {
        "config/reconciler.toml": 'tenants = "fleet"\nschemas = "schemas"\n',
        "config/fleet/acme.yaml": GOOD,
        "config/fleet/beta.yaml": GOOD,
        "config/schemas/openapi.yaml": blocks("docs/how-to/add-a-key.md", "yaml")[0].text,
        "tenants/else.yaml": "no tenant: at all\n",
    }
    git(tmp_path, "init", "--quiet")
    done = committed(tmp_path, hook(CHANGED, **other), files)
    assert done is not None
    assert (done.returncode, done.stdout) == (0, "Valid: 2 tenants.\n"), done.stderr
    commit(tmp_path, "Begin")
    one = committed(tmp_path, hook(CHANGED, **other), {"config/fleet/acme.yaml": BAD})
    assert one is not None
    assert "config/fleet/acme.yaml:1:39" in one.stdout
