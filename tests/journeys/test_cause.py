"""`--base REF`: of each change, whether this revision made it or somebody on the platform; and what was let go of."""

import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.checkout import commit, edit, git
from tests.journeys.stage import QUICK, SEQUENCE, WEBHOOK, Result, Stage

TIMER = "on_hold_timer_duration"
OMS = "external_oms"
BIG = "big_sales_order"
ONCE = "sales_order_generator_sequence"
HOOK = "external_order_webhook"
REPORT_DRIFT = '[apply]\ndrift = "report"\n'
WHOLE = "[gate]\nmax_changed_percent = 100\n"


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """A checkout of a branch. On main, acme and beta extend a profile, gamma doesn't; live is as main declares."""
    stage.settings(WHOLE)
    stage.write("_retail", {"sales_order": {OMS: {"enabled": True}}})
    for name, extends in {"acme": ["_retail"], "beta": ["_retail"], "gamma": []}.items():
        stage.write(name, {"extends": extends, "sales_order": {TIMER: 60}})
        stage.sandbox.set_value(name, TIMER, 60)
        stage.sandbox.set_value(name, OMS, {"enabled": True})
    git(stage.folder, "init", "-q")
    commit(stage.folder)
    git(stage.folder, "switch", "-q", "-c", "change")
    return stage


def causes(ended: Result) -> dict[str, str]:
    """The cause of every pending change and of every blocked key, by `tenant:short`."""
    return {
        f"{tenant['tenant']}:{key['key'].split('.')[1]}": key["cause"]
        for tenant in ended.report["tenants"]
        for key in tenant["keys"]
        if key["action"] in {"create", "update", "blocked"}
    }


def planned(stage: Stage, *words: str, code: int = 0) -> Result:
    ended = stage.run("plan", "--base", "main", *words)
    assert ended.exit_code == code, ended.stderr
    return ended


def test_each_change_says_which_side_moved(fleet: Stage):
    """Edited, moved, and both; the first line counts them, and the report names the commit."""
    edit(fleet, "acme", "60", "61")
    fleet.sandbox.set_value("beta", TIMER, 5)
    edit(fleet, "gamma", "60", "61")
    fleet.sandbox.set_value("gamma", TIMER, 5)
    ended = planned(fleet)
    assert causes(ended) == {f"acme:{TIMER}": "declared", f"beta:{TIMER}": "drift", f"gamma:{TIMER}": "both"}
    assert ended.report["revision"]["base"] == git(fleet.folder, "rev-parse", "main")
    assert ended.stdout.startswith("Plan: 3 changes in 3 of 3 tenants: 2 by this revision (1 over drift), 1 drift.")
    assert "drift: changed on the platform, not in git" in ended.stdout
    # What this revision does comes first, the drift last.
    assert [ended.stdout.index(f"\n{name}: ") for name in ("acme", "gamma", "beta")] == sorted(
        ended.stdout.index(f"\n{name}: ") for name in ("acme", "gamma", "beta")
    )


def test_without_a_base_no_cause_is_known_and_none_is_told(fleet: Stage):
    """The report is as it always was."""
    edit(fleet, "acme", "60", "61")
    ended = fleet.run("plan")
    assert causes(ended) == {f"acme:{TIMER}": "unknown"}
    assert (ended.report["revision"]["base"], ended.report["released"]) == (None, [])
    assert ended.stdout.startswith("Plan: 1 change in 1 of 3 tenants.")


def new_file(stage: Stage) -> None:
    stage.write("delta", {"sales_order": {TIMER: 60}})


def newly_declared(stage: Stage) -> None:
    edit(stage, "acme", '"sales_order": {', f'"sales_order": {{"{BIG}": {{"soft_limit_for_big_orders": 3}}, ')


def profile(stage: Stage) -> None:
    edit(stage, "_retail", "true", "false")


def moved_and_live_moved(stage: Stage) -> None:
    (stage.folder / "tenants" / "eu").mkdir()
    (stage.folder / "tenants" / "acme.yaml").rename(stage.folder / "tenants" / "eu" / "acme.yml")
    stage.sandbox.set_value("acme", TIMER, 5)


def moved_into_a_profile(stage: Stage) -> None:
    edit(stage, "_retail", '"sales_order": {', f'"sales_order": {{"{TIMER}": 60, ')
    edit(stage, "acme", f'"sales_order": {{"{TIMER}": 60}}', '"sales_order": {}')
    stage.sandbox.set_value("acme", TIMER, 5)


