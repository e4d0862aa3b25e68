"""`--changed-since REF`: a run looks at the tenants of which git wants something else than at REF, and at no other."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.desired.fleet import load
from reconciler.desired.listing import discover
from reconciler.inputs.choice import Shard
from reconciler.journeys.call import World
from reconciler.journeys.since import base_of, changed_since
from tests.desired.revisions import SPELLINGS, Fleet, expected, revisions
from tests.journeys.checkout import commit, edit, git
from tests.journeys.stage import Stage

TIMER = "on_hold_timer_duration"
OMS = "external_oms"
NAMES = ("acme", "beta", "gamma", "delta")


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """A checkout of a branch; on main, two tenants extend a profile and two don't. All of them differ live."""
    stage.settings("[gate]\nmax_changed_percent = 100")
    stage.write("_retail", {"sales_order": {OMS: {"enabled": True}}})
    for name in NAMES:
        extends = {"extends": ["_retail"]} if name in {"acme", "beta"} else {}
        stage.write(name, {**extends, "sales_order": {TIMER: 60}})
        stage.sandbox.set_value(name, TIMER, 6)
        stage.sandbox.set_value(name, OMS, {"enabled": False})
    git(stage.folder, "init", "-q")
    commit(stage.folder)
    git(stage.folder, "switch", "-q", "-c", "change")
    return stage


def looked_at(stage: Stage, *words: str, code: int = 0) -> list[str]:
    """Plan since main, and return the tenants of the report."""
    ended = stage.run("plan", "--changed-since", "main", *words)
    assert ended.exit_code == code, ended.stderr
    return list(ended.results())


def test_only_the_changed_tenants_are_read_and_shown(fleet: Stage):
    """Committed or not; of the others, nothing is even asked. The report says what it was asked to look at."""
    edit(fleet, "gamma", "60", "61")
    commit(fleet.folder)
    edit(fleet, "acme", "60", "61")
    ended = fleet.run("plan", "--changed-since", "main")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "changes", "gamma": "changes"})
    assert {entry.tenant for entry in fleet.log()} == {"acme", "gamma"}
    assert ended.report["selection"] == {"tenants": [], "keys": [], "changed_since": "main", "shard": None}
    assert "Only tenants changed since main." in ended.stdout


def test_a_profiles_value_changes_each_tenant_that_gets_it(fleet: Stage):
    """Their own files are untouched; one that overrides the key doesn't get it."""
    edit(fleet, "beta", '"sales_order": {', '"sales_order": {"external_oms": {"enabled": true}, ')
    edit(fleet, "_retail", "true", "false")
    assert looked_at(fleet) == ["acme"]


def test_a_new_tenant_is_changed_and_a_deleted_one_is_none(fleet: Stage):
    """What is no tenant any more is left as it is, by any plan."""
    (fleet.folder / "tenants" / "acme.yaml").unlink()
    fleet.write("omega", {"sales_order": {TIMER: 60}})
    assert looked_at(fleet) == ["omega"]


def nothing(stage: Stage) -> None:
    """Leave the files alone."""


def reformat(stage: Stage) -> None:
    for name in ("_retail", *NAMES):
        path = stage.folder / "tenants" / f"{name}.yaml"
        path.write_text(f"# touched\n{json.dumps(json.loads(path.read_text()), indent=1)}\n")


def move(stage: Stage) -> None:
    (stage.folder / "tenants" / "eu").mkdir()
    (stage.folder / "tenants" / "acme.yaml").rename(stage.folder / "tenants" / "eu" / "acme.yml")


def delete(stage: Stage) -> None:
    (stage.folder / "tenants" / "acme.yaml").unlink()


