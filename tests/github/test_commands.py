"""The command line of the room: how it is called, and how it ends."""

import os
import subprocess
import sys

import pytest

from reconciler.github import commands, reviewers
from tests.github.fake import FakeGitHub
from tests.github.step import Step

NAMES = ("annotate", "comment", "drift-issue", "ground", "held-back", "judge", "reviewed", "reviewers")


def test_the_commands_are_these(step: Step):
    """Workflows call them by name."""
    assert tuple(sorted(commands.main.commands)) == NAMES
    assert all(name in step("--help").stdout for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_command_says_what_it_does(step: Step, name: str):
    """In words of its own, and with every option explained."""
    done = step(name, "--help")
    assert done.code == 0
    assert all(
        getattr(option, "help", "") or option.param_type_name == "argument"
        for option in commands.main.commands[name].params
    )


def test_it_runs_as_a_module():
    """As the workflows run it; a wrong call is 64 there, too."""
    environment = {**os.environ, "COLUMNS": "80"}
    call = [sys.executable, "-m", "reconciler.github", "judge"]
    done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 64
    assert "--validated" in done.stderr


def test_a_bug_is_70_and_its_message_is_not_quoted(step: Step, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch):
    """It might hold what nobody should read."""

    def broken(*arguments: object) -> int:
        raise KeyError(github.token)

    monkeypatch.setattr(reviewers, "reviewers", broken)
    done = step.talk_to(github)("reviewers", "production")
    assert done.code == 70
    assert "KeyError, raised here:" in done.stderr
    assert github.token not in done.stderr


@pytest.mark.parametrize("name", ["comment", "drift-issue", "held-back", "reviewed", "reviewers"])
def test_without_a_token_nothing_is_asked(step: Step, github: FakeGitHub, name: str, tmp_path: object):
    """And what to write into the workflow is said."""
    step.talk_to(github).environment["GITHUB_TOKEN"] = ""
    sha = "a" * 40
    workflows = ["--apply-workflow", "a.yml"]
    arguments: dict[str, list[object]] = {
        "comment": ["--pull", 7, "--head", sha],
        "drift-issue": ["--report", "x.json"],
        "held-back": [*workflows, "--branch", "main", "--report", "x.json"],
        "reviewed": [
            *workflows,
            "--plan-workflow",
            "p.yml",
            "--branch",
            "b",
            "--tip",
            sha,
            "--artifact",
            "a",
            "--out",
            "x",
        ],
        "reviewers": ["production"],
    }
    done = step(name, *arguments[name])
    assert done.code == 1
    assert "GITHUB_TOKEN is missing" in done.stderr
    assert "github.token" in done.stderr
    assert github.requests == []


@pytest.mark.parametrize("workflow", ["../apply.yml", "apply", ".github/workflows/apply.yml", "--x.yml?a=b"])
def test_a_workflow_is_named_by_its_file(step: Step, workflow: str):
    """Its name becomes a part of an address."""
    assert step("held-back", "--apply-workflow", workflow, "--branch", "main", "--report", "x").code == 64
