"""The derived files: current, the same every time, and saying what the sources say."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from reconciler.catalogue import Catalogue, CatalogueProblem, load
from reconciler.catalogue.derive import derive
from reconciler.catalogue.load import stale, write
from reconciler.catalogue.sources import Sources, read_sources
from reconciler.catalogue.tenantfile import secret_name

FLEET = {
    "extends": ["_retail-default"],
    "sales_order": {
        "external_order_webhook": {
            "url": "https://orders.acme.example/",
            "api_key": {"secret": "WEBHOOK_API_KEY"},
            "timeout": 20,
        },
        "external_oms": {"enabled": True},
        "on_hold_timer_duration": 3600,
        "cancellation_allowed_from": ["store", "dc"],
        "big_sales_order": {"soft_limit_for_big_orders": 300},
        "sales_order_generator_sequence": {"prefix": "NS", "size": 16, "start": 1, "step": 1},
    },
}


def test_the_committed_files_are_current(schemas: Path):
    """`reconciler schemas` writes them."""
    assert stale(schemas) == ()


def test_deriving_gives_the_same_bytes_every_time(schemas: Path):
    """Whatever the folder is called, and however often it is done."""
    sources = read_sources(schemas)
    assert isinstance(sources, Sources)
    files = derive(sources)
    assert files == derive(Sources("elsewhere", sources.openapi, dict(sources.rules)))
    assert not isinstance(files, CatalogueProblem)
    assert list(files) == sorted(files)
    for data in files.values():
        assert data.endswith(b"}\n")
        assert json.loads(data)["x-derived-from"] == sources.digest


def test_every_derived_schema_is_a_json_schema_without_references(schemas: Path):
    """Editors take each file by itself."""
    whole = [schemas / "tenant.schema.json", schemas / "profile.schema.json"]
    for path in [*whole, *(schemas / "keys").glob("*.schema.json")]:
        text = path.read_text()
        Draft202012Validator.check_schema(json.loads(text))
        assert '"$ref"' not in text


def test_writing_brings_a_folder_up_to_date_and_takes_away_files_of_former_keys(tmp_path: Path, schemas: Path):
    """And says which; a second time there is nothing to do."""
    there = Path(shutil.copytree(schemas, tmp_path / "schemas"))
    (there / "tenant.schema.json").write_text("{}")
    (there / "keys" / "gone.schema.json").write_text("{}")
    expected = ("keys/gone.schema.json", "tenant.schema.json")
    assert stale(there, base=there) == expected
    assert write(there, base=there) == expected
    assert stale(there, base=there) == write(there, base=there) == ()
    assert (there / "tenant.schema.json").read_bytes() == (schemas / "tenant.schema.json").read_bytes()
    assert sorted(path.name for path in there.iterdir()) == sorted(path.name for path in schemas.iterdir())


def test_an_extra_folder_gets_its_own_keys_and_a_schema_of_all(
    extra_document: dict[str, Any], folder: Callable[..., Path]
):
    """So that an editor completes both."""
    there = folder(extra_document)
    own = ("keys/index.json", "keys/routing.store_radius.schema.json")
    assert write(there) == (*own, "profile.schema.json", "tenant.schema.json")
    assert stale(there) == ()
    groups = json.loads((there / "tenant.schema.json").read_bytes())["properties"]
    assert list(groups) == ["extends", "sales_order", "routing"]


def test_a_broken_folder_is_neither_stale_nor_written(folder: Callable[..., Path]):
    """It is a problem, with the same findings as loading."""
    there = folder({})
    assert isinstance(stale(there), CatalogueProblem)
    assert isinstance(write(there), CatalogueProblem)
    assert sorted(path.name for path in there.iterdir()) == ["openapi.yaml", "rules"]


def test_the_file_of_the_design_fits_the_tenant_schema(catalogue: Catalogue):
    """All keys, a profile, a reference."""
    assert jsonschema_rs.Draft202012Validator(dict(catalogue.tenant_schema())).is_valid(FLEET)


@pytest.mark.parametrize(
    ("group", "place"),
    [
        pytest.param({"external_oms": None}, "/external_oms", id="null"),
        pytest.param({"nothing": 1}, "", id="unknown-key"),
        pytest.param({"external_oms": {"enabled": True, "x": 1}}, "/external_oms", id="unknown-field"),
        pytest.param(
            {"external_order_webhook": {"url": "https://a", "api_key": "CANARY"}},
            "/external_order_webhook/api_key",
            id="literal-secret",
        ),
        pytest.param(
            # pragma: allowlist nextline secret
            {"external_order_webhook": {"url": "https://a", "api_key": {"secret": "lower"}}},
            "/external_order_webhook/api_key/secret",
            id="secret-name",
        ),
        pytest.param(
            # pragma: allowlist nextline secret
            {"external_order_webhook": {"url": "https://a", "api_key": {"secret": "A\n"}}},
            "/external_order_webhook/api_key/secret",
            id="secret-name-line-feed",
        ),
        pytest.param(
            {"external_order_webhook": {"url": "http://a", "api_key": {"secret": "A"}}},
            "/external_order_webhook/url",
            id="house-rule",
        ),
        pytest.param(
            {"sales_order_generator_sequence": {"prefix": "A"}},
            "/sales_order_generator_sequence",
            id="partial-sequence",
        ),
    ],
)
def test_what_may_not_stand_in_a_file_does_not_fit_the_tenant_schema(catalogue: Catalogue, group: Any, place: str):
    """At the place where the mistake is."""
    validator = jsonschema_rs.Draft202012Validator(dict(catalogue.tenant_schema()))
    misfits = validator.iter_errors({"sales_order": group})
    assert {"/".join(["", *map(str, misfit.instance_path)]) for misfit in misfits} == {f"/sales_order{place}"}


@pytest.mark.parametrize("extends", ["_a", ["a"], ["_a", "_a"], ["_../x"], ["_A"], ["_a\n"], [1]])
def test_extends_takes_names_of_profiles_only(catalogue: Catalogue, extends: Any):
    """A list of them, each once."""
    assert not jsonschema_rs.Draft202012Validator(dict(catalogue.tenant_schema())).is_valid({"extends": extends})


def test_the_file_schema_says_nothing_of_house_rules(catalogue: Catalogue):
    """So that a finding can say whether the spec or a rule speaks."""
    assert "x-rule" not in json.dumps([catalogue.file_schema(key) for key in catalogue.keys])


def test_the_name_of_a_secret_that_nobody_named_is_one_that_files_may_use(catalogue: Catalogue):
    """KEY_FIELD in capitals."""
    (key,) = catalogue.resolve("external_order_webhook")
    name = secret_name(key, ("api_key",))
    assert name == "EXTERNAL_ORDER_WEBHOOK_API_KEY"
    pattern = catalogue.file_schema(key)["properties"]["api_key"]["properties"]["secret"]["pattern"]
    assert re.search(pattern, name)
    assert re.search(pattern, secret_name(key, ("a-b", 0, "ü"))), "odd names of fields are made plain"


def test_the_files_that_are_derived_name_no_place_on_this_machine(schemas: Path):
    """They are committed."""
    for path in schemas.rglob("*.json"):
        assert str(schemas.parent) not in path.read_text()


def test_the_shipped_folder_loads_the_long_way_too(tmp_path: Path, schemas: Path, catalogue: Catalogue):
    """Without any derived file."""
    there = tmp_path / "bare"
    shutil.copytree(schemas, there, ignore=shutil.ignore_patterns("*.json"))
    found = load(base=there)
    assert isinstance(found, Catalogue)
    assert found.keys == catalogue.keys
