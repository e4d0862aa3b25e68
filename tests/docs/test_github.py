"""docs/github.md names what the workflows have: inputs, environments, the check, artifacts, and what they print."""

import re
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT, prose, text_of

PAGE = "docs/github.md"
CALLED = ("apply.yml", "drift.yml", "pull-request.yml")
TEMPLATE = ROOT / "reconciler" / "template" / ".github" / "workflows"


def workflow(name: str) -> Any:
    # `on` is a boolean to YAML 1.1.
    return yaml.load((ROOT / ".github" / "workflows" / name).read_text(), Loader=yaml.BaseLoader)


def inputs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = workflow(name)["on"]["workflow_call"]["inputs"]
    return found


def test_every_environment_of_the_page_is_what_a_workflow_takes_by_default():
    """And the other way round: whoever follows the page has made all that are needed."""
    table = prose(PAGE).partition("| environment |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE))
    taken = {body["default"] for name in CALLED for key, body in inputs(name).items() if "environment" in key}
    assert listed == taken
    made = re.search(r"^for environment in (.+); do$", text_of(PAGE), re.MULTILINE)
    assert made is not None
    assert set(made[1].split()) == listed


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("drift.yml", "environment"),
        ("drift.yml", "reapply"),
        ("apply.yml", "plan-environment"),
        ("apply.yml", "without-plan"),
        ("apply.yml", "lift"),
        *((name, key) for name in CALLED for key in ("runner", "minutes")),
    ],
)
def test_every_input_that_the_page_names_is_there(name: str, key: str):
    """A name under `with:` that isn't there stops the workflow at once."""
    assert re.search(rf"`{key}[:`]|lift: `", text_of(PAGE))
    assert key in inputs(name)


def test_the_choices_without_a_plan_are_those_of_the_workflow():
    """In the table, in the script that decides, and in the form by which it is run by hand."""
    table = prose(PAGE).partition("| found |")[2].partition("\n\n")[0]
    listed = {word for row in table.splitlines() for word in re.findall(r"^\|[^|]*\| `(\w+)` \|", row)}
    text = (TEMPLATE / "apply.yml").read_text()
    form = yaml.load(text, Loader=yaml.BaseLoader)["on"]["workflow_dispatch"]["inputs"]["without-plan"]
    assert listed == set(form["options"])
    assert form["default"] == "approve"


def test_the_required_check_is_called_as_the_page_says():
    """GitHub names it after the caller's job and the called one's."""
    (job,) = yaml.safe_load((TEMPLATE / "pull-request.yml").read_text())["jobs"]
    assert workflow("pull-request.yml")["jobs"]["required"]["name"] == "required"
    assert f"`{job} / required`" in text_of(PAGE)


def test_every_artifact_of_the_page_is_one_that_is_made():
    """People look for it at 2 a.m."""
    named = set(re.findall(r"`(reconciler-(?!github)\w+)`", text_of(PAGE)))
    everything = "".join((ROOT / ".github" / "workflows" / name).read_text() for name in CALLED)
    assert named
    assert [name for name in named if f"artifact: {name}\n" not in everything] == []


@pytest.mark.parametrize(
    ("said", "file"),
    [
        ("has moved from", ".github/workflows/write.yml"),
        ("no required reviewer", "reconciler/github/reviewers.py"),
        ("No reviewed plan for all of this", ".github/scripts/mode.sh"),
        ("The plan didn't finish", "reconciler/github/comment.py"),
        ("planned afresh: ", ".github/workflows/apply.yml"),
    ],
)
def test_what_the_page_says_is_printed_is_printed(said: str, file: str):
    """A symptom is looked up by its words."""
    assert said in text_of(PAGE).replace("main has moved from", "has moved from")
    assert said in (ROOT / file).read_text()


def test_the_night_begins_when_the_page_says():
    """UTC."""
    (found,) = re.findall(r'cron: "(\d+) (\d+) \* \* \*"', (TEMPLATE / "drift.yml").read_text())
    assert f"{int(found[1]):02}:{int(found[0]):02} UTC" in text_of(PAGE)