def never_applied(stage: Stage) -> None:
    stage.sandbox.unset("acme", TIMER)


def renamed_tenant(stage: Stage) -> None:
    (stage.folder / "tenants" / "gamma.yaml").unlink()
    new_file(stage)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (new_file, {f"delta:{TIMER}": "declared"}),
        (newly_declared, {f"acme:{BIG}": "declared"}),
        (profile, {f"acme:{OMS}": "declared", f"beta:{OMS}": "declared"}),
        (moved_and_live_moved, {f"acme:{TIMER}": "drift"}),
        (moved_into_a_profile, {f"acme:{TIMER}": "drift"}),
        (never_applied, {f"acme:{TIMER}": "drift"}),
        (renamed_tenant, {f"delta:{TIMER}": "declared"}),
    ],
)
def test_what_counts_is_what_git_wants_and_not_which_file_says_so(
    fleet: Stage, change: Callable[[Stage], None], expected: dict[str, str]
):
    """Committed or not, through profiles, in whatever folder."""
    change(fleet)
    assert causes(planned(fleet)) == expected
    commit(fleet.folder)
    assert causes(planned(fleet)) == expected


def test_a_blocked_key_says_whose_doing_it_is(fleet: Stage):
    """A reviewer sees that the pull request itself edits what can't be changed."""
    for name in ("acme", "beta"):
        fleet.tenant(name, **{ONCE: SEQUENCE})
    fleet.sandbox.set_value("acme", ONCE, SEQUENCE)
    fleet.sandbox.set_value("beta", ONCE, {**SEQUENCE, "prefix": "EU"})
    git(fleet.folder, "branch", "-f", "main", commit(fleet.folder))
    fleet.tenant("acme", **{ONCE: {**SEQUENCE, "prefix": "XX"}})
    ended = planned(fleet, code=3)
    assert causes(ended) == {f"acme:{ONCE}": "declared", f"beta:{ONCE}": "drift"}
    assert "set once already, and differs; edited in this revision" in ended.stdout
    assert "set once already, and differs; drift: not edited in this revision" in ended.stdout


def test_a_secret_that_was_exchanged_is_drift_until_its_reference_is_edited(fleet: Stage):
    """Its text is not in git. Under report, it is sent when somebody says so, whichever side has the right one."""
    fleet.settings(WHOLE + REPORT_DRIFT)
    fleet.tenant("gamma", **{HOOK: WEBHOOK})
    fleet.secret("gamma", "WEBHOOK_API_KEY", "canary-now")
    fleet.sandbox.set_value("gamma", HOOK, {**WEBHOOK, "api_key": "canary-then"})
    fleet.canaries.add("canary-then")
    git(fleet.folder, "branch", "-f", "main", commit(fleet.folder))
    ended = planned(fleet, "--tenant", "gamma")
    assert causes(ended) == {f"gamma:{HOOK}": "drift"}
    assert "drift: the secret was exchanged, in the credentials or on the platform" in " ".join(ended.stdout.split())
    with fleet.nothing_posted():
        fleet.run("apply", "--base", "main")
    fleet.run("apply", "--base", "main", "--rewrite", f"gamma:{HOOK}")
    assert fleet.posted() == [f"gamma:{HOOK}"]
    edit(fleet, "gamma", "WEBHOOK_API_KEY", "OTHER_KEY")
    fleet.secret("gamma", "OTHER_KEY", "canary-other")
    assert causes(planned(fleet, "--tenant", "gamma")) == {f"gamma:{HOOK}": "declared"}


def test_released_keys_are_listed_and_neither_read_nor_written(fleet: Stage):
    """By a tenant's file, by a profile, or because there is no file any more; what is live stays."""
    edit(fleet, "_retail", f'"{OMS}": {{"enabled": true}}', f'"{BIG}": {{"soft_limit_for_big_orders": 3}}')
    (fleet.folder / "tenants" / "gamma.yaml").unlink()
    edit(fleet, "beta", f'"{TIMER}": 60', "")
    ended = planned(fleet)
    released = [f"{name}:sales_order.{key}" for name, key in (("acme", OMS), ("beta", OMS), ("beta", TIMER))]
    assert ended.report["released"] == [*released, f"gamma:sales_order.{TIMER}"]
    assert "4 released" in ended.stdout.splitlines()[0]
    assert "A released key keeps its live value" in ended.stdout
    assert {(entry.tenant, entry.key) for entry in fleet.log() if entry.key} == {
        ("acme", f"sales_order.{TIMER}"),
        ("acme", f"sales_order.{BIG}"),
        ("beta", f"sales_order.{BIG}"),
    }
    applied = fleet.run("apply", "--base", "main")
    assert applied.report["released"] == ended.report["released"]
    assert sorted(fleet.posted()) == [f"acme:{BIG}", f"beta:{BIG}"]
    assert fleet.live("gamma", TIMER) == 60


