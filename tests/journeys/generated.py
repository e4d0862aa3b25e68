"""Fleets made up from the catalogue: what files may declare, and what may be live beside it. Knows no key by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.model.key import Key, Schema
from reconciler.model.words import Severity

TENANTS = ("one", "two", "three")
SECRETS = ("FIRST", "SECOND")
HOST = "https://hook.example"
URLS = (f"{HOST}/", f"{HOST}/a", f"{HOST}/a/b")
DATE = "2026-01-01T00:00:00Z"


def secret_text(tenant: str, name: str) -> str:
    """The text of a tenant's secret; another one for each."""
    return f"canary-{name}-of-{tenant}"


@dataclass(frozen=True)
class Held:
    """What the platform holds of one key. `date` None: a default that nobody wrote."""

    value: Any
    date: str | None = DATE


@dataclass(frozen=True)
class Tenant:
    """What a file declares, by full key name, and what is live; a key that is not in `live` is unset."""

    declared: Mapping[str, Any]
    live: Mapping[str, Held] = field(default_factory=dict)

    def document(self) -> dict[str, dict[str, Any]]:
        """As it stands in a file."""
        made: dict[str, dict[str, Any]] = {}
        for name, value in self.declared.items():
            group, short = name.split(".")
            made.setdefault(group, {})[short] = value
        return made


def values(schema: Schema, sensitive: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values that fit `schema`, small and often alike; `sensitive` stands in sensitive places."""
    if schema.get("x-sensitive"):
        return sensitive
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema["type"]:
        case "object":
            parts = {name: values(part, sensitive) for name, part in schema.get("properties", {}).items()}
            needed = {name: parts.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(needed, optional=parts)
        case "array":
            return st.lists(values(schema["items"], sensitive), min_size=schema.get("minItems", 0), max_size=3)
        case "boolean":
            return st.booleans()
        case "string":
            return (
                st.sampled_from(URLS) if schema.get("format") == "uri" else st.sampled_from(["NS", "no", "0755", "é"])
            )
        case _:
            low, high = schema.get("minimum", -2), schema.get("maximum", 40)
            return st.integers(low, high) | st.just(min(high, schema.get("default", 20)))


def declarable(catalogue: Catalogue, key: Key) -> st.SearchStrategy[Any]:
    """Values of `key` that a file may hold: by the spec and by the house rules."""
    references = st.sampled_from([{"secret": name} for name in SECRETS])

    def fits(value: Any) -> bool:
        rules = [rule.schema for rule in key.rules if rule.severity is Severity.ERROR]
        return all(catalogue.matches(schema, value) for schema in (catalogue.file_schema(key), *rules))

    return values(key.schema, references).filter(fits)


def alike(draw: st.DrawFn, value: Any, schema: Schema, tenant: str) -> Any:
    """Another form of the same: sets shuffled, defaults left out or written out, 20 as 20.0, references resolved."""
    if schema.get("x-sensitive"):
        return secret_text(tenant, value["secret"])
    if isinstance(value, dict):
        made = {}
        for name, part in schema["properties"].items():
            if name in value:
                made[name] = alike(draw, value[name], part, tenant)
            if "default" in part and value.get(name, part["default"]) == part["default"]:
                made.pop(name, None)
                if name in schema.get("required", ()) or draw(st.booleans()):
                    made[name] = part["default"]
        return made
    if isinstance(value, list):
        items = [alike(draw, item, schema["items"], tenant) for item in value]
        return draw(st.permutations(items)) if schema.get("x-list-type") == "set" else items
    if isinstance(value, int) and not isinstance(value, bool) and draw(st.booleans()):
        return float(value)
    return value


@st.composite
def held(draw: st.DrawFn, key: Key, tenant: str, wanted: Any | None) -> Held | None:
    """A live state of `key`: any of the kinds that there are, often equal to what is `wanted`."""
    kinds = ["unset", "empty", "another", "default", "odd", "more"] + ["alike"] * 3 * (wanted is not None)
    kind = draw(st.sampled_from(kinds))
    texts = st.sampled_from([*(secret_text(tenant, name) for name in SECRETS), "canary-of-nobody", "********"])
    if kind == "unset":
        return None
    if kind == "empty":
        return Held(draw(st.sampled_from([None, "", [], {}])), None)
    if kind == "odd":
        return Held(draw(st.sampled_from(["?", 1.5, [[]], {"?": 1}])))
    if kind == "alike":
        return Held(alike(draw, wanted, key.schema, tenant))
    value = draw(values(key.schema, texts))
    if kind == "more" and isinstance(value, dict):
        value = {**value, "novelty": draw(st.integers(0, 3))}
    return Held(value, None if kind == "default" else DATE)


@st.composite
def fleets(draw: st.DrawFn, catalogue: Catalogue) -> Mapping[str, Tenant]:
    """Two or three tenants that declare some keys each; every key has some live state, declared or not."""
    made = {}
    for tenant in TENANTS[: draw(st.integers(2, 3))]:
        keys = draw(st.lists(st.sampled_from(catalogue.keys), unique_by=lambda key: key.name, max_size=6))
        declared = {key.name: draw(declarable(catalogue, key)) for key in keys}
        states = {key.name: draw(held(key, tenant, declared.get(key.name))) for key in catalogue.keys}
        made[tenant] = Tenant(declared, {name: state for name, state in states.items() if state is not None})
    return made


@st.composite
def twins(draw: st.DrawFn, catalogue: Catalogue) -> Mapping[str, Tenant]:
    """Two tenants in which all that is declared is live in another form."""
    made = {}
    for tenant in TENANTS[:2]:
        declared = {key.name: draw(declarable(catalogue, key)) for key in catalogue.keys}
        live = {key.name: Held(alike(draw, declared[key.name], key.schema, tenant)) for key in catalogue.keys}
        made[tenant] = Tenant(declared, live)
    return made