@pytest.mark.parametrize("change", [nothing, reformat, move, delete])
@pytest.mark.parametrize("command", ["plan", "plan --detailed-exitcode", "apply", "plan --shard 1/2"])
def test_that_nothing_has_changed_is_exit_0_and_said(fleet: Stage, change: Callable[[Stage], None], command: str):
    """No request is sent, and nobody takes it for a fleet in sync."""
    change(fleet)
    fleet.forget_log()
    ended = fleet.run(*command.split(), "--changed-since", "main")
    assert (ended.exit_code, ended.report["result"], ended.report["tenants"]) == (0, "in-sync", [])
    assert ended.stdout.startswith("Nothing to do: of the tenants that were selected, none has changed since")
    assert fleet.log() == []


def test_apply_writes_the_changed_tenants_alone(fleet: Stage):
    """Without a reviewed plan, too."""
    edit(fleet, "beta", "60", "61")
    assert fleet.run("apply", "--changed-since", "main").results() == {"beta": "applied"}
    assert fleet.posted() == [f"beta:{OMS}", f"beta:{TIMER}"]


def moved_to_here(stage: Stage) -> None:
    git(stage.folder, "branch", "-f", "main", commit(stage.folder))


def gone(stage: Stage) -> None:
    commit(stage.folder)
    git(stage.folder, "branch", "-D", "main")


def no_git(stage: Stage) -> None:
    (stage.folder / ".git").rename(stage.folder / "git-is-gone")


@pytest.mark.parametrize("later", [nothing, moved_to_here, gone, no_git])
def test_apply_takes_the_tenants_of_the_plan_file_wherever_ref_is_by_then(fleet: Stage, later: Callable[[Stage], None]):
    """After the merge, main is what was reviewed: nothing would have changed since. REF is not looked at again."""
    edit(fleet, "acme", "60", "61")
    assert fleet.plan("--changed-since", "main").pending() == [f"acme:sales_order.{key}" for key in (OMS, TIMER)]
    edit(fleet, "delta", "60", "61")
    later(fleet)
    fleet.forget_log()
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied"})
    assert {entry.tenant for entry in fleet.log()} == {"acme"}
    assert ended.report["selection"]["changed_since"] == "main"


def test_a_plan_of_nothing_is_applied_as_nothing(fleet: Stage):
    """A job that always plans and applies stays green. An empty list of tenants doesn't mean all."""
    fleet.plan("--changed-since", "main")
    fleet.plan("--changed-since", "HEAD", to="other.json")
    for words in (["plan.json"], ["plan.json", "other.json"], ["plan.json", "plan.json"]):
        ended = fleet.run("apply", *(word for name in words for word in ("--plan", name)))
        assert (ended.exit_code, ended.report["tenants"]) == (0, [])
        assert ended.report["selection"]["changed_since"] == "main"
    assert fleet.posted() == []


def test_plans_since_several_revisions_count_together(fleet: Stage):
    """Two pull requests, of which each saw its own tenant change."""
    edit(fleet, "acme", "60", "61")
    fleet.plan("--changed-since", "main", to="one.json")
    moved_to_here(fleet)
    edit(fleet, "delta", "60", "61")
    fleet.plan("--changed-since", "main", to="two.json")
    ended = fleet.run("apply", "--plan", "one.json", "--plan", "two.json")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied", "delta": "applied"})


def test_a_broken_file_is_looked_at_whoever_broke_it(fleet: Stage):
    """A file with an error must not slip by because nobody touched it; nothing is written until it is mended."""
    edit(fleet, "gamma", "60", '"soon"')
    moved_to_here(fleet)
    edit(fleet, "acme", "60", "61")
    assert looked_at(fleet, code=1) == ["acme", "gamma"]
    assert looked_at(fleet, "--key", OMS, code=1) == ["gamma"]
    assert fleet.run("apply", "--changed-since", "main").exit_code == 1
    assert fleet.posted() == []


def test_a_problem_of_no_tenant_stops_the_run_unless_tenants_are_named(fleet: Stage):
    """As in a run over the whole fleet: a new file with a bad name is not one that git never had."""
    (fleet.folder / "tenants" / "Bad_Name.yaml").write_text("{}\n")
    assert looked_at(fleet, code=1) == []
    assert looked_at(fleet, "--tenant", "acme") == []


