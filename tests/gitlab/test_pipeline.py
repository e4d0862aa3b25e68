"""The scripts of docs/examples/gitlab-ci.yml, run job by job against the sandbox and a small fake of GitLab's API."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import RunningSandbox, Sandbox
from reconciler.sandbox.history import Author
from tests.docs.pages import ROOT
from tests.gitlab.fake import ME, TOKEN, FakeGitLab, serving
from tests.workflows.repository import commit, git, write

PIPELINE = ROOT / "docs" / "examples" / "gitlab-ci.yml"
TIMER = "on_hold_timer_duration"
JOBS: dict[str, Any] = {
    name: body for name, body in yaml.safe_load(PIPELINE.read_text()).items() if isinstance(body, dict)
}
WITH_CREDENTIALS = {"plan", "apply", "replan", "apply-replanned", "drift"}


def timer(seconds: int) -> str:
    return f"sales_order:\n  {TIMER}: {seconds}\n"


@dataclass
class Team:
    """A project with three tenants in sync, the platform, and GitLab. `artifacts` is what the last job left."""

    folder: Path
    sandbox: RunningSandbox
    gitlab: FakeGitLab
    pipeline: int = 100
    said: list[str] = field(default_factory=list)

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    def found(self) -> None:
        (self.folder / "tool").mkdir()
        (self.folder / "tool" / "scripts").symlink_to(ROOT / "scripts")
        write(self.origin, {"reconciler.toml": f'origin = "{self.sandbox.origin_template}"\n[gate]\n'})
        write(self.origin, {f"tenants/{name}.yaml": timer(60) for name in ("acme", "beta", "gamma")})
        git(self.origin, "init", "--quiet", "--initial-branch=main")
        self.gitlab.applied(commit(self.origin, "Begin"))

    def branch(self, name: str, text: str, *, tenant: str = "gamma") -> str:
        """Begin a branch of main's with a change of one tenant."""
        git(self.origin, "switch", "--quiet", "--create", name, "main")
        write(self.origin, {f"tenants/{tenant}.yaml": text})
        made = commit(self.origin, f"Change $({name})\n\n::error::x")
        git(self.origin, "switch", "--quiet", "main")
        return made

    def merge(self, number: int, name: str) -> str:
        """Merge a branch, as merge request `number`."""
        head = git(self.origin, "rev-parse", name)
        git(self.origin, "merge", "--quiet", "--no-ff", "--message", f"Merge {name}", name)
        made = git(self.origin, "rev-parse", "main")
        request = {"iid": number, "state": "merged", "target_branch": "main", "sha": head}
        others = {"iid": 900, "state": "opened", "target_branch": "main", "sha": head}
        self.gitlab.merges[made] = [others, {**request, "target_branch": "next", "iid": 901}, request]
        return made

    def run(self, job: str, at: str, *, iid: int = 0, artifacts: Path | None = None) -> tuple[int, str, Path]:
        """Run a job's script in a clone of its own; return the exit code, what it printed, and its folder."""
        place = Path(tempfile.mkdtemp(prefix=f"{job}-", dir=self.folder))
        git(place, "clone", "--quiet", str(self.origin), ".")
        git(place, "checkout", "--quiet", "--detach", at)
        if artifacts is not None:
            for one in self._handed(artifacts):
                target = place / one.relative_to(artifacts)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(one, target)
        tool = Path(tempfile.mkdtemp(prefix="tool-", dir=self.folder))
        (tool / "scripts").symlink_to(ROOT / "scripts")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(JOBS[job]["script"])],
            cwd=place,
            env=self._environment(job, at, iid, tool),
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        said = done.stdout + done.stderr
        self.said.append(said)
        return done.returncode, said, place

    def _handed(self, folder: Path) -> list[Path]:
        return [one for one in folder.rglob("*") if one.is_file() and not re.search(r"/(\.git|tenants)/", str(one))]

    def _environment(self, job: str, at: str, iid: int, tool: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "CI", "GIT"))}
        names = ("acme", "beta", "gamma")
        document = {one: {"origin": self.sandbox.origin(one), "token": self.sandbox.static_token(one)} for one in names}
        scoped = {"RECONCILER_CREDENTIALS": json.dumps(document)} if job in WITH_CREDENTIALS else {}
        if "gitlab.py" in str(JOBS[job]["script"]):
            scoped["GITLAB_TOKEN"] = TOKEN
        merge = {"CI_MERGE_REQUEST_IID": str(iid), "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"} if iid else {}
        return {
            **kept,
            **scoped,
            **merge,
            "PATH": f"{Path(sys.executable).parent}:{kept['PATH']}",
            "HOME": str(self.folder),
            "TOOL": str(tool),
            "CI_PROJECT_ID": "7",
            "CI_API_V4_URL": self.gitlab.url,
            "CI_REPOSITORY_URL": str(self.origin),
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": at,
            "CI_PIPELINE_ID": str(self.pipeline),
            "CI_PIPELINE_URL": f"https://gitlab.example/-/pipelines/{self.pipeline}",
        }

    def planned(self, number: int, name: str) -> tuple[int, str, Path]:
        """Run the pipeline of a merge request as far as its plan, and keep the artifact."""
        self.pipeline += 1
        head = git(self.origin, "rev-parse", name)
        code, said, place = self.run("plan", head, iid=number)
        self.gitlab.planned(number, head, (place / "plan.json").read_bytes(), pipeline=self.pipeline)
        return code, said, place

    def merged(self, at: str) -> tuple[int, str, Path]:
        """Run the pipeline of a merge; what its apply came to."""
        code, said, place = self.run("reviewed", at)
        assert code == 0, said
        code, said, applied = self.run("apply", at, artifacts=place)
        self.gitlab.applied(at, "success" if code == 0 else "failed")
        return code, said, applied

    def written(self) -> list[str]:
        return [one.tenant for one in self.sandbox.writes() if one.author is Author.CLIENT]

    def live(self, tenant: str) -> Any:
        stored = self.sandbox.get_value(tenant, TIMER)
        return None if stored is None else stored.value


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The one API."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def team(tmp_path: Path, served: RunningSandbox) -> Iterator[Team]:
    """A team, and what has to hold of every journey of its."""
    served.reset()
    for name in ("acme", "beta", "gamma"):
        served.set_value(name, TIMER, 60)
    with serving(FakeGitLab()) as gitlab:
        made = Team(tmp_path, served, gitlab)
        made.found()
        yield made
        assert gitlab.leaks == [], "the token was sent to where artifacts are stored"
        assert TOKEN not in "".join(made.said)
        assert served.static_token("acme") not in "".join(made.said)


