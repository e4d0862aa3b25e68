import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.inputs.revision import revision
from reconciler.model.report import Revision

Git = Callable[..., str]


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """A PATH with git, and a home without configuration."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}


@pytest.fixture
def tenants(repository: Path, git: Git) -> Path:
    """A repository with two committed tenants and a file beside them."""
    git("init", "-q")
    folder = repository / "tenants"
    (folder / "eu").mkdir(parents=True)
    (folder / "acme.yaml").write_text("a: 1\n", "utf-8")
    (folder / "eu" / "beta ü.yaml").write_text("b: 1\n", "utf-8")
    (repository / "README").write_text("x", "utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    return folder


def test_a_clean_checkout_is_its_commit(tenants: Path, git: Git, environment: Mapping[str, str]):
    """The full commit id, and not dirty."""
    assert revision(tenants, environment) == Revision(git("rev-parse", "HEAD"), None, dirty=False)


def test_changes_elsewhere_do_not_count(tenants: Path, repository: Path, git: Git, environment: Mapping[str, str]):
    """The flag is about the tenants that the run judges."""
    (repository / "README").write_text("changed", "utf-8")
    (repository / "new").write_text("x", "utf-8")
    (tenants / ".acme.yaml.swp").write_text("x", "utf-8")
    os.utime(tenants / "acme.yaml", (1, 1))
    assert revision(tenants, environment).dirty is False


def _edit(tenants: Path) -> None:
    (tenants / "acme.yaml").write_text("a: 2\n", "utf-8")


def _edit_in_disguise(tenants: Path) -> None:
    """Same size, same time: what a look at the file's status alone would miss."""
    path = tenants / "acme.yaml"
    before = path.stat()
    path.write_text("a: 2\n", "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _delete(tenants: Path) -> None:
    (tenants / "eu" / "beta ü.yaml").unlink()


def _add(tenants: Path) -> None:
    (tenants / "eu" / "new.yaml").write_text("", "utf-8")


def _add_ignored(tenants: Path) -> None:
    (tenants.parent / ".gitignore").write_text("*.yaml\n", "utf-8")
    (tenants / "new.yaml").write_text("", "utf-8")


def _link(tenants: Path) -> None:
    (tenants / "acme.yaml").unlink()
    (tenants / "acme.yaml").symlink_to("eu/beta ü.yaml")


def _folder(tenants: Path) -> None:
    (tenants / "acme.yaml").unlink()
    (tenants / "acme.yaml").mkdir()


def _pipe(tenants: Path) -> None:
    (tenants / "acme.yaml").unlink()
    os.mkfifo(tenants / "acme.yaml")


@pytest.mark.parametrize("change", [_edit, _edit_in_disguise, _delete, _add, _add_ignored, _link, _folder, _pipe])
def test_each_kind_of_change_below_the_folder_is_dirty(
    tenants: Path, environment: Mapping[str, str], change: Callable[[Path], None]
):
    """What the reconciler would read is not what the commit holds."""
    change(tenants)
    seen = revision(tenants, environment)
    assert seen.dirty is True
    assert seen.commit is not None


def test_a_staged_change_is_dirty(tenants: Path, git: Git, environment: Mapping[str, str]):
    """Added is not committed."""
    _edit(tenants)
    git("add", ".")
    assert revision(tenants, environment).dirty is True


def test_a_committed_link_is_compared_by_where_it_leads(tenants: Path, git: Git, environment: Mapping[str, str]):
    """Git commits the target's name."""
    _link(tenants)
    git("add", ".")
    git("commit", "-q", "-m", "link")
    assert revision(tenants, environment).dirty is False
    (tenants / "acme.yaml").unlink()
    (tenants / "acme.yaml").symlink_to("elsewhere")
    assert revision(tenants, environment).dirty is True


def test_a_repository_with_sha256_works(repository: Path, git: Git, environment: Mapping[str, str]):
    """Git has two kinds of object names."""
    git("init", "-q", "--object-format=sha256")
    (repository / "acme.yaml").write_text("a: 1\n", "utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    seen = revision(repository, environment)
    assert len(seen.commit or "") == hashlib.sha256().digest_size * 2
    assert seen.dirty is False


def test_a_folder_whose_name_looks_like_a_pattern_is_taken_literally(
    repository: Path, git: Git, environment: Mapping[str, str]
):
    """`:(exclude)` and `*` are names here."""
    git("init", "-q")
    for name in (":(exclude)*", "b"):
        (repository / name).mkdir()
        (repository / name / "acme.yaml").write_text("a: 1\n", "utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    (repository / "b" / "acme.yaml").write_text("a: 2\n", "utf-8")
    assert revision(repository / ":(exclude)*", environment).dirty is False
    assert revision(repository / "b", environment).dirty is True


@pytest.mark.parametrize("case", ["no-repository", "no-commit", "no-folder", "no-git", "slow-git"])
def test_without_git_or_a_commit_nothing_is_known(
    repository: Path, tmp_path: Path, git: Git, environment: Mapping[str, str], case: str
):
    """Nothing is guessed, and nothing fails: the tool works without git."""
    folder = repository
    if case == "no-commit":
        git("init", "-q")
    if case == "no-folder":
        folder = repository / "gone"
    if case in {"no-git", "slow-git"}:
        (tmp_path / "bin").mkdir()
        environment = {"PATH": str(tmp_path / "bin")}
    if case == "slow-git":
        (tmp_path / "bin" / "git").write_text("#!/bin/sh\nexec /bin/sleep 30\n", "utf-8")
        (tmp_path / "bin" / "git").chmod(0o755)
    assert revision(folder, environment, seconds=0.5) == Revision()


def test_nothing_that_a_repository_configures_is_run(
    tenants: Path, repository: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """Hooks, monitor, pager, aliases, filters, external and textual diffs: each would leave a trace."""
    trace = tmp_path / "trace"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> '{trace}'\ncat\n", "utf-8")
    trap.chmod(0o755)
    hooks = repository / ".git" / "hooks"
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):
        (hooks / hook).write_text(trap.read_text("utf-8"), "utf-8")
        (hooks / hook).chmod(0o755)
    for name in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "diff.external"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command"),
        *("alias.ls-files", "pager.ls-files", "pager.diff-index", "credential.helper", "gpg.program"),
    ):
        git("config", name, str(trap))
    git("config", "core.hooksPath", str(hooks))
    (repository / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n", "utf-8")
    # A file that looks older than the index as well as one that is as young: git would compare their contents.
    os.utime(tenants / "acme.yaml")
    os.utime(repository / ".git" / "index", (1, 1))
    assert revision(tenants, environment).dirty is False
    _edit(tenants)
    assert revision(tenants, environment).dirty is True
    assert not trace.exists()
    # The trap works: git's own status falls into it.
    subprocess.run(["git", "status"], cwd=repository, env=dict(environment), capture_output=True, check=False)
    assert trace.exists()


def test_a_folder_dressed_up_as_a_bare_repository_is_not_taken_for_one(
    tenants: Path, git: Git, environment: Mapping[str, str]
):
    """A branch can commit such a folder, configuration included, and git by itself would obey it."""
    shutil.copytree(tenants.parent / ".git", tenants, dirs_exist_ok=True)
    (tenants / "config").write_text("[core]\nrepositoryformatversion = 0\nbare = true\n", "utf-8")
    assert git("-C", str(tenants), "rev-parse", "--is-bare-repository") == "true"
    assert git("-C", str(tenants), "rev-parse", "HEAD"), "it has a commit to show"
    assert revision(tenants, environment) == Revision()


def test_a_submodule_is_somebody_elses_revision(tenants: Path, git: Git, environment: Mapping[str, str]):
    """It is a folder on disk and a commit in the index; its files are not this repository's."""
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},tenants/sub")
    git("commit", "-q", "-m", "sub")
    (tenants / "sub").mkdir()
    assert revision(tenants, environment).dirty is False


def test_when_git_stops_answering_dirty_is_unknown(
    tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """Half an answer is no claim that the files are clean."""
    (tenants.parent / ".git" / "index").write_bytes(b"broken")
    assert revision(tenants, environment) == Revision(git("rev-parse", "HEAD"), None, None)


def test_variables_that_redirect_git_are_not_passed_on(
    tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """A run inside a hook sees GIT_DIR of another repository."""
    hostile = {
        **environment,
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": "false",
    }
    assert revision(tenants, hostile).commit == git("rev-parse", "HEAD")


def test_the_processes_own_environment_is_the_default(tenants: Path, git: Git):
    """Callers without a world of their own may leave it out."""
    assert revision(tenants).commit == git("rev-parse", "HEAD")


@pytest.mark.parametrize("path", ["", ".", "sub", ":{path}", ".:{path}", "{path}:"])
def test_a_git_that_lies_among_the_tenants_is_not_run(
    tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str], path: str
):
    """An empty or relative entry of the PATH means "here", and here is a checkout."""
    trace = tmp_path / "trace"
    for folder in (tenants, tenants / "sub"):
        folder.mkdir(exist_ok=True)
        (folder / "git").write_text(f"#!/bin/sh\necho {'0' * 40}\n: >'{trace}'\n", "utf-8")
        (folder / "git").chmod(0o755)
    found = revision(tenants, {**environment, "PATH": path.format(path=environment["PATH"])})
    assert found.commit == (git("rev-parse", "HEAD") if "{path}" in path else None)
    assert not trace.exists()
