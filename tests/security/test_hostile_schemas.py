"""A folder of schemas that somebody wrote to do harm: nothing is fetched, nothing is read, nothing takes for ever."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.threats import Cases
from tests.security.conftest import Runner
from tests.security.test_hostile_files import MIB, refused, within_bounds

WEBHOOK = "sales_order.external_order_webhook"
USERS = "file:///etc/passwd"


@contextlib.contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """A server that nobody should call: its address, and what was sent to it."""
    heard: list[bytes] = []
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        heard.append(connection.recv(1000))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x", heard
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository whose settings name a folder of schemas of its own."""
    (tmp_path / "tenants").mkdir()
    (tmp_path / "extra" / "rules").mkdir(parents=True)
    (tmp_path / "reconciler.toml").write_text('schemas = "extra"\n')
    _declare(tmp_path, "https://a.example/")
    return tmp_path


def _declare(folder: Path, url: str) -> None:
    webhook = {"url": url, "api_key": {"secret": "A"}}
    (folder / "tenants" / "acme.yaml").write_text(json.dumps({"sales_order": {"external_order_webhook": webhook}}))


def _rule(folder: Path, schema: Any) -> None:
    rule = {"id": "hostile", "severity": "error", "reason": "Because.", "schema": schema}
    (folder / "extra" / "rules" / f"{WEBHOOK}.yaml").write_text(json.dumps([rule]))


def _key(folder: Path, value: Any, **components: Any) -> None:
    """Describe a key with that value's schema."""
    body = {"schema": {"type": "object", "properties": {"value": value}}, "example": {"value": 1}}
    answers = {"responses": {"200": {"description": "Fine."}}}
    post = {"requestBody": {"content": {"application/json": body}}, **answers}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Extra", "version": "1"},
        "servers": [{"url": "/v0"}],
        "paths": {"/config/routing/hostile": {"get": answers, "post": post}},
        "components": {"schemas": components},
    }
    (folder / "extra" / "openapi.yaml").write_text(json.dumps(document))


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef", "$schema", "$id", "$recursiveRef"])
@pytest.mark.parametrize("where", ["document", "rule"])
def test_a_schema_reaches_nothing_outside_of_itself(
    folder: Path, command: Runner, cases: Cases, keyword: str, where: str
):
    """No address is called and no file is read, whatever a schema refers to."""
    wrong: list[str] = []
    with listening() as (address, heard):
        for target in (address, USERS, "/etc/passwd", "../../../../../../etc/passwd", "//127.0.0.1/x"):
            for schema in ({keyword: target}, {"type": "string", "title": "A", "description": "B.", keyword: target}):
                if where == "rule":
                    _rule(folder, {"properties": {"url": schema}})
                else:
                    _key(folder, schema)
                ended = command("validate", cwd=folder)
                wrong += refused(target, ended, 64, r"extra/")
                wrong += ["shown"] if "root:" in ended.out + ended.err else []
                cases.add()
    assert wrong == []
    assert heard == []


SLOW = (
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|aa)+$",
    r"^(\w+\s?)*$",
    "(.*a){20}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "a*a*a*a*a*a*a*b",
)
"""Patterns that most engines try for longer than the sun will shine."""


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_takes_time_that_grows_with_the_text_alone(folder: Path, command: Runner, cases: Cases, pattern: str):
    """A hundred thousand letters that nearly fit are through in the time of a run."""
    _rule(folder, {"properties": {"url": {"pattern": pattern}}})
    wrong: list[str] = []
    for letters in (30, 3_000, 100_000):
        _declare(folder, "a" * letters + "!")
        ended = command("validate", cwd=folder, seconds=10)
        wrong += refused(str(letters), ended, 1, r"tenants/acme\.yaml:1:")
        cases.add()
    assert wrong == []