def test_a_merge_request_gets_one_note_with_its_plan_and_its_merge_is_applied(team: Team):
    """The whole way; the note is edited at the next push, and not by an older pipeline."""
    head = team.branch("longer", timer(3600))
    code, said, place = team.planned(4, "longer")
    assert code == 0, said
    report = json.loads((place / "plan.json").read_text())
    assert [one["tenant"] for one in report["tenants"]] == ["gamma"]
    assert (place / "plan.html").exists()
    team.gitlab.notes.append({"id": 1, "author": {"id": 5}, "body": "<!-- reconciler plan 999 -->\nnot ours"})
    team.gitlab.notes += [{"id": 2 + n, "author": {"id": ME}, "body": "hello"} for n in range(3)]
    for _ in range(2):
        assert team.run("comment", head, iid=4, artifacts=place)[0] == 0
    ours = [one for one in team.gitlab.notes if one["body"].startswith("<!-- reconciler plan 101 -->\n")]
    assert len(ours) == 1
    assert "3600" in ours[0]["body"]
    assert sum(one.startswith(("POST", "PUT")) for one in team.gitlab.requests) == 1

    team.pipeline += 1
    (place / "plan.md").write_text("another plan\n")
    assert team.run("comment", head, iid=4, artifacts=place)[0] == 0
    assert ours[0]["body"] == "<!-- reconciler plan 102 -->\nanother plan\n"
    team.pipeline -= 1
    (place / "plan.md").unlink()
    assert team.run("comment", head, iid=4, artifacts=place)[0] == 0
    assert "another plan" in ours[0]["body"]

    code, said, _ = team.merged(team.merge(4, "longer"))
    assert code == 0, said
    assert (team.live("gamma"), team.written()) == (3600, ["gamma"])


def test_a_plan_that_did_not_finish_is_told(team: Team):
    """There is no file to show."""
    head = team.branch("longer", timer(3600))
    assert team.run("comment", head, iid=4)[0] == 0
    assert "didn't finish" in team.gitlab.notes[0]["body"]
    assert "https://gitlab.example/-/pipelines/100" in team.gitlab.notes[0]["body"]


def test_a_problem_is_red_at_validate_and_at_plan(team: Team):
    """And nothing is asked of the platform about that tenant."""
    head = team.branch("wrong", timer(-1))
    code, said, _ = team.run("validate", head)
    assert code == 1
    assert "tenants/gamma.yaml:2" in said
    assert team.planned(4, "wrong")[0] == 1


def test_settings_are_those_of_the_target_branch(team: Team):
    """A merge request that names another origin is planned at the usual one."""
    git(team.origin, "switch", "--quiet", "--create", "elsewhere", "main")
    write(team.origin, {"reconciler.toml": 'origin = "https://evil.example/{tenant}"\n'})
    write(team.origin, {"tenants/gamma.yaml": timer(61)})
    commit(team.origin, "Elsewhere")
    git(team.origin, "switch", "--quiet", "main")
    code, said, place = team.planned(4, "elsewhere")
    assert code == 0, said
    assert "evil" not in (place / "plan.json").read_text()


