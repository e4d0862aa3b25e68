"""What act doesn't run, held on the files: permissions, environments, secrets, concurrency, rules for forks."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
STARTER = ROOT / "reconciler" / "template" / ".github" / "workflows"
OURS = {one.name: one for one in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
STARTERS = {f"starter/{one.name}": one for one in sorted(STARTER.glob("*.yml"))}
EVERY = {**OURS, **STARTERS}
USING = {
    **EVERY,
    **{str(one.relative_to(ROOT)): one for one in (ROOT / "action.yml", *sorted((ROOT / "docs").rglob("*.*ml")))},
    **{str(one.relative_to(ROOT)): one for one in sorted((ROOT / "docs").rglob("*.md"))},
    **{str(one.relative_to(ROOT)): one for one in sorted((ROOT / "reconciler" / "template").rglob("*.y*ml"))},
}
"""What uses actions, or tells people how to."""
CALLERS = [*STARTERS, *(name for name in OURS if name.startswith("tenants-"))]
CALLED = ("apply.yml", "drift.yml", "plan.yml", "pull-request.yml", "write.yml")

WRITES = {
    ("pull-request.yml", "comment"): {"pull-requests"},
    ("drift.yml", "issue"): {"issues"},
    ("drift.yml", "reapply"): {"actions"},
    ("release.yml", "attest"): {"attestations", "id-token"},
    ("release.yml", "draft"): {"contents"},
}
"""The jobs that may write to GitHub, and what. None of them has the tenants' credentials."""

CREDENTIALS = {("plan.yml", "plan"): "plan", ("write.yml", "apply"): "apply"}
"""The jobs that get the tenants' credentials, and the command whose step alone has them."""


@cache
def _load(name: str) -> Any:
    # `on` is a boolean to YAML 1.1.
    return yaml.load(EVERY[name].read_text(), Loader=yaml.BaseLoader)


def _jobs(*names: str) -> list[Any]:
    return [
        pytest.param(name, job, body, id=f"{name}:{job}")
        for name in names or EVERY
        for job, body in _load(name)["jobs"].items()
    ]


def _steps(*names: str) -> list[Any]:
    return [
        pytest.param(name, job, step, id=f"{name}:{job}:{number}")
        for name in names or EVERY
        for job, body in _load(name)["jobs"].items()
        for number, step in enumerate(body.get("steps", []))
    ]


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_permitted_but_what_a_job_names(name: str):
    """`permissions: {}` at the top: what a job doesn't name, its token can't do."""
    assert _load(name)["permissions"] == {}


@pytest.mark.parametrize(("name", "job", "body"), _jobs())
def test_a_job_names_its_permissions_and_few_may_write(name: str, job: str, body: Any):
    """A caller hands over what the called jobs take, and each of those takes only its own."""
    writes = {scope for scope, right in body["permissions"].items() if right == "write"}
    if name in CALLERS:
        assert writes <= {"pull-requests", "issues", "actions"}
    else:
        assert writes == WRITES.get((name, job), set())


@pytest.mark.parametrize(("name", "job", "body"), _jobs())
def test_a_job_ends_some_time(name: str, job: str, body: Any):
    """GitHub's own limit is six hours, of a machine that somebody pays for."""
    assert "uses" in body or int(body["timeout-minutes"]) <= 350


@pytest.mark.parametrize(("name", "job", "body"), _jobs())
def test_whoever_may_write_to_github_has_no_credentials_of_tenants(name: str, job: str, body: Any):
    """And the other way round: a token for the one is of no use against the other."""
    text = yaml.dump(body)
    if "uses" in body:
        return  # it hands them on, and a called job takes them or not
    assert ("RECONCILER_CREDENTIALS" in text) == ((name, job) in CREDENTIALS)
    if (name, job) in CREDENTIALS:
        assert "github.token" not in text
        assert body["permissions"] == {"contents": "read"}
        assert "inputs.environment" in body["environment"], "else any branch's workflow could read them"


@pytest.mark.parametrize(("name", "job", "step"), _steps(*CALLED))
def test_secrets_are_in_the_environment_of_one_step_alone(name: str, job: str, step: Any):
    """The step that is the tool, and becomes it: no other program of the job sees them, a shell no longer than that."""
    has = "secrets." in yaml.dump(step) or "vars." in yaml.dump(step)
    command = CREDENTIALS.get((name, job))
    assert has == (command is not None and f"exec reconciler {command} " in step.get("run", ""))


@pytest.mark.parametrize(("name", "job", "step"), _steps())
def test_no_value_is_pasted_into_a_script(name: str, job: str, step: Any):
    """A branch may be called $(id). Values reach a script by its environment, where they are only text."""
    assert "${{" not in step.get("run", "")


@pytest.mark.parametrize(("name", "job", "step"), _steps())
def test_no_step_runs_what_a_pull_request_brought(name: str, job: str, step: Any):
    """./data and ./base hold a stranger's files: they are read, by programs whose code is elsewhere."""
    run = step.get("run", "")
    assert not re.search(r"\b(python3?|pip|npm|make|node)\b", run) or name in {"ci.yml", "long.yml", "release.yml"}
    assert not re.search(r"(^|[\s;&|(])(\.\.?/|data/|base/)\S*\.(sh|py)\b", run)
    assert not step.get("uses", "").startswith(("./data", "./base"))


@pytest.mark.parametrize("name", USING)
def test_every_action_is_pinned_by_its_commit(name: str):
    """A tag can be moved to another commit by whoever owns the action, or its owner's account."""
    for line in USING[name].read_text().splitlines():
        if found := re.match(r"\s*(?:- )?(?:&\w+ )?uses: (\S+)(.*)", line):
            if name.startswith("starter/") or found[1].startswith("OWNER/"):
                assert found[1].endswith("@COMMIT"), "whoever takes it fills in a commit"
                continue
            local = found[1].startswith("./")
            assert local or re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", found[1]), line
            assert local or re.match(r" # v\d+\.\d+\.\d+$", found[2]), f"say which version that is: {line}"


@pytest.mark.parametrize(("name", "job", "step"), _steps())
def test_a_checkout_leaves_no_token_behind(name: str, job: str, step: Any):
    """It would lie in .git/config, where every later step can read it."""
    if step.get("uses", "").startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("name", EVERY)
def test_no_event_that_gives_secrets_to_strangers(name: str):
    """pull_request_target and workflow_run run with secrets, and look at what a fork brought."""
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(_load(name)["on"])


@pytest.mark.parametrize("name", [name for name in CALLERS if "pull-request" in name])
def test_a_required_check_always_starts(name: str):
    """One that a filter by paths left out would be pending for ever. The merge queue asks for it too."""
    assert _load(name)["on"] == {"pull_request": "", "merge_group": ""}


@pytest.mark.parametrize("name", CALLERS)
def test_a_caller_cancels_plans_and_never_writes(name: str):
    """A pull request's next push makes its plan useless. An apply that is cancelled may be in the middle of a write."""
    found = _load(name)["concurrency"]
    if "pull-request" in name:
        assert found["cancel-in-progress"] == "true"
        assert "github.event.pull_request.number" in found["group"]
    else:
        assert found["cancel-in-progress"] == "false"
        assert "${{" not in found["group"], "one at a time, whichever commit"
    assert found.get("queue") == ("max" if "apply" in name else None)


@pytest.mark.parametrize(("name", "job", "body"), _jobs(*CALLED))
def test_shards_are_not_serialised_or_cancelled_by_each_other(name: str, job: str, body: Any):
    """A group in a called workflow would hold for each of its shards. So it is the caller's."""
    assert "concurrency" not in body
    if "strategy" in body:
        assert body["strategy"]["fail-fast"] == "false"


