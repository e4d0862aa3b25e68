"""A commit's folder, read from git's objects: what is found, and what must not happen on the way."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.inputs.committed import GitFiles, committed
from reconciler.inputs.usage import UsageProblem
from reconciler.model.files import Entry, Kind, Unread

Git = Callable[..., str]
LIMIT = 1 << 20
ODD = ("new\nline.yaml", 'quo"te.yaml', "tab\t.yaml", "beta ü.yaml", os.fsdecode(b"not-utf-8-\xff.yaml"), "-x.yaml")


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """A PATH with git, and a home without configuration."""
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home")}


@pytest.fixture
def tenants(repository: Path, git: Git) -> Path:
    """A repository whose first commit has two tenants, and files outside of their folder."""
    git("init", "-q")
    folder = repository / "tenants"
    (folder / "eu").mkdir(parents=True)
    (folder / "acme.yaml").write_text("a: 1\n", "utf-8")
    (folder / "eu" / "beta.yaml").write_text("b: 1\n", "utf-8")
    (folder / ".hidden.yaml").write_text("h: 1\n", "utf-8")
    (repository / "outside.yaml").write_text("o: 1\n", "utf-8")
    commit(git)
    git("tag", "first")
    return folder


def commit(git: Git) -> None:
    git("add", "-A", ".")
    git("commit", "-q", "--allow-empty", "-m", "more")


def opened(folder: Path, ref: str, environment: Mapping[str, str], **more: float) -> GitFiles:
    files = committed(folder, ref, environment, **more)
    assert isinstance(files, GitFiles), str(files)
    return files


def contents(folder: Path, ref: str, environment: Mapping[str, str]) -> dict[str, bytes | Unread]:
    with opened(folder, ref, environment) as files:
        entries = files.entries()
        assert not isinstance(entries, Unread)
        return {entry.path: files.read(entry.path, LIMIT) for entry in entries if entry.kind is Kind.FILE}


def refused(folder: Path, ref: str, environment: Mapping[str, str], **more: float) -> str:
    problem = committed(folder, ref, environment, **more)
    assert isinstance(problem, UsageProblem)
    return str(problem)


def test_the_commit_is_read_and_not_the_disk(tenants: Path, git: Git, environment: Mapping[str, str]):
    """Whatever has been edited, added or deleted since, committed or not."""
    (tenants / "acme.yaml").write_text("a: 2\n", "utf-8")
    (tenants / "new.yaml").write_text("n: 1\n", "utf-8")
    commit(git)
    (tenants / "eu" / "beta.yaml").unlink()
    assert contents(tenants, "first", environment) == {"acme.yaml": b"a: 1\n", "eu/beta.yaml": b"b: 1\n"}
    assert contents(tenants, "HEAD", environment)["acme.yaml"] == b"a: 2\n"
    assert opened(tenants, "first", environment).commit == git("rev-parse", "first")


@pytest.mark.parametrize("ref", ["first", "main", "HEAD", "HEAD~1", "@", "annotated", "HEAD^{/one more}"])
def test_a_revision_is_anything_that_names_a_commit(tenants: Path, git: Git, environment: Mapping[str, str], ref: str):
    """A branch, a tag of either kind, a way from one."""
    git("commit", "-q", "--allow-empty", "-m", "one more")
    git("tag", "-a", "annotated", "-m", "x")
    assert "acme.yaml" in contents(tenants, ref, environment)
    assert "acme.yaml" in contents(tenants, git("rev-parse", "HEAD")[:12], environment)


NO_COMMITS = (
    "nope",
    "",
    " ",
    "--all",
    "--help",
    "-h",
    "--output=x",
    "HEAD..main",
    "^HEAD",
    "HEAD:tenants",
    "a\nb",
    "\0",
)


@pytest.mark.parametrize("ref", [*NO_COMMITS, "0" * 40, "first:", "first^{tree}", "@{u}"])
def test_what_names_no_commit_is_refused_and_never_an_option(tenants: Path, environment: Mapping[str, str], ref: str):
    """It comes from a user or CI. The message says what to do."""
    told = refused(tenants, ref, environment)
    assert "There is no commit" in told
    assert "fetch-depth: 0" in told
    assert sorted(path.name for path in tenants.parent.iterdir()) == [".git", "outside.yaml", "tenants"]


def test_a_branch_that_looks_like_an_option_is_a_branch(tenants: Path, git: Git, environment: Mapping[str, str]):
    """Git itself lets nobody make one by its porcelain, but a server may hold it."""
    git("update-ref", "refs/heads/--all", "HEAD")
    assert "acme.yaml" in contents(tenants, "--all", environment)


def test_in_a_shallow_clone_the_message_says_so(
    tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """What actions/checkout makes unless told otherwise."""
    commit(git)
    git("clone", "-q", "--depth=1", tenants.parent.as_uri(), str(tmp_path / "clone"))
    told = refused(tmp_path / "clone" / "tenants", "HEAD~1", environment)
    assert "shallow" in told
    assert "fetch-depth: 0" in told


def test_without_a_repository_or_git_the_message_says_so(tenants: Path, tmp_path: Path, environment: Mapping[str, str]):
    """Or with one that git doesn't trust."""
    assert "no repository" in refused(tmp_path, "HEAD", environment)
    assert "safe.directory" in refused(tenants, "HEAD", {**environment, "PATH": ""})


