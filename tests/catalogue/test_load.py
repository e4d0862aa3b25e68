"""Folders of schemas: what loads, what is refused and why, and how the short way in is kept honest."""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue, CatalogueProblem, load
from reconciler.catalogue.explain import explain
from reconciler.catalogue.keyfile import from_document, to_document
from reconciler.catalogue.load import write
from reconciler.model.key import Key
from reconciler.model.normal import normalise, sent_to
from reconciler.model.values import SecretRef, Value

PATH = "/config/routing/store_radius"
ONCE = "sales_order_generator_sequence"
Change = Callable[[dict[str, Any]], object]


def _body(document: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = document["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]
    return content


def _value(document: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = _body(document)["schema"]["properties"]["value"]
    return value


def _field(document: dict[str, Any], name: str) -> dict[str, Any]:
    field: dict[str, Any] = _value(document)["properties"][name]
    return field


def _set(**members: Any) -> Change:
    """Return a change that sets keywords of the value; `_` stands for `-`."""
    return lambda document: _value(document).update({name.replace("_", "-"): item for name, item in members.items()})


def _of(name: str, **members: Any) -> Change:
    return lambda document: _field(document, name).update(
        {key.replace("_", "-"): item for key, item in members.items()}
    )


def _move(path: str) -> Change:
    return lambda document: document["paths"].update({path: document["paths"].pop(PATH)})


def _server(url: str) -> Change:
    return lambda document: document.update(servers=[{"url": url}])


def _whole(value: Any, example: Any, **components: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        texts = {"title": "T", "description": "D"}
        _body(document)["schema"]["properties"]["value"] = value if "$ref" in value else {**texts, **value}
        _body(document)["example"] = {"value": example}
        document["components"] = {"schemas": components}

    return change


def _bomb(document: dict[str, Any]) -> None:
    def node(below: str) -> dict[str, Any]:
        inner = {"$ref": f"#/components/schemas/{below}"}
        return {"type": "object", "required": ["a", "b"], "properties": {"a": inner, "b": inner}}

    schemas = {f"N{depth}": node(f"N{depth + 1}") for depth in range(40)}
    _whole({"$ref": "#/components/schemas/N0"}, {}, **schemas, N40={"type": "string"})(document)


REFUSED = [
    pytest.param(_move("/config/sales_order/external_oms"), "known", "is a key already", id="known-name"),
    pytest.param(_move(f"/config/sales_order/{ONCE}"), "known", "is a key already", id="known-write-once"),
    pytest.param(_move(f"/config/sales_order/../sales_order/{ONCE}"), "path", "has to be", id="dots"),
    pytest.param(_move(f"/config//sales_order/{ONCE}"), "path", "has to be", id="double-slash"),
    pytest.param(_move(f"/config/sales_order/{ONCE}/"), "path", "has to be", id="trailing-slash"),
    pytest.param(_move(f"/config/sales_order/{ONCE}?x=1"), "path", "has to be", id="query"),
    pytest.param(_move(f"/config/sales_order/{ONCE}#x"), "path", "has to be", id="fragment"),
    pytest.param(_move(f"/config/sales_order/{ONCE.upper()}"), "path", "has to be", id="upper-case"),
    pytest.param(_move("/config/sales%5forder/x"), "path", "has to be", id="escape"),
    pytest.param(_move("/config/{group}/x"), "path", "has to be", id="template"),
    pytest.param(_move("https://evil.example/config/a/b"), "path", "has to be", id="scheme"),
    pytest.param(_move("config/a/b"), "path", "has to be", id="not-absolute"),
    pytest.param(_move("/config/extends/b"), "path", "can't be a group", id="reserved-group"),
    pytest.param(_server("https://evil.example/v0"), "server", "origin", id="another-origin"),
    pytest.param(_server("http://{tenant}.p.newstore.net/v0"), "server", "no https", id="plain-http"),
    pytest.param(_server("/v0/../v1"), "server", "plain path", id="dots-in-server"),
    pytest.param(_server("//evil.example/v0"), "server", "plain path", id="host-in-server"),
    pytest.param(_server("/v0?x"), "server", "plain path", id="query-in-server"),
    pytest.param(lambda d: d.update(servers=[]), "server", "Exactly one", id="no-server"),
    pytest.param(lambda d: d.update(openapi="3.0.3"), "form", "3.1", id="openapi-3.0"),
    pytest.param(lambda d: d.update(paths={}), "form", "no key", id="no-path"),
    pytest.param(lambda d: d["paths"][PATH].pop("get"), "form", "both GET and POST", id="no-get"),
    pytest.param(lambda d: d["paths"][PATH].pop("post"), "form", "both GET and POST", id="no-post"),
    pytest.param(lambda d: d["paths"][PATH].update(delete={}), "form", "delete", id="delete"),
    pytest.param(lambda d: d["paths"][PATH]["get"].update(parameters=[]), "form", "parameters", id="parameters"),
    pytest.param(lambda d: d["paths"][PATH]["get"]["responses"].pop("200"), "form", "200", id="no-200"),
    pytest.param(lambda d: d["paths"][PATH]["get"]["responses"].update(ok={}), "form", "no status", id="status"),
    pytest.param(lambda d: _body(d).pop("example"), "example", "is needed", id="no-example"),
    pytest.param(lambda d: _body(d)["example"].update(value={}), "example", "doesn't fit", id="example"),
    pytest.param(lambda d: _body(d)["schema"].pop("properties"), "form", "No value", id="no-value"),
    pytest.param(lambda d: _value(d).pop("title"), "form", "title", id="no-title"),
    *[
        pytest.param(_set(**{keyword: [{}]}), "schema", f"{keyword} is not understood", id=keyword)
        for keyword in ("anyOf", "oneOf", "allOf", "if", "patternProperties", "dependentSchemas", "not")
    ],
    pytest.param(_set(additionalProperties=False), "schema", "additionalProperties", id="additionalProperties"),
    pytest.param(_of("zones", prefixItems=[]), "schema", "prefixItems", id="prefixItems"),
    pytest.param(_of("endpoint", type=["string", "null"]), "schema", "single, known type", id="list-of-types"),
    pytest.param(lambda d: _value(d)["properties"].update(endpoint=3), "schema", "schema with a type", id="no-schema"),
    pytest.param(_of("endpoint", type="null"), "schema", "single, known type", id="null-type"),
    pytest.param(lambda d: _field(d, "endpoint").pop("type"), "schema", "single, known type", id="no-type"),
    pytest.param(_of("endpoint", minimum=1), "schema", "minimum is not understood", id="bound-of-another-type"),
    pytest.param(_of("endpoint", minLength="x"), "schema", "Not a JSON Schema", id="bound-that-is-text"),
    pytest.param(_of("endpoint", pattern="("), "schema", "/endpoint/pattern", id="pattern"),
    pytest.param(_of("endpoint", pattern="(?=a)b"), "schema", "looks around", id="pattern-that-looks-ahead"),
    pytest.param(_of("endpoint", pattern=r"(a)\1"), "schema", "refers back", id="pattern-that-refers-back"),
    pytest.param(_of("endpoint", pattern="((a{200}){200}){200}"), "schema", "too large", id="pattern-that-multiplies"),
    pytest.param(_of("endpoint", format="ipv9"), "schema", "ipv9 is checked by nobody", id="unknown-format"),
    pytest.param(_of("kilometres", default=-1), "schema", "doesn't fit its own", id="default-does-not-fit"),
    pytest.param(lambda d: _field(d, "zones").pop("items"), "schema", "items", id="no-items"),
    pytest.param(_set(required=["endpoint", "token", "x"]), "schema", "x is required", id="required-unknown"),
    pytest.param(lambda d: _field(d, "kilometres").pop("default"), "total", "/kilometres", id="optional-no-default"),
    pytest.param(_of("kilometres", x_sensitive=True), "mark", "x-sensitive", id="sensitive-number"),
    pytest.param(_of("zones", x_sensitive=True), "mark", "x-sensitive", id="sensitive-array"),
    pytest.param(_of("token", x_sensitive=False), "mark", "only be true", id="sensitive-false"),
    pytest.param(
        lambda d: _field(d, "token").pop("x-sent-to"), "mark", "/token has x-sensitive without x-sent-to", id="unbound"
    ),
    pytest.param(_of("token", x_sent_to="Platform"), "mark", "doesn't point", id="sent-to-mistyped"),
    pytest.param(_of("token", default="CANARY"), "mark", "sensitive", id="sensitive-default"),
    pytest.param(_of("token", x_sent_to="/nowhere"), "mark", "doesn't point", id="sent-to-nowhere"),
    pytest.param(_of("token", x_sent_to="endpoint"), "mark", "doesn't point", id="sent-to-no-pointer"),
    pytest.param(_of("token", x_sent_to="/kilometres"), "mark", "doesn't point", id="sent-to-number"),
    pytest.param(_of("token", x_sent_to="/token"), "mark", "doesn't point", id="sent-to-secret"),
    pytest.param(_of("endpoint", x_sent_to="/endpoint"), "mark", "without x-sensitive", id="sent-to-alone"),
    pytest.param(_of("zones", x_list_type="bag"), "mark", "only be set", id="list-type"),
    pytest.param(_of("endpoint", x_list_type="set"), "mark", "x-list-type", id="list-type-of-text"),
    pytest.param(_of("endpoint", x_write_once=True), "mark", "as a whole", id="write-once-of-a-field"),
    pytest.param(_set(x_write_once=1), "mark", "only be true", id="write-once-number"),
    pytest.param(_set(x_writeonce=True), "mark", "no known mark", id="mistyped-mark"),
    pytest.param(lambda d: d["paths"][PATH].update({"x-write-once": True}), "mark", "no effect", id="misplaced-mark"),
    pytest.param(
        lambda d: d.update(components={"schemas": {"A": {"x-write-once": True}}}), "mark", "no effect", id="unused-mark"
    ),
    pytest.param(_set(x_write_after=[{"key": "nothing"}]), "order", "no known key", id="after-unknown"),
    pytest.param(_set(x_write_after=[{"key": "store_radius"}]), "order", "the key itself", id="after-itself"),
    pytest.param(_set(x_write_after=[{"key": f"sales_order.{ONCE}"}]), "order", "write-once", id="after-write-once"),
    pytest.param(_set(x_write_after=[{"kay": "a"}]), "form", "kay", id="after-mistyped"),
    pytest.param(_set(x_write_after=[{"key": "a", "when": {"$ref": "x"}}]), "mark", "can't stand", id="when-reference"),
    pytest.param(_of("endpoint", **{"$ref": "https://evil.example/s"}), "ref", "Only references", id="remote"),
    pytest.param(_of("endpoint", **{"$ref": "#/components/schemas/No"}), "ref", "no schema", id="ref-to-nothing"),
    pytest.param(
        lambda d: d["paths"][PATH]["get"]["responses"].update({"404": {"$ref": "other.yaml"}}),
        "ref",
        "Only",
        id="ref-else",
    ),
    pytest.param(
        _whole({"$ref": "#/components/schemas/A"}, 1, A={"$ref": "#/components/schemas/A"}),
        "ref",
        "itself",
        id="ref-cycle",
    ),
    pytest.param(
        _whole({"$ref": "#/components/schemas/A", "minimum": 1}, 1, A={"type": "integer"}),
        "schema",
        "beside a reference",
        id="bound-beside-reference",
    ),
    pytest.param(_bomb, "ref", "more than", id="references-that-multiply"),
    pytest.param(
        _whole(
            {"type": "array", "x-list-type": "set", "items": {"type": "string", "x-sensitive": True}},
            [],
        ),
        "mark",
        "can't be sorted",
        id="set-of-secrets",
    ),
    pytest.param(
        _whole(
            {
                "type": "object",
                "default": {"a": "CANARY"},
                "required": ["a"],
                "properties": {"a": {"type": "string", "x-sensitive": True}},
            },
            {"a": "b"},
        ),
        "mark",
        "secret's text",
        id="secret-in-default-above",
    ),
]


@pytest.mark.parametrize(("change", "rule", "words"), REFUSED)
def test_what_is_not_understood_is_refused_with_its_place(
    extra_document: dict[str, Any],
    folder: Callable[..., Path],
    change: Callable[[dict[str, Any]], object],
    rule: str,
    words: str,
):
    """As a value: nothing raises, and the file is named."""
    change(extra_document)
    there = folder(extra_document)
    refused = load(there)
    assert isinstance(refused, CatalogueProblem)
    found = [
        problem for problem in refused.problems if problem.rule == f"catalogue/{rule}" and words in problem.message
    ]
    assert found, refused.message
    assert str(there / "openapi.yaml") in refused.message
    assert "CANARY" not in refused.message


def _rule(**changes: Any) -> list[dict[str, Any]]:
    row = {"id": "a-rule", "severity": "error", "reason": "Because.", "schema": {"minProperties": 1}}
    return [{**row, **changes}]


@pytest.mark.parametrize(
    ("key", "rows", "words"),
    [
        pytest.param("routing.store_radius", _rule(severity="fatal"), "error or warning", id="severity"),
        pytest.param("routing.store_radius", _rule(reason=""), "reason has to be a text", id="no-reason"),
        pytest.param("routing.store_radius", _rule(id="A rule"), "lower-case", id="id"),
        pytest.param("routing.store_radius", _rule() * 2, "two rules", id="twice"),
        pytest.param("routing.store_radius", _rule(schema=[]), "needs a JSON Schema", id="no-schema"),
        pytest.param("routing.store_radius", _rule(schema={"minimum": "1"}), "/minimum", id="bad-schema"),
        pytest.param("routing.store_radius", _rule(schema={"$ref": "http://a"}), "can't stand", id="reference"),
        pytest.param("routing.store_radius", _rule(schema={"pattern": "("}), "/pattern", id="pattern"),
        pytest.param("routing.store_radius", _rule(schema={"not": {"pattern": "(?<!a)b"}}), "/not/pattern", id="slow"),
        *[
            pytest.param("routing.store_radius", _rule(schema={"not": {keyword: {}}}), "can't stand", id=keyword)
            for keyword in ("patternProperties", "unevaluatedProperties", "unevaluatedItems", "format")
        ],
        pytest.param("routing.store_radius", _rule(weight=1), "weight", id="unknown-field"),
        pytest.param("routing.store_radius", {"id": "a"}, "list is expected", id="no-list"),
        pytest.param("routing.nothing", _rule(), "no key routing.nothing", id="unknown-key"),
        pytest.param("sales_order.external_order_webhook", _rule(id="url-https"), "already", id="known-id"),
    ],
)
def test_a_house_rule_that_is_none_is_refused(
    extra_document: dict[str, Any], folder: Callable[..., Path], key: str, rows: Any, words: str
):
    """A rule that is dropped in silence protects nobody."""
    refused = load(folder(extra_document, {key: rows}))
    assert isinstance(refused, CatalogueProblem)
    assert words in refused.message


def test_all_findings_are_reported_with_line_and_column(extra_document: dict[str, Any], folder: Callable[..., Path]):
    """Not the first one alone, and each where an editor can jump to."""
    there = folder(None)
    (there / "openapi.yaml").write_text("openapi: 3.1.0\npaths:\n  /config/a/b:\n    put: {}\n  /x: {}\n")
    refused = load(there)
    assert isinstance(refused, CatalogueProblem)
    assert {(problem.line, problem.rule) for problem in refused.problems} >= {
        (4, "catalogue/form"),
        (5, "catalogue/path"),
    }
    assert f"{there}/openapi.yaml:4:" in refused.message
    assert len(refused.message.splitlines()) == len(refused.problems)


@pytest.mark.parametrize("text", ["", "a: &b 1\n", "[", "- 1\n", "paths: 3\n", "paths: {a: {get: 1, post: []}}\n"])
def test_nonsense_is_refused_and_never_raises(folder: Callable[..., Path], text: str):
    """Whatever stands in the file."""
    there = folder(None)
    (there / "openapi.yaml").write_text(text)
    assert isinstance(load(there), CatalogueProblem)


def test_a_folder_that_is_missing_or_holds_nothing_is_refused(tmp_path: Path, folder: Callable[..., Path]):
    """A mistyped setting must not mean an empty catalogue."""
    for there in (tmp_path / "nowhere", folder(None, name="empty")):
        refused = load(there)
        assert isinstance(refused, CatalogueProblem)
        assert str(there) in refused.message
    odd = folder(None, name="odd")
    (odd / "rules" / "a.yml").write_text("[]")
    assert isinstance(load(odd), CatalogueProblem)


def test_a_file_that_cannot_be_read_is_named(folder: Callable[..., Path]):
    """A folder in its place stands for all that the system may answer."""
    there = folder(None)
    (there / "openapi.yaml").mkdir()
    refused = load(there)
    assert isinstance(refused, CatalogueProblem)
    assert str(refused).startswith(f"{there}/openapi.yaml: Can't be read")


def test_a_base_needs_the_tenant_in_its_origin_and_is_refused_like_any_other(
    extra_document: dict[str, Any], folder: Callable[..., Path]
):
    """Without it, every tenant would be the same one."""
    extra_document["servers"] = [{"url": "https://api.example/v0"}]
    base = folder(extra_document)
    refused = load(base=base)
    assert isinstance(refused, CatalogueProblem)
    assert "{tenant}" in refused.message
    assert load(base, base=base) == refused
    assert isinstance(load(base=base / "nowhere"), CatalogueProblem)


def test_a_rule_may_use_what_a_value_schema_may_not(extra_document: dict[str, Any], folder: Callable[..., Path]):
    """Rules judge, and nothing is normalised by them."""
    schema = {"anyOf": [{"required": ["kilometres"]}, {"properties": {"zones": True}}], "properties": {"zones": True}}
    assert isinstance(load(folder(extra_document, {"routing.store_radius": _rule(schema=schema)})), Catalogue)


def test_a_secret_that_the_platform_keeps_is_said_to_be_kept(
    extra_document: dict[str, Any], folder: Callable[..., Path]
):
    """Then there is no URL that could bind it; without a word about it, a secret is refused."""
    _of("token", x_sent_to="platform")(extra_document)
    there = folder(extra_document)
    loaded = load(there)
    assert isinstance(loaded, Catalogue), loaded
    key = next(key for key in loaded.keys if key.short == "store_radius")
    value: Value = {"endpoint": "https://a.example", "token": SecretRef("T")}
    assert sent_to(key.schema, value, ("token",)) is None
    assert "kept by the platform" in " ".join(explain(loaded, key).split())


def test_a_key_of_another_group_loads_derives_and_validates(
    extra_document: dict[str, Any], folder: Callable[..., Path], loaded: Callable[[Path], Catalogue]
):
    """With no change to Python: that is what the catalogue is for."""
    found = loaded(folder(extra_document, {"routing.store_radius": _rule(schema={"required": ["kilometres"]})}))
    assert found.groups == ("sales_order", "routing")
    key = found.keys[-1]
    assert (key.name, key.path, key.order) == ("routing.store_radius", "/v0/config/routing/store_radius", 6)
    assert found.fits(key, {"endpoint": "x", "token": "k", "more": 1})
    assert not found.fits(key, {"endpoint": "x"})
    file = {"endpoint": "https://a.example", "token": {"secret": "A"}, "zones": [{"name": "b"}, {"name": "a"}]}
    checker = found.checker(found.file_schema(key))
    assert checker.fits(file)
    assert not checker.fits({**file, "token": "CANARY"})
    assert not checker.fits({**file, "zones": [{"name": "a", "more": 1}]})
    held = {**file, "token": SecretRef("A")}
    assert normalise(held, key.schema) == {
        **held,
        "kilometres": 10,
        "zones": ({"name": "a"}, {"name": "b"}),
    }
    tenant = found.checker(found.tenant_schema())
    assert tenant.fits({"routing": {"store_radius": {**file, "kilometres": 1}}})
    assert not tenant.fits({"routing": {"store_radius": file}}), "the house rule asks for kilometres"


def test_an_extra_folder_may_add_rules_to_a_shipped_key_and_nothing_else(
    folder: Callable[..., Path], loaded: Callable[[Path], Catalogue], catalogue: Catalogue
):
    """Rules only forbid; the shipped ones stay, and come first."""
    name = catalogue.keys[2].name
    found = loaded(folder(None, {name: _rule(schema={"maximum": 5})}))
    assert [key.name for key in found.keys] == [key.name for key in catalogue.keys]
    assert found.keys[2].rules[:-1] == catalogue.keys[2].rules
    assert found.keys[2].rules[-1].id == "a-rule"


def test_an_optional_field_that_a_rule_of_severity_error_requires_is_total(
    extra_document: dict[str, Any], folder: Callable[..., Path], loaded: Callable[[Path], Catalogue]
):
    """A warning is not enough: the value could still be partial."""
    _field(extra_document, "kilometres").pop("default")
    asks = {"routing.store_radius": _rule(schema={"allOf": [{"required": ["kilometres"]}]})}
    loaded(folder(extra_document, asks))
    asks["routing.store_radius"][0]["severity"] = "warning"
    assert isinstance(load(folder(extra_document, asks)), CatalogueProblem)


def _with_second(document: dict[str, Any], second_after: Any, first_after: Any) -> dict[str, Any]:
    copied = copy.deepcopy(document)
    second = copy.deepcopy(copied["paths"][PATH])
    copied["paths"]["/config/routing/second"] = second
    _value(copied)["x-write-after"] = first_after
    second["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]["value"]["x-write-after"] = (
        second_after
    )
    return copied


_IF = {"required": ["kilometres"]}


@pytest.mark.parametrize(
    ("first", "second", "circle"),
    [
        pytest.param([{"key": "second"}], [{"key": "store_radius"}], True, id="each-after-the-other"),
        pytest.param([{"key": "second", "when": _IF}], [{"key": "store_radius"}], True, id="one-branch"),
        pytest.param([{"key": "second", "when": _IF}], [{"key": "store_radius", "when": _IF}], True, id="both"),
        pytest.param([{"key": "second", "when": _IF}] * 2, [], True, id="two-rows"),
        pytest.param([{"key": "second"}], [], False, id="one-way"),
        pytest.param([{"key": "second", "when": _IF}], [{"key": "sales_order.external_oms"}], False, id="chain"),
        pytest.param(
            [{"key": "second", "when": _IF}, {"key": "sales_order.external_oms", "when": _IF}],
            [{"key": "sales_order.external_order_webhook", "when": _IF}],
            True,
            id="through-shipped-keys",
        ),
        pytest.param([{"key": "second"}, {"key": "second"}], [], False, id="said-twice"),
    ],
)
def test_an_order_of_writing_that_can_become_a_circle_is_refused(
    extra_document: dict[str, Any], folder: Callable[..., Path], first: Any, second: Any, circle: bool
):
    """Both branches of a condition count: a value that nobody has yet may take the other."""
    found = load(folder(_with_second(extra_document, second, first)))
    assert isinstance(found, CatalogueProblem) is circle, found
    if isinstance(found, CatalogueProblem):
        assert "circle" in found.message


def test_references_between_value_schemas_are_inlined(
    extra_document: dict[str, Any], folder: Callable[..., Path], loaded: Callable[[Path], Catalogue]
):
    """A description beside the reference wins, the bounds are those of the schema referred to."""
    part = {"type": "integer", "minimum": 1, "description": "General."}
    change = _whole(
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"$ref": "#/components/schemas/Part", "description": "Special."}},
        },
        {"a": 1},
        Part=part,
    )
    change(extra_document)
    key = loaded(folder(extra_document)).keys[-1]
    assert key.schema["properties"]["a"] == {"type": "integer", "minimum": 1, "description": "Special."}


def test_the_short_way_loads_neither_jsonschema_nor_the_long_way():
    """A start must not wait for what it doesn't use; a child process, because this one has loaded all."""
    slow = {"jsonschema", "referencing", "reconciler.catalogue.derive"}
    code = (
        f"import sys; from reconciler.catalogue import load; print(len(load().keys), sorted({slow} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["6", "[]\n"]


@pytest.fixture
def copied(tmp_path: Path, schemas: Path) -> Path:
    """A copy of the shipped folder."""
    return Path(shutil.copytree(schemas, tmp_path / "schemas"))


def _edit_key(there: Path) -> None:
    file = next((there / "keys").glob("*sequence.schema.json"))
    document = json.loads(file.read_bytes())
    del document["x-write-once"]
    file.write_text(json.dumps(document))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_edit_key, id="edited-by-hand"),
        pytest.param(lambda there: next((there / "keys").glob("*.schema.json")).unlink(), id="key-file-missing"),
        pytest.param(lambda there: shutil.rmtree(there / "keys"), id="all-missing"),
        pytest.param(lambda there: (there / "keys" / "index.json").write_text("{"), id="index-broken"),
        pytest.param(lambda there: (there / "keys" / "index.json").write_text("[]"), id="index-foreign"),
        pytest.param(lambda there: (there / "keys" / "index.json").write_bytes(b"\xff"), id="index-not-text"),
    ],
)
def test_derived_files_that_are_not_as_written_are_not_believed(
    copied: Path, damage: Callable[[Path], None], catalogue: Catalogue
):
    """The sources say what holds: a mark that was edited away in a derived file is still there."""
    damage(copied)
    found = load(base=copied)
    assert isinstance(found, Catalogue)
    assert found.keys == catalogue.keys
    assert found.origin_template == catalogue.origin_template