def test_released_keys_are_those_of_the_selection(fleet: Stage):
    """Of the tenants and keys that the run is about, whether they still have a file or not."""
    for name in ("acme", "gamma"):
        (fleet.folder / "tenants" / f"{name}.yaml").unlink()
    edit(fleet, "beta", f'"{TIMER}": 60', "")
    assert planned(fleet, "--key", OMS).report["released"] == [f"acme:sales_order.{OMS}"]
    assert planned(fleet, "--tenant", "b*").report["released"] == [f"beta:sales_order.{TIMER}"]
    since = planned(fleet, "--changed-since", "HEAD")
    assert len(since.report["released"]) == 4
    parts = [planned(fleet, "--shard", f"{number}/3").report["released"] for number in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == since.report["released"]


def test_a_file_that_is_broken_at_the_base_is_named_and_its_causes_are_unknown(fleet: Stage):
    """The pull request that mends main says so; the other tenants' causes are told all the same."""
    edit(fleet, "gamma", "60", '"soon"')
    edit(fleet, "beta", "60", '"soon"')
    git(fleet.folder, "branch", "-f", "main", commit(fleet.folder))
    edit(fleet, "gamma", '"soon"', "61")
    (fleet.folder / "tenants" / "beta.yaml").unlink()
    edit(fleet, "acme", "60", "61")
    ended = planned(fleet)
    assert causes(ended) == {f"acme:{TIMER}": "declared", f"gamma:{TIMER}": "unknown"}
    assert len(ended.report["warnings"]) == 2
    assert "No cause can be told, and no released key, of gamma: at main, " in ended.report["warnings"][0]
    assert "of beta, which have no file now" in ended.report["warnings"][1]
    assert ended.stdout.startswith("Plan: 2 changes in 2 of 2 tenants: 1 by this revision, 1 of unknown cause.")
    assert fleet.run("apply", "--base", "main").report["warnings"] == ended.report["warnings"]


def test_a_file_that_is_broken_today_has_no_causes_and_releases_nothing(fleet: Stage):
    """What can't be understood of it is not taken for undeclared."""
    edit(fleet, "gamma", "60", '"soon"')
    ended = planned(fleet, code=1)
    assert (causes(ended), ended.report["released"], ended.report["warnings"]) == ({}, [], [])


def test_a_base_without_the_folder_makes_everything_this_revision_s(fleet: Stage):
    """The first commit of a repository has no tenants, as a rule."""
    edit(fleet, "acme", "60", "61")
    (fleet.folder / "tenants").rename(fleet.folder / "fleet")
    assert causes(planned(fleet, "--tenants", "fleet")) == {f"acme:{TIMER}": "declared"}


def test_another_base_is_the_same_plan(fleet: Stage):
    """Causes are told to people. What was reviewed with a base is applied without one, and the other way round."""
    edit(fleet, "acme", "60", "61")
    fleet.sandbox.set_value("beta", TIMER, 5)
    based = fleet.plan("--base", "main")
    plain = fleet.plan(to="plain.json")
    assert based.report["digest"] == plain.report["digest"]
    assert [one["digest"] for one in based.report["tenants"]] == [one["digest"] for one in plain.report["tenants"]]
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()["acme"], ended.results()["beta"]) == (0, "applied", "applied")
    fleet.sandbox.set_value("acme", TIMER, 60)
    again = fleet.run("apply", "--plan", "plain.json", "--base", "main")
    assert (again.exit_code, fleet.live("acme", TIMER)) == (0, 61)
    assert again.report["revision"]["base"] == git(fleet.folder, "rev-parse", "main")


