"""What docs/how-to/scale.md tells people to run is run here: the manifest's command, and the steps of the workflow."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.catalogue import Catalogue
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from tests.docs.pages import ROOT, blocks
from tests.journeys.stage import Stage, until

TIMER = "on_hold_timer_duration"
NAMES = tuple(f"t{number}" for number in range(8))


@pytest.fixture
def sandbox(tmp_path: Path, catalogue: Catalogue) -> Iterator[RunningSandbox]:
    """A server for one test: what is slow in it must not end in another's."""
    with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Eight tenants with a change each, in a folder that has a program `reconciler`, and the volumes of a pod."""
    stage.settings("[gate]\nmax_changed_percent = 100", limits={"read_timeout": 30, "calls_per_window": 10})
    for name in NAMES:
        stage.tenant(name, on_hold_timer_duration=120)
        stage.sandbox.set_value(name, TIMER, 60)
    for folder in ("bin", "reports", "collected", "credentials"):
        (stage.folder / folder).mkdir()
    program = stage.folder / "bin" / "reconciler"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
    program.chmod(0o755)
    secret = stage.folder / "secret.yaml"
    secret.write_bytes((stage.folder / "credentials.yaml").read_bytes())
    secret.chmod(0o440)  # as the kubelet leaves it
    return stage


def environment(stage: Stage, more: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "XDG_", "GITHUB_"))
    }
    path = f"{stage.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "HOME": str(stage.folder), "PYTHONPATH": str(ROOT), "PATH": path, **more}


# the manifest


def manifest() -> Any:
    return yaml.safe_load((ROOT / "docs" / "examples" / "plan-job.yaml").read_text(encoding="utf-8"))


def container() -> Any:
    return manifest()["spec"]["template"]["spec"]["containers"][0]


def pod(stage: Stage, index: int) -> "subprocess.Popen[str]":
    """Run the pod's command as the kubelet does, but for the places: volumes are folders of the stage."""
    given = {one["name"]: one["value"] for one in container()["env"]}
    volumes = {mount["mountPath"] for mount in container()["volumeMounts"]}
    assert all(
        Path(given[name]).parts[1] in {Path(path).parts[1] for path in volumes} for name in given if name != "SHARDS"
    )
    places = {name: f"{stage.folder}{path}" for name, path in given.items() if name != "SHARDS"}
    places["SECRET"] = str(stage.folder / "secret.yaml")
    places["CREDENTIALS"] = str(stage.folder / "credentials" / f"{index}.yaml")
    variables = {**given, **places, "JOB_COMPLETION_INDEX": str(index)}
    return subprocess.Popen(
        [*container()["command"], *container()["args"]],
        cwd=stage.folder,
        env=environment(stage, variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out + err


def test_the_pods_of_the_manifest_plan_the_fleet(fleet: Stage):
    """Every index, one of them killed and run again; what they collect merges into the plan of all."""
    count = manifest()["spec"]["completions"]
    whole = fleet.plan(to="whole.json").report
    running = [pod(fleet, index) for index in range(count)]
    running[1].kill()
    ended(running[1])
    assert [ended(one)[0] for one in (running[0], *running[2:])] == [0] * (count - 1)
    (fleet.folder / "collected" / "plan-1.json").unlink(missing_ok=True)  # it may have been quicker than we
    assert ended(pod(fleet, 1))[0] == 0
    names = sorted(path.name for path in (fleet.folder / "collected").iterdir() if not path.name.startswith("."))
    assert names == [f"plan-{index}.json" for index in range(count)]
    merged = fleet.run("report", *(f"collected/{name}" for name in names), "--report", "plan.json")
    assert merged.exit_code == 0
    assert json.loads((fleet.folder / "plan.json").read_text())["digest"] == whole["digest"]
    copies = list((fleet.folder / "credentials").iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in copies} == {0o400}
    assert not (fleet.folder / ".reconciler").exists(), "the root file system is read-only there"


def test_a_pod_that_is_told_to_end_still_hands_over_its_report(fleet: Stage):
    """The shell passes SIGTERM on, and waits for what the run has to say."""
    for name in NAMES:
        fleet.sandbox.fault(Fault(FaultKind.DELAY, name, f"sales_order.{TIMER}", "GET", seconds=20.0, times=None))
    running = pod(fleet, 0)
    until(lambda: any(entry.status is None for entry in fleet.log(method="GET")))
    running.send_signal(signal.SIGTERM)
    code, said = ended(running)
    assert code == 130, said
    assert json.loads((fleet.folder / "collected" / "plan-0.json").read_text())["result"] == "interrupted"


def test_a_pod_ends_as_its_run_does(fleet: Stage):
    """With the report collected, so that 3 and 64 need no second try."""
    fleet.write("t0", "no: [yaml")
    codes = [ended(pod(fleet, index))[0] for index in range(4)]
    assert sorted(codes) == [0, 0, 0, 1]
    assert len(list((fleet.folder / "collected").glob("plan-*.json"))) == 4


def test_the_manifest_says_one_number_of_shards_and_shuts_the_pod_in():
    """What people change in one place and forget in another, and what must not get lost on the way."""
    job = manifest()
    spec, template = job["spec"], job["spec"]["template"]["spec"]
    assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
    shards = next(one["value"] for one in container()["env"] if one["name"] == "SHARDS")
    assert shards == str(spec["completions"]) == str(spec["parallelism"])
    assert template["restartPolicy"] == "Never"
    assert spec["backoffLimitPerIndex"] >= 1
    assert "backoffLimit" not in spec
    (final,) = (rule for rule in spec["podFailurePolicy"]["rules"] if rule["action"] == "FailIndex")
    assert final["onExitCodes"]["containerName"] == container()["name"]
    assert not {0, 1, 130, 137} & set(final["onExitCodes"]["values"]), "worth another try, or none"
    security = container()["securityContext"]
    assert (security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, False)
    assert (security["capabilities"], template["securityContext"]["runAsNonRoot"]) == ({"drop": ["ALL"]}, True)
    assert {"requests", "limits"} <= set(container()["resources"])
    volumes = {volume["name"]: volume for volume in template["volumes"]}
    assert volumes["secret"]["secret"]["defaultMode"] == 0o400
    assert "emptyDir" in volumes["reports"]
    assert sorted(volumes) == sorted(mount["name"] for mount in container()["volumeMounts"])
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert template["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == labels


# the workflow


def workflow() -> Any:
    (block,) = blocks("docs/how-to/scale.md", "yaml")
    return yaml.safe_load(block.text)


def steps(stage: Stage, job: str, folder: Path, context: Mapping[str, str]) -> None:
    """Run the `run` lines of a job in a checkout of its own, with the expressions that they use filled in."""
    for step in workflow()["jobs"][job]["steps"]:
        if "run" not in step:
            continue
        assert "${{" not in step["run"], "what an expression holds must not become a part of a script"
        given = {
            name: re.sub(r"\$\{\{ (.+?) \}\}", lambda m: context[m[1]], text)
            for name, text in step.get("env", {}).items()
        }
        more = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary"), **given}
        done = subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env=environment(stage, more),
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, (job, step["run"], done.stdout + done.stderr)


def checkout(stage: Stage, name: str, *artifacts: Path) -> Path:
    """A machine of its own, with what was uploaded before."""
    folder = stage.folder / name
    folder.mkdir()
    shutil.copytree(stage.folder / "tenants", folder / "tenants")
    (folder / "reconciler.toml").write_bytes((stage.folder / "reconciler.toml").read_bytes())
    for path in artifacts:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def matrix(stage: Stage, job: str, parts: list[str], *artifacts: Path) -> list[Path]:
    """Run every job of a matrix, and return what it uploads."""
    uploaded: list[Path] = []
    for index, part in enumerate(parts):
        folder = checkout(stage, f"{job}-{index}", *artifacts)
        credentials = (stage.folder / "credentials.yaml").read_text()
        context = {
            "matrix.shard": part,
            "strategy.job-index": str(index),
            "secrets.RECONCILER_CREDENTIALS": credentials,
        }
        steps(stage, job, folder, context)
        uploaded += folder.glob(
            next(s["with"]["path"] for s in workflow()["jobs"][job]["steps"] if "path" in s.get("with", {}))
        )
    return uploaded


def test_the_steps_of_the_workflow_plan_and_apply_the_fleet(fleet: Stage):
    """Count, plan, merge, apply, merge: each job on a machine of its own, with what the ones before have uploaded."""
    counted = checkout(fleet, "count")
    steps(fleet, "shards", counted, {})
    outputs = dict(line.split("=", 1) for line in (counted / "output").read_text().splitlines())
    parts = {name: [one["shard"] for one in json.loads(text)["include"]] for name, text in outputs.items()}
    assert (set(parts), len(parts["plan"]) > 0) == ({"plan", "apply"}, True)
    parts = {"plan": ["1/2", "2/2"], "apply": ["1/3", "2/3", "3/3"]}

    merged = checkout(fleet, "merge", *matrix(fleet, "plan", parts["plan"]))
    steps(fleet, "merge", merged, {})
    assert "8 changes" in (merged / "summary").read_text()
    applied = matrix(fleet, "apply", parts["apply"], merged / "plan.json")
    kinds = sorted({path.name.split(".", 1)[1] for path in applied})
    assert (kinds, len(list((fleet.folder).glob("apply-*/apply-*.json")))) == (["journal.jsonl", "json"], 3)
    done = checkout(fleet, "done", *applied)
    steps(fleet, "done", done, {})
    assert json.loads((done / "apply.json").read_text())["result"] == "applied"
    assert sorted(fleet.posted()) == [f"{name}:{TIMER}" for name in NAMES]


def test_the_workflow_waits_passes_on_and_uploads_what_the_steps_need():
    """The parts that only GitHub can run."""
    jobs = workflow()["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "shards": None,
        "plan": "shards",
        "merge": "plan",
        "apply": ["shards", "merge"],
        "done": "apply",
    }
    for name in ("plan", "apply"):
        assert jobs[name]["strategy"]["matrix"] == f"${{{{ fromJSON(needs.shards.outputs.{name}) }}}}"
        assert jobs[name]["strategy"]["fail-fast"] is False
        assert f"steps.count.outputs.{name}" in jobs["shards"]["outputs"][name]
    assert jobs["apply"]["environment"] == "production"
    used = {step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step}
    assert all(re.search(r"@[0-9a-f]{40}$", name) or name.startswith("./") for name in used)


def test_the_workflow_passes_the_linter_of_workflows(tmp_path: Path):
    """As our own do."""
    (block,) = blocks("docs/how-to/scale.md", "yaml")
    (tmp_path / "apply.yml").write_text(block.text)
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [str(zizmor), "--offline", "--no-progress", "--quiet", "--min-severity=medium", str(tmp_path / "apply.yml")],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