def test_a_change_of_a_source_counts_at_once(copied: Path, catalogue: Catalogue):
    """Without deriving first: a stale file is never used."""
    rules = copied / "rules" / f"{catalogue.keys[2].name}.yaml"
    rules.write_text("")
    assert isinstance(load(base=copied), CatalogueProblem)
    rules.write_text("[]")
    found = load(base=copied)
    assert isinstance(found, Catalogue)
    assert found.keys[2].rules == ()


def test_a_key_survives_its_file(catalogue: Catalogue):
    """The short way and the long way give the same key."""
    for key in catalogue.keys:
        document: Mapping[str, Any] = json.loads(json.dumps(to_document(key, "sha256:0")))
        again: Key = from_document(document)
        assert again == key


@pytest.mark.parametrize(
    ("name", "target", "words"),
    [
        pytest.param("openapi.yaml", "../outside/openapi.yaml", "A link leads out of", id="document"),
        pytest.param("openapi.yaml", "/dev/zero", "A link leads out of", id="device"),
        pytest.param("rules", "../outside", "A link leads out of", id="rules"),
        pytest.param("rules/sales_order.external_oms.yaml", "../../outside/openapi.yaml", "A link", id="rule"),
        pytest.param("openapi.yaml", "pipe", "Not a regular file", id="pipe"),
        pytest.param("openapi.yaml", "large", "Larger than", id="large"),
        pytest.param("openapi.yaml", "nowhere", "Can't be read", id="dangling"),
        pytest.param("openapi.yaml", "openapi.yaml", "circle", id="circle"),
    ],
)
def test_an_extra_folder_is_read_as_far_as_it_goes_and_no_further(tmp_path: Path, name: str, target: str, words: str):
    """A branch can hold a link to whatever its reader may read, and a finding would quote what is there."""
    outside, extra = tmp_path / "outside", tmp_path / "extra"
    outside.mkdir()
    (outside / "openapi.yaml").write_text("canary: outside")
    (extra / "rules").mkdir(parents=True)
    os.mkfifo(extra / "pipe")
    with (extra / "large").open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    if name == "rules":
        (extra / "rules").rmdir()
    (extra / name).symlink_to(target)
    refused = load(extra)
    assert isinstance(refused, CatalogueProblem)
    assert words in str(refused)
    assert "canary" not in str(refused)


def test_a_link_within_an_extra_folder_is_its_own_affair(
    extra_document: dict[str, Any], folder: Callable[..., Path], tmp_path: Path
):
    """So is the folder's being reached by one."""
    there = folder(extra_document)
    (there / "openapi.yaml").rename(there / "routing.yaml")
    (there / "openapi.yaml").symlink_to("routing.yaml")
    (tmp_path / "by-a-link").symlink_to(there)
    assert isinstance(load(tmp_path / "by-a-link"), Catalogue)


def test_no_derived_file_is_written_or_taken_away_through_a_link(
    extra_document: dict[str, Any], folder: Callable[..., Path], tmp_path: Path
):
    """`keys` may lead to the schemas of another project, and what is not ours there looks superfluous."""
    there, other = folder(extra_document), tmp_path / "other"
    other.mkdir()
    (other / "theirs.schema.json").write_text("{}")
    (there / "keys").symlink_to(other)
    with pytest.raises(OSError, match="keys is a link"):
        write(there)
    assert [path.name for path in other.iterdir()] == ["theirs.schema.json"]


def test_a_known_path_in_capitals_is_the_known_key(extra_document: dict[str, Any], folder: Callable[..., Path]):
    """To a server that doesn't care about case; described anew, a secret of it would be bound to no host."""
    paths = extra_document["paths"]
    extra_document["servers"] = [{"url": "/V0"}]
    paths["/config/sales_order/external_oms"] = paths.pop(PATH)
    refused = load(folder(extra_document))
    assert isinstance(refused, CatalogueProblem)
    assert "external_oms is a key already" in str(refused)
