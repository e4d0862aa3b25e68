"""The gate end to end: every rule that says no is told at once, in plan as a notice, in apply with nothing written."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.planning.gate import LIFTABLE
from tests.journeys.stage import SEQUENCE, WEBHOOK, Stage
from tests.journeys.test_gate_properties import HOUR, spelt


@pytest.mark.parametrize(
    ("hours", "zones", "form", "frozen"),
    [
        pytest.param((-1, 1), (840, -720), "T", True, id="from-looks-later-than-to"),
        pytest.param((-1, 1), (0, 0), 'z."', True, id="quoted-z-with-a-fraction"),
        pytest.param((-1, 1), (345, 345), " .", True, id="blank-and-nepal"),
        pytest.param((1, 2), (-720, -720), "", False, id="begins-in-an-hour-and-looks-begun"),
        pytest.param((-2, -1), (840, 840), '"', False, id="is-over-and-looks-open"),
    ],
)
def test_a_freeze_holds_by_the_moment_and_not_by_its_spelling(
    stage: Stage, hours: tuple[int, int], zones: tuple[int, int], form: str, frozen: bool
):
    """The reports say until when, and the run is refused, only if it is now."""
    now = round(datetime.now(UTC).timestamp() * 10**6)
    start, end = (spelt(now + hour * HOUR, zone, form) for hour, zone in zip(hours, zones, strict=True))
    stage.settings(f'[[gate.freeze]]\nfrom = {start}\nto = {end}\nreason = "peak"')
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120)
    ended = stage.run("apply", "--tenant", "acme")
    assert (ended.exit_code, len(stage.posted())) == ((3, 0) if frozen else (0, 1))
    assert {(one["rule"], one["tenant"]) for one in ended.report["refusals"]} == (
        {("freeze", "acme")} if frozen else set()
    )


SEQ, HOOK = "sales_order.sales_order_generator_sequence", "sales_order.external_order_webhook"
ALWAYS = "from = 2020-01-01T00:00:00Z\nto = 2099-12-31T00:00:00Z"
STRICT = f"""[gate]
max_tenants_changed = 1
max_changed_percent = 10
[[gate.freeze]]
{ALWAYS}
reason = "peak season"
[[gate.freeze]]
{ALWAYS}
tenants = "ac*"
reason = "stocktaking"
"""
OF_THE_RUN = [
    ("max_tenants_changed", None, None),
    ("max_changed_percent", None, None),
    ("freeze", "acme", None),
    ("freeze", "acme", None),
    ("freeze", "beta", None),
    ("freeze", "corp", None),
]
OF_TENANTS = [
    ("irreversible", "acme", SEQ),
    ("secret-unavailable", "beta", HOOK),
    ("secret-origin", "corp", HOOK),
]


def refusals(report: Any) -> list[tuple[str, str | None, str | None]]:
    return sorted(
        ((one["rule"], one.get("tenant"), one.get("key")) for one in report["refusals"]),
        key=lambda one: [str(part) for part in one],
    )


def in_order(*parts: Sequence[tuple[str, str | None, str | None]]) -> list[tuple[str, str | None, str | None]]:
    return sorted((one for part in parts for one in part), key=lambda one: [str(part) for part in one])


@pytest.fixture
def refused(stage: Stage) -> Stage:
    """A fleet in which every rule has something to refuse, and a tenant that is in sync."""
    stage.settings(STRICT)
    stage.tenant("acme", on_hold_timer_duration=120, sales_order_generator_sequence=SEQUENCE)
    for tenant in ("beta", "corp"):
        stage.tenant(tenant, on_hold_timer_duration=120, external_order_webhook=WEBHOOK)
        stage.sandbox.set_value(tenant, "external_order_webhook", {**WEBHOOK, "api_key": "canary-hook"})
    stage.secret("corp", "WEBHOOK_API_KEY", "canary-hook", "https://elsewhere.example")
    stage.tenant("dash", on_hold_timer_duration=60)
    stage.sandbox.set_value("dash", "on_hold_timer_duration", 60)
    return stage


def test_every_rule_that_says_no_is_told_at_once_and_nothing_is_written(refused: Stage):
    """Both limits, every freeze of every tenant, the first set and both secrets: nobody must run it six times."""
    with refused.nothing_posted():
        ended = refused.run("apply")
    assert (ended.exit_code, ended.report["result"]) == (3, "refused")
    assert refusals(ended.report) == in_order(OF_THE_RUN, OF_TENANTS)
    assert ended.results() == {"acme": "refused", "beta": "refused", "corp": "refused", "dash": "in-sync"}
    said = " ".join(one["message"] for one in ended.report["refusals"])
    assert "peak season" in said
    assert "stocktaking" in said
    for rule in {rule for rule, _, _ in OF_THE_RUN}:
        assert f"--lift {rule}=" in ended.stdout, "the reader is told how to go on"


def test_in_a_plan_all_of_it_is_a_notice(refused: Stage):
    """A review may come before the freeze is over: what the gate would say is told, and is not what plan exits with."""
    planned = refused.run("plan")
    assert (planned.exit_code, planned.report["result"]) == (0, "changes")
    assert refused.run("plan", "--detailed-exitcode").exit_code == 2
    assert refusals(planned.report) == in_order(OF_THE_RUN)
    assert planned.key("acme", SEQ)["irreversible"] is True
    assert "not in this tenant's credentials" in planned.key("beta", HOOK)["warnings"][0]
    assert "https://elsewhere.example" in planned.key("corp", HOOK)["warnings"][0]


@pytest.mark.parametrize("left", LIFTABLE)
def test_while_one_rule_of_the_run_stands_nothing_is_written(refused: Stage, left: str):
    """All the others lifted, the first set allowed: the one that is left is enough."""
    lifts = [f"{rule}=agreed with {rule}'s owner" for rule in LIFTABLE if rule != left]
    with refused.nothing_posted():
        ended = refused.run("apply", "--allow-irreversible", *(word for lift in lifts for word in ("--lift", lift)))
    assert ended.exit_code == 3
    standing = [one for one in OF_THE_RUN if one[0] == left]
    assert refusals(ended.report) == in_order(standing, OF_TENANTS[1:])
    assert [f"{one['rule']}={one['reason']}" for one in ended.report["lifted"]] == lifts


def test_with_the_rules_of_the_run_lifted_the_others_stop_what_they_stop(refused: Stage):
    """A first set stops its key, a secret its tenant; the rest is written, and every lift is in the report."""
    lifts = [word for rule in LIFTABLE for word in ("--lift", f"{rule}=  because a=b  ")]
    ended = refused.run("apply", *lifts)
    assert (ended.exit_code, refused.posted()) == (3, ["acme:on_hold_timer_duration"])
    assert refusals(ended.report) == in_order(OF_TENANTS)
    assert ended.report["lifted"] == [{"rule": rule, "reason": "because a=b"} for rule in LIFTABLE]
    assert ended.statuses("acme")["sales_order_generator_sequence"] == "not-attempted"
    assert ended.results() == {"acme": "refused", "beta": "refused", "corp": "refused", "dash": "in-sync"}


@pytest.mark.parametrize(
    "lift",
    [
        *(pytest.param(f"{rule}=really", id=rule) for rule in ("irreversible", "secret-unavailable", "secret-origin")),
        *(pytest.param(f"{rule}{tail}", id=f"{rule}{tail}") for rule in LIFTABLE for tail in ("", "=", "= ")),
        *(
            pytest.param(text, id=text)
            for text in ("Freeze=really", " freeze=really", "freezes=really", "=really", "*=x")
        ),
        pytest.param("", id="nothing"),
    ],
)
def test_a_lift_of_another_rule_or_without_a_reason_is_a_wrong_call(refused: Stage, lift: str):
    """Nobody is asked for anything, not even for a token; the words say which rules can be lifted."""
    before = len(refused.sandbox.log())
    ended = refused.run("apply", "--lift", "freeze=fine", "--lift", lift)
    assert ended.exit_code == 64
    assert f"--lift {lift}" in ended.stderr
    assert all(rule in ended.stderr for rule in LIFTABLE)
    assert len(refused.sandbox.log()) == before


@pytest.mark.parametrize(("percent", "refused_by"), [("25", []), ("24.9", ["max_changed_percent"])])
@pytest.mark.parametrize("reviewed", [False, True], ids=["selected", "reviewed"])
def test_the_share_is_of_all_tenant_files_wherever_they_lie(
    stage: Stage, percent: str, refused_by: list[str], reviewed: bool
):
    """Four files: one selected, one in a folder, one broken. Profiles and dotfiles are no tenants."""
    stage.settings(f"[gate]\nmax_changed_percent = {percent}")
    timer: Mapping[str, Any] = {"sales_order": {"on_hold_timer_duration": 120}}
    for name in ("one", "eu/two", "three", "_profile"):
        stage.write(name, timer)
    stage.write("four", "sales_order: [")
    (stage.folder / "tenants" / ".draft.yaml").write_text("sales_order: {}\n")
    stage.plan("--tenant", "one")
    ended = stage.run("apply", *(("--plan", "plan.json") if reviewed else ("--tenant", "one")))
    assert [one["rule"] for one in ended.report["refusals"]] == refused_by
    assert (ended.exit_code, stage.posted()) == ((3, []) if refused_by else (0, ["one:on_hold_timer_duration"]))


def test_a_stale_tenant_does_not_hide_what_the_gate_says(stage: Stage):
    """Exit 4 comes before 3, and still every refusal is told and nothing at all is written."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120)
    stage.plan()
    stage.sandbox.set_value("acme", "on_hold_timer_duration", 61)
    stage.settings(STRICT)
    with stage.nothing_posted():
        ended = stage.run("apply", "--plan", "plan.json", "--lift", "max_tenants_changed=agreed")
    assert (ended.exit_code, ended.results()) == (4, {"acme": "stale", "beta": "refused"})
    assert {one["rule"] for one in ended.report["refusals"]} == {"max_changed_percent", "freeze"}
