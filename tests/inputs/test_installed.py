"""Where the tool was installed from: a clone, pip's record, or nobody knows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.inputs.installed import Tool, installed_tool, said_tool
from tests.workflows.repository import commit, git

COMMIT = "0123456789abcdef" * 2 + "01234567"
URL = "https://github.com/acme/reconciler.git"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages with a package and what an installer leaves beside it, found before all others."""
    place = tmp_path / "site"
    (place / "tool").mkdir(parents=True)
    (place / "tool-1.dist-info").mkdir()
    (place / "tool-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: tool\nVersion: 1\n")
    monkeypatch.syspath_prepend(str(place))
    return place


def record(site: Path, content: object) -> None:
    text = content if isinstance(content, str) else json.dumps(content)
    (site / "tool-1.dist-info" / "direct_url.json").write_text(text)


def by_git(url: str, commit: str = COMMIT) -> dict[str, object]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit, "requested_revision": "main"}}


def found(site: Path) -> Tool | None:
    return installed_tool(site / "tool", {"PATH": "/usr/bin:/bin"})


def clone(folder: Path, url: str, *, pushed: bool = True) -> str:
    """A clone with one commit, which a branch of origin has."""
    folder.mkdir(exist_ok=True)
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", url)
    made = commit(folder, "Begin")
    if pushed:
        git(folder, "update-ref", "refs/remotes/origin/main", made)
    return made


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://github.com/acme/reconciler",
        "https://github.com/acme/reconciler/",
        "https://x-token:canary@github.com/acme/reconciler.git",
        "ssh://git@github.com/acme/reconciler.git",
        "ssh://git@ssh.github.com:443/acme/reconciler.git",
        "git@github.com:acme/reconciler.git",
        "https://GitHub.com/acme/reconciler.git",
        "https://github.acme.example/acme/reconciler.git",
        "https://acme.ghe.com/acme/reconciler",
    ],
)
def test_what_pip_put_down_names_the_repository_and_the_commit(site: Path, url: str):
    """PEP 610. Nothing else of the address is taken, a password least of all."""
    record(site, by_git(url))
    assert found(site) == Tool("acme/reconciler", COMMIT)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(by_git("https://gitlab.com/acme/reconciler.git"), id="another-forge"),
        pytest.param(by_git("https://notgithub.com/acme/reconciler"), id="another-host"),
        pytest.param(by_git("https://gitlab.com/https://github.com/acme/reconciler"), id="an-address-in-the-path"),
        pytest.param(by_git("https://github.com/acme/group/reconciler"), id="three-parts"),
        pytest.param(by_git("https://github.com/acme/.."), id="dots"),
        pytest.param(by_git("https://github.com/acme/a\nb"), id="two-lines"),
        pytest.param(by_git(URL, "main"), id="a-branch"),
        pytest.param(by_git(URL, COMMIT[:12]), id="half-a-commit"),
        pytest.param(by_git(URL, f"{COMMIT}\n"), id="a-commit-and-more"),
        pytest.param({"url": URL, "archive_info": {}}, id="an-archive"),
        pytest.param({"url": 7, "vcs_info": {"commit_id": COMMIT}}, id="a-number"),
        pytest.param({"url": "file:///nowhere/at/all", "dir_info": {}}, id="a-folder-that-is-gone"),
        pytest.param([], id="a-list"),
        pytest.param("{", id="no-json"),
        pytest.param("null", id="null"),
    ],
)
def test_a_record_that_names_no_commit_on_github_tells_nothing(site: Path, content: object):
    """Then a person has to say it."""
    record(site, content)
    assert found(site) is None


def test_what_an_index_installed_tells_nothing(site: Path):
    """pip leaves no record then."""
    assert found(site) is None


def test_the_record_of_another_installation_doesnt_count(site: Path, tmp_path: Path):
    """Two are on the path, and the one that runs is not the one that is found."""
    record(site, by_git(URL))
    (tmp_path / "other" / "tool").mkdir(parents=True)
    assert installed_tool(tmp_path / "other" / "tool", {}) is None
    assert installed_tool(tmp_path / "other" / "no-such-tool", {}) is None


def test_a_clone_tells_by_its_origin_and_by_what_is_checked_out(tmp_path: Path):
    """Editable, or run as it lies there."""
    made = clone(tmp_path / "clone", "git@github.com:acme/reconciler.git")
    assert found(tmp_path / "clone") == Tool("acme/reconciler", made)


def test_a_commit_that_nobody_has_pushed_is_told_as_such(tmp_path: Path):
    """Workflows that name it would not start."""
    made = clone(tmp_path / "clone", URL, pushed=False)
    assert found(tmp_path / "clone") == Tool("acme/reconciler", made, is_there=False)


def test_a_folder_that_was_installed_from_tells_as_a_clone(site: Path, tmp_path: Path):
    """`pip install FOLDER`, whose name may need quoting in a URL."""
    made = clone(tmp_path / "my clone", URL)
    record(site, {"url": (tmp_path / "my clone").as_uri(), "dir_info": {}})
    assert found(site) == Tool("acme/reconciler", made)


@pytest.mark.parametrize("url", ["https://gitlab.com/acme/reconciler.git", "/srv/git/reconciler.git", ""])
def test_a_clone_of_elsewhere_tells_nothing(tmp_path: Path, url: str):
    """Workflows can't call what GitHub doesn't have."""
    clone(tmp_path / "clone", url or "x")
    if not url:
        git(tmp_path / "clone", "remote", "remove", "origin")
    assert found(tmp_path / "clone") is None


def test_a_clone_without_a_commit_or_git_tells_nothing(tmp_path: Path):
    """And nothing is raised."""
    git(tmp_path, "init", "--quiet", "empty")
    git(tmp_path / "empty", "remote", "add", "origin", URL)
    assert found(tmp_path / "empty") is None
    clone(tmp_path / "clone", URL)
    assert installed_tool(tmp_path / "clone" / "tool", {"PATH": "/nowhere"}) is None


def test_looking_runs_nothing_that_the_clone_names(tmp_path: Path):
    """Its own configuration may name programs."""
    clone(tmp_path / "clone", URL)
    trap = tmp_path / "trap"
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "credential.helper"):
        git(tmp_path / "clone", "config", name, f"touch {trap}")
    assert found(tmp_path / "clone") is not None
    assert not trap.exists()


def test_pip_itself_leaves_the_record_that_is_read(tmp_path: Path):
    """A package installed by `pip install git+https://github.com/…`, fetched from this machine instead."""
    source = tmp_path / "acme" / "reconciler"
    (source / "tool").mkdir(parents=True)
    (source / "tool" / "__init__.py").touch()
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "tool"\nversion = "1"\n'
    )
    git(source, "init", "--quiet")
    made = commit(source, "Begin")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{tmp_path.as_uri()}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    command += ["--target", str(tmp_path / "site"), "git+https://github.com/acme/reconciler"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    code = "import sys; from pathlib import Path; from reconciler.inputs.installed import installed_tool as found"
    code += "; print(found(Path(sys.argv[1]) / 'tool', {}))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")],
        env={"PYTHONPATH": f"{tmp_path / 'site'}:{root}"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == f"acme/reconciler@{made}\n"


def test_what_a_person_says_is_read_back_as_it_was_said():
    """OWNER/NAME@COMMIT."""
    said = f"acme_corp/re.conciler-2@{COMMIT}"
    assert str(said_tool(said)) == said
