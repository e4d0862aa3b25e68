"""`apply --plan`: what was reviewed is what is written, tenant by tenant, and nothing else is believed."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.stage import SEQUENCE, WEBHOOK, Stage

TIMER = "on_hold_timer_duration"


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants with a change each, planned."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120, big_sales_order={"soft_limit_for_big_orders": 300})
        stage.sandbox.set_value(tenant, TIMER, 60)
        stage.sandbox.set_value(tenant, "big_sales_order", {"soft_limit_for_big_orders": 300})
    stage.plan()
    stage.forget_log()
    return stage


def test_what_was_reviewed_is_applied(fleet: Stage):
    """The plan's selection is recorded, and becomes apply's."""
    ended = fleet.run("apply", "--plan", "plan.json")
    assert ended.exit_code == 0
    assert sorted(fleet.posted()) == ["acme:on_hold_timer_duration", "beta:on_hold_timer_duration"]


def test_the_selection_of_the_plan_is_the_selection_of_apply(fleet: Stage):
    """One tenant and one key were reviewed, so no other is even read."""
    fleet.plan("--tenant", "acme", "--key", "*timer*")
    fleet.forget_log()
    ended = fleet.run("apply", "--plan", "plan.json")
    assert ended.exit_code == 0
    assert (ended.report["selection"]["tenants"], ended.report["selection"]["keys"]) == (["acme"], ["*timer*"])
    assert {(entry.tenant, entry.key) for entry in fleet.log()} == {("acme", "sales_order.on_hold_timer_duration")}


@pytest.mark.parametrize(
    "move",
    [
        pytest.param(lambda stage: stage.sandbox.set_value("acme", TIMER, 61), id="live-moved"),
        pytest.param(lambda stage: stage.sandbox.unset("acme", TIMER), id="live-was-unset"),
        pytest.param(
            lambda stage: stage.tenant(
                "acme", on_hold_timer_duration=121, big_sales_order={"soft_limit_for_big_orders": 300}
            ),
            id="file-moved",
        ),
        pytest.param(
            lambda stage: stage.tenant(
                "acme",
                on_hold_timer_duration=120,
                big_sales_order={"soft_limit_for_big_orders": 300},
                external_oms={"enabled": False},
            ),
            id="a-key-more",
        ),
        pytest.param(
            lambda stage: stage.sandbox.set_value("acme", "big_sales_order", {"soft_limit_for_big_orders": 1}),
            id="another-key-drifted",
        ),
    ],
)
def test_a_tenant_that_moved_since_the_review_is_stale_and_the_other_is_applied(
    fleet: Stage, move: Callable[[Stage], object]
):
    """Nothing at all is written there, not even what was reviewed."""
    move(fleet)
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (4, {"acme": "stale", "beta": "applied"})
    assert ended.statuses("acme")[TIMER] == "not-attempted"
    assert fleet.posted() == ["beta:on_hold_timer_duration"]


def test_what_has_become_true_meanwhile_is_fine(fleet: Stage):
    """Somebody set the declared value by hand: nothing is left to do, and nothing is stale."""
    fleet.sandbox.set_value("acme", TIMER, 120)
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "in-sync", "beta": "applied"})


def test_a_stale_plan_is_mended_by_planning_again(fleet: Stage):
    """The way out of exit 4."""
    fleet.sandbox.set_value("acme", TIMER, 61)
    assert fleet.run("apply", "--plan", "plan.json").exit_code == 4
    fleet.plan()
    assert fleet.run("apply", "--plan", "plan.json").exit_code == 0
    assert fleet.live("acme", TIMER) == 120


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one"), ("old", "one", "two"), ("two", "old", "one")])
def test_several_plans_count_together_in_any_order(fleet: Stage, order: tuple[str, ...]):
    """Two pull requests were merged close together; an older plan of the same fleet doesn't hurt."""
    fleet.plan(to="old.json")
    fleet.sandbox.set_value("acme", TIMER, 61)
    fleet.plan("--tenant", "acme", to="one.json")
    fleet.plan("--tenant", "beta", to="two.json")
    fleet.forget_log()
    ended = fleet.run("apply", *(word for name in order for word in ("--plan", f"{name}.json")))
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied", "beta": "applied"})