def test_base_and_changed_since_may_differ_and_both_are_recorded(fleet: Stage):
    """One says which tenants to look at, the other what to compare them with."""
    first = git(fleet.folder, "rev-parse", "HEAD")
    edit(fleet, "acme", "60", "61")
    second = commit(fleet.folder)
    edit(fleet, "beta", "60", "61")
    ended = fleet.run("plan", "--base", "main", "--changed-since", "HEAD")
    assert causes(ended) == {f"beta:{TIMER}": "declared"}
    assert ended.report["selection"]["changed_since"] == "HEAD"
    assert ended.report["revision"] == {"commit": second, "base": first, "dirty": True}


def test_shards_of_one_base_are_merged_and_of_two_are_not(fleet: Stage):
    """Whoever reads the merged report must be able to believe what it says of all."""
    edit(fleet, "acme", "60", "61")
    (fleet.folder / "tenants" / "gamma.yaml").unlink()
    names = [f"plan-{number}.json" for number in (1, 2)]
    for number, name in enumerate(names, 1):
        fleet.plan("--base", "main", "--shard", f"{number}/2", to=name)
    whole = fleet.plan("--base", "main", to="whole.json").report
    assert fleet.run("report", *names, "--report", "merged.json").exit_code == 0
    merged = json.loads((fleet.folder / "merged.json").read_text())
    for name in ("revision", "released", "digest", "tenants", "selection"):
        assert merged[name] == whole[name]
    other = git(fleet.folder, "commit-tree", "-m", "empty", git(fleet.folder, "mktree"))
    fleet.plan("--base", other, "--shard", "2/2", to="plan-2.json")
    refused = fleet.run("report", *names, "--report", "merged.json")
    assert refused.exit_code == 64
    assert f"since {other[:12]}" in refused.stderr


BASES, WANTED, LIVE = (None, 1, 2), (1, 2), (None, 1, 2, 3)


def test_under_report_exactly_what_is_drift_is_never_sent(stage: Stage):
    """Every case of what the base, this revision and the platform can say of a key, in a fleet of them."""
    stage.settings(WHOLE + REPORT_DRIFT, limits=QUICK)
    cases = {f"t{number:02}": case for number, case in enumerate(product(BASES, WANTED, LIVE))}
    for name, (base, _, live) in cases.items():
        stage.write(name, {"sales_order": {BIG: {"soft_limit_for_big_orders": 7}} | ({TIMER: base} if base else {})})
        stage.sandbox.set_value(name, BIG, {"soft_limit_for_big_orders": 7})
        if live:
            stage.sandbox.set_value(name, TIMER, live)
    git(stage.folder, "init", "-q")
    commit(stage.folder)
    for name, (_, now, _) in cases.items():
        stage.write(name, {"sales_order": {BIG: {"soft_limit_for_big_orders": 7}, TIMER: now}})
    differing = {name for name, (_, now, live) in cases.items() if now != live}
    drift = {name for name in differing if cases[name][0] == cases[name][1]}
    ended = stage.run("apply", "--base", "HEAD")
    assert sorted(stage.posted()) == sorted(f"{name}:{TIMER}" for name in differing - drift)
    assert ended.exit_code == 0
    assert {name for name, result in ended.results().items() if result == "changes"} == drift
    for name in sorted(drift):
        assert ended.statuses(name)[TIMER] == "not-attempted"
        assert "Drift is reported, not overwritten" in ended.outcome(name, TIMER)["detail"]
        assert stage.live(name, TIMER) == cases[name][2]
    assert not ended.report["undo"] or set(ended.report["undo"]).isdisjoint(drift)
    # A second run changes nothing, and what was held back is still reported.
    again = stage.run("apply", "--base", "HEAD")
    assert len(stage.posted()) == len(differing - drift)
    assert {name for name, result in again.results().items() if result == "changes"} == drift


def test_under_report_the_gate_doesn_t_count_what_is_left_alone(fleet: Stage):
    """In the notice of a plan and in apply alike: a limit on writes is about what is written."""
    fleet.settings(f"[gate]\nmax_tenants_changed = 1\n{REPORT_DRIFT}")
    for name in ("acme", "beta"):
        fleet.sandbox.set_value(name, TIMER, 5)
    edit(fleet, "gamma", "60", "61")
    assert planned(fleet).report["refusals"] == []
    assert fleet.run("apply", "--base", "main").results() == {"acme": "changes", "beta": "changes", "gamma": "applied"}
    fleet.settings("[gate]\nmax_tenants_changed = 1\n")
    assert [one["rule"] for one in planned(fleet).report["refusals"]] == ["max_tenants_changed"]