def test_a_folder_that_the_commit_has_not_is_empty(tenants: Path, git: Git, environment: Mapping[str, str]):
    """A new one, or one that was something else then; also one whose name looks like a pattern."""
    for name in ("other", "tenants*", ":(top)"):
        (tenants.parent / name).mkdir()
        (tenants.parent / name / "acme.yaml").write_text("new\n", "utf-8")
        assert contents(tenants.parent / name, "first", environment) == {}
    commit(git)
    assert contents(tenants.parent / "tenants*", "HEAD", environment) == {"acme.yaml": b"new\n"}


def test_names_are_as_on_disk(tenants: Path, git: Git, environment: Mapping[str, str]):
    """Line feeds, quotes, bytes that are not UTF-8: git quotes such names unless it is told not to."""
    for name in ODD:
        (tenants / name).write_text("x\n", "utf-8")
    commit(git)
    assert set(contents(tenants, "HEAD", environment)) == {"acme.yaml", "eu/beta.yaml", *ODD}


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_holds_knows_the_bytes_without_reading(repository: Path, git: Git, environment: Mapping[str, str], kind: str):
    """By the name that git gives them, of either length; it holds for nothing else."""
    git("init", "-q", f"--object-format={kind}")
    (repository / "acme.yaml").write_bytes(b"a: 1\n")
    (repository / "link.yaml").symlink_to("acme.yaml")
    commit(git)
    with opened(repository, "HEAD", environment) as files:
        for path in ("acme.yaml", "link.yaml"):
            assert files.holds(path, b"a: 1\n")
            assert not files.holds(path, b"a: 1")
        assert not files.holds("gone.yaml", b"")


def test_a_large_file_is_not_read(tenants: Path, git: Git, environment: Mapping[str, str]):
    """And the one after it is, whichever process answers."""
    (tenants / "large.yaml").write_bytes(b"x" * 5_000_000)
    commit(git)
    with opened(tenants, "HEAD", environment) as files:
        for _ in range(2):
            assert isinstance(files.read("large.yaml", LIMIT), Unread)
            assert files.read("acme.yaml", 5) == b"a: 1\n"
        assert isinstance(files.read("acme.yaml", 4), Unread)
        assert isinstance(files.read("no-such.yaml", 4), Unread)


def test_one_process_reads_all_files(tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]):
    """Not one each: a start takes as long as reading dozens."""
    for number in range(30):
        (tenants / f"t{number}.yaml").write_text(f"n: {number}\n" * 1000, "utf-8")
    commit(git)
    counted = in_front(tmp_path, 'echo "$@" >> "$HOME/calls"')
    assert len(contents(tenants, "HEAD", {**environment, "PATH": f"{counted}:{environment['PATH']}"})) == 32
    calls = (tmp_path / "home" / "calls").read_text("utf-8").splitlines()
    assert len([call for call in calls if "cat-file" in call]) == 1
    assert len(calls) == 3


def in_front(tmp_path: Path, script: str) -> Path:
    """Make a git that does something before the real one; return its folder."""
    (tmp_path / "bin").mkdir()
    path = tmp_path / "bin" / "git"
    path.write_text(f'#!/bin/sh\n{script}\nPATH="${{PATH#*:}}"\nexec git "$@"\n', "utf-8")
    path.chmod(0o755)
    return path.parent