def test_what_can_t_be_judged_at_ref_counts_as_changed_and_is_named(fleet: Stage):
    """Somebody may wonder why a tenant is there that nobody has touched."""
    edit(fleet, "gamma", "60", '"soon"')
    moved_to_here(fleet)
    edit(fleet, "gamma", '"soon"', "60")
    ended = fleet.run("plan", "--changed-since", "main")
    assert list(ended.results()) == ["gamma"]
    assert "have errors at main: gamma." in ended.stderr


def test_a_folder_that_ref_has_not_is_all_new(fleet: Stage):
    """The first commit of a repository has no tenants, as a rule."""
    (fleet.folder / "tenants").rename(fleet.folder / "fleet")
    assert looked_at(fleet, "--tenants", "fleet") == sorted(NAMES)


def test_the_other_options_narrow_it_further(fleet: Stage):
    """A tenant has to be in all of them. With keys, it counts as changed if one of these has changed."""
    edit(fleet, "_retail", "true", "false")
    edit(fleet, "gamma", "60", "61")
    assert looked_at(fleet) == ["acme", "beta", "gamma"]
    assert looked_at(fleet, "--tenant", "*a") == ["beta", "gamma"]
    assert looked_at(fleet, "--key", TIMER) == ["gamma"]
    assert looked_at(fleet, "--key", "*oms*") == ["acme", "beta"]
    assert looked_at(fleet, "--key", "*oms*", "--tenant", "beta") == ["beta"]
    ended = fleet.run("plan", "--changed-since", "main", "--key", "*oms*")
    assert ended.pending() == []
    assert {key["key"] for tenant in ended.report["tenants"] for key in tenant["keys"]} == {f"sales_order.{OMS}"}


def test_shards_count_the_changed_tenants_alone(fleet: Stage):
    """So that a pull request of one tenant doesn't start a machine for each part of the fleet."""
    edit(fleet, "gamma", "60", "61")
    counted = fleet.run("shards", "--calls", "2", "--changed-since", "main", "--format", "json", "--quiet")
    assert counted.exit_code == 64, "a token and a key are two calls, and one of two is kept back"
    assert "1 calls for a shard" in counted.stderr
    every = fleet.run("shards", "--calls", "14", "--format", "json", "--quiet")
    one = fleet.run("shards", "--calls", "14", "--format", "json", "--quiet", "--changed-since", "main")
    assert len(json.loads(every.stdout)["include"]) > 1
    assert json.loads(one.stdout) == {"include": [{"shard": "1/1"}]}
    none = fleet.run("shards", "--changed-since", "HEAD~0", "--tenants", "tenants", "--format", "json", "--quiet")
    assert json.loads(none.stdout) == {"include": [{"shard": "1/1"}]}, "an empty matrix is an error to CI"


def test_shards_of_it_are_merged_and_applied_like_any(fleet: Stage):
    """Some of them are empty. They have to be of the same REF, as given."""
    edit(fleet, "gamma", "60", "61")
    names = [f"plan-{number}.json" for number in (1, 2, 3)]
    for number, name in enumerate(names, 1):
        ended = fleet.plan("--changed-since", "main", "--shard", f"{number}/3", to=name)
        assert list(ended.results()) == (["gamma"] if Shard(number, 3).holds("gamma") else [])
    assert fleet.run("report", *names, "--report", "plan.json").exit_code == 0
    merged = json.loads((fleet.folder / "plan.json").read_text())
    assert merged["selection"] == {"tenants": [], "keys": [], "changed_since": "main", "shard": None}
    for number in (1, 2):
        assert fleet.run("apply", "--plan", "plan.json", "--shard", f"{number}/2").exit_code == 0
    assert fleet.posted() == [f"gamma:{TIMER}"]
    fleet.plan("--changed-since", "HEAD", "--shard", "3/3", to="plan-3.json")
    refused = fleet.run("report", *names, "--report", "plan.json")
    assert refused.exit_code == 64
    assert "--changed-since HEAD" in refused.stderr


@pytest.mark.parametrize("ref", ["nope", "", "--all", "--output=trace", "-h", "main..HEAD", "0" * 40])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_revision_that_git_doesn_t_know_is_a_wrong_call(fleet: Stage, command: str, ref: str):
    """Never an option of git's, and never taken for "not given": an empty variable in CI must not mean the fleet."""
    with fleet.nothing_posted():
        ended = fleet.run(command, f"--changed-since={ref}")
    assert ended.exit_code == 64
    assert f'--changed-since: There is no commit "{ref}"' in ended.stderr
    assert "fetch-depth: 0" in ended.stderr
    assert not (fleet.folder / "tenants" / "trace").exists()
    assert fleet.log() == []


def test_other_wrong_calls_with_it_say_what_to_do(fleet: Stage):
    """No repository; a key that doesn't exist, though no tenant is left to have it; a plan file beside it."""
    mistyped = fleet.run("plan", "--changed-since", "main", "--key", "external_omz")
    assert (mistyped.exit_code, "external_oms" in mistyped.stderr) == (64, True)
    unmatched = fleet.run("plan", "--changed-since", "main", "--tenant", "zzz")
    assert (unmatched.exit_code, 'No tenant matches "zzz"' in unmatched.stderr) == (64, True)
    fleet.plan("--changed-since", "main")
    twice = fleet.run("apply", "--plan", "plan.json", "--changed-since", "main")
    assert (twice.exit_code, "--plan brings its own" in twice.stderr) == (64, True)
    no_git(fleet)
    alone = fleet.run("plan", "--changed-since", "main")
    assert (alone.exit_code, "no repository" in alone.stderr) == (64, True)


def test_in_a_shallow_clone_the_message_says_what_to_fetch(fleet: Stage, tmp_path: Path):
    """As CI makes it by default."""
    edit(fleet, "acme", "60", "61")
    commit(fleet.folder)
    git(fleet.folder, "clone", "-q", "--depth=1", fleet.folder.as_uri(), str(tmp_path / "clone"))
    ended = fleet.run("plan", "--changed-since", "main", "--tenants", str(tmp_path / "clone" / "tenants"))
    assert ended.exit_code == 64
    assert "shallow" in ended.stderr
    assert "fetch-depth: 0" in ended.stderr


def world_in(folder: Path) -> World:
    return World(
        cwd=folder,
        environment={"PATH": os.environ["PATH"], "HOME": str(folder)},
        notice=lambda _: None,
        random=Random(0),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(both=revisions(), keys=st.none() | st.sets(st.sampled_from(sorted(SPELLINGS)), min_size=1))
def test_over_a_real_repository_it_finds_what_a_naive_model_does(
    both: tuple[Fleet, Fleet], keys: set[str] | None, catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory
):
    """And what git wanted then is loaded from the commit as it was from the disk, problems and all."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    write(folder, both[0])
    commit(folder)
    world, tenants = world_in(folder), folder / "tenants"
    loaded = load(discover(tenants, shown_from=folder), None, catalogue)
    with base_of("HEAD", tenants, world, flag="--base") as base:
        then = load(base.listing, None, catalogue)
    assert repr(then).replace("HEAD:tenants/", "tenants/") == repr(loaded)
    write(folder, both[1])
    listing = discover(tenants, shown_from=folder)
    names = None if keys is None else {f"sales_order.{key}" for key in keys}
    found = changed_since("HEAD", listing.names, names, listing, catalogue, tenants, world)
    assert found == tuple(sorted(expected(*both, keys)[0]))


def write(folder: Path, fleet: Fleet) -> None:
    tenants = folder / "tenants"
    for path in tenants.rglob("*.yaml"):
        path.unlink()
    (tenants / "eu").mkdir(parents=True, exist_ok=True)
    for name, text in fleet.files().items():
        (tenants / name).write_bytes(text)
