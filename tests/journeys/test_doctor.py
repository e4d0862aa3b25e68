"""`doctor` on a socket: what a first user gets wrong is found, named, and no reason to stop looking."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue
from reconciler.sandbox import ErrorBody, Fault, FaultKind, Sandbox
from tests.journeys.stage import QUICK, WEBHOOK, Result, Stage, until

TIMER = "on_hold_timer_duration"
NOW = "from = 2020-01-01T00:00:00Z\nto = 2999-01-01T00:00:00Z"


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants in which all is well: one with a token and a secret, one with client credentials."""
    stage.tenant("acme", external_order_webhook=WEBHOOK, on_hold_timer_duration=120)
    stage.secret("acme", "WEBHOOK_API_KEY", "canary-webhook")
    stage.tenant("beta", on_hold_timer_duration=60)
    stage.access("beta", client=True)
    return stage


def found(ended: Result, status: str = "problem", *but: str) -> dict[str, list[dict[str, Any]]]:
    """The checks of one status by name, but for some names."""
    checks: dict[str, list[dict[str, Any]]] = {}
    for check in ended.report["checks"]:
        if check["status"] == status and check["check"] not in but:
            checks.setdefault(check["check"], []).append(check)
    return checks


def only(ended: Result, name: str, status: str = "problem") -> dict[str, Any]:
    """The only check of that name and status."""
    (check,) = found(ended, status)[name]
    return check


def test_where_all_is_well_everything_is_ok(fleet: Stage):
    """Exit 0. That nobody has put the files into git is a warning, which doesn't count."""
    ended = fleet.run("doctor")
    assert (ended.exit_code, ended.report["result"], ended.report["digest"]) == (0, "in-sync", "")
    assert set(found(ended, "warning")) == {"files/git"}
    assert found(ended, "skipped") == {}
    assert {(one["tenant"], one["detail"]) for one in found(ended, "ok")["api/token"]} == {
        ("acme", "as given in the credentials"),
        ("beta", "obtained"),
    }
    assert len(found(ended, "ok")["api/keys"]) == 2
    assert ended.stdout.startswith("1 warning;")
    assert "Next: See what would change: reconciler plan" in ended.stdout


def test_it_sends_what_a_plan_sends_and_nothing_else(fleet: Stage):
    """One GET for each declared key, one request for a token, and no POST to a key: it reads only."""
    fleet.run("doctor")
    sent = [(entry.tenant, entry.method, entry.key) for entry in fleet.sandbox.log()]
    assert sorted(sent) == [
        ("acme", "GET", "sales_order.external_order_webhook"),
        ("acme", "GET", "sales_order.on_hold_timer_duration"),
        ("beta", "GET", "sales_order.on_hold_timer_duration"),
        ("beta", "POST", "@token"),
    ]


def test_a_selection_is_all_that_is_asked(fleet: Stage):
    """Tenants and keys, as everywhere."""
    ended = fleet.run("doctor", "--tenant", "acme", "--key", TIMER)
    assert ended.exit_code == 0
    assert [(one.tenant, one.key) for one in fleet.log()] == [("acme", "sales_order.on_hold_timer_duration")]
    assert ended.report["selection"]["tenants"] == ["acme"]
    assert "2 tenant files (1 selected)" in only(ended, "files/tenants", "ok")["detail"]


def test_a_token_that_is_refused_is_told_once_and_other_tenants_go_on(fleet: Stage):
    """The first key says it; the second is not asked, since the answer would be the same."""
    fleet.access("acme", token="canary-of-nobody")
    ended = fleet.run("doctor", "--tenant", "*")
    assert ended.exit_code == 1
    refused = only(ended, "api/keys")
    assert refused["tenant"] == "acme"
    assert refused["detail"].startswith("401")
    assert "entry" in refused["hint"]
    assert refused["request_id"]
    assert len(found(ended, "skipped")["api/keys"]) == 1
    assert only(ended, "api/keys", "ok")["tenant"] == "beta"