LINKS: Mapping[str, tuple[str, Entry]] = {
    "beside": ("acme.yaml", Entry("link.yaml", Kind.FILE, "acme.yaml")),
    "below": ("eu/beta.yaml", Entry("link.yaml", Kind.FILE, "eu/beta.yaml")),
    "dots": ("./eu/.././/acme.yaml", Entry("link.yaml", Kind.FILE, "acme.yaml")),
    "to a dotfile": (".hidden.yaml", Entry("link.yaml", Kind.FILE, ".hidden.yaml")),
    "nowhere": ("gone.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
    "nowhere and back": ("gone/../acme.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
    "outside": ("../outside.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
    "out and in again": ("../tenants/acme.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
    "absolute": ("/etc/passwd", Entry("link.yaml", Kind.LINK_BROKEN)),
    "to a folder": ("eu", Entry("link.yaml", Kind.LINK_BROKEN)),
    "to itself": ("link.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
    "by way of a link": ("europe/beta.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
    "out of a linked folder": ("europe/../acme.yaml", Entry("link.yaml", Kind.LINK_BROKEN)),
}


@pytest.mark.parametrize(("target", "expected"), LINKS.values(), ids=list(LINKS))
def test_a_link_is_followed_to_a_file_in_the_folder_or_is_broken(
    tenants: Path, git: Git, environment: Mapping[str, str], target: str, expected: Entry
):
    """By the commit's own names: nothing is looked up on disk."""
    (tenants / "europe").symlink_to("eu")
    (tenants / "link.yaml").symlink_to(target)
    commit(git)
    (tenants / "link.yaml").unlink()
    with opened(tenants, "HEAD", environment) as files:
        entries = files.entries()
        assert not isinstance(entries, Unread)
        assert expected in entries
        read = files.read("link.yaml", LIMIT)
        assert read == files.read(expected.target, LIMIT) if expected.target else isinstance(read, Unread)


def test_a_submodule_is_nothing(tenants: Path, git: Git, environment: Mapping[str, str]):
    """What is in it is in another repository."""
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},tenants/sub.yaml")
    git("commit", "-q", "-m", "sub")
    assert set(contents(tenants, "HEAD", environment)) == {"acme.yaml", "eu/beta.yaml"}


def test_nothing_that_a_repository_configures_is_run(
    tenants: Path, repository: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """Hooks, monitors, pagers, aliases, filters and textual diffs: each would leave a trace, or change the text."""
    trace = tmp_path / "trace"
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> '{trace}'\ncat\n", "utf-8")
    trap.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):
        (repository / ".git" / "hooks" / hook).symlink_to(trap)
    for name in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "diff.external"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command"),
        *("alias.cat-file", "alias.ls-tree", "pager.ls-tree", "credential.helper", "gpg.program", "core.gitProxy"),
    ):
        git("config", name, str(trap))
    git("config", "core.autocrlf", "true")
    (repository / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil text ident\n", "utf-8")
    assert contents(tenants, "first", environment) == {"acme.yaml": b"a: 1\n", "eu/beta.yaml": b"b: 1\n"}
    assert not trace.exists()
    # The trap works: what checks out falls into it.
    (tenants / "acme.yaml").unlink()
    subprocess.run(
        ["git", "checkout", "--", "."], cwd=repository, env=dict(environment), capture_output=True, check=False
    )
    assert trace.exists()


def test_variables_and_replacements_that_redirect_git_don_t_count(
    tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """A run inside a hook sees GIT_DIR of another repository; `git replace` shows another content for a name."""
    (tenants / "other.yaml").write_text("replaced\n", "utf-8")
    git("replace", git("rev-parse", "first:tenants/acme.yaml"), git("hash-object", "-w", "tenants/other.yaml"))
    hostile = {
        **environment,
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "elsewhere"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "alias.ls-tree",
        "GIT_CONFIG_VALUE_0": "!false",
        "GIT_TRACE": str(tmp_path / "trace"),
    }
    assert contents(tenants, "first", hostile)["acme.yaml"] == b"a: 1\n"
    assert not (tmp_path / "trace").exists()


def test_a_folder_dressed_up_as_a_bare_repository_is_not_taken_for_one(
    tenants: Path, git: Git, environment: Mapping[str, str]
):
    """A branch can commit such a folder, configuration included, and git by itself would obey it."""
    for folder in ("refs", "objects"):
        (tenants / folder).mkdir()
    (tenants / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (tenants / "config").write_text("[core]\nrepositoryformatversion = 0\nbare = true\n", "utf-8")
    assert "no repository" in refused(tenants, "HEAD", environment)


def test_what_a_partial_clone_lacks_is_not_fetched(
    tenants: Path, tmp_path: Path, git: Git, environment: Mapping[str, str]
):
    """Fetching may ask anybody, with anybody's credentials. What is there is read all the same."""
    (tenants / "acme.yaml").write_text("a: 2\n", "utf-8")
    commit(git)
    git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git("clone", "-q", "--filter=blob:none", tenants.parent.as_uri(), str(clone))
    for _ in range(2):
        found = contents(clone / "tenants", "first", environment)
        assert isinstance(found["acme.yaml"], Unread)
        assert found["eu/beta.yaml"] == b"b: 1\n"
    # It could be fetched: git by itself does.
    assert git("-C", str(clone), "show", "first:tenants/acme.yaml") == "a: 1"


@pytest.mark.parametrize("at", ["rev-parse", "ls-tree", "cat-file"])
@pytest.mark.parametrize("how", ["exec sleep 30", "exit 1", "echo nonsense; exit 0", "exec yes"])
def test_a_git_that_fails_or_hangs_is_no_answer(
    tenants: Path, tmp_path: Path, environment: Mapping[str, str], at: str, how: str
):
    """The commit is unknown, or its folder can't be listed, or its files can't be read; never half an answer."""
    broken = in_front(tmp_path, f'case "$*" in *{at}*) {how};; esac')
    hostile = {**environment, "PATH": f"{broken}:{environment['PATH']}"}
    files = committed(tenants, "first", hostile, seconds=0.3)
    if at == "rev-parse":
        assert isinstance(files, UsageProblem)
    elif isinstance(files, UsageProblem):
        assert (at, "fetch-depth: 0" in str(files)) == ("ls-tree", True)
    else:
        with files:
            assert isinstance(files.read("acme.yaml", LIMIT), Unread)
            assert isinstance(files.read("eu/beta.yaml", LIMIT), Unread)
