"""A team's desk: its configuration repository, GitHub as a fake, the API as the sandbox, and workflows run by act."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.sandbox import RunningSandbox
from reconciler.sandbox.history import Author
from tests.github.fake import FakeGitHub, Pull, WorkflowRun
from tests.workflows.repository import CONFIG, Ran, Repositories, git

TIMER = "on_hold_timer_duration"
OMS = "external_oms"
PULL, APPLY, DRIFT = "pull-request.yml", "apply.yml", "drift.yml"
SETTINGS = """\
origin = "{origin}"
[limits]
read_timeout = 5
connect_timeout = 2
read_tries = 2
verify_timeout = 0.3
[gate]
max_changed_percent = 100
"""
CANARY = "canary-2f9c51b7e0"


class Desk:
    """What a journey does on it reads like what a person does: open a pull request, merge it, wait for night."""

    def __init__(self, folder: Path, sandbox: RunningSandbox, github: FakeGitHub, tenants: Mapping[str, str]) -> None:
        self.github = github
        self.sandbox = sandbox
        names = [Path(name).stem for name in tenants if not Path(name).name.startswith("_")]
        secrets_of_each = {"UNUSED": {"value": CANARY, "for": "https://orders.acme.example"}}
        self._document = {
            name: {"origin": sandbox.origin(name), "token": sandbox.static_token(name), "secrets": secrets_of_each}
            for name in names
        }
        environment = {
            "GITHUB_API_URL": github.url,
            "STUB_PATH": str(Path(sys.executable).parent),
            # Where this is run without being installed.
            **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
        }
        secrets = {"GITHUB_TOKEN": github.token, "RECONCILER_CREDENTIALS": json.dumps(self._document)}
        self.at = Repositories(folder, environment, secrets)
        settings = SETTINGS.format(origin=sandbox.origin_template)
        self.at.found({"reconciler.toml": settings, **{f"tenants/{name}": text for name, text in tenants.items()}})
        self.ran: list[Ran] = []

    # what a person does

    def open(
        self,
        number: int,
        files: Mapping[str, str | None],
        *,
        fork: bool = False,
        branch: str = "",
        message: str = "Change",
    ) -> Ran:
        """Open a pull request, or push to it again, and return the run of its workflow."""
        branch = branch or f"change-{number}"
        head = self.at.branch(branch, files, message)
        repository = "stranger/config" if fork else CONFIG
        self.github.pulls[number] = Pull(number, head, branch=branch, head_repository=repository)
        return self.plan(number)

    def reviewed(self, number: int, files: Mapping[str, str | None]) -> None:
        """Open a pull request whose plan is there, as its workflow would leave it, by the same command without act."""
        branch = f"change-{number}"
        head = self.at.branch(branch, files)
        self.github.pulls[number] = Pull(number, head, branch=branch)
        self.at.runs += 1
        place = self.at.clone(self.at.test_merge(branch))
        to = self.at.artifacts / str(self.at.runs) / "reconciler-plan"
        to.mkdir(parents=True)
        command = [sys.executable, "-m", "reconciler", "plan", "--base", "HEAD^1", "--changed-since", "HEAD^1"]
        done = subprocess.run(
            [*command, "--report", str(to / "plan.json")],
            cwd=place,
            env={**os.environ, "RECONCILER_CREDENTIALS": json.dumps(self._document)},
            check=False,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr
        self.github.runs.append(WorkflowRun(self.at.runs, PULL, head, "pull_request", branch))

    def plan(self, number: int, *, run: int | None = None) -> Ran:
        """Run the pull request's workflow at its head of now. `run`: as an older run that comes late."""
        pull = self.github.pulls[number]
        payload = {
            "action": "synchronize",
            "number": number,
            "pull_request": {
                "number": number,
                "head": {"sha": pull.head, "ref": pull.branch, "repo": {"full_name": pull.head_repository}},
                "base": {"sha": git(self.at.config, "rev-parse", "main"), "ref": "main"},
            },
            **_repository(),
        }
        ran = self.at.run(PULL, "pull_request", payload, self.at.test_merge(pull.branch), number=run)
        return self._keep(ran, PULL, pull.head, "pull_request", pull.branch)

    def queue(self, commit: str) -> Ran:
        """Run the pull requests' workflow for an entry of the merge queue."""
        base = git(self.at.config, "rev-parse", "main")
        group = {"head_sha": commit, "base_sha": base, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7"}
        return self._keep(
            self.at.run(PULL, "merge_group", {"merge_group": group, **_repository()}, commit),
            PULL,
            commit,
            "merge_group",
            "main",
        )

    def merge(self, number: int) -> Ran:
        """Merge a pull request, and run the workflow that applies it."""
        self.merge_only(number)
        return self.apply()

    def merge_only(self, number: int, *, conclusion: str | None = None) -> None:
        """Merge a pull request. Its own run never begins, or ended with `conclusion` and wrote nothing."""
        pull = self.github.pulls[number]
        commit = self.at.merge(pull.branch)
        self.github.merged(number, pull.head, commit)
        self.github.pulls[number].branch = pull.branch
        if conclusion is not None:
            self.at.runs += 1
            self.github.runs.append(WorkflowRun(self.at.runs, APPLY, commit, conclusion=conclusion))

    def succeeded(self) -> None:
        """Take main as applied."""
        self.at.runs += 1
        self.github.runs.append(WorkflowRun(self.at.runs, APPLY, git(self.at.config, "rev-parse", "main")))

    def reapply_by_night(self) -> None:
        """Have the night's run start the apply workflow when a freeze is over."""
        name = f".github/workflows/{DRIFT}"
        text = (self.at.config / name).read_text()
        self.at.branch("main", {name: text.replace("    with:\n", "    with:\n      reapply: true\n")}, "Reapply")

    def apply(self, event: str = "push", **inputs: str) -> Ran:
        """Run the workflow that applies main, at its tip."""
        tip = git(self.at.config, "rev-parse", "main")
        ran = self.at.run(APPLY, event, {"ref": "refs/heads/main", **_repository()}, tip, inputs=inputs)
        return self._keep(ran, APPLY, tip, event, "main")

    def apply_again(self, ran: Ran) -> Ran:
        """Run all jobs of a run of that workflow again: its second try."""
        tip = git(self.at.config, "rev-parse", "main")
        payload = {"ref": "refs/heads/main", **_repository()}
        self.github.runs[:] = [one for one in self.github.runs if one.id != ran.number]
        again = self.at.run(APPLY, "push", payload, tip, number=ran.number, attempt=2)
        return self._keep(again, APPLY, tip, "push", "main")

    def night(self) -> Ran:
        """Run the workflow that looks for drift."""
        tip = git(self.at.config, "rev-parse", "main")
        ran = self.at.run(DRIFT, "schedule", {"ref": "refs/heads/main", **_repository()}, tip)
        return self._keep(ran, DRIFT, tip, "schedule", "main")

    # what can be seen afterwards

    def comments(self, number: int) -> list[str]:
        """What each comment says to a reader: without marks of Markdown and HTML."""
        bodies = [comment.body for comment in self.github.comments.get(number, [])]
        return [html.unescape(re.sub(r"<[^>]*>", "", body)) for body in bodies]

    def report(self, ran: Ran, artifact: str, name: str) -> Any:
        """Return a JSON report that a run left behind."""
        return json.loads((self.at.artifacts / str(ran.number) / artifact / name).read_text())

    def written(self) -> list[tuple[str, str]]:
        """Return tenant and key of every write that came over the wire."""
        return [(one.tenant, one.key) for one in self.sandbox.writes() if one.author is Author.CLIENT]

    def live(self, tenant: str, key: str) -> Any:
        stored = self.sandbox.get_value(tenant, key)
        return None if stored is None else stored.value

    def _keep(self, ran: Ran, workflow: str, head: str, event: str, branch: str) -> Ran:
        self.ran.append(ran)
        conclusion = "success" if ran.exit_code == 0 else "failure"
        self.github.runs.append(WorkflowRun(ran.number, workflow, head, event, branch, conclusion=conclusion))
        return ran


def _repository() -> dict[str, Any]:
    return {"repository": {"full_name": CONFIG, "default_branch": "main"}}
