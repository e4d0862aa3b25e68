"""A configuration repository and the tool's own, as GitHub would keep them; act runs the workflows on this machine."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from reconciler.cli.main import run as reconciler

ROOT = Path(__file__).resolve().parent.parent.parent
STUBS = Path(__file__).parent / "stubs"
TOOL = "owner/reconciler"
CONFIG = "acme/config"
_SECONDS = 180
_CARRIED = (".github/scripts", ".github/workflows/plan.yml", ".github/workflows/write.yml")
"""What act looks for beside the caller, where GitHub would look beside the called workflow."""
_INSTALL = """\
#!/usr/bin/env bash
# For tests: the tool that is being tested, instead of an installation that takes ten seconds a job.
set -euo pipefail
printf '%s\\n' "$STUB_PATH" >>"$GITHUB_PATH"
"""
_LINE = re.compile(r"^\[(?P<job>[^\]]+)\] (?P<text>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """One run of a workflow: what act printed, and what each job that ran came to, by name."""

    number: int
    exit_code: int
    log: str
    jobs: Mapping[str, str]

    def lines(self, job: str) -> str:
        """Return what a job printed."""
        return "\n".join(found["text"] for found in _LINE.finditer(self.log) if _job_of(found["job"]) == job)


@dataclass
class Repositories:
    """`origins/OWNER/NAME` are what GitHub has; a run gets a clone of its own. `artifacts/RUN/NAME/` are artifacts."""

    folder: Path
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    runs: int = 100
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "origins" / CONFIG

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def found(self, files: Mapping[str, str]) -> None:
        """Make both repositories: the tool's of this checkout, the configuration's by `init` around `files`."""
        tool = self.folder / "origins" / TOOL
        for name in (*_CARRIED, ".github/workflows", "action.yml"):
            source, target = ROOT / name, tool / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            else:
                shutil.copy(source, target)
        (tool / "scripts").mkdir()
        (tool / "scripts" / "install_in_ci.sh").write_text(_INSTALL)
        git(tool, "init", "--quiet", "--initial-branch=main")
        self.tool_commit = commit(tool, "The tool")
        write(self.config, files)
        if reconciler(["init", str(self.config), "--keep", "--tool", f"{TOOL}@{self.tool_commit}"]) != 0:
            raise AssertionError("init wrote no repository")
        git(self.config, "init", "--quiet", "--initial-branch=main")
        # As on GitHub: any commit may be asked for by name.
        git(self.config, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(tool, "config", "uploadpack.allowAnySHA1InWant", "true")
        commit(self.config, "Begin")

    def branch(self, name: str, files: Mapping[str, str | None], message: str = "Change", *, base: str = "main") -> str:
        """Commit `files` (None deletes) on a branch, begun at `base` unless it is there; return the commit."""
        known = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{name}"],
            cwd=self.config,
            check=False,
            capture_output=True,
        )
        git(self.config, "switch", "--quiet", *((name,) if known.returncode == 0 else ("--create", name, base)))
        write(self.config, files)
        made = commit(self.config, message)
        git(self.config, "switch", "--quiet", "main")
        return made

    def test_merge(self, branch: str) -> str:
        """Return the merge of `branch` into main that GitHub would test. Main stays where it is."""
        git(self.config, "switch", "--quiet", "--detach", "main")
        git(self.config, "merge", "--quiet", "--no-ff", "--message", f"Merge {branch} into main", branch)
        merged = head(self.config)
        git(self.config, "switch", "--quiet", "main")
        return merged

    def merge(self, branch: str) -> str:
        """Merge `branch` into main and return the commit."""
        git(self.config, "merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", branch)
        return head(self.config)

    def clone(self, at: str) -> Path:
        """Return a new clone of the configuration repository, with a commit checked out."""
        place = Path(tempfile.mkdtemp(prefix="clone-", dir=self.folder))
        git(place, "clone", "--quiet", "--no-checkout", str(self.config), ".")
        git(place, "checkout", "--quiet", "--detach", at)
        return place

    def run(
        self,
        workflow: str,
        event: str,
        payload: Mapping[str, Any],
        at: str,
        *,
        number: int | None = None,
        attempt: int = 1,
        inputs: Mapping[str, str] = MappingProxyType({}),
    ) -> Ran:
        """Run a workflow file of the configuration repository at a commit. `number`: an earlier one than the next."""
        if number is None:
            self.runs += 1
        run = self.runs if number is None else number
        place = self.clone(at)
        git(place, "remote", "set-url", "origin", f"https://github.com/{CONFIG}")
        for name in _CARRIED[1:]:
            shutil.copy(ROOT / name, place / name)
        caller = place / ".github" / "workflows" / workflow
        # act doesn't know it yet; test_policy.py holds that it is there.
        caller.write_text(caller.read_text().replace("  queue: max\n", ""))
        (self.folder / "event.json").write_text(json.dumps({"inputs": dict(inputs), **payload}))
        self.artifacts.mkdir(exist_ok=True)
        done = subprocess.run(
            self._act(workflow, event, run, attempt),
            cwd=place,
            env=_clean(),
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        log = done.stdout + done.stderr
        return Ran(run, done.returncode, log, _results(log))

    def _act(self, workflow: str, event: str, run: int, attempt: int) -> list[str]:
        environment = {
            **self.environment,
            "GITHUB_REPOSITORY": CONFIG,
            "GITHUB_RUN_ID": str(run),
            "GITHUB_RUN_NUMBER": str(run),
            "GITHUB_RUN_ATTEMPT": str(attempt),
            "STUB_ORIGINS": str(self.folder / "origins"),
            "STUB_ARTIFACTS": str(self.artifacts),
        }
        command = ["act", event, "-W", f".github/workflows/{workflow}", "-e", str(self.folder / "event.json")]
        command += ["-P", "ubuntu-24.04=-self-hosted", "--pull=false", "--no-cache-server"]
        command += ["--action-cache-path", str(self.folder / "cache")]
        command += [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
        command += [part for name, value in self.variables.items() for part in ("--var", f"{name}={value}")]
        secrets = self.folder / "secrets"
        secrets.write_text("".join(f"{name}={json.dumps(value)}\n" for name, value in self.secrets.items()))
        command += ["--secret-file", str(secrets)]
        for action, commit_ in _pinned():
            command += ["--local-repository", f"{action}@{commit_}={STUBS / action.removeprefix('actions/')}"]
        command += ["--local-repository", f"{TOOL}@{self.tool_commit}={self.folder / 'origins' / TOOL}"]
        return command


def _pinned() -> set[tuple[str, str]]:
    """Every action that the workflows and the action use, with the commit: a stub stands in for each."""
    texts = [one.read_text() for one in (ROOT / ".github" / "workflows").glob("*.yml")]
    texts.append((ROOT / "action.yml").read_text())
    return {(found[1], found[2]) for text in texts for found in re.finditer(r"uses: (actions/[\w-]+)@(\w+)", text)}


def _clean() -> dict[str, str]:
    """The machine's environment, less what would make a run differ from one on a runner of GitHub's."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "RECONCILER_", "GIT_"))
    }
    return {**kept, "GIT_CONFIG_NOSYSTEM": "1"}


def _job_of(label: str) -> str:
    """Return the name of a job out of act's label of it (`apply.yml/tenants/find`); shards of a job have one name."""
    return re.sub(r"( \d+/\d+)?(-\d+)?\s*$", "", label).split("/")[-1].strip()


def _results(log: str) -> dict[str, str]:
    """Return what each job came to. A job that was skipped has no line, and is not among them."""
    results: dict[str, str] = {}
    for found in _LINE.finditer(log):
        job = _job_of(found["job"])
        if "Job succeeded" in found["text"]:
            results.setdefault(job, "success")
        elif "Job failed" in found["text"]:
            results[job] = "failure"
    return results


def write(folder: Path, files: Mapping[str, str | None]) -> None:
    """Write files below a folder; None deletes one."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text)


def git(folder: Path, *arguments: str) -> str:
    """Run git there and return what it printed."""
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@acme.example", "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, message: str) -> str:
    """Commit everything, and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return head(folder)


def head(folder: Path) -> str:
    """Return the commit that is checked out."""
    return git(folder, "rev-parse", "HEAD")
