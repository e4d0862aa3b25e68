"""New keys in another group, described in a folder of schemas and nowhere else, taken all the way."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Sandbox
from tests.journeys.stage import Stage

CARRIER: dict[str, Any] = {
    "type": "object",
    "title": "Carrier",
    "description": "Who is asked for a route.",
    "required": ["endpoint", "password"],
    "properties": {
        "endpoint": {"type": "string", "minLength": 1, "title": "Endpoint", "description": "Where to ask."},
        "password": {
            "type": "string",
            "minLength": 1,
            "title": "Password",
            "description": "What to show.",
            "x-sensitive": True,
            "x-sent-to": "/endpoint",
        },
        "countries": {
            "type": "array",
            "title": "Countries",
            "description": "Where it drives.",
            "default": [],
            "x-list-type": "set",
            "items": {"type": "string", "title": "Country", "description": "Its code."},
        },
    },
}
NUMBERING: dict[str, Any] = {
    "type": "object",
    "title": "Numbering of routes",
    "description": "How routes are numbered, once and for ever.",
    "required": ["first"],
    "properties": {"first": {"type": "integer", "minimum": 1, "title": "First", "description": "The first number."}},
    "x-write-once": True,
}
EXAMPLES = {
    "carrier": {"endpoint": "https://a.example", "password": "P", "countries": ["CH"]},
    "numbering": {"first": 1},
}
WANTED = {"endpoint": "https://route.example/", "password": {"secret": "ROUTE"}, "countries": ["CH", "AT"]}


def _operations(value: dict[str, Any], example: Any) -> dict[str, Any]:
    statuses = {"200": {"description": "yes"}, "500": {"description": "no"}, "default": {"description": "else"}}
    schema = {"type": "object", "required": ["value"], "properties": {"value": value}}
    body = {"content": {"application/json": {"schema": schema, "example": {"value": example}}}}
    return deepcopy({"get": {"responses": statuses}, "post": {"requestBody": body, "responses": statuses}})


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """The folder of the new keys, as a user would write it: a document, and a house rule."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Routing", "version": "1"},
        "servers": [{"url": "https://{tenant}.p.newstore.net/v0", "variables": {"tenant": {"default": "acme"}}}],
        "paths": {
            f"/config/routing/{name}": _operations(value, EXAMPLES[name])
            for name, value in (("carrier", CARRIER), ("numbering", NUMBERING))
        },
    }
    folder = tmp_path / "schemas"
    (folder / "rules").mkdir(parents=True)
    (folder / "openapi.yaml").write_text(json.dumps(document))
    rule = {
        "id": "endpoint-https",
        "severity": "error",
        "reason": "The password travels with it.",
        "hint": "Write https://.",
        "schema": {"properties": {"endpoint": {"pattern": "^https://"}}},
    }
    (folder / "rules" / "routing.carrier.yaml").write_text(json.dumps([rule]))
    return folder


@pytest.fixture
def sandbox(tmp_path: Path, schemas: Path) -> Iterator[Any]:
    """A server that knows the new keys."""
    catalogue = load(schemas)
    assert isinstance(catalogue, Catalogue), str(catalogue)
    with Sandbox(tmp_path / "own.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def fleet(stage: Stage) -> Stage:
    """Two tenants that declare the new keys, one of them beside an old one."""
    stage.settings(extra='schemas = "schemas"')
    stage.canaries.add("canary")
    for tenant in ("acme", "beta"):
        document: dict[str, Any] = {"routing": {"carrier": WANTED, "numbering": {"first": 7}}}
        if tenant == "beta":
            document["sales_order"] = {"on_hold_timer_duration": 60}
        stage.write(tenant, document)
        stage.secret(tenant, "ROUTE", f"canary-route-of-{tenant}", "https://route.example")
    return stage


def test_schemas_are_derived_and_checked_with_the_new_keys(fleet: Stage, schemas: Path):
    """Stale until derived; then the editor's schema of a tenant's file knows both groups."""
    stale = fleet.run("schemas", "--check")
    assert stale.exit_code == 1
    assert "tenant.schema.json" in stale.stdout
    assert fleet.run("schemas").exit_code == 0
    assert fleet.run("schemas", "--check").exit_code == 0
    assert (schemas / "keys" / "routing.carrier.schema.json").is_file()
    properties = json.loads((schemas / "tenant.schema.json").read_text())["properties"]
    assert {"routing", "sales_order"} <= properties.keys()
    (schemas / "keys" / "routing.carrier.schema.json").write_text("{}")
    assert fleet.run("schemas", "--check").exit_code == 1


def test_a_new_key_is_explained(fleet: Stage):
    """In full and by a glob, with its marks."""
    told = fleet.run("explain", "carrier")
    assert told.exit_code == 0
    for word in ("routing", "Who is asked for a route.", "password", "secret", "The password travels with it."):
        assert word in " ".join(told.stdout.split())
    assert "once" in fleet.run("explain", "routing.n*").stdout
    assert "numbering: Numbering of routes" in fleet.run("explain").stdout


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"password": "canary-literal"}, "rule/secret-reference", id="literal-secret"),
        pytest.param({"endpoint": "http://route.example/"}, "rule/endpoint-https", id="house-rule"),
        pytest.param({"countries": "CH"}, "spec/type", id="type"),
        pytest.param({"county": 1}, "spec/", id="unknown-field"),
    ],
)
def test_a_new_key_is_validated(fleet: Stage, change: dict[str, Any], rule: str):
    """By the spec, by the house rule, and as strictly as the old ones."""
    assert fleet.run("validate").exit_code == 0
    fleet.write("acme", {"routing": {"carrier": {**WANTED, **change}}})
    ended = fleet.run("validate")
    assert ended.exit_code == 1
    assert ended.tenant("acme")["problems"][0]["rule"].startswith(rule)


def test_a_new_write_once_key_in_a_profile_is_refused(fleet: Stage):
    """The mark does that, not the name."""
    fleet.write("_base", {"routing": {"numbering": {"first": 1}}})
    fleet.write("acme", {"extends": ["_base"]})
    assert fleet.run("validate").exit_code == 1


def test_new_keys_are_planned_applied_and_then_in_sync(fleet: Stage):
    """Secret, set, default and write-once work as in the old group; two tenants, one engine."""
    fleet.sandbox.set_value("beta", "numbering", {"first": 8})
    planned = fleet.plan()
    assert planned.actions("acme") == {"carrier": "create", "numbering": "create"}
    assert planned.actions("beta") == {"carrier": "create", "numbering": "blocked", "on_hold_timer_duration": "create"}
    assert planned.key("acme", "carrier")["after"]["password"] == {"secret": "ROUTE"}
    assert planned.key("acme", "numbering")["irreversible"] is True
    ended = fleet.run("apply", "--plan", "plan.json")
    assert (ended.exit_code, ended.results()) == (3, {"acme": "applied", "beta": "blocked"})
    assert fleet.posted("acme") == ["acme:carrier", "acme:numbering"]
    assert not fleet.log("beta", "numbering", "POST")
    assert fleet.live("acme", "carrier") == {**WANTED, "password": "canary-route-of-acme", "countries": ["AT", "CH"]}
    fleet.sandbox.set_value("acme", "carrier", {**fleet.live("acme", "carrier"), "countries": ["CH", "AT"]})
    again = fleet.run("plan")
    assert again.pending() == []
    assert again.key("acme", "carrier")["reason"] == "in-sync"


def test_the_mark_x_sent_to_binds_a_new_secret(fleet: Stage):
    """The password would go to another host than it is for: its tenant is refused."""
    fleet.secret("acme", "ROUTE", "canary-route-of-acme", "https://evil.example")
    ended = fleet.run("apply", "--allow-irreversible")
    assert (ended.exit_code, ended.results()) == (3, {"acme": "refused", "beta": "applied"})
    assert ended.refusals() == {("secret-origin", "acme", "routing.carrier")}


def test_new_keys_are_imported(fleet: Stage):
    """With the secret as a reference."""
    for tenant in ("acme", "beta"):
        fleet.sandbox.set_value(
            tenant, "carrier", {"endpoint": "https://route.example/", "password": f"canary-route-of-{tenant}"}
        )
    assert fleet.run("import", "acme", "beta", "--force").exit_code == 0
    assert "secret: ROUTE" in (fleet.folder / "tenants" / "beta.yaml").read_text()
    planned = fleet.run("plan", "--detailed-exitcode")
    assert (planned.exit_code, planned.actions("acme")) == (0, {"carrier": "no-op"})


def test_the_embedded_sandbox_knows_the_new_keys(fleet: Stage):
    """`--sandbox` takes the settings' schemas, and `sandbox set` and `show` do too."""
    (fleet.folder / "reconciler.toml").write_text('schemas = "schemas"\n')
    assert fleet.run("sandbox", "set", "beta", "numbering", '{"first": 8}').exit_code == 0
    planned = fleet.run("plan", "--sandbox")
    assert planned.actions("acme") == {"carrier": "create", "numbering": "create"}
    assert planned.actions("beta")["numbering"] == "blocked"
    ended = fleet.run("apply", "--sandbox", "--allow-irreversible")
    assert ended.exit_code == 3
    assert fleet.run("plan", "--sandbox").pending() == []
    shown = fleet.run("sandbox", "show", "--tenant", "acme")
    assert '"first": 7' in shown.stdout
    assert "sandbox-acme-ROUTE" not in shown.stdout


def test_an_extra_folder_can_not_replace_a_known_key(fleet: Stage, schemas: Path):
    """Or write-once could be talked away in a pull request: a wrong setting, before any request."""
    document = json.loads((schemas / "openapi.yaml").read_text())
    document["paths"]["/config/sales_order/sales_order_generator_sequence"] = _operations(
        {**NUMBERING, "x-write-once": False}, {"first": 1}
    )
    (schemas / "openapi.yaml").write_text(json.dumps(document))
    ended = fleet.run("plan")
    assert ended.exit_code == 64
    assert "sales_order_generator_sequence" in ended.stderr
    assert fleet.log() == []


def test_the_page_says_what_a_new_key_means(fleet: Stage):
    """Also when it is rendered again from JSON, which holds no meanings; without its folder, the page has none."""
    assert fleet.run("plan", "--report", "plan.json", "--report", "plan.html").exit_code == 0
    assert "Numbering of routes" in (fleet.folder / "plan.html").read_text()
    fleet.run("report", "plan.json", "--report", "again.html")
    assert (fleet.folder / "again.html").read_text() == (fleet.folder / "plan.html").read_text()
    fleet.settings(extra='schemas = "gone"')
    fleet.run("report", "plan.json", "--report", "without.html")
    without = (fleet.folder / "without.html").read_text()
    assert "Numbering of routes" not in without
    assert "Grace period of orders" in without, "of the shipped catalogue at least"
