"""What a release is made of: the same bytes wherever it is built, with a bill of what comes along."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler import __version__
from scripts.sbom import checked, locked
from tests.docs.pages import ROOT
from tests.plugins.threats import Cases

NEEDED = ("reconciler", "schemas", "scripts", "requirements", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
WHEN = "2026-02-03T04:05:06Z"
BUILDERS = {"editables", "hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}
"""In the lock to build the program, and not needed to run it."""


def _checkout(folder: Path) -> Path:
    """The files of this checkout that a release is made of, committed in a repository of its own."""
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "All")):
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@acme.example", "-c", "commit.gpgsign=false", *words]
        dates = {"GIT_AUTHOR_DATE": WHEN, "GIT_COMMITTER_DATE": WHEN, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env={**os.environ, **dates})
    return folder


def _built(folder: Path, **environment: str) -> Path:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        ["sh", "scripts/dist.sh", "made"],
        cwd=folder,
        env={**kept, "PATH": path, **environment},
        check=True,
        capture_output=True,
    )
    return folder / "made"


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two builds of one commit, in folders, at times and with settings that have nothing in common."""
    one = _checkout(tmp_path_factory.mktemp("one"))
    other = tmp_path_factory.mktemp("elsewhere") / "by another name" / "and deeper"
    shutil.copytree(one, other)
    # Neither of these is committed, so neither may get in; nor may the times of files matter.
    (other / "reconciler" / "planted.py").write_text("raise SystemExit\n")
    (other / "reconciler" / "__init__.py").write_text('__version__ = "6.6.6"\n')
    for file in other.rglob("*.py"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    return (
        _built(one, TZ="Pacific/Auckland", LC_ALL="C.UTF-8", PYTHONHASHSEED="1"),
        _built(other, TZ="America/Lima", SOURCE_DATE_EPOCH="1", PYTHONHASHSEED="2"),
    )


def test_two_builds_of_a_commit_give_the_same_bytes(twice: tuple[Path, Path], cases: Cases):
    """So that anybody can build it again, and see that a release is what its commit says."""
    names = {f"reconciler-{__version__}-py3-none-any.whl", f"reconciler-{__version__}.tar.gz"}
    names |= {"SHA256SUMS", "runtime.txt", "sbom.cdx.json"}
    cases.add(len(names))
    for folder in twice:
        assert {file.name for file in folder.iterdir()} == names
    assert [name for name in sorted(names) if len({(one / name).read_bytes() for one in twice}) != 1] == []


def test_only_what_is_committed_is_released(twice: tuple[Path, Path]):
    """What lies about in a checkout was reviewed by nobody."""
    _, other = twice
    (wheel,) = other.glob("*.whl")
    (sdist,) = other.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive, tarfile.open(sdist) as tar:
        names = [*archive.namelist(), *tar.getnames()]
        assert archive.read("reconciler/__init__.py") == (ROOT / "reconciler" / "__init__.py").read_bytes()
        assert {one.mtime for one in tar.getmembers()} == {1770091506}, "the time of the commit"
    assert [name for name in names if "planted" in name] == []


def test_every_file_of_a_release_has_its_checksum(twice: tuple[Path, Path]):
    """All but the list itself."""
    folder, _ = twice
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {name for _, name in lines} == {file.name for file in folder.iterdir()} - {"SHA256SUMS"}
    assert [name for digest, name in lines if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest] == []


@pytest.fixture(scope="module")
def bill(twice: tuple[Path, Path]) -> Any:
    """The bill of materials of such a build."""
    return json.loads((twice[0] / "sbom.cdx.json").read_text(encoding="utf-8"))


def test_the_bill_is_what_cyclonedx_asks_for(bill: Any):
    """The script holds each that it writes against the format's schema, and writes none that doesn't fit."""
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    small = {**bill, "components": bill["components"][:1], "dependencies": []}
    assert checked(json.dumps(small)) == json.dumps(small)
    for wrong in ({**small, "planted": 1}, {**small, "serialNumber": "1"}, {**small, "components": [{}]}):
        with pytest.raises(SystemExit, match="not a valid bill"):
            checked(json.dumps(wrong))
    assert bill["metadata"]["component"]["version"] == __version__
    assert bill["metadata"]["timestamp"].startswith(WHEN.removesuffix("Z"))


def test_the_bill_has_all_of_the_lock_that_runs_and_nothing_else(bill: Any, cases: Cases):
    """By version, and by the hash of each file that may be installed as it."""
    lock = locked((ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8"))
    listed = {one["name"]: one for one in bill["components"]}
    cases.add(len(listed))
    assert set(listed) | BUILDERS == set(lock)
    assert set(listed) & BUILDERS == set()
    for name, one in listed.items():
        assert one["version"] == lock[name].version
        hashes = {found["content"] for place in one["externalReferences"] for found in place["hashes"]}
        assert hashes == set(lock[name].hashes)
        assert one["licenses"], f"{name} says no licence: look for one that says it"
    optional = {name for name, one in listed.items() if one["scope"] == "optional"}
    assert {"starlette", "uvicorn"} <= optional
    assert {"httpx", "pyyaml", "click"} & optional == set()


def test_the_bill_says_who_needs_whom(bill: Any):
    """So that it can be told why something is in: everything is reached from the program."""
    edges = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    seen: set[str] = set()
    left = [bill["metadata"]["component"]["bom-ref"]]
    while left:
        if (one := left.pop()) not in seen:
            seen.add(one)
            left += edges[one]
    assert {one["bom-ref"] for one in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]} == seen


def test_the_bill_names_no_place(bill: Any):
    """Neither where a package is fetched from nor where it was built: both are the installer's affair."""
    text = json.dumps({**bill, "$schema": ""})
    assert "://" not in text
    assert str(ROOT) not in text


Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Run a script of a release in a checkout of which version 0.1.0 was tagged, with a `gh` that says what it got."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "reconciler").mkdir()
    (folder / "reconciler" / "__init__.py").write_text('"""Text."""\n\n__version__ = "1.2.3"\n')
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## [1.2.3] - 2026-02-03\n\n- New.\n\n## [1.2.2]\n\n- Old.\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text(
        '#!/bin/sh\nprintf "%s\\n" "gh $*"\nwhile [ "$1" != --notes-file ]; do shift; done; cat "$2"\n'
    )
    (tools / "gh").chmod(0o755)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{tools}:{os.environ['PATH']}", "GITHUB_REPOSITORY": "acme/tool", "HOME": str(tmp_path)}
        return subprocess.run(["sh", *words], cwd=folder, env=environment, check=False, capture_output=True, text=True)

    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "All")):
        git = ["git", "-c", "user.name=A", "-c", "user.email=a@acme.example", "-c", "commit.gpgsign=false", *words]
        subprocess.run(git, cwd=folder, check=True, capture_output=True)
    subprocess.run(["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=folder, check=True)
    return run


def test_a_tag_of_the_version_on_main_is_released(script: Script):
    """With the changelog's section as its notes."""
    assert script("scripts/release_tag.sh", "v1.2.3").returncode == 0
    assert script("scripts/release_notes.sh", "1.2.3").stdout == "- New.\n\n"


@pytest.mark.parametrize(
    ("tag", "before", "says"),
    [
        pytest.param("v1.2.4", "true", "version in reconciler/__init__.py is 1.2.3", id="another-version"),
        pytest.param("1.2.3", "true", "The tag is 1.2.3", id="no-v"),
        pytest.param("v1.2.3", "echo >CHANGELOG.md", 'nothing under "## [1.2.3]"', id="no-notes"),
        pytest.param("v1.2.3", "git checkout -q --orphan x && git commit -q -m x", "is not on main", id="unreviewed"),
    ],
)
def test_any_other_tag_is_refused(script: Script, tag: str, before: str, says: str):
    """A tag can be pushed on any commit by whoever may push; what is on main was reviewed."""
    names = "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@acme.example GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@acme.example"
    assert script("-c", f"export {names}; {before}").returncode == 0
    done = script("scripts/release_tag.sh", tag)
    assert done.returncode == 1
    assert says in done.stderr


def test_a_release_is_drafted_of_what_the_checksums_name_and_nothing_else(script: Script, tmp_path: Path):
    """Never published: somebody does that who has read it."""
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "a.whl").write_text("a")
    (folder / "planted").write_text("b")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a').hexdigest()}  a.whl\n")
    done = script("scripts/release_draft.sh", "v1.2.3", str(folder))
    assert done.returncode == 0, done.stderr
    (said,) = (line for line in done.stdout.splitlines() if line.startswith("gh "))
    assert said.startswith("gh release create v1.2.3 --repo acme/tool --draft --verify-tag ")
    assert said.endswith(" a.whl SHA256SUMS")
    assert "- New." in done.stdout


def test_nothing_is_drafted_of_what_was_changed_on_the_way(script: Script, tmp_path: Path):
    """Between the machine that built it and the one that drafts."""
    folder = tmp_path / "built"
    folder.mkdir()
    (folder / "a.whl").write_text("another")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'a').hexdigest()}  a.whl\n")
    done = script("scripts/release_draft.sh", "v1.2.3", str(folder))
    assert done.returncode == 1
    assert "gh " not in done.stdout
