"""`import --profile`: what the tenants share stands once, and every file still says exactly what is live."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue, load
from reconciler.journeys.filing import put
from reconciler.sandbox import Sandbox
from tests.journeys.generated import DATE, HOST, SECRETS, alike, declarable, secret_text
from tests.journeys.stage import SEQUENCE, Stage


def _shipped() -> Catalogue:
    loaded = load()
    assert isinstance(loaded, Catalogue), str(loaded)
    return loaded


CATALOGUE = _shipped()


@pytest.fixture
def three(stage: Stage) -> Stage:
    """Three tenants without files that have two values in common, each a sequence, and one a value of its own."""
    for tenant in ("acme", "beta", "gamma"):
        stage.access(tenant)
        stage.sandbox.set_value(tenant, "on_hold_timer_duration", 60 if tenant != "gamma" else 61)
        stage.sandbox.set_value(tenant, "external_oms", {"enabled": False})
        stage.sandbox.set_value(tenant, "sales_order_generator_sequence", SEQUENCE)
    return stage


def text(stage: Stage, name: str) -> str:
    return (stage.folder / "tenants" / f"{name}.yaml").read_text()


def test_shared_keys_stand_in_the_profile_and_what_can_be_set_once_does_not(three: Stage):
    """The one that differs says its own; nobody says twice what the profile says."""
    ended = three.run("import", "*", "--profile")
    assert ended.exit_code == 0
    assert text(three, "_shared").startswith("# yaml-language-server: $schema=../schemas/profile.schema.json\n")
    assert "on_hold_timer_duration: 60 " in text(three, "_shared")
    assert "enabled: false" in text(three, "_shared")
    assert "sequence" not in text(three, "_shared")
    for tenant in ("acme", "beta", "gamma"):
        assert "extends: [_shared]\n" in text(three, tenant)
        assert "sales_order_generator_sequence:" in text(three, tenant)
        assert "enabled" not in text(three, tenant)
        assert ("on_hold_timer_duration:" in text(three, tenant)) == (tenant == "gamma")
    assert "Keys that 3 tenants share, in tenants/_shared.yaml: 2." in ended.report["warnings"]
    assert three.run("validate").exit_code == 0
    planned = three.run("plan", "--detailed-exitcode")
    assert (planned.exit_code, len(planned.actions("acme"))) == (0, 3)


def test_a_profile_that_is_there_is_not_overwritten_and_nothing_else_is_written(three: Stage):
    """Unless asked; and not even then while tenants that stay as they are extend it."""
    three.write("_shared", {"sales_order": {"on_hold_timer_duration": 1}})
    ended = three.run("import", "*", "--profile")
    assert ended.exit_code == 64
    assert "tenants/_shared.yaml is there already" in ended.stderr
    three.write("other", {"extends": ["_shared"]})
    ended = three.run("import", "acme", "beta", "gamma", "--profile", "--force")
    assert ended.exit_code == 64
    assert "other" in ended.stderr
    assert three.log() == []
    assert sorted(path.name for path in (three.folder / "tenants").iterdir()) == ["_shared.yaml", "other.yaml"]
    assert three.run("import", "acme", "beta", "gamma", "--profile-name", "_eu").exit_code == 0
    assert "extends: [_eu]" in text(three, "acme")
    (three.folder / "tenants" / "other.yaml").unlink()
    assert three.run("import", "acme", "beta", "gamma", "--profile", "--force").exit_code == 0
    assert "extends: [_shared]" in text(three, "acme")
    assert three.run("plan", "--detailed-exitcode").exit_code == 0


def test_tenants_that_share_nothing_get_no_profile(three: Stage):
    """That is said, and is nothing wrong."""
    ended = three.run("import", "acme", "--profile")
    assert ended.exit_code == 0
    assert any(said.startswith("No profile was written") for said in ended.report["warnings"])
    assert not (three.folder / "tenants" / "_shared.yaml").exists()


@pytest.mark.parametrize("name", ["shared", "_", "_UPPER", "eu/_x", "../_x", "_x.yaml"])
def test_a_name_that_no_profile_can_have_is_a_wrong_call(three: Stage, name: str):
    """Before anything is read."""
    ended = three.run("import", "acme", "--profile-name", name)
    assert ended.exit_code == 64
    assert "_retail-default" in ended.stderr
    assert three.log() == []


def test_a_profile_that_can_not_be_written_leaves_no_tenant_that_extends_it(three: Stage, monkeypatch: Any):
    """A file with a profile that isn't there would stop every run."""

    def failing(path: Path, data: bytes, *, replace: bool) -> str:
        return "no space left on device" if path.stem == "_shared" else put(path, data, replace=replace)

    monkeypatch.setattr("reconciler.journeys.importing.put", failing)
    ended = three.run("import", "*", "--profile")
    assert ended.exit_code == 1
    assert set(ended.results().values()) == {"failed"}
    assert [problem["file"] for problem in ended.report["problems"]] == ["tenants/_shared.yaml"]
    assert list((three.folder / "tenants").iterdir()) == []


def test_of_many_tenants_one_line_tells_and_then_what_is_left_to_do(stage: Stage):
    """A hundred lines that all went well would hide the one that asks for something."""
    tenants = [f"brand-{number}" for number in range(21)]
    for tenant in tenants:
        stage.access(tenant)
        stage.sandbox.set_value(tenant, "on_hold_timer_duration", 60)
    stage.sandbox.set_value("brand-7", "external_oms", {"enabled": "perhaps"}, DATE)
    stage.sandbox.set_value("brand-9", "sales_order_generator_sequence", {"prefix": "AC"})
    ended = stage.run("import", "*", "--profile")
    assert (ended.exit_code, ended.results()["brand-7"]) == (1, "failed")
    assert "brand-0: keys declared in tenants/brand-0.yaml: 0, and 1 of _shared." in ended.report["warnings"]
    stage.sandbox.unset("brand-7", "external_oms")
    ended = stage.run("import", "*", "--force")
    assert ended.report["warnings"] == [
        "Keys declared in the files of 21 tenants: 1, and 20 through profiles.",
        "brand-9: only as a comment, as a file may not say it: sales_order.sales_order_generator_sequence.",
    ]


@st.composite
def lives(draw: st.DrawFn) -> Mapping[str, Mapping[str, Any]]:
    """What is live in up to four tenants that were set up alike: often the same, in one form or another."""
    usual = {key.name: draw(declarable(CATALOGUE, key)) for key in CATALOGUE.keys}
    made: dict[str, dict[str, Any]] = {}
    for tenant in ("one", "two", "three", "four")[: draw(st.integers(2, 4))]:
        made[tenant] = {}
        for key in CATALOGUE.keys:
            kind = draw(st.sampled_from(["usual", "usual", "usual", "another", "unset"]))
            if kind != "unset":
                value = usual[key.name] if kind == "usual" else draw(declarable(CATALOGUE, key))
                made[tenant][key.name] = alike(draw, value, key.schema, tenant)
    return made


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage that examples use one after the other."""
    with Sandbox(tmp_path_factory.mktemp("state") / "sandbox.db", CATALOGUE, seed=None).running() as running:
        yield Stage(tmp_path_factory.mktemp("arena"), running)


@given(fleet=lives())
@settings(
    max_examples=20,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
def test_a_plan_right_after_an_import_with_a_profile_changes_nothing(arena: Stage, fleet: Mapping[str, Any]):
    """And looks at exactly the keys that are set: none is lost, none is added, and no secret is written down."""
    arena.clear()
    for tenant, keys in fleet.items():
        arena.access(tenant)
        for name in SECRETS:
            arena.secret(tenant, name, secret_text(tenant, name), HOST)
        for key, value in keys.items():
            arena.sandbox.set_value(tenant, key, value, DATE)
    assert arena.run("import", *fleet, "--profile").exit_code == 0
    assert arena.run("validate").exit_code == 0
    planned = arena.run("plan", "--detailed-exitcode")
    assert planned.exit_code == 0, planned.stdout
    assert {one["tenant"]: {key["key"] for key in one["keys"]} for one in planned.report["tenants"]} == {
        tenant: set(keys) for tenant, keys in fleet.items()
    }
    assert arena.posted() == []
    assert not any("canary" in path.read_text() for path in (arena.folder / "tenants").iterdir())