def test_no_token_is_told_as_such(fleet: Stage):
    """And no key is asked for without one."""
    fleet.access("beta", client=True, client_secret="canary-wrong")
    ended = fleet.run("doctor")
    refused = only(ended, "api/token")
    assert (refused["tenant"], refused["what"]) == ("beta", "")
    assert "client_secret" in refused["hint"]
    assert only(ended, "api/keys", "skipped")["detail"] == "because of api/token"
    assert fleet.log("beta") == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault(FaultKind.STATUS, "beta", times=None, status=403), "permission", id="403"),
        pytest.param(Fault(FaultKind.STATUS, "beta", times=None, status=404), "origin", id="404"),
        pytest.param(Fault(FaultKind.STATUS, "beta", times=None, status=500), "Try again", id="500"),
        pytest.param(Fault(FaultKind.GARBAGE, "beta", times=None), "Look at the value", id="no-json"),
    ],
)
def test_a_key_that_cannot_be_read_says_what_to_do(fleet: Stage, fault: Fault, words: str):
    """By what the answer was."""
    fleet.sandbox.fault(fault)
    ended = fleet.run("doctor")
    check = only(ended, "api/keys")
    assert ended.exit_code == 1
    assert (check["tenant"], check["what"]) == ("beta", "sales_order.on_hold_timer_duration")
    assert words in check["hint"]


def test_a_blocked_address_ends_it_and_says_so(fleet: Stage):
    """A 403 that isn't JSON: every further call would prolong the block."""
    fleet.settings(limits={**QUICK, "concurrency": 1})
    fleet.sandbox.fault(Fault(FaultKind.STATUS, "acme", times=None, status=403, body=ErrorBody.TEXT))
    ended = fleet.run("doctor")
    assert "blocked this machine's address" in found(ended)["api/keys"][0]["detail"]
    assert fleet.log("beta") == []


# settings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[[", "not TOML", id="no-toml"),
        pytest.param("[limits]\nconcurrency = -3\nspeed = 1", "limits.concurrency", id="bad-values"),
        pytest.param('token = "canary-in-settings"', "must not be in repository settings", id="a-secret"),
    ],
)
def test_broken_settings_are_a_finding_and_all_else_is_looked_at(fleet: Stage, text: str, words: str):
    """Keys too: a token goes to the origin of its own entry, whatever the settings would have said."""
    fleet.canaries.add("canary-in-settings")
    (fleet.folder / "reconciler.toml").write_text(text)
    ended = fleet.run("doctor")
    assert ended.exit_code == 1
    assert set(found(ended)) == {"files/settings"}
    assert words in only(ended, "files/settings")["detail"]
    assert set(found(ended, "skipped")) == {"files/values", "credentials/origin"}
    assert len(found(ended, "ok")["api/keys"]) == 2


def test_an_origin_that_is_refused_is_not_shown(fleet: Stage):
    """It may hold a password."""
    fleet.canaries.add("canary-password")
    (fleet.folder / "reconciler.toml").write_text('origin = "https://me:canary-password@{tenant}.example"')
    assert "files/settings" in found(fleet.run("doctor"))


def test_settings_that_are_not_there_are_a_finding(fleet: Stage):
    """A person named a file; that it is missing is what they want to hear, and not all."""
    ended = fleet.run("doctor", "--settings", "nowhere.toml")
    assert ended.exit_code == 1
    assert "nowhere.toml" in only(ended, "files/settings")["detail"]
    assert len(found(ended, "ok")["api/keys"]) == 2


def test_each_value_says_where_it_comes_from(fleet: Stage):
    """The flag, the file or the default."""
    fleet.settings("[gate]\nmax_tenants_changed = 2", limits={"concurrency": 3})
    told = only(fleet.run("doctor", "--tenants", "tenants"), "files/values", "ok")["detail"]
    assert f"tenants {fleet.folder / 'tenants'} (--tenants)" in told
    assert f"origin {fleet.sandbox.origin_template} (file)" in told
    assert "limits.concurrency 3 (file)" in told
    assert "gate.max_tenants_changed 2 (file)" in told
    assert "read_timeout" not in told


# files


