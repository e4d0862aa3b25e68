"""One form for every value, and equality of two values in that form. Normalise first, and the diff is trivial.

A value is normalised by its key's schema, the same way on both sides:

- a missing optional field gets the schema's `default`; an explicit one is kept;
- a field that the schema doesn't know is left out (`unknown_fields` names it);
- an array marked `x-list-type: set` is sorted and holds each item once;
- a number without a fraction is an int, so `20.0` is `20`; a boolean is never a number.

`normalise(normalise(v)) == normalise(v)`: a property test holds that.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from reconciler.model.key import KEPT_BY_PLATFORM, Schema
from reconciler.model.tenant import Secrets
from reconciler.model.values import ABSENT, SCALARS, Absent, Secret, SecretRef, Value, pointer

Path = tuple[str | int, ...]


def normalise(value: Any, schema: Schema) -> Value:
    """Return `value` (plain JSON, or a Value already) in the normal form of `schema`.

    Text in a place marked `x-sensitive` becomes a `Secret` here, when the value is built, so that nothing
    later can show it. A value that doesn't fit the schema is normalised as far as it goes, never refused.
    """
    if schema.get("x-sensitive") and isinstance(value, str):
        return Secret(value)
    if type(value) in SCALARS and type(value) is not float:
        return value  # type: ignore[no-any-return]  # mypy can't follow a set of types
    if isinstance(value, Mapping):
        return _normal_object(value, schema)
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = tuple(normalise(item, schema.get("items", {})) for item in value)
        return _as_set(items) if schema.get("x-list-type") == "set" else items
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or isinstance(value, bool | int | float | str | Secret | SecretRef):
        return value
    raise TypeError(f"not a JSON value: {type(value).__name__}")


def _normal_object(value: Mapping[str, Any], schema: Schema) -> Mapping[str, Value]:
    """Known fields in the schema's order; an object whose schema names no fields is kept whole, sorted."""
    fields: Mapping[str, Schema] = schema.get("properties", {})
    if not fields:
        return {name: normalise(value[name], {}) for name in sorted(value)}
    filled = ((name, value[name] if name in value else field.get("default", ABSENT)) for name, field in fields.items())
    return {name: normalise(item, fields[name]) for name, item in filled if item is not ABSENT}


def _as_set(items: tuple[Value, ...]) -> tuple[Value, ...]:
    """Sort by type and text, which is total for what JSON can hold, and drop what is there twice."""
    unique = {_sort_key(item): item for item in items}
    return tuple(unique[key] for key in sorted(unique))


def _sort_key(item: Value) -> tuple[str, str]:
    """Return a key that is the same for equal items only. It holds the text of secrets, and goes nowhere."""
    if isinstance(item, Secret):
        return "Secret", item.reveal()
    if isinstance(item, Mapping):
        return "Mapping", repr([(name, _sort_key(item[name])) for name in sorted(item)])
    if isinstance(item, tuple):
        return "tuple", repr([_sort_key(member) for member in item])
    return type(item).__name__, repr(item)


def unknown_fields(value: Any, schema: Schema, path: Path = ()) -> tuple[str, ...]:
    """Return the pointers of the fields of `value` that `schema` doesn't know: a POST would drop them."""
    found: list[str] = []
    fields: Mapping[str, Schema] = schema.get("properties", {})
    if isinstance(value, Mapping) and fields:
        for name in sorted(value):
            here = (*path, name)
            found.extend(unknown_fields(value[name], fields[name], here) if name in fields else [pointer(*here)])
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(value):
            found.extend(unknown_fields(item, schema.get("items", {}), (*path, index)))
    return tuple(found)


