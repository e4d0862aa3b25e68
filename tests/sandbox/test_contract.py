"""The sandbox knows the catalogue only: a key that nobody has heard of is served as its document says."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.model.key import Key
from reconciler.model.values import ABSENT
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from reconciler.sandbox.contract import content_type, labels
from reconciler.sandbox.names import is_tenant
from reconciler.sandbox.shape import MASK, masked, parse_json

DOCUMENT = """
openapi: 3.1.0
servers: [{url: "https://{tenant}.kiln.example/v7"}]
paths:
  /config/pottery/glaze:
    parameters: []
    get:
      responses:
        '200': {content: {application/glaze+json: {}}}
        default: {$ref: '#/components/responses/Odd'}
    post:
      responses:
        '200': {description: no body}
        '409': {content: {application/problem+json: {}, application/json: {}}}
components: {responses: {Odd: {content: {text/html: {}}}}}
"""

GLAZE = Key(
    name="pottery.glaze",
    group="pottery",
    short="glaze",
    path="/v7/config/pottery/glaze",
    title="Glaze",
    description="What a pot shines with.",
    schema={
        "type": "object",
        "required": ["recipe"],
        "properties": {"recipe": {"type": "string", "x-sensitive": True}, "layers": {"type": "integer"}},
    },
    write_once=True,
    order=0,
    example={"recipe": "canary-example"},
)


@pytest.fixture
def kiln(tmp_path: Path):
    """A sandbox of another API altogether."""
    catalogue = Catalogue((GLAZE,), "https://{tenant}.kiln.example", DOCUMENT.encode())
    with Sandbox(tmp_path / "kiln.db", catalogue, seed=None).running() as running:
        yield running


def test_a_key_of_another_group_is_served_without_a_change_of_code(kiln: RunningSandbox, http: httpx.Client):
    """Path, schema, write-once, sensitivity and content types all come from the catalogue."""
    url = f"{kiln.origin('acme')}/v7/config/pottery/glaze"
    http.headers["authorization"] = f"Bearer {kiln.static_token('acme')}"
    assert http.get(url).headers["content-type"] == "application/glaze+json"
    assert http.post(url, json={"value": {"layers": 2}}).status_code == 400
    assert http.post(url, json={"value": {"recipe": "canary", "layers": 2}}).status_code == 200
    conflict = http.post(url, json={"value": {"recipe": "canary"}})
    assert (conflict.status_code, conflict.headers["content-type"]) == (409, "application/problem+json")
    kiln.fault(Fault(FaultKind.MASKED, "acme"))
    assert http.get(url).json()["value"] == {"recipe": MASK, "layers": 2}
    assert "canary" not in repr(kiln.show())


def test_labels_follow_references_and_fall_back_to_default(kiln: RunningSandbox, http: httpx.Client):
    """An error that is JSON is never labelled as HTML, whatever `default` says."""
    http.headers["authorization"] = "Bearer wrong"
    answer = http.get(f"{kiln.origin('acme')}/v7/config/pottery/glaze")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json")


def test_labels_of_the_shipped_document_cover_every_key(catalogue: Catalogue):
    """One for each answer that has a body, `default` included; the odd one of a 200 is among them."""
    known = labels(catalogue.openapi())
    for key in catalogue.keys:
        for status in ("200", "500", "default"):
            assert (key.path, "GET", status) in known
    assert "application/problem+json" in {label for (_, _, status), label in known.items() if status == "200"}
    assert content_type(known, "/nowhere", "GET", 404) == "application/json"


def test_a_document_without_servers_or_paths_has_no_labels():
    """A catalogue built by hand may have an empty one."""
    assert labels({}) == {}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_json_is_parsed_as_python_writes_it(value: Any):
    """What is JSON comes through whole."""
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("text", [b"NaN", b"-Infinity", b"[1e400]", b"\xef\xbb\xbf1", b"'a'", b""])
def test_what_only_python_calls_json_is_refused(text: Any):
    """NaN, infinities, a BOM."""
    assert parse_json(text) is ABSENT


def test_masking_reaches_into_arrays_and_leaves_empty_texts():
    """An empty secret hides nothing, and shows that it is empty."""
    schema = {"items": {"properties": {"pin": {"x-sensitive": True}}}}
    assert masked([{"pin": "canary", "n": 1}, {"pin": ""}], schema) == [{"pin": MASK, "n": 1}, {"pin": ""}]


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("a", True),
        ("acme-staging", True),
        ("0755", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("", False),
        ("-a", False),
        ("a-", False),
        ("Acme", False),
        ("a.b", False),
        ("a\n", False),
        ("ä", False),
    ],
)
def test_a_tenants_name_is_that_of_a_file(name: str, good: bool):
    """Small letters, digits, inner hyphens, 63 at most."""
    assert is_tenant(name) is good
