"""The shipped tenants/ and the shipped seed are two sides of one fleet, which shows every kind of result."""

from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from reconciler.catalogue import Catalogue
from reconciler.model.key import Key, Schema
from reconciler.model.normal import compare, normalise, references, unknown_fields
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret, SecretRef
from reconciler.sandbox import SHIPPED, FaultKind, RunningSandbox, Sandbox, Stored, secret_text
from reconciler.strictyaml import parse

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "tenants").rglob("*.yaml"))
TENANTS = [path for path in FILES if not path.name.startswith("_")]


def read(path: Path):
    """Return a sample file as plain data; it must be strict YAML."""
    document = parse(path.read_bytes(), file=path.name)
    assert document.problems == ()
    return document.value


def declared(path: Path):
    """Return what a sample declares, profiles first: full names to values as written."""
    document = read(path)
    merged = {}
    for source in [*[read(ROOT / "tenants" / f"{name}.yaml") for name in document.get("extends", [])], document]:
        for group, keys in source.items():
            if group != "extends":
                merged.update({f"{group}.{short}": value for short, value in keys.items()})
    return merged


def desired(value: Any, schema: Schema):
    """Return the normal form, with references where the file has `{secret: NAME}`."""
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        value = {
            name: SecretRef(member["secret"]) if fields.get(name, {}).get("x-sensitive") else member
            for name, member in value.items()
        }
    return normalise(value, schema)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue):
    """The shipped seed, running."""
    db = tmp_path_factory.mktemp("fleet") / "sandbox.db"
    with Sandbox(db, catalogue).running() as running:
        yield running


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_is_a_lesson_a_tenant_can_copy(path: Path, catalogue: Catalogue):
    """Strict YAML, a modeline that leads to the schema from where the file lies, comments, `.example` hosts."""
    text = path.read_text(encoding="utf-8")
    modeline, comment = text.splitlines()[:2]
    assert modeline.startswith("# yaml-language-server: $schema=")
    target = (path.parent / modeline.partition("=")[2]).resolve()
    kind = "profile" if path.name.startswith("_") else "tenant"
    assert target == ROOT / "schemas" / f"{kind}.schema.json"
    assert comment.startswith("# ")
    for word in text.replace("'", " ").split():
        if word.startswith("https:"):
            assert (urlsplit(word).hostname or "").endswith(".example")
    assert set(declared(path)) <= {key.name for key in catalogue.keys}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_fits_the_spec_and_every_house_rule(path: Path, catalogue: Catalogue):
    """Warnings included: nobody learns from a sample that is grumbled at."""
    for name, value in declared(path).items():
        key = catalogue.get(name)
        assert key is not None
        assert catalogue.matches(catalogue.file_schema(key), value), f"{path.name}: {name}"
        assert [rule.id for rule in key.rules if not catalogue.matches(rule.schema, value)] == []


def test_the_samples_show_profiles_folders_and_secrets():
    """What a newcomer looks for is there."""
    assert len(TENANTS) >= 8
    assert len({path.stem for path in TENANTS}) == len(TENANTS)
    assert (ROOT / "tenants" / "_retail-default.yaml") in FILES
    assert any(path.parent.name == "eu" for path in TENANTS)
    assert any("extends" in read(path) for path in TENANTS)


def test_the_seed_knows_exactly_the_sample_tenants():
    """A tenant without a live side, or a live side without a tenant, teaches nothing."""
    assert set(read(SHIPPED)["tenants"]) == {path.stem for path in TENANTS}


def test_the_fleet_shows_every_kind_of_result(fleet: RunningSandbox, catalogue: Catalogue):
    """Counted from what is declared and what is live, without the planner: this is the planner's fixture."""
    kinds: Counter[str] = Counter()
    for path in TENANTS:
        for name, value in declared(path).items():
            kinds.update(kinds_of(fleet, catalogue, path.stem, name, value))
    wanted = {"in-sync", "unset", "unset-write-once", "differs", "default-differs", "write-once-set", "masked"}
    wanted |= {"write-once-differs", "ambiguous", "unknown-key", "wrong-shape", "drops", "secret-differs"}
    assert wanted <= set(kinds)


def kinds_of(fleet: RunningSandbox, catalogue: Catalogue, tenant: str, name: str, value: Any):
    """Yield the kinds of result that one declared key should give."""
    key = fleet.key(name)
    told = [fault for fault in fleet.faults() if fault.tenant == tenant and fault.key in {"*", name}]
    stored = fleet.get_value(tenant, name)
    if any(fault.kind is FaultKind.STATUS and fault.status == 404 for fault in told):
        yield "unknown-key"
    elif stored is None:
        yield "unset-write-once" if key.write_once else "unset"
    elif not catalogue.fits(key, stored.value):
        yield "wrong-shape"
    elif key.write_once and stored.updated_at is None:
        yield "ambiguous"
    else:
        yield from compared(key, tenant, value, stored)
        if unknown_fields(stored.value, key.schema):
            yield "drops"
        if any(fault.kind is FaultKind.MASKED for fault in told) and "api_key" in str(value):
            yield "masked"


def compared(key: Key, tenant: str, value: Any, stored: Stored):
    """Yield how the two sides relate."""
    wish = desired(value, key.schema)
    names = [ref.name for _, ref in references(wish)]
    secrets = {name: BoundSecret(Secret(secret_text(tenant, name)), "") for name in names}
    verdict = compare(wish, normalise(stored.value, key.schema), secrets)
    equal = verdict.match.value == "equal"
    if key.write_once:
        yield "write-once-set" if equal else "write-once-differs"
    elif equal:
        yield "in-sync"
    elif stored.updated_at is None:
        yield "default-differs"
    else:
        yield "differs"
    if any(match.value == "different" for match in verdict.sensitive.values()):
        yield "secret-differs"
