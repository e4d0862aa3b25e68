"""Somebody checks out a hostile branch and runs a command in it: what is opened and started is told by Python.

Each command runs as its console script does, under an audit hook, among modules of the branch's own, links out of it,
and a git configuration that is full of traps.
"""

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.threats import Cases

ROOT = Path(__file__).parents[2]
OBSERVER = """
import atexit, json, os, sys
seen = []
def hook(event, args):
    if event in {"open", "os.listdir", "os.scandir"} and isinstance(args[0], (str, bytes)):
        seen.append(("open", os.path.realpath(os.fsdecode(args[0]))))
    elif event in {"subprocess.Popen", "os.posix_spawn", "os.exec", "os.system", "pty.spawn"}:
        seen.append(("start", os.fsdecode(args[0])))
    elif event == "sqlite3.connect":
        seen.append(("open", os.path.realpath(os.fsdecode(args[0]))))
sys.addaudithook(hook)
def tell():
    with open(os.environ["OBSERVED"], "w") as file:
        json.dump(sorted(set(seen)), file)
atexit.register(tell)
"""
ENTRIES = {"reconciler": "reconciler.cli.main", "reconciler-github": "reconciler.github.commands"}
OURS = {
    "click",
    "deepdiff",
    "httptools",
    "httpx",
    "idna",
    "jsonschema",
    "jsonschema_rs",
    "reconciler",
    "rfc8785",
    "rich",
}
OURS |= {"starlette", "uvicorn", "yaml", "anyio", "h11", "certifi", "sitecustomize", "usercustomize", "referencing"}
TRAPS = (
    *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "diff.external"),
    *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command"),
    *("alias.cat-file", "alias.ls-tree", "alias.ls-files", "alias.rev-parse", "pager.ls-files", "credential.helper"),
    *("gpg.program", "core.gitProxy", "core.alternateRefsCommand", "uploadpack.packObjectsHook", "sequence.editor"),
)
COMMANDS = {
    "validate": ("validate",),
    "plan": ("plan", "--sandbox", "--tenant", "acme", "--base", "HEAD~1"),
    "plan what changed": ("plan", "--sandbox", "--tenant", "acme", "--changed-since", "HEAD~1"),
    "apply": ("apply", "--sandbox", "--tenant", "acme"),
    "import": ("import", "globex", "--sandbox"),
    "doctor": ("doctor",),
    "shards": ("shards", "--changed-since", "HEAD~1"),
    "explain": ("explain", "external_oms"),
    "schemas": ("schemas", "--out", "made"),
    "init": ("init", ".", "--keep"),
    "report": ("report", "../report.json"),
    "sandbox": ("sandbox", "show"),
}
ENDS = {"validate": 1, "doctor": 1, "report": 64}
"""Exit codes: the links are found, there are no credentials, and it is no report."""
READ = {"reconciler.toml", "pyproject.toml", "tenants", "schemas", ".reconciler", "made"}
"""What of a checkout may be opened."""
WRITTEN_BY_INIT = (".gitignore", "README.md", ".README.md.", "..gitignore.")