@pytest.mark.parametrize("flag", ["--tenant acme", "--key *timer*", "--changed-since HEAD", "--changed-since="])
def test_a_selection_beside_a_plan_is_refused(fleet: Stage, flag: str):
    """The plan brings its own, and two would have to be guessed together."""
    with fleet.nothing_posted():
        ended = fleet.run("apply", "--plan", "plan.json", *flag.split())
    assert ended.exit_code == 64
    assert "plan" in ended.stderr


def _edit(change: Callable[[Any], object]) -> Callable[[Stage], None]:
    def edit(stage: Stage) -> None:
        path = stage.folder / "plan.json"
        report = json.loads(path.read_text())
        change(report)
        path.write_text(json.dumps(report))

    return edit


def _first_key(report: Any) -> Any:
    return next(key for key in report["tenants"][0]["keys"] if key["action"] == "update")


def _cut(stage: Stage) -> None:
    path = stage.folder / "plan.json"
    path.write_bytes(path.read_bytes()[:-200])


def _text(content: str) -> Callable[[Stage], object]:
    return lambda stage: (stage.folder / "plan.json").write_text(content)


def _made_by(*arguments: str) -> Callable[[Stage], object]:
    return lambda stage: stage.run(*arguments, "--report", "plan.json")


def _elsewhere(stage: Stage) -> None:
    """The tenants move to another origin, with credentials to match."""
    stage.settings()
    text = (stage.folder / "reconciler.toml").read_text().replace("127.0.0.1", "localhost")
    (stage.folder / "reconciler.toml").write_text(text)
    for tenant in ("acme", "beta"):
        stage.access(tenant, origin=stage.sandbox.origin(tenant).replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(_edit(lambda report: _first_key(report).update(after=9)), "digest", id="after-edited"),
        pytest.param(_edit(lambda report: _first_key(report).update(before=9)), "digest", id="before-edited"),
        pytest.param(_edit(lambda report: _first_key(report).update(action="create")), "digest", id="action-edited"),
        pytest.param(_edit(lambda report: report["tenants"].pop()), "digest", id="tenant-taken-out"),
        pytest.param(_edit(lambda report: report["tenants"][0]["keys"].pop()), "digest", id="key-taken-out"),
        pytest.param(_edit(lambda report: report.update(digest="sha256:" + "0" * 64)), "digest", id="digest-edited"),
        pytest.param(_edit(lambda report: report.update(command="apply")), "plan", id="another-command"),
        pytest.param(_edit(lambda report: report.update(format_version="2.0")), "version", id="newer-major"),
        pytest.param(_edit(lambda report: report.update(sandbox=True)), "sandbox", id="of-the-sandbox"),
        pytest.param(_edit(lambda report: report.pop("tenants")), "/", id="no-tenants"),
        pytest.param(_cut, "cut off", id="truncated"),
        pytest.param(_text(""), "empty", id="empty"),
        pytest.param(_text("plan: yes"), "JSON", id="not-json"),
        pytest.param(_text("{}"), "format_version", id="another-document"),
        pytest.param(_made_by("validate"), "validate", id="report-of-validate"),
        pytest.param(_made_by("apply"), "apply", id="report-of-apply"),
        pytest.param(_made_by("plan", "--tenant", "zzz"), "digest", id="report-of-a-wrong-call"),
        pytest.param(_elsewhere, "origin", id="another-origin"),
    ],
)
def test_a_plan_file_that_can_not_be_believed_is_refused(fleet: Stage, spoil: Callable[[Stage], object], words: str):
    """With the reason and what to do, before any request."""
    spoil(fleet)
    fleet.forget_log()
    ended = fleet.run("apply", "--plan", "plan.json")
    assert ended.exit_code == 64
    assert words in ended.stderr
    assert "reconciler plan" in ended.stderr
    assert fleet.log() == []