class Match(Enum):
    """How a desired value relates to a live one. See `compare`."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on two whole values, and on each sensitive field by its pointer.

    | other fields | sensitive fields                | match          |
    |--------------|---------------------------------|----------------|
    | differ       | any                             | different      |
    | equal        | one differs                     | different      |
    | equal        | none differs, one can't be told | not-comparable |
    | equal        | all equal, or there are none    | equal          |
    """

    match: Match
    sensitive: Mapping[str, Match]

    def pointers(self, match: Match) -> tuple[str, ...]:
        """Return the pointers of the sensitive fields with this verdict, sorted."""
        return tuple(sorted(where for where, verdict in self.sensitive.items() if verdict is match))


def compare(desired: Value, live: Value, secrets: Secrets) -> Comparison:
    """Compare two normalised values; `secrets` is what the desired value's references stand for."""
    sensitive = {pointer(*path): _match_secret(ref, at(live, path), secrets) for path, ref in references(desired)}
    if not _alike(desired, live):
        return Comparison(Match.DIFFERENT, sensitive)
    for verdict in (Match.DIFFERENT, Match.NOT_COMPARABLE):
        if verdict in sensitive.values():
            return Comparison(verdict, sensitive)
    return Comparison(Match.EQUAL, sensitive)


def _match_secret(ref: SecretRef, live: Value | Absent, secrets: Secrets) -> Match:
    if not isinstance(live, Secret):
        return Match.DIFFERENT
    if ref.name in secrets and secrets[ref.name].secret == live:
        return Match.EQUAL
    return Match.NOT_COMPARABLE if live.looks_masked or ref.name not in secrets else Match.DIFFERENT


def references(value: Value, path: Path = ()) -> Iterator[tuple[Path, SecretRef]]:
    """Yield every secret reference in `value` with its path."""
    if isinstance(value, SecretRef):
        yield path, value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if type(member) not in SCALARS:
                yield from references(member, (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from references(item, (*path, index))


def at(value: Value, path: Path) -> Value | Absent:
    """Return what stands at `path`, or ABSENT."""
    here: Value = value
    for part in path:
        if isinstance(here, Mapping) and part in here:
            here = here[str(part)]
        elif isinstance(here, tuple) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return ABSENT
    return here


def sent_to(schema: Schema, value: Value, path: Path) -> str | None:
    """Return the URL that `x-sent-to` names for the field at `path`; None if the schema names none.

    Then the platform keeps the secret to itself, and what binds it is that a POST goes to the tenant's origin alone.
    """
    here = schema
    for part in path:
        here = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, {})
    target = here.get("x-sent-to")
    if target is None or target == KEPT_BY_PLATFORM:
        return None
    url = at(value, tuple(part.replace("~1", "/").replace("~0", "~") for part in target.split("/")[1:]))
    return url if isinstance(url, str) else ""


def _alike(one: Value, other: Value) -> bool:
    """JSON's equality, secrets aside, which are all alike here. Python's would take true for 1."""
    kind = type(one)
    if kind in SCALARS and kind is type(other):
        return one == other
    if isinstance(one, Secret | SecretRef):
        return isinstance(other, Secret | SecretRef)
    if isinstance(one, Mapping):
        if not isinstance(other, Mapping) or one.keys() != other.keys():
            return False
        return all(_alike(member, other[name]) for name, member in one.items())
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(_alike, one, other))
    return not isinstance(one, bool) and not isinstance(other, bool) and one == other


def resolve(value: Value, secrets: Secrets) -> Value:
    """Return `value` with each reference replaced by its Secret. Raises KeyError: the gate has checked them all."""
    if isinstance(value, SecretRef):
        return secrets[value.name].secret
    if isinstance(value, Mapping):
        return {name: resolve(member, secrets) for name, member in value.items()}
    if isinstance(value, tuple):
        return tuple(resolve(item, secrets) for item in value)
    return value


def same(one: Value, other: Value) -> bool:
    """True if two live values are the same to the last secret. For "has anyone written since?"."""
    return _exact(one) == _exact(other)


def _exact(value: Value) -> object:
    if isinstance(value, Mapping):
        return {name: _exact(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return tuple(_exact(item) for item in value)
    return (type(value).__name__, value)