@pytest.mark.parametrize("pattern", ["^(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "((a{99}){99}){99}", "(?>a)", "(?(1)a)"])
@pytest.mark.parametrize("where", ["document", "rule"])
def test_a_pattern_that_cannot_be_matched_in_such_time_is_refused(
    folder: Path, command: Runner, where: str, pattern: str
):
    """When the schemas are read, and not when the first file that it is asked of takes for ever."""
    if where == "rule":
        _rule(folder, {"properties": {"url": {"not": {"pattern": pattern}}}})
    else:
        _key(folder, {"type": "string", "title": "A", "description": "B.", "pattern": pattern})
    assert refused(pattern, command("validate", cwd=folder), 64, "/pattern") == []


def test_references_that_multiply_end_where_no_document_would_be(folder: Path, command: Runner, cases: Cases):
    """Ten references to ten references: a key would have more fields than there are atoms."""
    reference = "#/components/schemas/"
    levels = {
        f"L{n}": {"type": "object", "properties": {f"f{i}": {"$ref": f"{reference}L{n + 1}"} for i in range(10)}}
        for n in range(30)
    }
    circle = {"C": {"type": "object", "properties": {"c": {"$ref": f"{reference}C"}}}}
    for name, components in (("L0", levels), ("C", circle), ("nowhere", {})):
        _key(folder, {"$ref": f"{reference}{name}"}, **components)
        assert refused(name, command("validate", cwd=folder), 64, "catalogue|refers|references|no schema") == []
        cases.add()


def _nested(keyword: str, depth: int) -> Any:
    schema: Any = {"type": "string"}
    for _ in range(depth):
        schema = {keyword: [schema, schema][:1] if keyword in {"allOf", "anyOf", "oneOf"} else schema}
    return schema


@pytest.mark.parametrize(
    "keyword",
    ["allOf", "anyOf", "oneOf", "not", "if", "contains", "items", "propertyNames", "additionalProperties"],
)
def test_schemas_within_schemas_are_judged_in_time(folder: Path, command: Runner, cases: Cases, keyword: str):
    """As deep as a file may be; what each level would do twice would take for ever."""
    for depth in (5, 20, 27):
        _rule(folder, {"properties": {"url": _nested(keyword, depth)}})
        assert within_bounds(f"{depth}", command("validate", cwd=folder, seconds=10)) == []
        cases.add()


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "unevaluatedItems", "patternProperties", "format"])
def test_a_rule_has_no_keyword_that_is_asserted_by_nobody_or_takes_for_ever(
    folder: Path, command: Runner, keyword: str
):
    """It is said when the schemas are read."""
    _rule(folder, {"allOf": [{keyword: {}}]})
    assert refused(keyword, command("validate", cwd=folder), 64, f"{keyword} can't stand") == []


def test_a_set_of_many_items_is_compared_in_time(folder: Path, command: Runner, cases: Cases):
    """By what they are, and not each with each."""
    (folder / "reconciler.toml").unlink()
    items = [
        [{"a": n} for n in range(3_000)],
        [[n] for n in range(4_000)],
        [n if n % 2 else str(n) for n in range(9_000)],
    ]
    for one in items:
        text = json.dumps({"sales_order": {"cancellation_allowed_from": one}})
        (folder / "tenants" / "acme.yaml").write_text(text)
        ended = command("validate", cwd=folder, seconds=10)
        assert refused("set", ended, 1, r"tenants/acme\.yaml:1:") == []
        assert ended.mib < MIB
        cases.add()


def test_a_folder_of_schemas_is_read_in_that_folder_alone(folder: Path, command: Runner):
    """A link to a file in order elsewhere is refused as any other link that leads out; one that stays is followed."""
    _rule(folder, {"properties": {"url": {"pattern": "^https://a"}}})
    rules = folder / "extra" / "rules"
    named, stored = rules / f"{WEBHOOK}.yaml", folder / "extra" / "stored.yaml"
    named.replace(stored)
    named.symlink_to("../stored.yaml")
    assert command("validate", cwd=folder).exit_code == 0
    stored.replace(folder / "elsewhere.yaml")
    named.unlink()
    named.symlink_to("../../elsewhere.yaml")
    assert refused("link", command("validate", cwd=folder), 64, "leads out of") == []
    named.unlink()
    (folder / "extra" / "rules").rmdir()
    (folder / "out").mkdir()
    (folder / "elsewhere.yaml").replace(folder / "out" / f"{WEBHOOK}.yaml")
    rules.symlink_to("../out")
    assert refused("folder", command("validate", cwd=folder), 64, "leads out of") == []