def test_one_bad_file_among_good_ones_refuses_the_run(fleet: Stage):
    """Nobody can tell what it would have reviewed."""
    (fleet.folder / "bad.json").write_text("{}")
    with fleet.nothing_posted():
        assert fleet.run("apply", "--plan", "plan.json", "--plan", "bad.json").exit_code == 64


def test_a_plan_of_the_sandbox_is_for_the_sandbox(fleet: Stage):
    """The marks must agree, in both directions."""
    fleet.plan("--sandbox", to="embedded.json")
    for name, arguments in (("embedded.json", ()), ("plan.json", ("--sandbox",))):
        ended = fleet.run("apply", "--plan", name, *arguments)
        assert ended.exit_code == 64, name
        assert "sandbox" in ended.stderr
    assert fleet.run("apply", "--plan", "embedded.json", "--sandbox").exit_code == 0
    assert fleet.posted() == []


def test_a_newer_minor_version_is_read(fleet: Stage):
    """It may add members, which are ignored."""
    _edit(lambda report: report.update(format_version="1.7", novelty={"a": 1}))(fleet)
    assert fleet.run("apply", "--plan", "plan.json").exit_code == 0


def test_a_first_set_needs_a_review_or_the_flag(stage: Stage):
    """Without either, that key alone is refused; the reviewed plan is enough."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, on_hold_timer_duration=120, sales_order_generator_sequence=SEQUENCE)
    ended = stage.run("apply", "--tenant", "acme")
    assert (ended.exit_code, ended.results()) == (3, {"acme": "refused"})
    assert ended.refusals() == {("irreversible", "acme", "sales_order.sales_order_generator_sequence")}
    assert ended.statuses("acme") == {TIMER: "applied", "sales_order_generator_sequence": "not-attempted"}
    stage.plan()
    ended = stage.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied", "beta": "applied"})
    assert ended.report["refusals"] == []
    assert stage.live("beta", "sales_order_generator_sequence") == SEQUENCE


def test_the_flag_does_not_make_up_for_what_a_review_lacks(stage: Stage):
    """The sequence was changed after the review: stale, however loudly it is allowed."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, sales_order_generator_sequence=SEQUENCE)
    stage.plan()
    stage.tenant("acme", sales_order_generator_sequence={**SEQUENCE, "prefix": "XX"})
    ended = stage.run("apply", "--plan", "plan.json", "--allow-irreversible")
    assert (ended.exit_code, ended.results()) == (4, {"acme": "stale", "beta": "applied"})
    assert stage.live("acme", "sales_order_generator_sequence") is None


def test_an_ambiguous_key_is_written_on_a_reviewed_assumption_only(stage: Stage):
    """`--assume-unset` in plan and in apply, with the plan between them; the flag of the first set is not enough."""
    pair = "acme:sales_order_generator_sequence"
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, sales_order_generator_sequence=SEQUENCE)
        stage.sandbox.set_value(tenant, "sales_order_generator_sequence", {**SEQUENCE, "prefix": "??"}, None)
    plain = stage.plan(to="plain.json")
    assert plain.key("acme", "sales_order_generator_sequence")["reason"] == "ambiguous"
    assumed = stage.plan("--assume-unset", pair)
    assert (assumed.actions("acme"), assumed.actions("beta")) == (
        {"sales_order_generator_sequence": "create"},
        {"sales_order_generator_sequence": "unreadable"},
    )
    assert stage.run("apply", "--assume-unset", pair, "--allow-irreversible").exit_code == 1
    assert stage.run("apply", "--plan", "plain.json", "--assume-unset", pair).exit_code == 4
    assert stage.run("apply", "--plan", "plan.json").exit_code == 1
    assert stage.posted() == []
    ended = stage.run("apply", "--plan", "plan.json", "--assume-unset", pair)
    assert ended.results() == {"acme": "applied", "beta": "failed"}
    assert stage.live("acme", "sales_order_generator_sequence") == SEQUENCE