def test_under_report_apply_refuses_to_guess(fleet: Stage):
    """Without a base, or with one that can't be judged, an overwritten value would be nobody's decision."""
    fleet.settings(WHOLE + REPORT_DRIFT)
    fleet.sandbox.set_value("acme", TIMER, 5)
    fleet.plan()
    with fleet.nothing_posted():
        for words in ([], ["--plan", "plan.json"]):
            ended = fleet.run("apply", *words)
            assert ended.exit_code == 64
            assert "--base REF" in ended.stderr
        edit(fleet, "gamma", "60", '"soon"')
        broken = commit(fleet.folder)
        edit(fleet, "gamma", '"soon"', "60")
        ended = fleet.run("apply", "--base", broken)
        assert ended.exit_code == 64
        assert "\n  gamma\n" in ended.stderr
    assert fleet.run("apply", "--base", "main").results()["acme"] == "changes"


def test_under_report_a_reviewed_drift_is_left_alone_and_not_stale(fleet: Stage):
    """What is held back needs no review; what this revision does is applied as it was reviewed."""
    fleet.settings(WHOLE + REPORT_DRIFT)
    edit(fleet, "acme", "60", "61")
    fleet.plan("--base", "main")
    fleet.sandbox.set_value("beta", TIMER, 5)
    ended = fleet.run("apply", "--plan", "plan.json", "--base", "main")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied", "beta": "changes", "gamma": "in-sync"})
    assert fleet.posted() == [f"acme:{TIMER}"]


@pytest.mark.parametrize("ref", ["nope", "", "--all", "--output=trace", "main..HEAD", "0" * 40])
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_base_that_git_doesn_t_know_is_a_wrong_call(fleet: Stage, command: str, ref: str):
    """Never an option of git's, and never taken for "not given"; nothing is asked of the platform."""
    ended = fleet.run(command, f"--base={ref}")
    assert ended.exit_code == 64
    assert f'--base: There is no commit "{ref}"' in ended.stderr
    assert not (fleet.folder / "tenants" / "trace").exists()
    assert fleet.log() == []


def test_in_a_shallow_clone_the_message_says_what_to_fetch(fleet: Stage, tmp_path: Path):
    """As CI makes it by default."""
    commit(fleet.folder)
    git(fleet.folder, "clone", "-q", "--depth=1", fleet.folder.as_uri(), str(tmp_path / "clone"))
    ended = fleet.run("plan", "--base", "origin/main", "--tenants", str(tmp_path / "clone" / "tenants"))
    assert ended.exit_code == 64
    for told in ("shallow", "git fetch origin", "fetch-depth"):
        assert told in ended.stderr


def test_in_a_partial_clone_nothing_is_fetched_and_the_rest_is_told(fleet: Stage, tmp_path: Path):
    """A tenant whose file is as it was needs nothing that isn't there; another's cause is unknown, and that is said."""
    edit(fleet, "gamma", "60", "61")
    commit(fleet.folder)
    for name in ("acme", "gamma"):
        fleet.sandbox.set_value(name, TIMER, 5)
    git(fleet.folder, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(fleet.folder, "clone", "-q", "--filter=blob:none", "-b", "change", fleet.folder.as_uri(), str(clone))
    ended = fleet.run("plan", "--base", "origin/main", "--tenants", str(clone / "tenants"))
    assert causes(ended) == {f"acme:{TIMER}": "drift", f"gamma:{TIMER}": "unknown"}
    assert "not in this clone" in ended.report["warnings"][0]


def test_nothing_that_the_repository_configures_is_run(fleet: Stage, tmp_path: Path):
    """A pull request's data must run nothing where the credentials are."""
    trap, trace = tmp_path / "trap.sh", tmp_path / "trace"
    trap.write_text(f"#!/bin/sh\necho $0 $@ >> '{trace}'\ncat\n", "utf-8")
    trap.chmod(0o755)
    settings: tuple[Any, ...] = (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "credential.helper"),
        *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "alias.cat-file"),
    )
    for name in settings:
        git(fleet.folder, "config", name, str(trap))
    (fleet.folder / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil text ident\n", "utf-8")
    (fleet.folder / ".git" / "hooks").mkdir(exist_ok=True)
    (fleet.folder / ".git" / "hooks" / "post-checkout").symlink_to(trap)
    edit(fleet, "acme", "60", "61")
    assert causes(planned(fleet)) == {f"acme:{TIMER}": "declared"}
    assert not trace.exists()
