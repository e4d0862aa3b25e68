"""Values that fit a key's schema in the spec, generated: whatever it allows, the odd included."""

from typing import Any

from hypothesis import strategies as st

from reconciler.model.key import Schema

SAFE = 2**53 - 1
"""Beyond this an integer is not the same to every reader of JSON."""

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


def fitting(schema: Schema) -> st.SearchStrategy[Any]:
    """Return plain JSON values that fit `schema`. Knows the keywords that the spec uses, and fails on others."""
    if "enum" in schema:
        return st.sampled_from(list(schema["enum"]))
    match schema["type"]:
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(schema.get("minimum", -SAFE), schema.get("maximum", SAFE))
        case "string":
            return _urls() if schema.get("format") == "uri" else _TEXT.filter(_at_least(schema.get("minLength", 0)))
        case "array":
            return st.lists(fitting(schema["items"]), min_size=schema.get("minItems", 0), max_size=6)
        case "object":
            return _objects(schema)
        case unknown:
            raise AssertionError(f"the spec has a type that these tests don't generate: {unknown}")


def _at_least(length: int) -> Any:
    return lambda text: len(text) >= length


def _urls() -> st.SearchStrategy[str]:
    hosts = st.lists(_LABEL, min_size=1, max_size=3).map(".".join)
    paths = st.lists(_LABEL, max_size=3).map("/".join)
    return st.builds(
        lambda scheme, host, path: f"{scheme}://{host}/{path}", st.sampled_from(["https", "http"]), hosts, paths
    )


def _objects(schema: Schema) -> st.SearchStrategy[Any]:
    fields = {name: fitting(field) for name, field in schema["properties"].items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )
