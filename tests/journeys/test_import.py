"""`import`: from a tenant that people configured by hand to a file that changes nothing."""

from typing import Any

import pytest

from reconciler.sandbox import Fault, FaultKind
from tests.cli.calling import reconciler, surroundings
from tests.journeys.stage import SEQUENCE, WEBHOOK, Stage

PLACE = "https://orders.acme.example"


@pytest.fixture
def live(stage: Stage) -> Stage:
    """Two tenants that have values and no files."""
    for tenant in ("acme", "beta"):
        stage.access(tenant)
        stage.sandbox.set_value(tenant, "on_hold_timer_duration", 60)
        stage.sandbox.set_value(tenant, "sales_order_generator_sequence", SEQUENCE)
        stage.sandbox.set_value(
            tenant, "external_order_webhook", {**WEBHOOK, "api_key": f"canary-of-{tenant}", "more": True}
        )
    stage.secret("acme", "OTHER", "canary-other", PLACE)
    stage.secret("acme", "HOOK_OF_ACME", "canary-of-acme", PLACE)
    stage.canaries.add("canary-of")
    return stage


def text(stage: Stage, tenant: str) -> str:
    return (stage.folder / "tenants" / f"{tenant}.yaml").read_text()


def test_what_is_set_is_declared_and_a_plan_right_after_changes_nothing(live: Stage):
    """For two tenants at once; the file is valid, and holds no more than is set."""
    ended = live.run("import", "acme", "beta")
    assert (ended.exit_code, ended.results()) == (0, {"acme": "applied", "beta": "applied"})
    assert live.run("validate").exit_code == 0
    planned = live.run("plan", "--detailed-exitcode")
    assert planned.exit_code == 0
    assert planned.actions("acme").keys() == {
        "external_order_webhook",
        "on_hold_timer_duration",
        "sales_order_generator_sequence",
    }
    assert live.posted() == []
    assert "big_sales_order" in text(live, "acme"), "what is not set is mentioned in a comment"


def test_a_secret_becomes_a_reference_named_after_the_entry_with_its_value(live: Stage):
    """Else after key and field; what the credentials lack is said, and its text stands nowhere."""
    ended = live.run("import", "acme", "beta")
    assert "secret: HOOK_OF_ACME" in text(live, "acme")
    assert "secret: EXTERNAL_ORDER_WEBHOOK_API_KEY" in text(live, "beta")
    for tenant in ("acme", "beta"):
        assert "canary" not in text(live, tenant)
    said = [warning for warning in ended.report["warnings"] if "EXTERNAL_ORDER_WEBHOOK_API_KEY" in warning]
    assert len(said) == 1
    assert said[0].startswith("beta:")
    assert "for: https://orders.acme.example/}" in said[0], "what the entry must be bound to is in the live value"


def test_a_secret_of_that_name_with_another_text_is_said_to_be_another(live: Stage):
    """The name is taken in beta's credentials: a plan after this import would send what stands there."""
    live.secret("beta", "EXTERNAL_ORDER_WEBHOOK_API_KEY", "canary-another", PLACE)
    ended = live.run("import", "beta")
    assert any("is not what is live" in warning for warning in ended.report["warnings"])
    assert live.run("plan").pending() == ["beta:sales_order.external_order_webhook"]


def test_what_a_file_may_not_say_stands_there_as_a_comment(live: Stage):
    """A sequence with fields missing was accepted once; declared like this it would be a problem."""
    live.sandbox.set_value("acme", "sales_order_generator_sequence", {"prefix": "AC"})
    live.sandbox.set_value("acme", "on_hold_timer_duration", -5)
    ended = live.run("import", "acme", "beta")
    assert ended.exit_code == 0
    lines = text(live, "acme").splitlines()
    mentions = [line for line in lines if "prefix" in line or "-5" in line]
    assert mentions
    assert all(line.lstrip().startswith("#") for line in mentions)
    assert ".." not in text(live, "acme").replace("schema=../", ""), "each sentence ends once"
    assert any("sales_order_generator_sequence" in warning for warning in ended.report["warnings"])
    planned = live.run("plan", "--detailed-exitcode")
    assert planned.exit_code == 0
    assert "sales_order_generator_sequence" not in planned.actions("acme")


def test_defaults_and_what_can_not_be_told_are_not_declared(live: Stage):
    """Declaring the platform's default would freeze what nobody chose."""
    live.sandbox.set_value("acme", "big_sales_order", {"soft_limit_for_big_orders": 100}, None)
    live.sandbox.set_value("acme", "sales_order_generator_sequence", SEQUENCE, None)
    live.sandbox.fault(Fault(FaultKind.STATUS, "acme", "external_oms", times=None, status=404))
    assert live.run("import", "acme").exit_code == 0
    planned = live.run("plan")
    assert planned.exit_code == 0
    assert planned.actions("acme").keys() == {"external_order_webhook", "on_hold_timer_duration"}


def test_a_tenant_of_which_no_key_is_known_gets_no_file(live: Stage):
    """A wrong origin answers 404 to everything; an empty file would pass for a tenant with nothing set."""
    live.sandbox.fault(Fault(FaultKind.STATUS, "acme", times=None, status=404))
    ended = live.run("import", "acme", "beta")
    assert (ended.exit_code, ended.results()) == (1, {"acme": "failed", "beta": "applied"})
    (problem,) = ended.tenant("acme")["problems"]
    assert problem["rule"] == "import/unreadable"
    assert "404 Not Found" in problem["message"]
    assert not (live.folder / "tenants" / "acme.yaml").exists()


def test_a_file_that_is_there_is_overwritten_only_when_asked(live: Stage):
    """Alone, it makes a wrong call before anything is read; with --force it is replaced where it lies."""
    live.write("eu/acme", {"sales_order": {"on_hold_timer_duration": 1}})
    before = text(live, "eu/acme")
    live.forget_log()
    ended = live.run("import", "acme", "acme")
    assert ended.exit_code == 64
    assert "eu/acme.yaml" in ended.stderr
    assert text(live, "eu/acme") == before
    assert live.log() == []
    assert live.run("import", "beta", "acme", "--force").exit_code == 0
    assert "60" in text(live, "eu/acme")
    assert not (live.folder / "tenants" / "acme.yaml").exists()


def test_the_tenants_without_a_file_go_on_and_each_refusal_is_told(live: Stage):
    """Exit 1; what was there stays byte for byte, and nobody reads the values of a tenant that is left alone."""
    for tenant in ("eu/acme", "gamma"):
        live.write(tenant, {"sales_order": {"on_hold_timer_duration": 1}})
    before = text(live, "eu/acme")
    live.forget_log()
    ended = live.run("import", "gamma", "beta", "acme")
    assert (ended.exit_code, ended.results()) == (1, {"acme": "failed", "beta": "applied", "gamma": "failed"})
    for tenant in ("acme", "gamma"):
        (problem,) = ended.tenant(tenant)["problems"]
        assert (problem["rule"], "--force" in problem["hint"]) == ("import/file-exists", True)
    assert text(live, "eu/acme") == before
    assert {entry.tenant for entry in live.log()} == {"beta"}


def test_a_glob_means_the_tenants_of_the_credentials_that_have_no_file(live: Stage):
    """So it can be said again when a tenant has joined; --force means all of them."""
    for _ in range(2):
        ended = live.run("import", "*")
        assert ended.exit_code == 0
    assert ended.results() == {}
    assert "Left as they are, as they have a file already: acme, beta." in ended.report["warnings"][0]
    (live.folder / "tenants" / "acme.yaml").unlink()
    assert live.run("import", "[a-b]*").results() == {"acme": "applied"}
    assert live.run("import", "b*", "--force").results() == {"beta": "applied"}


def test_a_glob_that_means_nobody_is_a_wrong_call_and_shows_names_alone(live: Stage):
    """Nothing is written, not even for a glob beside it that fits."""
    ended = live.run("import", "*", "acm?e*")
    assert ended.exit_code == 64
    assert "acm?e*" in ended.stderr
    assert "there is: beta" in ended.stderr
    assert list((live.folder / "tenants").iterdir()) == []


def test_a_glob_reads_the_credentials_once(live: Stage):
    """The command that prints them may ask a person for a PIN."""
    script = live.folder / "print-credentials"
    script.write_text("#!/bin/sh\necho x >> calls\ncat credentials.yaml\n")
    script.chmod(0o755)
    settings = live.folder / "reconciler"
    settings.mkdir()
    (settings / "settings.toml").write_text(f'credentials_command = ["{script}"]\n')
    environment = surroundings(live.folder, XDG_CONFIG_HOME=str(live.folder))
    done = reconciler("import", "*", cwd=live.folder, env=environment)
    assert done.returncode == 0, done.stderr
    assert (live.folder / "calls").read_text() == "x\n"


def test_a_file_that_can_not_be_replaced_is_left_alone_even_with_force(live: Stage):
    """Two files claim the tenant; to write one of them would not mend it."""
    for folder in ("eu", "us"):
        live.write(f"{folder}/acme", {"sales_order": {"on_hold_timer_duration": 1}})
    ended = live.run("import", "acme", "beta", "--force")
    assert (ended.exit_code, ended.results()) == (1, {"acme": "failed", "beta": "applied"})
    assert ended.tenant("acme")["problems"][0]["rule"] == "file/same-name"
    assert live.run("import", "acme", "--force").exit_code == 64