def test_a_broken_tenant_file_is_shown_with_its_place_and_the_others_are_read(fleet: Stage):
    """As validate says it."""
    fleet.write("acme", "sales_order: [\n")
    ended = fleet.run("doctor")
    assert ended.exit_code == 1
    assert only(ended, "files/problems")["what"].startswith("tenants/acme.yaml:")
    assert only(ended, "api/keys", "skipped")["detail"] == "because of files/problems"
    assert only(ended, "api/keys", "ok")["tenant"] == "beta"


def test_of_many_problems_the_first_are_shown_and_the_rest_counted(fleet: Stage):
    """validate has all."""
    fleet.write("acme", "\n".join(["sales_order:", *(f"  x{number}: 1" for number in range(12))]))
    told = found(fleet.run("doctor"))["files/problems"]
    assert [one["what"] for one in told] == [*(f"tenants/acme.yaml:{line}:3" for line in range(2, 7)), ""]
    assert (told[-1]["detail"], told[-1]["hint"]) == ("7 more in 1 file.", "See all of them: reconciler validate")


@pytest.mark.parametrize("gone", [False, True], ids=["empty", "gone"])
def test_a_folder_without_tenants_is_a_finding(fleet: Stage, gone: bool):
    """With what to do; and credentials are looked at all the same."""
    shutil.rmtree(fleet.folder / "tenants")
    if not gone:
        (fleet.folder / "tenants").mkdir()
    ended = fleet.run("doctor")
    assert ended.exit_code == 1
    assert "reconciler import" in only(ended, "files/tenants")["hint"]
    assert only(ended, "credentials/document", "ok")["detail"] == "2 entries"
    assert {"api/token", "api/keys", "limits/budget", "gate/freeze"} <= set(found(ended, "skipped"))


def test_what_git_has_is_told(fleet: Stage):
    """The commit; credentials in git are a problem, those that could get there a warning."""

    def git(*words: str) -> None:
        command = ["git", "-c", "user.name=n", "-c", "user.email=e", "-c", "init.defaultBranch=main", *words]
        subprocess.run(command, cwd=fleet.folder, check=True, capture_output=True)

    git("init")
    git("add", "tenants")
    git("commit", "-m", "x")
    ended = fleet.run("doctor")
    assert only(ended, "files/git", "ok")["detail"].endswith(", clean")
    assert ".gitignore" in only(ended, "credentials/keeping", "warning")["hint"]
    (fleet.folder / ".gitignore").write_text("credentials.yaml\n")
    assert only(fleet.run("doctor"), "credentials/keeping", "ok")
    git("add", "--force", "credentials.yaml")
    (fleet.folder / ".reconciler").mkdir()
    (fleet.folder / ".reconciler" / "run.json").write_text("{}")
    git("add", "--force", ".reconciler")
    ended = fleet.run("doctor")
    assert ended.exit_code == 1
    assert "replaced" in only(ended, "credentials/keeping")["hint"]
    assert only(ended, "files/git", "warning")["what"] == ".reconciler"


# credentials


def test_a_file_that_others_can_read_is_refused(fleet: Stage):
    """With the command that mends it; files and settings are looked at all the same."""
    (fleet.folder / "credentials.yaml").chmod(0o644)
    ended = fleet.run("doctor")
    assert ended.exit_code == 1
    check = only(ended, "credentials/document")
    assert "mode 0644" in check["detail"]
    assert check["hint"].startswith("Run: chmod 600 ")
    assert only(ended, "files/problems", "ok")
    assert found(ended, "skipped").keys() >= {"credentials/entry", "network/name", "api/token", "api/keys"}
    assert fleet.sandbox.log() == ()


@pytest.mark.parametrize(
    "text", ["acme: canary-token", "}{ canary-token", "acme: {token: canary-token, x: canary-token}"]
)
def test_credentials_that_are_not_in_order_are_never_quoted(fleet: Stage, text: str):
    """The message has line and column."""
    fleet.canaries.add("canary-token")
    (fleet.folder / "credentials.yaml").write_text(text)
    ended = fleet.run("doctor")
    assert "1:" in only(ended, "credentials/document")["detail"]


def test_no_credentials_at_all_is_a_finding(fleet: Stage):
    """Nobody who calls doctor for the first time has any."""
    ended = fleet.run("doctor", "--credentials", "nowhere.yaml")
    assert "no credentials file" in only(ended, "credentials/document")["detail"]
    assert ended.exit_code == 1


def test_tenants_without_an_entry_share_a_line(fleet: Stage):
    """Ten of the same kind are one finding to a person, and ten to a program."""
    for number in range(10):
        fleet.tenant(f"shop-{number}", on_hold_timer_duration=1)
        fleet.forget(f"shop-{number}")
    ended = fleet.run("doctor")
    assert len(found(ended)["credentials/entry"]) == 10
    assert "10 tenants (shop-0, shop-1, shop-2 and 7 more): no entry." in " ".join(ended.stdout.split())
    assert len(found(ended, "skipped")["api/keys"]) == 10
    assert {one["tenant"] for one in found(ended, "ok")["api/keys"]} == {"acme", "beta"}


def test_an_entry_for_another_origin_is_never_asked(fleet: Stage):
    """Though it would answer. Said without the tenant's name, so that a wrong template is one finding."""
    fleet.access("acme", origin=f"{fleet.sandbox.origin('acme')}/old")
    ended = fleet.run("doctor")
    assert ended.exit_code == 1
    general = fleet.sandbox.origin_template
    told = f"the entry is for {general}/old, but a run would go to {general}."
    assert only(ended, "credentials/origin")["detail"] == told
    assert only(ended, "api/keys", "skipped")["detail"] == "because of credentials/origin"
    assert {entry.tenant for entry in fleet.sandbox.log()} == {"beta"}


def test_two_tenants_of_one_origin_are_told(fleet: Stage):
    """They would overwrite each other."""
    ended = fleet.run("doctor", "--origin", fleet.sandbox.origin("acme"))
    assert {one["tenant"] for one in found(ended)["credentials/origin"]} == {"acme", "beta"}


@pytest.mark.parametrize(
    ("secrets", "words"),
    [
        pytest.param({}, "is not in this tenant's credentials", id="missing"),
        pytest.param(
            {"WEBHOOK_API_KEY": {"value": "canary-w", "for": "https://orders.other.example"}},
            "is for https://orders.other.example",
            id="bound-elsewhere",
        ),
    ],
)
def test_a_secret_that_apply_would_refuse_is_a_problem(fleet: Stage, secrets: dict[str, Any], words: str):
    """By the rule that apply has."""
    fleet.access("acme", secrets=secrets)
    ended = fleet.run("doctor")
    check = only(ended, "credentials/secrets")
    assert (check["tenant"], check["what"]) == ("acme", "sales_order.external_order_webhook")
    assert words in check["detail"]
    assert ended.exit_code == 1


def test_a_misspelt_entry_is_named_and_another_tenants_is_not(fleet: Stage):
    """`beta` is near `zeta`, and has a file of its own; `gama` has none."""
    for tenant in ("gamma", "zeta"):
        fleet.tenant(tenant, on_hold_timer_duration=1)
        fleet.forget(tenant)
    fleet.access("gama")
    told = {one["tenant"]: one["detail"] for one in found(fleet.run("doctor"))["credentials/entry"]}
    assert told == {"gamma": 'no entry. Did you mean "gama"?', "zeta": "no entry."}


def test_entries_of_nobody_are_told_and_no_fault(fleet: Stage):
    """They may wait for a file."""
    fleet.access("gamma")
    ended = fleet.run("doctor")
    assert "gamma" in only(ended, "credentials/unused", "ok")["detail"]
    assert ended.exit_code == 0


# the gate


def test_what_the_gate_would_refuse_is_told_and_no_fault(fleet: Stage):
    """It is how it was set."""
    fleet.settings(f'[gate]\nmax_tenants_changed = 0\n[[gate.freeze]]\n{NOW}\ntenants = "ac*"\nreason = "peak"')
    ended = fleet.run("doctor")
    assert ended.exit_code == 0
    assert "(peak): acme." in only(ended, "gate/freeze", "warning")["detail"]
    assert "0 of 2" in only(ended, "gate/changes", "warning")["detail"]
    assert only(fleet.run("doctor", "--tenant", "beta"), "gate/freeze", "ok")


