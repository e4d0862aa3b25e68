"""An empty or wrong folder: it is said where was looked, why there, and what to do. Exit 64, as for any wrong call."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.cli.main import run

TENANT = "sales_order: {on_hold_timer_duration: 60}\n"
COMMANDS = ("validate", "plan --sandbox", "apply --sandbox", "shards")

Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command that must end with 64, in a folder below the test's own; return what it says on stderr."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def said(command: str, folder: str = ".") -> str:
        monkeypatch.chdir(tmp_path / folder)
        assert run(command.split()) == 64
        out, err = capsys.readouterr()
        assert out == ""
        return err

    return said


def lay(folder: Path, *names: str, text: str = TENANT) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_folder_is_told_how_to_begin(say: Say, command: str):
    """Whichever command was tried first."""
    told = say(command)
    assert "There are no tenant files in tenants." in told
    assert "no reconciler.toml here, nor in a folder above" in told
    for way in ("--tenants DIR", "reconciler init DIR", "reconciler import TENANT"):
        assert way in told
    assert "Were those meant" not in told


@pytest.mark.parametrize("command", COMMANDS)
def test_it_says_why_it_looked_there(say: Say, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A flag, the environment, or which settings file: what has to be changed."""
    lay(tmp_path, "reconciler.toml", text='tenants = "fleet"\n')
    lay(tmp_path, "sub/x.txt")
    assert "no tenant files in fleet.\n" in say(command)
    assert "because of the settings: reconciler.toml\n" in say(command)
    assert f"because of the settings: {tmp_path}/reconciler.toml\n" in say(command, "sub")
    monkeypatch.setenv("RECONCILER_TENANTS", "elsewhere")
    assert "no tenant files in elsewhere.\n" in say(command)
    assert "because of RECONCILER_TENANTS.\n" in say(command)
    assert "because of --tenants.\n" in say(f"{command} --tenants third")


@pytest.mark.parametrize("command", COMMANDS)
def test_tenants_nearby_are_pointed_out(say: Say, command: str, tmp_path: Path):
    """Somebody stands inside the folder, or above one of another name."""
    lay(tmp_path, "my fleet/acme.yaml", "a/notes.txt", ".hidden/acme.yaml")
    lay(tmp_path, "docs/openapi.yaml", text="openapi: 3.1.0\n")
    assert "There are some in my fleet. Were those meant? --tenants 'my fleet'\n" in say(command)
    assert "There are some in this folder itself. Were those meant? --tenants .\n" in say(command, "my fleet")


def test_what_does_not_count_as_a_tenant_is_named(say: Say, tmp_path: Path):
    """A profile, a name that no tenant can have, another suffix; many of them are counted."""
    lay(tmp_path, "tenants/_base.yaml", "tenants/Acme.yaml", "tenants/beta.json", "tenants/gamma.yaml.bak")
    told = say("shards")
    assert "1 profile (_NAME.yaml), and a profile is nobody's tenant" in told
    assert "A tenant can't have this name: tenants/Acme.yaml" in told
    assert "its name doesn't end in .yaml: tenants/beta.json" in told
    lay(tmp_path, "tenants/a.json", "tenants/b.json", "tenants/_second.yaml")
    told = say("shards")
    assert "2 profiles" in told
    assert "and 2 more like these" in told


@pytest.mark.parametrize("command", ["validate", "plan --sandbox", "apply --sandbox"])
def test_a_name_that_no_tenant_can_have_is_a_problem_even_alone(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """Exit 1 and told with its place, as beside other tenants; with --tenant, that tenant is what is missing."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, "tenants/Acme.yaml")
    assert run([*command.split(), "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["rule"], problem["file"]) == ("file/name", "tenants/Acme.yaml")
    assert run([*command.split(), "--tenant", "acme"]) == 64
    assert "A tenant can't have this name: tenants/Acme.yaml" in capsys.readouterr().err


def test_what_nobody_meant_for_a_tenant_makes_no_problem(say: Say, tmp_path: Path):
    """A file of another kind alone: the folder is the wrong one."""
    lay(tmp_path, "tenants/beta.json")
    assert "There are no tenant files in tenants." in say("validate")


def test_files_that_end_in_yml_are_tenants_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nobody has to rename anything."""
    lay(tmp_path, "tenants/acme.yml")
    monkeypatch.chdir(tmp_path)
    assert run(["validate"]) == 0


def test_a_glob_in_an_empty_folder_is_not_blamed(say: Say):
    """That there are no tenants at all is the trouble, not the name."""
    assert "There are no tenant files in tenants." in say("plan --sandbox --tenant acme")


def test_a_reviewed_plan_in_the_wrong_folder_is_no_success(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A job that lost its files must not pass for one that had nothing to do."""
    lay(tmp_path, "right/tenants/acme.yaml")
    lay(tmp_path, "wrong/tenants/_base.yaml")
    monkeypatch.chdir(tmp_path / "right")
    assert run(["plan", "--sandbox", "--report", str(tmp_path / "plan.json")]) == 0
    capsys.readouterr()
    assert "There are no tenant files in tenants." in say(f"apply --sandbox --plan {tmp_path}/plan.json", "wrong")


def test_the_json_report_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """For a CI that shows nothing else."""
    monkeypatch.chdir(tmp_path)
    assert run(["validate", "--format", "json"]) == 64
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem["message"].startswith("There are no tenant files in tenants. There is no folder")
    assert "reconciler init DIR" in problem["hint"]