@dataclass(frozen=True)
class Checkout:
    """The branch, beside which lies what it must not reach."""

    folder: Path

    @property
    def outside(self) -> Path:
        return self.folder.parent / "outside"

    @property
    def trace(self) -> Path:
        """Where whatever the branch gets to run leaves its name."""
        return self.folder.parent / "trace"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent / "home"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OBSERVED": str(self.folder.parent / "observed.json"),
        }

    def git(self, *arguments: str) -> None:
        who = {f"GIT_{who}_{what}": "a@b.example" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        words = ["git", "-c", "init.defaultBranch=main", *arguments]
        subprocess.run(words, cwd=self.folder, env={**self.environment, **who}, check=True, capture_output=True)

    def run(self, program: str, *words: str) -> tuple[int, str, list[list[str]]]:
        """Return how a command ended, what it said, and what it opened and started."""
        script = self.folder.parent / "bin" / program
        script.parent.mkdir(exist_ok=True)
        script.write_text(f"{OBSERVER}from {ENTRIES[program]} import entry\nentry()\n")
        done = subprocess.run(
            [sys.executable, str(script), *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        seen: Any = json.loads((self.folder.parent / "observed.json").read_text())
        return done.returncode, done.stdout + done.stderr, seen


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A branch that tries everything that a branch can hold."""
    made = Checkout(tmp_path / "checkout")
    for folder in (made.folder / "tenants", made.outside, tmp_path / "home"):
        folder.mkdir(parents=True)
    (made.folder / "reconciler.toml").write_text("[limits]\nread_tries = 1\n")
    (made.folder / "tenants" / "acme.yaml").write_text("sales_order: {on_hold_timer_duration: 60}\n")
    made.git("init", "-q")
    made.git("add", ".")
    made.git("commit", "-q", "-m", "first")
    (made.folder / "tenants" / "acme.yaml").write_text("sales_order: {on_hold_timer_duration: 61}\n")
    made.git("commit", "-q", "-a", "-m", "second")
    _links(made)
    _modules(made)
    _traps(made)
    (tmp_path / "report.json").write_text("{}")
    return made


def _links(made: Checkout) -> None:
    """Links out of the folders, and files that a careless program looks for where it is started."""
    (made.outside / "secret.yaml").write_text("sales_order: {on_hold_timer_duration: canary-outside}\n")
    (made.folder / "tenants" / "beta.yaml").symlink_to("../../outside/secret.yaml")
    (made.folder / "tenants" / "eu").symlink_to("../../outside")
    (made.folder / "tenants" / "zero.yaml").symlink_to("/dev/zero")
    (made.folder / "tenants" / ".hidden.yaml").symlink_to("../../outside/secret.yaml")
    for name in (".netrc", ".env", ".envrc", "credentials.yaml", "settings.toml", "ca.pem", "openssl.cnf", ".curlrc"):
        (made.folder / name).write_text("canary-file-of-the-branch")


def _modules(made: Checkout) -> None:
    """A module of the branch's for every name that is imported."""
    code = f"open({str(made.trace)!r}, 'a').write(__name__ + '\\n')\n"
    for name in {*sys.stdlib_module_names, *OURS}:
        (made.folder / f"{name}.py").write_text(code)


def _traps(made: Checkout) -> None:
    """A program under every name that git's configuration may start, and one that is called git."""
    trap = made.folder / "git"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> '{made.trace}'\ncat\n")
    trap.chmod(0o755)
    (made.folder / "tenants" / "git").symlink_to("../git")
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout", "pre-commit"):
        (made.folder / ".git" / "hooks" / hook).symlink_to(trap)
    with (made.folder / ".git" / "config").open("a") as file:
        for section, _, variable in (name.rpartition(".") for name in TRAPS):
            group, _, which = section.partition(".")
            file.write(f'[{group} "{which}"]\n' if which else f"[{group}]\n")
            file.write(f"\t{variable} = {trap}\n")
    (made.folder / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil text ident\n")
    os.utime(made.folder / ".git" / "index", (1, 1))


def _may_open(path: Path, made: Checkout) -> bool:
    if path.is_relative_to(made.folder):
        first = (*path.relative_to(made.folder).parts, "")[0]
        return first == "" or first in READ or first.startswith(WRITTEN_BY_INIT)
    python: set[str] = {
        sys.prefix,
        sys.base_prefix,
        *map(str, sysconfig.get_paths().values()),
        str(ROOT / "reconciler"),
    }
    places = [Path(place).resolve() for place in (*python, str(ROOT / "schemas"))]
    places += [Path(place) for place in ("/dev/null", "/dev/urandom", "/proc", "/etc", "/usr", "/lib")]
    places += [made.folder.parent / name for name in ("home", "bin", "report.json", "observed.json")]
    return any(path.is_relative_to(place) for place in places)


@pytest.mark.parametrize("words", COMMANDS.values(), ids=list(COMMANDS))
def test_a_command_in_a_hostile_checkout_reads_only_its_folders_and_runs_nothing_of_it(
    checkout: Checkout, words: tuple[str, ...], cases: Cases
):
    """Neither modules nor programs, hooks or filters of the branch; no file elsewhere, and none of its own but data."""
    code, said, seen = checkout.run("reconciler", *words)
    assert code == ENDS.get(words[0], 0), said
    ran = checkout.trace.read_text() if checkout.trace.exists() else ""
    assert ran == "", "something of the branch was run"
    opened = [Path(path) for kind, path in seen if kind == "open"]
    assert opened, "the hook has seen nothing"
    astray = [str(path) for path in opened if not _may_open(path, checkout)]
    assert astray == [], "a file was opened that is none of the command's business"
    assert {name for kind, name in seen if kind == "start"} <= {"git"}
    assert "canary" not in said
    cases.add(len(opened) + len(TRAPS))


def test_the_ground_of_a_pull_request_runs_nothing_of_it_either(checkout: Checkout, cases: Cases):
    """It is the step that meets a stranger's branch first."""
    (checkout.folder / "base").mkdir()
    (checkout.folder / "base" / "reconciler.toml").write_text("")
    (checkout.folder / "head" / "tenants").mkdir(parents=True)
    code, said, seen = checkout.run("reconciler-github", "ground", "--base", "base", "--data", "head")
    assert code == 0, said
    assert not checkout.trace.exists()
    assert [path for kind, path in seen if kind == "open" and Path(path).is_relative_to(checkout.outside)] == []
    assert {name for kind, name in seen if kind == "start"} <= {"git"}
    cases.add(len(seen))


def test_the_traps_of_the_checkout_work(checkout: Checkout):
    """Git by itself falls into them, and so does a Python that looks for modules where it stands."""
    subprocess.run(["git", "status"], cwd=checkout.folder, env=checkout.environment, capture_output=True, check=False)
    assert str(checkout.folder / "git") in checkout.trace.read_text()
    checkout.trace.unlink()
    words = [sys.executable, "-c", "import yaml"]
    subprocess.run(words, cwd=checkout.folder, env=checkout.environment, capture_output=True, check=False)
    assert "yaml" in checkout.trace.read_text()