def test_a_masked_secret_is_sent_again_when_asked_for(stage: Stage):
    """It can't be compared, so it counts as equal until `--rewrite`; a date that moves is then taken for success."""
    from reconciler.sandbox import Fault, FaultKind

    for tenant in ("acme", "beta"):
        stage.tenant(tenant, external_order_webhook=WEBHOOK)
        stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-webhook-of-{tenant}")
        stage.sandbox.set_value(tenant, "external_order_webhook", {**WEBHOOK, "api_key": "canary-old"})
        stage.sandbox.fault(Fault(FaultKind.MASKED, tenant, times=None))
    stage.canaries.add("canary-old")
    plain = stage.run("plan")
    assert plain.exit_code == 0
    assert plain.key("acme", "external_order_webhook")["reason"] == "not-comparable"
    assert plain.key("acme", "external_order_webhook")["warnings"]
    assert stage.run("apply").exit_code == 0
    assert stage.posted() == []

    flag = ("--rewrite", "acme:external_order_webhook")
    planned = stage.plan(*flag)
    assert planned.pending() == ["acme:sales_order.external_order_webhook"]
    forgotten = stage.run("apply", "--plan", "plan.json")
    assert stage.posted() == []
    assert [said for said in forgotten.report["warnings"] if "was not sent" in said and " ".join(flag) in said]
    ended = stage.run("apply", "--plan", "plan.json", *flag)
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied", "beta": "in-sync"})
    assert stage.live("acme", "external_order_webhook")["api_key"] == "canary-webhook-of-acme"
    assert stage.live("beta", "external_order_webhook")["api_key"] == "canary-old"
    # Applied again: the plan names another date than what is live now.
    assert stage.run("apply", "--plan", "plan.json", *flag).exit_code == 4
    # It was sent, so nothing is missing without the flag.
    assert stage.run("apply", "--plan", "plan.json").report["warnings"] == []


def test_a_secret_that_moved_since_the_review_is_stale(stage: Stage):
    """Two secrets look alike in a report, so there the date tells."""
    for tenant in ("acme", "beta"):
        stage.tenant(tenant, external_order_webhook=WEBHOOK)
        stage.secret(tenant, "WEBHOOK_API_KEY", f"canary-webhook-of-{tenant}")
        stage.sandbox.set_value(tenant, "external_order_webhook", {**WEBHOOK, "api_key": "canary-old"})
    stage.canaries |= {"canary-old", "canary-other"}
    stage.plan()
    stage.sandbox.set_value("acme", "external_order_webhook", {**WEBHOOK, "api_key": "canary-other"})
    ended = stage.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (4, {"acme": "stale", "beta": "applied"})
    assert stage.live("acme", "external_order_webhook")["api_key"] == "canary-other"


def test_the_shards_of_a_plan_are_merged_and_applied_as_one(stage: Stage):
    """Each shard plans its tenants; the merged report is one plan over all of them."""
    names = ("acme", "beta", "gamma", "delta")
    for tenant in names:
        stage.tenant(tenant, on_hold_timer_duration=120)
    for number in (1, 2):
        stage.plan("--shard", f"{number}/2", to=f"shard-{number}.json")
    whole = stage.plan(to="whole.json")
    assert stage.run("report", "shard-2.json", "shard-1.json", "--report", "merged.json").exit_code == 0
    merged = json.loads((stage.folder / "merged.json").read_text())
    assert (merged["command"], merged["digest"]) == ("plan", whole.report["digest"])
    with stage.nothing_posted():
        assert stage.run("apply", "--shard", "1/2").exit_code == 64, "its gate would see a part of the fleet"
    ended = stage.run("apply", "--plan", "merged.json")
    assert (ended.exit_code, ended.results()) == (0, dict.fromkeys(names, "applied"))
