"""From a file to the platform and back: plan, apply, plan."""

import shutil
from pathlib import Path

import pytest

from tests.journeys.stage import SEQUENCE, WEBHOOK, Stage

SAMPLES = Path(__file__).parents[2] / "tenants"


@pytest.fixture
def two(stage: Stage) -> Stage:
    """Two tenants: one declares everything and has some of it, the other declares little and has much."""
    stage.tenant(
        "acme",
        external_order_webhook=WEBHOOK,
        external_oms={"enabled": True},
        on_hold_timer_duration=3600,
        cancellation_allowed_from=["store", "dc"],
        big_sales_order={"soft_limit_for_big_orders": 300},
        sales_order_generator_sequence=SEQUENCE,
    )
    stage.secret("acme", "WEBHOOK_API_KEY", "canary-webhook-of-acme")
    stage.sandbox.set_value("acme", "cancellation_allowed_from", ["dc", "store"])
    stage.sandbox.set_value("acme", "big_sales_order", {"soft_limit_for_big_orders": 100}, None)
    stage.sandbox.set_value("acme", "on_hold_timer_duration", 60)
    stage.tenant("beta", on_hold_timer_duration=60, sales_order_generator_sequence={**SEQUENCE, "prefix": "BE"})
    stage.access("beta", client=True)
    stage.sandbox.set_value("beta", "on_hold_timer_duration", 120)
    stage.sandbox.set_value("beta", "external_oms", {"enabled": True})
    stage.sandbox.set_value("beta", "sales_order_generator_sequence", {**SEQUENCE, "prefix": "OLD"})
    return stage


def test_what_is_planned_is_applied_and_the_next_plan_has_no_change(two: Stage):
    """The promise of the product, on two tenants, one of which has a key that is blocked."""
    planned = two.run("plan")
    assert planned.exit_code == 3
    assert planned.actions("acme") == {
        "big_sales_order": "update",
        "cancellation_allowed_from": "no-op",
        "external_oms": "create",
        "external_order_webhook": "create",
        "on_hold_timer_duration": "update",
        "sales_order_generator_sequence": "create",
    }
    assert planned.key("acme", "big_sales_order")["reason"] == "default-differs"
    assert planned.actions("beta") == {"on_hold_timer_duration": "update", "sales_order_generator_sequence": "blocked"}
    assert two.posted() == []

    applied = two.run("apply", "--allow-irreversible")
    assert applied.exit_code == 3
    assert applied.results() == {"acme": "applied", "beta": "blocked"}
    assert applied.statuses("beta") == {
        "on_hold_timer_duration": "applied",
        "sales_order_generator_sequence": "not-attempted",
    }
    assert sorted(two.posted()) == [
        "acme:big_sales_order",
        "acme:external_oms",
        "acme:external_order_webhook",
        "acme:on_hold_timer_duration",
        "acme:sales_order_generator_sequence",
        "beta:on_hold_timer_duration",
    ]
    assert two.live("acme", "external_order_webhook") == {**WEBHOOK, "api_key": "canary-webhook-of-acme"}
    assert two.live("acme", "sales_order_generator_sequence") == SEQUENCE

    again = two.run("plan")
    assert again.pending() == []
    assert again.actions("acme").keys() == planned.actions("acme").keys()
    assert set(again.actions("acme").values()) == {"no-op"}
    two.forget_log()
    assert two.run("apply", "--allow-irreversible").exit_code == 3
    assert two.posted() == []


def test_a_set_sequence_is_never_sent_whatever_the_file_says(two: Stage):
    """Equal, different, with the flag, with a reviewed plan: the key has no way to a POST, and the others go on."""
    two.sandbox.set_value("acme", "sales_order_generator_sequence", SEQUENCE)
    planned = two.plan()
    assert planned.key("acme", "sales_order_generator_sequence")["reason"] == "write-once-set"
    blocked = planned.key("beta", "sales_order_generator_sequence")
    assert (blocked["action"], blocked["reason"]) == ("blocked", "write-once-differs")
    assert blocked["before"] == {**SEQUENCE, "prefix": "OLD"}
    both = ("acme:sales_order_generator_sequence", "beta:sales_order_generator_sequence")
    flags = [flag for pair in both for flag in ("--rewrite", pair, "--assume-unset", pair)]
    for arguments in (("--plan", "plan.json"), ("--allow-irreversible", *flags), ("--allow-irreversible",)):
        applied = two.run("apply", *arguments)
        assert applied.exit_code == 3, arguments
    assert not two.log(key="sales_order_generator_sequence", method="POST")
    assert two.live("beta", "sales_order_generator_sequence") == {**SEQUENCE, "prefix": "OLD"}
    assert two.live("beta", "on_hold_timer_duration") == 60


def test_an_undeclared_key_is_neither_read_nor_written(two: Stage):
    """Whatever is live there belongs to somebody else."""
    two.run("plan")
    two.run("apply", "--allow-irreversible")
    assert {entry.key for entry in two.log("beta")} == {
        "sales_order.on_hold_timer_duration",
        "sales_order.sales_order_generator_sequence",
    }
    assert two.live("beta", "external_oms") == {"enabled": True}


@pytest.mark.parametrize(
    ("enabled", "live", "first"),
    [
        pytest.param(True, False, "external_order_webhook", id="switched-on-after-the-webhook"),
        pytest.param(False, True, "external_oms", id="switched-off-before-the-webhook"),
    ],
)
def test_keys_are_written_in_the_order_that_the_platform_needs(stage: Stage, enabled: bool, live: bool, first: str):
    """An external OMS without a webhook breaks order look-ups; and the sequence goes last."""
    for tenant in ("acme", "beta"):
        stage.tenant(
            tenant,
            sales_order_generator_sequence=SEQUENCE,
            external_oms={"enabled": enabled},
            external_order_webhook=WEBHOOK,
        )
        stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-webhook-of-{tenant}")
        stage.sandbox.set_value(tenant, "external_oms", {"enabled": live})
    assert stage.run("apply", "--allow-irreversible").exit_code == 0
    for tenant in ("acme", "beta"):
        posted = stage.posted(tenant)
        assert posted[0] == f"{tenant}:{first}"
        assert posted[-1] == f"{tenant}:sales_order_generator_sequence"


@pytest.fixture
def samples(tmp_path: Path, stage: Stage) -> Stage:
    """The shipped tenants in a folder of their own, without settings: as after a clone."""
    shutil.copytree(SAMPLES, tmp_path / "tenants", dirs_exist_ok=True)
    (tmp_path / "reconciler.toml").unlink()
    return stage


def test_the_sample_fleet_shows_every_kind_of_result(samples: Stage):
    """What a newcomer sees first: one of each action and reason, without any set-up."""
    planned = samples.run("plan", "--sandbox")
    assert planned.exit_code == 1
    assert planned.report["sandbox"] is True
    keys = [key for tenant in planned.report["tenants"] for key in tenant["keys"]]
    assert {(key["action"], key["reason"]) for key in keys} == {
        ("no-op", "in-sync"),
        ("no-op", "write-once-set"),
        ("no-op", "not-comparable"),
        ("create", "unset"),
        ("update", "differs"),
        ("update", "default-differs"),
        ("blocked", "write-once-differs"),
        ("unreadable", "ambiguous"),
        ("unreadable", "unknown-key"),
        ("unreadable", "read-failed"),
    }
    assert any(key["irreversible"] for key in keys)
    assert any(key.get("drops") for key in keys)
    assert any(field["sensitive"] for key in keys for field in key["changes"])
    assert planned.results() == {
        "acme": "in-sync",
        "acme-sandbox": "changes",
        "acme-staging": "changes",
        "birchwood": "in-sync",
        "harbour-goods": "failed",
        "northwind": "changes",
        "northwind-staging": "blocked",
        "tideline": "changes",
        "tideline-staging": "failed",
    }


def test_the_sample_fleet_converges_and_then_stays(samples: Stage):
    """The state of the embedded sandbox outlives a run, so plan and apply of two runs meet in it."""
    planned = samples.plan("--sandbox")
    applied = samples.run("apply", "--sandbox", "--plan", "plan.json")
    assert applied.exit_code == 1, "two tenants have keys that can't be read"
    assert applied.report["summary"]["applied"] == len(planned.pending()) > 10
    assert applied.report["summary"]["failed"] == 0
    again = samples.run("plan", "--sandbox")
    assert again.pending() == []
    assert {name: result for name, result in again.results().items() if result != "in-sync"} == {
        "harbour-goods": "failed",
        "northwind-staging": "blocked",
        "tideline-staging": "failed",
    }
    rerun = samples.run("apply", "--sandbox", "--allow-irreversible")
    assert (rerun.exit_code, rerun.report["summary"]["applied"]) == (1, 0)


def test_two_plans_of_the_same_state_differ_only_in_times(samples: Stage):
    """So that reviewers, caches and digests can compare them; on the sample fleet, which has every kind of answer."""

    def timeless() -> dict[str, object]:
        report = samples.run("plan", "--sandbox").report
        return {name: value for name, value in report.items() if name not in {"started_at", "finished_at"}}

    assert timeless() == timeless()


def test_without_a_report_path_the_json_report_is_kept_below_the_working_directory(two: Stage):
    """Mode 0600, out of git, and with the command in its name."""
    two.run("plan", report=False)
    runs = two.folder / ".reconciler" / "runs"
    (kept,) = runs.iterdir()
    assert "-plan-" in kept.name
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (two.folder / ".reconciler" / ".gitignore").read_text() == "*\n"
