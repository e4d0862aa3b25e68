"""The OpenAPI document says what the API's page says: the tables here were written from the page."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import validate

from reconciler.catalogue import Catalogue

JSON, PROBLEM = "application/json", "application/problem+json"
BASE = "/config/sales_order/"

_GET, _GET_404 = ("200", "500", "default"), ("200", "404", "500", "default")
_POST = ("200", "400", "409", "500", "default")

STATUSES = {
    "external_order_webhook": (_GET, _POST),
    "external_oms": (_GET, _POST),
    "on_hold_timer_duration": (_GET_404, _POST),
    "cancellation_allowed_from": (_GET_404, _POST),
    "big_sales_order": (_GET_404, _POST),
    "sales_order_generator_sequence": (_GET_404, _POST),
}
"""Documented statuses of GET and POST. Two keys have no 404."""

LABELLED = {
    ("external_order_webhook", "get", "200"): JSON,
    ("external_oms", "get", "200"): JSON,
    ("on_hold_timer_duration", "get", "200"): JSON,
    ("cancellation_allowed_from", "get", "200"): JSON,
    ("big_sales_order", "get", "200"): PROBLEM,
    ("sales_order_generator_sequence", "get", "200"): JSON,
    ("external_order_webhook", "post", "400"): PROBLEM,
    ("external_oms", "post", "400"): PROBLEM,
    ("on_hold_timer_duration", "post", "200"): JSON,
    ("cancellation_allowed_from", "post", "200"): JSON,
    ("big_sales_order", "post", "200"): JSON,
    ("sales_order_generator_sequence", "post", "200"): JSON,
}
"""The content types that the page shows: one for each operation, that of its first sample."""

NO_BODY = {("external_order_webhook", "post", "200"), ("external_oms", "post", "200")}
"""Documented answers without a sample and without a form that could be inferred from one."""

VALUES: dict[str, dict[str, Any]] = {
    "external_order_webhook": {
        "type": "object",
        "required": ["url", "api_key"],
        "properties": {
            "url": {"type": "string", "format": "uri", "minLength": 1},
            "api_key": {"type": "string", "minLength": 1},
            "timeout": {"type": "integer", "maximum": 25, "default": 15},
        },
    },
    "external_oms": {"type": "object", "required": ["enabled"], "properties": {"enabled": {"type": "boolean"}}},
    "on_hold_timer_duration": {"type": "integer"},
    "cancellation_allowed_from": {
        "type": "array",
        "minItems": 1,
        "items": {"type": "string", "minLength": 1, "enum": ["store", "dc"]},
    },
    "big_sales_order": {
        "type": "object",
        "required": ["soft_limit_for_big_orders"],
        "properties": {"soft_limit_for_big_orders": {"type": "integer", "default": 100}},
    },
    "sales_order_generator_sequence": {
        "type": "object",
        "properties": {
            "prefix": {"type": "string"},
            "size": {"type": "integer", "minimum": 1},
            "start": {"type": "integer", "minimum": 1},
            "step": {"type": "integer", "minimum": 1},
        },
    },
}
"""Type, bound, enum and default of every field, prose defaults included."""

_WEBHOOK = {"url": "https://example.com/", "api_key": "API_KEY", "timeout": 20}
_SEQUENCE = {"prefix": "NS", "size": 16, "start": 1, "step": 2}
SAMPLES: dict[str, tuple[Any, Any]] = {
    "external_order_webhook": (_WEBHOOK, _WEBHOOK),
    "external_oms": ({"enabled": False}, {"enabled": True}),
    "on_hold_timer_duration": (20, 20),
    "cancellation_allowed_from": (["store", "dc"], ["store", "dc"]),
    "big_sales_order": ({"soft_limit_for_big_orders": 300}, {"soft_limit_for_big_orders": 300}),
    "sales_order_generator_sequence": (_SEQUENCE, _SEQUENCE),
}
"""Sample of a GET's answer, and of a POST's body."""

MARKS = {
    ("external_order_webhook", "/api_key"): {"x-sensitive": True, "x-sent-to": "/url"},
    ("external_order_webhook", "/timeout"): {"x-unit": "seconds"},
    ("on_hold_timer_duration", ""): {"x-unit": "seconds"},
    ("cancellation_allowed_from", ""): {"x-list-type": "set"},
    ("big_sales_order", "/soft_limit_for_big_orders"): {"x-unit": "items"},
    ("sales_order_generator_sequence", ""): {"x-write-once": True},
    ("sales_order_generator_sequence", "/size"): {"x-unit": "characters"},
}
"""Every mark but x-ours and x-write-after, by key and place."""

KEYS = tuple(STATUSES)


@pytest.fixture(scope="module")
def document(catalogue: Catalogue) -> Mapping[str, Any]:
    """The shipped document as plain data."""
    return catalogue.openapi()


def _followed(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    here: Any = node
    while "$ref" in here:
        name = here["$ref"]
        here = document
        for part in name.removeprefix("#/").split("/"):
            here = here[part]
    return dict(here)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in item:
            yield path.removeprefix(BASE), method, item[method]


def _facts(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page can say of a schema: no texts, no marks, no examples (those of values are ours)."""
    kept = {name: member for name, member in schema.items() if not name.startswith("x-")}
    kept = {name: member for name, member in kept.items() if name not in {"title", "description", "examples"}}
    if "properties" in kept:
        kept["properties"] = {name: _facts(field) for name, field in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = _facts(kept["items"])
    return kept


def _marks(schema: Mapping[str, Any], where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    found = {name: value for name, value in schema.items() if name.startswith("x-")}
    found = {name: value for name, value in found.items() if name not in {"x-ours", "x-write-after"}}
    if found:
        yield where, found
    for name, field in schema.get("properties", {}).items():
        yield from _marks(field, f"{where}/{name}")
    if "items" in schema:
        yield from _marks(schema["items"], f"{where}/*")


def test_the_document_is_valid_openapi_3_1(document: Mapping[str, Any]):
    """A validator that knows nothing of us accepts it, so that other tools will."""
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_the_document_has_exactly_the_twelve_documented_operations(document: Mapping[str, Any]):
    """Nothing is missing, and nothing is made up."""
    found = {(key, method) for key, method, _ in _operations(document)}
    assert found == {(key, method) for key in KEYS for method in ("get", "post")}


@pytest.mark.parametrize("key", KEYS)
def test_every_operation_documents_the_statuses_of_the_page(
    document: Mapping[str, Any], catalogue: Catalogue, key: str
):
    """GET of two keys has no 404, and the keys that rooms are given say the same as the document."""
    item = document["paths"][BASE + key]
    assert (tuple(item["get"]["responses"]), tuple(item["post"]["responses"])) == STATUSES[key]
    (known,) = catalogue.resolve(key)
    assert (known.get_statuses, known.post_statuses) == STATUSES[key]
    assert known.path == f"/v0{BASE}{key}"


@pytest.mark.parametrize(("key", "method", "status"), LABELLED, ids=str)
def test_content_types_that_the_page_shows_are_the_only_ones_of_their_answer(
    document: Mapping[str, Any], key: str, method: str, status: str
):
    """The odd label of one 200 and of two 400s is kept as it is."""
    answer = _followed(document, document["paths"][BASE + key][method]["responses"][status])
    assert list(answer["content"]) == [LABELLED[key, method, status]]
    assert "x-ours" not in answer


def test_an_answer_whose_content_type_the_page_does_not_show_is_marked_as_ours(document: Mapping[str, Any]):
    """What was inferred can be told from what was read."""
    for key, method, operation in _operations(document):
        for status, response in operation["responses"].items():
            answer = _followed(document, response)
            place = (key, method, status)
            assert (place in LABELLED) + (place in NO_BODY) + ("x-ours" in answer) == 1, place
            assert ("content" in answer) == (place not in NO_BODY), place


def test_every_operation_asks_for_the_access_token(document: Mapping[str, Any]):
    """One scheme, on each of them, and its type is marked as ours."""
    for _, _, operation in _operations(document):
        assert operation["security"] == [{"newStoreAccessToken": []}]
    scheme = document["components"]["securitySchemes"]["newStoreAccessToken"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert scheme["x-ours"]


def test_the_server_is_the_documented_one(document: Mapping[str, Any], catalogue: Catalogue):
    """One host a tenant, and /v0 before every path."""
    assert [server["url"] for server in document["servers"]] == ["https://{tenant}.p.newstore.net/v0"]
    assert catalogue.origin_template == "https://{tenant}.p.newstore.net"


@pytest.mark.parametrize("key", KEYS)
def test_every_value_has_the_fields_types_bounds_and_defaults_of_the_page(catalogue: Catalogue, key: str):
    """Compared as a whole, so that an invented bound is found as well as a forgotten one."""
    (known,) = catalogue.resolve(key)
    assert _facts(known.schema) == VALUES[key]


@pytest.mark.parametrize("key", KEYS)
def test_every_sample_of_the_page_is_there_and_fits(document: Mapping[str, Any], catalogue: Catalogue, key: str):
    """Answers and bodies, for mocks that answer with examples."""
    (known,) = catalogue.resolve(key)
    answer, body = SAMPLES[key]
    item = document["paths"][BASE + key]
    (content,) = item["get"]["responses"]["200"]["content"].values()
    assert content["example"] == {"value": answer, "updated_at": "2021-07-13T20:18:25Z"}
    assert item["post"]["requestBody"]["content"][JSON]["example"] == {"value": body}
    assert known.example == body
    assert catalogue.fits(known, answer)


def test_the_marks_are_where_the_facts_are(catalogue: Catalogue):
    """A mark too many is as wrong as one too few."""
    found = {(key.short, where): marks for key in catalogue.keys for where, marks in _marks(key.schema)}
    assert found == MARKS


def test_prose_defaults_are_marked_as_ours(catalogue: Catalogue):
    """The page's schemas have no default at all."""
    for key in catalogue.keys:
        for field in key.schema.get("properties", {}).values():
            assert ("default" in field) <= ("x-ours" in field)


def test_every_key_and_field_has_a_title_and_a_description(catalogue: Catalogue):
    """Editors and `explain` show them."""
    for key in catalogue.keys:
        assert key.title
        assert key.description
        for name, field in key.schema.get("properties", {}).items():
            assert field.get("title"), name
            assert field.get("description"), name


def test_an_unset_key_and_all_three_error_forms_fit_the_documented_answers(document: Mapping[str, Any]):
    """The sandbox may answer with any of them, and a tool that checks its answers must agree."""
    schemas = document["components"]["schemas"]
    assert schemas["Unset"]["enum"] == [None, {}, [], ""]
    forms = [_followed(document, form) for form in schemas["Failure"]["anyOf"]]
    assert [form["required"] for form in forms] == [["error_code", "message"], ["messages"], ["title"]]
    for key in KEYS:
        (content,) = document["paths"][BASE + key]["get"]["responses"]["200"]["content"].values()
        answer = _followed(document, content["schema"])
        assert {"$ref": "#/components/schemas/Unset"} in answer["properties"]["value"]["anyOf"]