# ways to call it, and to end


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("--tenant", "nobody"), id="no-such-tenant"),
        pytest.param(("--key", "nothing"), id="no-such-key"),
        pytest.param(("--shard", "3/2"), id="no-such-shard"),
        pytest.param(("--sandbox", "--credentials", "c.yaml"), id="sandbox-with-credentials"),
    ],
)
def test_only_a_wrong_call_is_64(fleet: Stage, words: tuple[str, ...]):
    """What can be mended by calling otherwise; and then nothing is asked."""
    ended = fleet.run("doctor", *words)
    assert ended.exit_code == 64
    assert "checks" not in ended.report
    assert fleet.sandbox.log() == ()


def test_an_interrupted_look_is_130_and_tells_what_it_saw(tmp_path: Path, catalogue: Catalogue):
    """What was not reached is not looked at, never ok."""
    with Sandbox(tmp_path / "own.db", catalogue, seed=None).running() as sandbox:
        stage = Stage(tmp_path, sandbox)
        stage.settings(limits={**QUICK, "read_timeout": 30})
        for tenant in ("acme", "beta"):
            stage.tenant(tenant, on_hold_timer_duration=1)
        sandbox.fault(Fault(FaultKind.DELAY, "acme", seconds=8))
        process = stage.process("doctor")
        until(lambda: any(one.status is None for one in stage.log("acme")) and stage.log("beta"))
        time.sleep(0.5)  # answered is not yet read, on a busy machine
        process.handle.send_signal(signal.SIGINT)
        ended = process.wait(timeout=6)
    assert (ended.exit_code, ended.report["result"]) == (130, "interrupted")
    assert only(ended, "api/keys", "ok")["tenant"] == "beta"
    assert only(ended, "api/keys", "skipped")["tenant"] == "acme"
    assert ended.stdout.startswith("Interrupted. ")


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_secret_is_ever_shown(fleet: Stage, form: str):
    """Not what the platform echoes, nor with -v, in any form."""
    fleet.sandbox.fault(Fault(FaultKind.STATUS, times=None, status=400, body=ErrorBody.ECHO))
    fleet.sandbox.fault(Fault(FaultKind.STATUS, "beta", "@token", times=None, status=400, body=ErrorBody.ECHO))
    reports = [word for suffix in ("json", "md", "html", "txt") for word in ("--report", f"out.{suffix}")]
    ended = fleet.run("doctor", "-v", "--format", form, *reports)
    assert ended.exit_code == 1
    for path in fleet.folder.glob("out.*"):
        assert "canary" not in path.read_text()
        assert not any(canary in path.read_text() for canary in fleet.canaries)


def test_a_report_of_it_is_rendered_again_and_merged(fleet: Stage):
    """Like every other."""
    for number in (1, 2):
        fleet.run("doctor", "--shard", f"{number}/2", "--report", f"d{number}.json", "--report", f"d{number}.txt")
    again = fleet.run("report", "d1.json", report=False)
    assert again.stdout == (fleet.folder / "d1.txt").read_text()
    whole = fleet.run("report", "d1.json", "d2.json", "--format", "json", report=False)
    checks = json.loads(whole.stdout)["checks"]
    assert {one.get("tenant") for one in checks if one["check"] == "api/keys"} >= {"acme", "beta"}


def test_a_report_of_it_is_no_plan(fleet: Stage):
    """However much it looks like that of a fleet in which nothing changes."""
    fleet.run("doctor", "--report", "d.json")
    with fleet.nothing_posted():
        assert fleet.run("apply", "--plan", "d.json").exit_code == 64


def test_the_embedded_sandbox_needs_nothing_set_up(stage: Stage):
    """The shipped tenants show what can be wrong with a key: not known, a value that doesn't fit, ambiguous."""
    shutil.copytree(Path(__file__).parents[2] / "tenants", stage.folder / "tenants", dirs_exist_ok=True)
    (stage.folder / "reconciler.toml").unlink()
    stage.canaries |= {"sandbox-token", "sandbox-client-secret", "sandbox-acme-"}
    ended = stage.run("doctor", "--sandbox")
    assert ended.exit_code == 1
    assert ended.report["sandbox"] is True
    assert set(found(ended)) == {"api/keys"}
    assert len(found(ended)["api/keys"]) == 3