def test_a_file_that_is_replaced_goes_on_to_extend_its_profiles(live: Stage):
    """To take over what an operator changed must not tear a fleet apart: only what differs stands in the file."""
    live.sandbox.set_value("acme", "external_oms", {"enabled": False})
    live.write("_one", {"sales_order": {"on_hold_timer_duration": 1, "external_oms": {"enabled": True}}})
    live.write("_two", {"sales_order": {"external_oms": {"enabled": False}}})
    live.write("acme", {"extends": ["_one", "_two"]})
    ended = live.run("import", "acme", "--force")
    assert ended.exit_code == 0
    assert "\nextends: [_one, _two]\n" in text(live, "acme")
    assert "  on_hold_timer_duration: 60 " in text(live, "acme"), "the profile says something else"
    assert "enabled" not in text(live, "acme"), "the later profile says the same"
    planned = live.run("plan", "--tenant", "acme", "--detailed-exitcode")
    assert (planned.exit_code, len(planned.actions("acme"))) == (0, 4)


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param({"sales_order": {"external_oms": {"enabled": False}}}, id="declares-what-is-not-set"),
        pytest.param({"sales_order": {"on_hold_timer_duration": "soon"}}, id="has-a-problem"),
    ],
)
def test_a_profile_that_says_more_than_is_live_is_extended_no_longer(live: Stage, profile: dict[str, Any]):
    """Or the next apply would write what nobody set. It is said aloud."""
    live.write("_one", profile)
    live.write("acme", {"extends": ["_one"]})
    ended = live.run("import", "acme", "--force")
    assert ended.exit_code == 0
    assert any("acme: no longer extends _one" in said for said in ended.report["warnings"])
    (live.folder / "tenants" / "_one.yaml").unlink()
    assert live.run("plan", "--tenant", "acme", "--detailed-exitcode").exit_code == 0


def test_what_the_catalogue_knows_stands_beside_the_values(live: Stage):
    """Meaning above, unit and default beside; what a write would drop, and the schema for an editor."""
    live.sandbox.set_value("acme", "big_sales_order", {"soft_limit_for_big_orders": 100}, None)
    live.run("import", "acme")
    written = text(live, "acme")
    assert written.startswith("# yaml-language-server: $schema=../schemas/tenant.schema.json\n")
    assert "on_hold_timer_duration: 60  # in seconds\n" in written
    assert "  # Grace period of orders. How long an order stays on hold" in written
    assert "default 15" in written
    assert "can be set once" in written
    assert "# sales_order.big_sales_order (Large orders): never set; the platform's default holds" in written
    assert written.endswith("would drop these.\n# sales_order.external_order_webhook/more\n")


def test_a_tenant_that_can_not_be_read_gets_no_file_and_the_other_does(live: Stage):
    """Half of the truth would look like all of it."""
    live.sandbox.fault(Fault(FaultKind.STATUS, "acme", "big_sales_order", times=None))
    ended = live.run("import", "acme", "beta")
    assert (ended.exit_code, ended.results()) == (1, {"acme": "failed", "beta": "applied"})
    assert not (live.folder / "tenants" / "acme.yaml").exists()
    assert (live.folder / "tenants" / "beta.yaml").exists()
    assert "big_sales_order" in ended.tenant("acme")["problems"][0]["message"]


def test_a_tenant_of_the_sandbox_is_imported_like_any_other(live: Stage):
    """`--sandbox` works for import too, which is how the sample fleet could have been written."""
    (live.folder / "reconciler.toml").unlink()
    ended = live.run("import", "northwind*", "acme-staging", "--sandbox")
    assert (ended.exit_code, list(ended.results())) == (0, ["acme-staging", "northwind", "northwind-staging"])
    planned = live.run("plan", "--sandbox", "--detailed-exitcode")
    assert (planned.exit_code, planned.pending()) == (0, [])


@pytest.mark.parametrize("value", ["no", "0755", "a: b", "#", "'", '"', "\\", "~", "null", "1e3", " x ", "é\u2028"])
def test_awkward_texts_survive_the_way_into_yaml_and_back(live: Stage, value: str):
    """Whatever is live, the file says exactly that."""
    for tenant in ("acme", "beta"):
        live.sandbox.set_value(tenant, "sales_order_generator_sequence", {**SEQUENCE, "prefix": value})
    assert live.run("import", "acme", "beta").exit_code == 0
    planned = live.run("plan", "--detailed-exitcode")
    assert (planned.exit_code, planned.pending()) == (0, [])
    assert planned.key("acme", "sales_order_generator_sequence")["after"]["prefix"] == value
