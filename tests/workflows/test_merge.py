"""The step that merges what shards have left: of each the newest try counts, and none is lost."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reconciler.model.report import Report
from reconciler.report.write import Format, render
from tests.github.runner_rules import outputs_in
from tests.report.samples import SAMPLES
from tests.workflows.repository import ROOT

SCRIPT = ROOT / ".github" / "scripts" / "merge.sh"


@dataclass(frozen=True)
class Merged:
    """What the step left: its exit code, outputs, summary, and the report."""

    code: int
    outputs: dict[str, str]
    summary: str
    folder: Path


class Shards:
    """The folder into which the artifacts were downloaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hand_over(self, shard: str, attempt: int, report: Report | None) -> None:
        """As a shard's job does: a report, unless it was killed, and a journal."""
        place = self.folder / "shards" / f"reconciler-apply-shard-{shard}-try-{attempt}"
        place.mkdir(parents=True)
        (place / "apply-shard.journal.jsonl").write_text("{}\n")
        if report is not None:
            (place / "apply-shard.json").write_text(render(report, Format.JSON))

    def merge(self, kind: str = "apply") -> Merged:
        """Run the step."""
        output, summary = self.folder / "output", self.folder / "summary"
        for file in (output, summary):
            file.write_bytes(b"")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        given = {"KIND": kind, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "PATH": path}
        done = subprocess.run(
            ["/bin/bash", SCRIPT],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **given},
            check=False,
            capture_output=True,
        )
        return Merged(done.returncode, dict(outputs_in(output)), summary.read_text("utf-8"), self.folder / "merged")


def shard(number: int, total: int, *, seconds: int = 0) -> Report:
    """A part of the sample apply; `seconds` tell two tries apart."""
    whole = SAMPLES["apply"]
    return replace(
        whole,
        selection=replace(whole.selection, shard=f"{number}/{total}"),
        tenants=whole.tenants[number - 1 :: total],
        warnings=(f"try at {seconds} s",),
    )


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    """None yet."""
    if shutil.which("bash") is None or shutil.which("jq") is None:
        pytest.skip("bash and jq are needed, as on GitHub's runners")
    return Shards(tmp_path)


def test_of_each_shard_the_newest_try_counts_and_a_tenth_is_newer_than_a_second(shards: Shards):
    """Jobs are run again one by one, so each shard has tries of its own. What all have left is kept."""
    shards.hand_over("1-of-2", 1, shard(1, 2, seconds=1))
    for attempt in (1, 2, 10):
        shards.hand_over("2-of-2", attempt, shard(2, 2, seconds=attempt))
    merged = shards.merge()
    assert merged.code == 0
    text = (merged.folder / "apply.json").read_text()
    assert merged.outputs["exit-code"] == str(json.loads(text)["exit_code"])
    assert [one for one in (1, 2, 10) if f"try at {one} s" in text] == [1, 10]
    assert "Earlier tries of this run" in merged.summary
    named = [one for one in (1, 2, 10) if f"`reconciler-apply-shard-2-of-2-try-{one}`" in merged.summary]
    assert named == [1, 2]
    assert len(list((merged.folder / "tries").glob("*/apply-shard.journal.jsonl"))) == 4


def test_shards_of_an_earlier_try_that_was_split_otherwise_are_left_aside(shards: Shards):
    """All jobs run again count the machines anew: what two made of the fleet is no part of what three made of it."""
    for number in (1, 2):
        shards.hand_over(f"{number}-of-2", 1, shard(number, 2))
    for number in (1, 2, 3):
        shards.hand_over(f"{number}-of-3", 2, shard(number, 3))
    merged = shards.merge()
    assert merged.code == 0
    assert "`reconciler-apply-shard-1-of-2-try-1`" in merged.summary


def test_a_newest_try_without_a_report_is_not_replaced_by_an_older_one(shards: Shards):
    """It may have written, and been killed. Its journal says what, and the summary where that is."""
    shards.hand_over("1-of-2", 1, shard(1, 2))
    shards.hand_over("2-of-2", 1, shard(2, 2))
    shards.hand_over("2-of-2", 2, None)
    merged = shards.merge()
    assert merged.code == 1
    assert "exit-code" not in merged.outputs
    assert "left no report" in merged.summary
    assert "`reconciler-apply-shard-2-of-2-try-2`" in merged.summary
    assert (merged.folder / "tries" / "reconciler-apply-shard-2-of-2-try-2" / "apply-shard.journal.jsonl").exists()


def test_a_shard_that_left_nothing_makes_no_whole_of_the_others(shards: Shards):
    """A single report is no merge, and would be taken for the whole run."""
    shards.hand_over("1-of-2", 1, shard(1, 2))
    merged = shards.merge()
    assert merged.code == 1
    assert "Of 2 shards, 1 handed a report over" in merged.summary


def test_nothing_handed_over_says_where_to_look(shards: Shards):
    """No machine came as far as its command."""
    merged = shards.merge()
    assert (merged.code, merged.outputs) == (1, {})
    assert "look at the jobs before this one" in merged.summary


def test_a_plan_keeps_no_tries(shards: Shards):
    """It wrote nothing, and the merged plan has all of it."""
    shards.hand_over("1-of-1", 1, replace(SAMPLES["plan"], selection=replace(SAMPLES["plan"].selection, shard="1/1")))
    merged = shards.merge("plan")
    assert merged.code == 0
    assert not (merged.folder / "tries").exists()
    assert int(merged.outputs["pending"]) > 0