def test_a_merge_request_that_is_behind_shows_its_own_change_alone(team: Team):
    """All of its commits, and nothing of what was merged meanwhile: the plan is of what the merge would give."""
    team.branch("other", timer(90), tenant="beta")
    team.branch("longer", timer(3600))
    git(team.origin, "switch", "--quiet", "longer")
    write(team.origin, {"tenants/acme.yaml": timer(70)})
    commit(team.origin, "And another")
    git(team.origin, "switch", "--quiet", "main")
    team.planned(3, "other")
    assert team.merged(team.merge(3, "other"))[0] == 0
    code, _, place = team.planned(4, "longer")
    assert code == 0
    assert [one["tenant"] for one in json.loads((place / "plan.json").read_text())["tenants"]] == ["acme", "gamma"]


def test_what_a_failed_pipeline_left_is_applied_by_the_next(team: Team):
    """Two merges, of which the first was never applied: the plans of both. The older pipeline then writes nothing."""
    team.branch("one", timer(90), tenant="beta")
    team.branch("two", timer(3600))
    team.planned(3, "one")
    first = team.merge(3, "one")
    team.gitlab.applied(first, "failed")
    team.gitlab.applied(first, environment="staging")
    team.planned(4, "two")
    second = team.merge(4, "two")
    late = team.merged(first)
    assert late[0] == 1
    assert f"main has moved to {second}" in late[1]
    assert team.written() == []
    code, said, _ = team.merged(second)
    assert code == 0, said
    assert (team.live("beta"), team.live("gamma")) == (90, 3600)
    code, said, _ = team.merged(second)
    assert code == 0
    assert "Nothing was merged" in said


def test_a_change_after_the_review_is_stale_and_by_hand_a_fresh_plan_is_applied(team: Team):
    """Exit 4, nothing written; then replan, which a person reads, and apply-replanned."""
    team.branch("longer", timer(3600))
    team.planned(4, "longer")
    team.sandbox.set_value("gamma", TIMER, 61)
    tip = team.merge(4, "longer")
    assert team.merged(tip)[0] == 4
    assert team.written() == []
    code, said, place = team.run("replan", tip)
    assert code == 0, said
    code, said, _ = team.run("apply-replanned", tip, artifacts=place)
    assert code == 0, said
    assert team.live("gamma") == 3600


@pytest.mark.parametrize("why", ["pushed", "expired", "unfinished", "newer-head", "first", "rewritten"])
def test_without_a_reviewed_plan_nothing_is_written(team: Team, why: str):
    """And what is missing is named."""
    head = team.branch("longer", timer(3600))
    plan = {"command": "plan", "exit_code": 130 if why == "unfinished" else 0}
    at = "0" * 40 if why == "newer-head" else head
    team.gitlab.planned(4, at, None if why == "expired" else json.dumps(plan).encode(), pipeline=101)
    tip = team.merge(4, "longer")
    if why == "pushed":
        team.gitlab.merges.clear()
    if why == "first":
        team.gitlab.deployments.clear()
    if why == "rewritten":
        team.gitlab.applied("f" * 40)
    code, said, _ = team.merged(tip)
    assert code == 1
    assert "No reviewed plan for all of this" in said
    assert re.search(r"merge request 4: |came without a merge request|ever applied|not in this branch's", said)
    assert team.written() == []


def test_the_night_is_red_when_something_differs(team: Team):
    """Exit 2 is a job that failed; in order, it is green."""
    tip = git(team.origin, "rev-parse", "main")
    assert team.run("drift", tip)[0] == 0
    team.sandbox.set_value("acme", TIMER, 61)
    code, _, place = team.run("drift", tip)
    assert code == 2
    assert (place / "drift.html").exists()


def test_a_token_that_may_not_is_told_without_it(team: Team):
    """One line, no trace."""
    team.gitlab.url += "/nowhere"
    code, said, _ = team.run("reviewed", git(team.origin, "rev-parse", "main"))
    assert code == 1
    assert said == "GitLab answered 404. May the token (scope api, role Developer) do that?\n"


@pytest.mark.parametrize("job", [name for name in JOBS if "script" in JOBS[name]])
def test_no_job_has_both_the_credentials_and_gitlab_s_token(job: str):
    """By the environment that GitLab scopes its variables to; writes are one at a time."""
    body = JOBS[job]
    environment = body.get("environment", {})
    name = environment if isinstance(environment, str) else environment.get("name")
    talks = "gitlab.py" in str(body["script"])
    assert (name == "gitlab-api") == talks
    assert (name in {"plan", "production"}) == (job in WITH_CREDENTIALS)
    writes = any("reconciler apply" in line for line in body["script"])
    assert (name == "production") == writes == (body.get("resource_group") == "production")
    if not writes and name:
        assert environment["action"] == "access", "else it would count as a deployment"


def test_every_job_has_a_stage_and_installs_the_pinned_tool():
    """With the hashes of its lock, from the commit that is named once."""
    document = yaml.safe_load(PIPELINE.read_text())
    for name, body in JOBS.items():
        if "script" in body:
            assert body["stage"] in document["stages"], name
            assert body["extends"] == ".tool"
    assert any("--require-hashes" in line for line in JOBS[".tool"]["before_script"])
    assert "COMMIT" in document["variables"]["RECONCILER_COMMIT"]
