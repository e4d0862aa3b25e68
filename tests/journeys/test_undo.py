"""Back to where it was: an apply, the undo that its report carries, and an apply of that."""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Fault, FaultKind, Sandbox
from tests.journeys.generated import HOST, SECRETS, Tenant, fleets, secret_text
from tests.journeys.stage import SEQUENCE, WEBHOOK, Result, Stage

OLD_LIMIT = {"soft_limit_for_big_orders": 150}


@pytest.fixture
def two(stage: Stage) -> Stage:
    """Two tenants in which much is set, and every kind of loss is ahead."""
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
    old = {"url": "https://orders.acme.example/old", "api_key": "canary-webhook-of-acme", "timeout": 5, "extra": 1}
    stage.sandbox.set_value("acme", "external_order_webhook", old)
    stage.sandbox.set_value("acme", "external_oms", {"enabled": False})
    stage.sandbox.set_value("acme", "on_hold_timer_duration", 60)
    stage.sandbox.set_value("acme", "big_sales_order", {"soft_limit_for_big_orders": 100}, None)
    stage.tenant("beta", external_order_webhook=WEBHOOK, on_hold_timer_duration=3600, big_sales_order=OLD_LIMIT)
    stage.access("beta", client=True)
    stage.secret("beta", "WEBHOOK_API_KEY", "canary-webhook-of-beta")
    stage.canaries.add("canary-replaced")
    stage.sandbox.set_value("beta", "external_order_webhook", {**WEBHOOK, "api_key": "canary-replaced"})
    stage.sandbox.set_value("beta", "on_hold_timer_duration", 120)
    stage.sandbox.set_value("beta", "big_sales_order", OLD_LIMIT)
    return stage


def undo_of(stage: Stage, report: str = "apply.json", to: str = "back") -> Result:
    """Write the undo of a report."""
    return stage.run("report", report, "--undo", to)


def text(stage: Stage, tenant: str) -> str:
    return (stage.folder / "back" / f"{tenant}.yaml").read_text()


def test_an_applied_undo_brings_back_all_that_it_can_and_names_the_rest(two: Stage):
    """What was set is as it was, secrets that stayed included; every other key is listed with its reason."""
    applied = two.run("apply", "--allow-irreversible", "--report", "apply.json")
    assert applied.exit_code == 0
    assert applied.report["undo"]["beta"] == {"sales_order": {"on_hold_timer_duration": 120}}
    lost = [line.split(": ")[:2] for line in applied.report["not_restorable"]]
    assert [f"{tenant}:{key.removeprefix('sales_order.')}" for tenant, key in lost] == [
        "acme:big_sales_order",
        "acme:cancellation_allowed_from",
        "acme:external_order_webhook",
        "acme:sales_order_generator_sequence",
        "beta:external_order_webhook",
    ]
    made = undo_of(two)
    assert made.exit_code == 0
    assert made.stdout == applied.stdout
    assert [line.split(":")[0] for line in made.stderr.splitlines()] == ["back/acme.yaml", "back/beta.yaml"]
    assert two.run("validate", "--tenants", "back").exit_code == 0

    back = two.run("apply", "--tenants", "back")
    assert back.exit_code == 0, back.stdout
    assert two.live("acme", "on_hold_timer_duration") == 60
    assert two.live("acme", "external_oms") == {"enabled": False}
    assert two.live("acme", "big_sales_order") == {"soft_limit_for_big_orders": 100}
    hook = {"url": "https://orders.acme.example/old", "api_key": "canary-webhook-of-acme", "timeout": 5}
    assert two.live("acme", "external_order_webhook") == hook
    assert two.live("acme", "sales_order_generator_sequence") == SEQUENCE
    assert two.live("beta", "on_hold_timer_duration") == 120
    assert two.live("beta", "external_order_webhook")["api_key"] == "canary-webhook-of-beta"


def test_the_file_says_where_it_comes_from_how_to_use_it_and_what_is_lost(two: Stage):
    """Somebody reads it alone, at night; of the other tenant there is nothing in it, and of a secret its name."""
    applied = two.run("apply", "--allow-irreversible", "--report", "apply.json")
    undo_of(two)
    acme, beta = text(two, "acme"), text(two, "beta")
    assert applied.report["started_at"] in acme
    assert "reconciler plan --tenants back" in acme
    assert "# sales_order.sales_order_generator_sequence: it was unset, and can be set only once" in acme
    assert "api_key: {secret: WEBHOOK_API_KEY}" in acme
    assert "# sales_order.external_order_webhook: the secret at /api_key changed" in beta
    assert "beta" not in acme
    assert "acme" not in beta
    assert all(canary not in acme + beta for canary in two.canaries)


