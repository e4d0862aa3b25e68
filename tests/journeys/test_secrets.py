"""Secrets: where they go, where they never go, and what happens when one is missing or bound elsewhere."""

import shutil
from pathlib import Path

import pytest

from reconciler.sandbox import Fault, FaultKind
from tests.journeys.stage import WEBHOOK, Stage

HOOK = "external_order_webhook"


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants with a webhook each: another secret live than the declared one, for `acme`; unset for `beta`."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, external_order_webhook=WEBHOOK, on_hold_timer_duration=120)
        stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-webhook-of-{tenant}")
    stage.access(
        "beta", client=True, secrets={"WEBHOOK_API_KEY": {"value": "canary-b", "for": "https://orders.acme.example"}}
    )
    stage.sandbox.set_value("acme", HOOK, {**WEBHOOK, "api_key": "canary-live-of-acme"})
    stage.canaries.add("canary")
    return stage


def everything_below(folder: Path, *but: str) -> bytes:
    """All bytes of all files, but those that must hold secrets."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in but)


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_no_secret_is_ever_shown(fleet: Stage, command: str, form: str):
    """Old and new, static and fetched: not on stdout, not on stderr with -v, not in any report, nor beside it."""
    paths = ["out.json", "out.md", "out.html", "out.txt"]
    process = fleet.process(command, "-v", "--format", form, *(word for path in paths for word in ("--report", path)))
    ended = process.wait()
    assert ended.exit_code == 0
    left = everything_below(fleet.folder, "credentials.yaml")
    for canary in fleet.canaries:
        assert canary.encode() not in left
    assert "reconciler.platform: " in ended.stderr, "-v logs the requests"
    assert "Bearer" not in ended.stderr
    if command == "apply":
        assert fleet.live("acme", HOOK)["api_key"] == "canary-webhook-of-acme"
        assert fleet.live("beta", HOOK)["api_key"] == "canary-b"


@pytest.mark.parametrize("kind", [FaultKind.STATUS, FaultKind.COMMIT_THEN_STATUS])
@pytest.mark.parametrize("status", [400, 403, 500])
def test_what_the_platform_echoes_is_redacted(fleet: Stage, kind: FaultKind, status: int):
    """An error that quotes the bearer and the body shows neither."""
    from reconciler.sandbox import ErrorBody

    fleet.sandbox.fault(Fault(kind, method="POST", status=status, body=ErrorBody.ECHO, times=None))
    ended = fleet.run("apply", "--report", "out.md", "--report", "out.json")
    assert ended.exit_code in {0, 1}
    assert "canary" not in (fleet.folder / "out.md").read_text()


def test_no_secret_of_the_embedded_sandbox_is_shown_either(tmp_path: Path, stage: Stage):
    """They are invented, but the rule is the rule; only its own state holds them."""
    shutil.copytree(Path(__file__).parents[2] / "tenants", tmp_path / "tenants", dirs_exist_ok=True)
    (tmp_path / "reconciler.toml").unlink()
    stage.canaries |= {"sandbox-token", "sandbox-client-secret", "sandbox-acme-", "sandbox-tideline-", "last-years"}
    stage.run("plan", "--sandbox", "--report", "out.json", "--report", "out.html")
    stage.run("apply", "--sandbox", "--allow-irreversible")
    left = everything_below(tmp_path, "sandbox.db", "sandbox.db-wal")
    for canary in stage.canaries:
        assert canary.encode() not in left


@pytest.mark.parametrize("equal", [False, True], ids=["a-change-is-pending", "the-key-is-equal"])
@pytest.mark.parametrize(
    ("rule", "entry"),
    [
        pytest.param("secret-unavailable", {}, id="missing"),
        pytest.param(
            "secret-origin",
            {"WEBHOOK_API_KEY": {"value": "canary-a", "for": "https://orders.evil.example"}},
            id="bound-elsewhere",
        ),
    ],
)
def test_a_secret_that_may_not_be_sent_refuses_its_tenant(
    fleet: Stage, rule: str, entry: dict[str, object], equal: bool
):
    """Plan warns; apply writes nothing at all there, even when the key is equal, and the other tenant is applied."""
    fleet.access("acme", secrets=entry)
    if equal:
        fleet.sandbox.set_value("acme", HOOK, {**WEBHOOK, "api_key": "canary-a"})
    planned = fleet.run("plan")
    assert planned.exit_code == 0
    assert any("WEBHOOK_API_KEY" in warning for warning in planned.key("acme", HOOK)["warnings"])
    ended = fleet.run("apply")
    assert (ended.exit_code, ended.report["result"]) == (3, "refused")
    assert ended.refusals() == {(rule, "acme", f"sales_order.{HOOK}")}
    assert ended.results() == {"acme": "refused", "beta": "applied"}
    assert ended.outcome("acme", "on_hold_timer_duration")["status"] == "not-attempted"
    assert fleet.posted("acme") == []


def test_a_reviewed_plan_does_not_lift_a_secret_rule(fleet: Stage):
    """What was reviewed is a name; where it may go is the credentials' to say."""
    fleet.access("acme", secrets={"WEBHOOK_API_KEY": {"value": "canary-a", "for": "https://orders.evil.example"}})
    fleet.plan()
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (3, {"acme": "refused", "beta": "applied"})
    assert fleet.posted("acme") == []
    assert fleet.run("apply", "--lift", "secret-origin=please").exit_code == 64


def test_a_reference_that_is_not_at_hand_is_not_compared_in_plan(fleet: Stage):
    """A pull request's plan may run without the secrets: what can't be told is a warning, not a change."""
    fleet.access("acme")
    planned = fleet.run("plan", "--tenant", "acme")
    assert planned.key("acme", HOOK)["reason"] == "not-comparable"


def test_a_changed_secret_is_a_change_that_shows_nothing(fleet: Stage):
    """Before is masked, after is the reference's name."""
    change = fleet.run("plan").key("acme", HOOK)
    assert change["before"]["api_key"] == {"sensitive": True}
    assert change["after"]["api_key"] == {"secret": "WEBHOOK_API_KEY"}
    (field,) = change["changes"]
    assert (field["pointer"], field["sensitive"]) == ("/api_key", True)


def test_a_literal_secret_in_a_file_is_refused_without_being_shown(fleet: Stage):
    """It must not be repeated into a pull request's comment."""
    fleet.tenant("acme", external_order_webhook={**WEBHOOK, "api_key": "canary-in-git"})
    for command in ("validate", "plan"):
        ended = fleet.run(command)
        assert ended.exit_code == 1
        assert ended.tenant("acme")["problems"][0]["line"] == 1