def test_a_fork_is_never_planned():
    """Its pull request gets no secrets from GitHub either; but nothing should have to rely on that alone."""
    jobs = _load("pull-request.yml")["jobs"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in jobs["plan"]["if"]
    with_secrets = [name for name, body in jobs.items() if "secrets" in body]
    assert with_secrets == ["plan"]
    for name in ("judge", "comment"):
        assert "plan" in jobs[name]["needs"]
        assert "needs.plan.result != 'skipped'" in jobs[name]["if"]


def test_tool_and_settings_of_a_pull_request_are_the_bases():
    """What the pull request brings is checked out once, into ./data."""
    for job, body in _load("pull-request.yml")["jobs"].items():
        for step in body.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                ref, path = step["with"]["ref"], step["with"]["path"]
                if path == "tool":
                    assert "base" in ref, job
                    assert "head" not in ref, job
                else:
                    assert (ref, path) == ("${{ github.sha }}", "data"), job
    plan = _load("pull-request.yml")["jobs"]["plan"]["with"]
    assert (plan["base"], plan["settings"]) == ("HEAD^1", "base")
    assert "head" not in plan["tool-ref"]


def test_the_required_check_waits_for_all_and_always_speaks():
    """A skipped required check counts as passed."""
    job = _load("pull-request.yml")["jobs"]["required"]
    assert job["if"] == "always()"
    assert set(job["needs"]) == {"validate", "plan", "judge"}


@pytest.mark.parametrize(("name", "command"), [("plan.yml", "plan"), ("write.yml", "apply")])
def test_the_runner_s_signal_reaches_the_tool(name: str, command: str):
    """A shell keeps SIGINT to itself; by exec there is none left. Its report is handed over whatever happened."""
    steps = _load(name)["jobs"][command]["steps"]
    index = next(i for i, step in enumerate(steps) if f"reconciler {command} " in step.get("run", ""))
    last = steps[index]["run"].replace("\\\n", " ").strip().splitlines()[-1]
    assert last.strip().startswith(f"exec reconciler {command} ")
    assert steps[index + 1]["if"].startswith("always()")
    assert steps[index + 1]["uses"].startswith("actions/upload-artifact@")


def test_an_unreviewed_plan_waits_where_somebody_is_asked():
    """The job that writes it runs in an environment of its own, after that environment's rules were looked at."""
    jobs = _load("apply.yml")["jobs"]
    again = jobs["write-replanned"]
    assert again["with"]["environment"] == "${{ inputs.approval-environment }}"
    assert "needs.put-up.result == 'success'" in again["if"]
    assert "reconciler-github reviewers" in jobs["put-up"]["steps"][-1]["run"]
    assert "allow-irreversible" not in again["with"], "the plan has what was approved"


@pytest.mark.parametrize("name", STARTERS)
def test_a_config_repository_s_own_files_stay_short(name: str):
    """They call; what is called is pinned by the same commit as the tool."""
    text = STARTERS[name].read_text()
    (job,) = _load(name)["jobs"].values()
    assert len(text.splitlines()) <= 50
    assert job["uses"].endswith("@COMMIT")
    assert job["with"]["tool-ref"] == "COMMIT"


@pytest.mark.parametrize("name", ["apply.yml", "drift.yml", "pull-request.yml"])
def test_environment_and_machine_of_the_credentials_can_be_named_by_the_caller(name: str):
    """A `plan` with a reviewer would wait all night, and a program that prints credentials needs its machine."""
    handed = [body["with"] for body in _load(name)["jobs"].values() if "secrets" in body]
    assert handed
    inputs = _load(name)["on"]["workflow_call"]["inputs"]
    for one in handed:
        assert one["runner"] == "${{ inputs.runner }}"
        (environment,) = re.findall(r"^\$\{\{ inputs\.([\w-]+) \}\}$", one["environment"])
        assert inputs[environment]["default"] in {"plan", "production", "production-replanned"}
    for called, job in CREDENTIALS:
        assert _load(called)["jobs"][job]["runs-on"] == "${{ inputs.runner }}"


def test_only_a_tag_makes_a_release():
    """Not a branch, not somebody by hand. The tag's commit must be on main, which scripts/release_tag.sh sees to."""
    assert _load("release.yml")["on"] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}
    steps = _load("release.yml")["jobs"]["build"]["steps"]
    looked = next(number for number, one in enumerate(steps) if "release_tag.sh" in one.get("run", ""))
    assert looked < next(number for number, one in enumerate(steps) if one.get("run") == "make dist")


def test_a_release_is_built_twice_then_attested_then_drafted():
    """By jobs of which each waits for the one before: what two machines disagree about is signed by nobody."""
    jobs = _load("release.yml")["jobs"]
    assert {name: body.get("needs") for name, body in jobs.items()} == {
        "build": None,
        "again": "build",
        "attest": "again",
        "draft": "attest",
    }
    assert not [name for name, body in jobs.items() if "if" in body or "continue-on-error" in yaml.dump(body)]
    assert jobs["again"]["steps"][-1]["run"] == "diff -r built dist"
    (attested,) = (one for one in jobs["attest"]["steps"] if "attest-build-provenance" in one["uses"])
    assert attested["with"] == {"subject-checksums": "built/SHA256SUMS"}


def test_who_may_sign_or_release_builds_nothing():
    """What is built runs the packages of the lock, with whatever the job's token can do."""
    jobs = _load("release.yml")["jobs"]
    assert not [one for one in jobs["attest"]["steps"] if "run" in one]
    (draft,) = (one["run"] for one in jobs["draft"]["steps"] if "run" in one)
    assert draft == 'sh scripts/release_draft.sh "$GITHUB_REF_NAME" built'
    assert jobs["draft"]["environment"] == "release", "whose rules can ask for a person"
    for name in ("build", "again"):
        assert jobs[name]["permissions"] == {"contents": "read"}
        assert "github.token" not in yaml.dump(jobs[name])
        assert "secrets." not in yaml.dump(jobs[name])