def test_what_is_in_doubt_is_undone_too_and_the_file_says_so(two: Stage):
    """An unknown outcome: if it was written, this brings it back; if it wasn't, this changes nothing."""
    two.sandbox.fault(Fault(FaultKind.STATUS, "beta", "on_hold_timer_duration", method="POST", times=None, status=500))
    applied = two.run("apply", "--tenant", "beta", "--report", "apply.json")
    assert applied.exit_code == 1
    assert undo_of(two).exit_code == 1, "the exit code is that of the report"
    assert "Not known to have been changed" in text(two, "beta")
    assert "on_hold_timer_duration: failed" in text(two, "beta")
    two.sandbox.clear_faults()
    assert two.run("plan", "--tenants", "back").pending() == []


def test_a_value_that_a_file_may_not_say_stands_there_as_a_comment(two: Stage):
    """The file stays valid, and the old value is not lost to the reader."""
    two.sandbox.set_value("acme", "on_hold_timer_duration", -5)
    two.sandbox.set_value("beta", "on_hold_timer_duration", -7)
    two.run("apply", "--allow-irreversible", "--report", "apply.json")
    made = undo_of(two)
    assert made.exit_code == 0
    assert "back/beta.yaml: only as a comment" in made.stderr
    assert two.run("validate", "--tenants", "back").exit_code == 0
    mentions = [line for line in text(two, "beta").splitlines() if "-7" in line]
    assert mentions
    assert all(line.lstrip().startswith("#") for line in mentions)


def test_a_second_undo_into_the_same_folder_overwrites_nothing(two: Stage):
    """Nor does one file hinder it only in part: all are written, or none."""
    two.run("apply", "--allow-irreversible", "--report", "apply.json")
    (two.folder / "back" / "eu").mkdir(parents=True)
    (two.folder / "back" / "eu" / "beta.yml").write_text("sales_order: {}\n")
    refused = undo_of(two)
    assert refused.exit_code == 64
    assert "back/eu/beta.yml" in refused.stderr
    assert not (two.folder / "back" / "acme.yaml").exists()
    (two.folder / "file").write_text("")
    assert "can't be written to file" in undo_of(two, to="file").stderr


def test_a_file_that_can_not_be_written_takes_the_others_back(two: Stage):
    """Half an undo would look like all of it."""
    two.run("apply", "--allow-irreversible", "--report", "apply.json")
    (two.folder / "back").mkdir()
    (two.folder / "back" / "beta.yaml").mkdir()
    refused = undo_of(two)
    assert refused.exit_code == 64
    assert "beta.yaml" in refused.stderr
    assert [path.name for path in (two.folder / "back").iterdir()] == ["beta.yaml"]


def test_a_report_without_an_undo_says_so_and_writes_nothing(two: Stage):
    """Nothing was changed, or nothing of it can be brought back."""
    two.run("apply", "--allow-irreversible")
    assert "undo" not in two.run("apply", "--report", "apply.json").report
    made = undo_of(two)
    assert made.exit_code == 0
    assert "nothing to undo" in made.stderr
    assert not (two.folder / "back").exists()


def test_only_the_report_of_an_apply_can_be_undone(two: Stage):
    """A plan has changed nothing."""
    assert "undo" not in two.plan().report
    refused = undo_of(two, "plan.json")
    assert (refused.exit_code, refused.stdout) == (64, "")
    assert "A report of plan has no undo" in refused.stderr
    assert not (two.folder / "back").exists()


def test_the_undo_of_merged_reports_has_the_files_of_all(two: Stage):
    """Shards of one run become one report, and with it one undo."""
    names = [f"{tenant}.json" for tenant in ("acme", "beta")]
    for number, name in enumerate(names, start=1):
        two.run("apply", "--allow-irreversible", "--tenant", Path(name).stem, "--report", name)
        report = json.loads((two.folder / name).read_text())
        report["selection"] |= {"tenants": [], "shard": f"{number}/2"}
        (two.folder / name).write_text(json.dumps(report))
    made = two.run("report", *names, "--undo", "back")
    assert made.exit_code == 0
    assert "60" in text(two, "acme")
    assert "120" in text(two, "beta")


