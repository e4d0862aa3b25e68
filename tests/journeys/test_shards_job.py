"""What docs/how-to/scale.md tells people to run is run here: the manifest's command, and the workflows' steps."""

import json
import os
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


# the workflows


def workflow(name: str) -> Any:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))


def machine(stage: Stage, name: str, *, plan: Path | None = None) -> Path:
    """A machine of its own with the checkout, and the reviewed plan if there is one."""
    folder = stage.folder / name
    (folder / "data").mkdir(parents=True)
    shutil.copytree(stage.folder / "tenants", folder / "data" / "tenants")
    (folder / "data" / "reconciler.toml").write_bytes((stage.folder / "reconciler.toml").read_bytes())
    if plan is not None:
        (folder / "reviewed").mkdir()
        (folder / "reviewed" / "plan.json").write_bytes(plan.read_bytes())
    return folder


def bash(stage: Stage, folder: Path, script: str, given: Mapping[str, str]) -> dict[str, str]:
    """Run a script as a runner does, and return the outputs that it sets."""
    output = folder.parent / f"{folder.name}.output"
    output.write_bytes(b"")
    more = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(output.with_suffix(".summary"))}
    done = subprocess.run(
        ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment(stage, {**given, **more}),
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, (script, done.stdout + done.stderr)
    return dict(line.split("=", 1) for line in output.read_text().splitlines())


def shards(stage: Stage, name: str, job: str, parts: list[str], *, plan: Path | None = None) -> Path:
    """Run a job of a matrix for each part; return the folder that the merging job would download."""
    collected = stage.folder / f"merge-{name}"
    steps = {step.get("id", step.get("name")): step for step in workflow(name)["jobs"][job]["steps"]}
    for index, part in enumerate(parts):
        folder = machine(stage, f"{name}-{index}", plan=plan)
        known = {
            "ARTIFACT": "reconciler",
            "GITHUB_RUN_ATTEMPT": "1",
            "RECONCILER_CREDENTIALS": (stage.folder / "credentials.yaml").read_text(),
            "SETTINGS": str(folder / "data" / "reconciler.toml"),
            "SHARD": part,
            "TENANTS": "tenants",
        }
        for step in (steps["name"], steps[job]):
            given = {name: known.get(name, "") for name in step["env"]}
            place = folder / step.get("working-directory", ".")
            outputs = bash(stage, place, step["run"], {**known, **given})
            known |= {"LEFT": outputs.get("artifact", known.get("LEFT", ""))}
        upload = next(step for step in steps.values() if str(step.get("uses")).startswith("actions/upload-artifact@"))
        assert upload["with"]["name"] == "${{ steps.name.outputs.artifact }}"
        left, to = folder / upload["with"]["path"], collected / "shards" / known["LEFT"]
        if left.is_dir():
            shutil.copytree(left, to)
        else:
            to.mkdir(parents=True)
            shutil.copy(left, to)
    return collected


def merged(stage: Stage, folder: Path, kind: str) -> dict[str, str]:
    """Run the step that merges."""
    return bash(stage, folder, f"bash '{ROOT}/.github/scripts/merge.sh'", {"KIND": kind})


def test_the_workflows_plan_and_apply_a_fleet_by_shards(fleet: Stage):
    """Plan, merge, apply, merge: each job on a machine of its own, with what the ones before have uploaded."""
    if shutil.which("jq") is None:
        pytest.skip("jq is needed, as on GitHub's runners")
    planned = shards(fleet, "plan", "plan", ["1/2", "2/2"])
    outputs = merged(fleet, planned, "plan")
    assert (outputs["exit-code"], outputs["pending"]) == ("0", "8")
    applied = shards(fleet, "write", "apply", ["1/3", "2/3", "3/3"], plan=planned / "merged" / "plan.json")
    assert merged(fleet, applied, "apply")["exit-code"] == "0"
    assert json.loads((applied / "merged" / "apply.json").read_text())["result"] == "applied"
    left = sorted(path.name for path in (applied / "merged" / "tries").glob("*-of-3-try-1/*"))
    assert left.count("apply-shard.json") == 3
    assert left.count("apply-shard.journal.jsonl") == 2, "by their names, none of the tenants is the first shard's"
    assert sorted(fleet.posted()) == [f"{name}:{TIMER}" for name in NAMES]


def test_the_inputs_of_the_page_are_those_of_all_three_workflows():
    """A name under `with:` that isn't there stops the workflow at once."""
    (block,) = blocks("docs/how-to/scale.md", "yaml")
    (job,) = yaml.safe_load(block.text)["jobs"].values()
    for name in ("apply", "drift", "pull-request"):
        # `on` is a boolean to YAML 1.1.
        assert set(job["with"]) <= set(workflow(name)[True]["workflow_call"]["inputs"])
    for name, part in (("plan", "plan"), ("write", "apply")):
        assert "fromJSON" in workflow(name)["jobs"][part]["strategy"]["matrix"]
