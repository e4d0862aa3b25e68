"""The shipped catalogue, and folders of schemas made up for one test."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue, CatalogueProblem, load
from reconciler.catalogue.sources import shipped

Write = Callable[..., Path]

_STATUSES = {"200": {"description": "ok"}, "500": {"description": "no"}, "default": {"description": "else"}}


def _document(value: Any, example: Any) -> dict[str, Any]:
    body = {"schema": {"type": "object", "required": ["value"], "properties": {"value": value}}}
    body["example"] = {"value": example}
    post = {"requestBody": {"content": {"application/json": body}}, "responses": _STATUSES}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Extra", "version": "1"},
        "servers": [{"url": "/v0"}],
        "paths": {"/config/routing/store_radius": {"get": {"responses": _STATUSES}, "post": post}},
    }
    fresh: dict[str, Any] = json.loads(json.dumps(document))
    return fresh  # a test changes it, and GET and POST share parts


@pytest.fixture
def extra_document() -> dict[str, Any]:
    """A document with one more key, in another group: an object with a secret, a set, and nested fields."""
    value = {
        "type": "object",
        "title": "Store radius",
        "description": "How far away a store may be.",
        "required": ["endpoint", "token"],
        "properties": {
            "endpoint": {"type": "string", "minLength": 1, "title": "Endpoint"},
            "token": {"type": "string", "x-sensitive": True, "x-sent-to": "/endpoint"},
            "kilometres": {"type": "number", "default": 10, "minimum": 0, "x-unit": "kilometres"},
            "zones": {
                "type": "array",
                "default": [],
                "x-list-type": "set",
                "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            },
        },
    }
    example = {"endpoint": "https://a.example", "token": "CANARY", "kilometres": 2.5, "zones": [{"name": "on"}]}
    return _document(value, example)


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Return a function that writes a document and rules (plain data, by key) into a folder of that name."""

    def write(document: Mapping[str, Any] | None, rules: Mapping[str, Any] | None = None, name: str = "extra") -> Path:
        there = tmp_path / name
        (there / "rules").mkdir(parents=True, exist_ok=True)
        if document is not None:
            (there / "openapi.yaml").write_text(json.dumps(document))
        for key, rows in (rules or {}).items():
            (there / "rules" / f"{key}.yaml").write_text(json.dumps(rows))
        return there

    return write


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The shipped catalogue, as a run loads it."""
    loaded = load()
    assert isinstance(loaded, Catalogue), loaded
    return loaded


@pytest.fixture(scope="session")
def schemas() -> Path:
    """The shipped folder."""
    return shipped()


@pytest.fixture
def loaded() -> Callable[[Path], Catalogue]:
    """Return a function that loads an extra folder and fails with its findings."""

    def loads(extra: Path) -> Catalogue:
        found = load(extra)
        assert not isinstance(found, CatalogueProblem), found.message
        return found

    return loads