@pytest.mark.parametrize(
    "undo",
    [
        pytest.param({"../beta": {"sales_order": {"x": 1}}}, id="a path"),
        pytest.param({"_beta": {"sales_order": {"x": 1}}}, id="a profile"),
        pytest.param({"beta": {}}, id="nothing"),
        pytest.param({"beta": {"sales_order": 1}}, id="no keys"),
    ],
)
def test_an_undo_that_was_edited_into_another_form_is_refused(two: Stage, undo: Mapping[str, Any]):
    """Above all a tenant's name that would lead out of the folder."""
    edited(two, undo)
    refused = undo_of(two)
    assert refused.exit_code == 64
    assert "is not as apply writes it" in refused.stderr
    assert not (two.folder / "back").exists()
    assert not (two.folder / "beta.yaml").exists()


def edited(stage: Stage, undo: Mapping[str, Any]) -> None:
    """Leave the report of an apply with another undo."""
    path = stage.folder / "apply.json"
    stage.run("apply", "--allow-irreversible", "--report", "apply.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "undo": undo}))


def test_what_a_hostile_report_says_stays_data(two: Stage):
    """A key that the catalogue doesn't know is named and not written; no text ends a comment or commands a runner."""
    name = "x}\n  evil: [1, {secret"
    hook = {"url": "https://orders.acme.example/", "api_key": {"secret": name}}
    edited(two, {"beta": {"sales_order": {"external_order_webhook": hook, "novel\n::error::": 1}}})
    made = undo_of(two)
    assert made.exit_code == 0
    assert "::error::" not in made.stderr
    assert "only as a comment" in made.stderr
    assert all(line.startswith(("#", "{}  #", "  #")) or not line for line in text(two, "beta").splitlines())
    assert two.run("validate", "--tenants", "back").exit_code == 0


def _shipped() -> Catalogue:
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


CATALOGUE = _shipped()

some = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that examples use one after the other."""
    folder = tmp_path_factory.mktemp("arena")
    with Sandbox(tmp_path_factory.mktemp("arena-state") / "sandbox.db", CATALOGUE, seed=None).running() as running:
        yield Stage(folder, running)


@given(fleet=fleets(CATALOGUE))
@some
def test_the_undo_of_any_fleet_is_valid_and_leads_back_but_for_what_is_listed(
    arena: Stage, fleet: Mapping[str, Tenant]
):
    """Every key that the apply changed is as it was before, or named in not_restorable, or a comment of its file."""
    goes_back(arena, fleet)


@pytest.mark.long
@given(fleet=fleets(CATALOGUE))
@settings(some, max_examples=250, phases=tuple(Phase))
def test_the_undo_of_many_fleets_leads_back(arena: Stage, fleet: Mapping[str, Tenant]):
    """The same, with more patience."""
    goes_back(arena, fleet)


def goes_back(arena: Stage, fleet: Mapping[str, Tenant]) -> None:
    """Plan, apply, undo, plan: the second `before` of a key is its first, where nothing says otherwise."""
    arena.clear()
    shutil.rmtree(arena.folder / "back", ignore_errors=True)
    for tenant, one in fleet.items():
        arena.write(tenant, one.document())
        for name in SECRETS:
            arena.secret(tenant, name, secret_text(tenant, name), HOST)
        for key, held in one.live.items():
            arena.sandbox.set_value(tenant, key, held.value, held.date)
    before = arena.run("plan")
    applied = arena.run("apply", "--allow-irreversible", "--report", "apply.json")
    listed = {tuple(line.split(": ")[:2]) for line in applied.report.get("not_restorable", ())}
    undone = applied.report.get("undo", {})
    changed = {
        (t["tenant"], k["key"]) for t in applied.report["tenants"] for k in t["keys"] if k["outcome"]["attempts"]
    }
    restored = {
        (tenant, f"{group}.{short}")
        for tenant, groups in undone.items()
        for group, keys in groups.items()
        for short in keys
    }
    assert restored | listed == changed
    assert undo_of(arena).exit_code == applied.exit_code
    if not undone:
        return
    assert arena.run("validate", "--tenants", "back").exit_code == 0
    back = arena.run("apply", "--tenants", "back")
    assert back.exit_code == 0, back.stdout
    after = arena.run("plan")
    comments = {tenant: Path(arena.folder, "back", f"{tenant}.yaml").read_text() for tenant in undone}
    for tenant, key in restored:
        if f"\n  {key.split('.')[1]}:" in comments[tenant]:
            assert after.key(tenant, key)["before"] == before.key(tenant, key)["before"]
