"""House rules put where they speak: at the field rather than at its key.

An editor takes every `properties` that it meets for fields to offer, and asks the place of the cursor for its words.
So a rule about one field has to stand in that field's schema. What fits stays the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.key import HouseRule, Schema

Where = tuple[str, ...]
"""A path in the schemas of a value: names of fields."""

_SPEAKING: Final = ("pattern", "required", "enum", "const", "type", "format")
"""Keywords at which yaml-language-server shows `errorMessage` instead of words of its own."""
_BOUND_TO_PROPERTIES: Final = {"additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames"}
"""They mean what the `properties` beside them leave over: what has them is never taken apart."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one rule says of one place. `part` is a schema of the value there."""

    where: Where
    rule: HouseRule
    part: Schema


def spread(rules: Iterable[HouseRule], schema: Schema) -> tuple[Spoken, ...]:
    """Return what `rules` say of each place of a value of `schema`.

    A value fits the rules just when what stands at each place fits the part for it.
    """
    return tuple(Spoken(where, rule, part) for rule in rules for where, part in _parts(rule.schema, schema, ()))


def at(spoken: Iterable[Spoken], where: Where) -> tuple[Spoken, ...]:
    """Return what is said of one place."""
    return tuple(one for one in spoken if one.where == where)


def to_editor(spoken: Spoken) -> dict[str, Any]:
    """Return the part as it stands in an `allOf`: with the rule's id, its reason, and words for whoever breaks it."""
    rule = spoken.rule
    hint = {"x-hint": rule.hint} if rule.hint else {}
    said = _speaking(spoken.part, f"House rule {rule.id}: {rule.reason} {rule.hint}".rstrip())
    return {"x-rule": rule.id, "x-reason": rule.reason, **hint, **said}


def _parts(rule: Schema, schema: Schema, where: Where) -> Iterator[tuple[Where, Schema]]:
    known: Mapping[str, Any] = schema.get("properties", {})
    fields = rule.get("properties")
    if not isinstance(fields, Mapping) or _BOUND_TO_PROPERTIES & rule.keys() or schema.get("x-sensitive"):
        yield where, rule
        return
    inner = {name: part for name, part in fields.items() if name in known and isinstance(part, Mapping)}
    outer = {name: member for name, member in rule.items() if name != "properties"}
    if left := {name: part for name, part in fields.items() if name not in inner}:
        outer["properties"] = left
    if outer:
        yield where, outer
    for name, part in inner.items():
        yield from _parts(part, known[name], (*where, name))


def _speaking(part: Schema, words: str) -> dict[str, Any]:
    said = {name: _inside(name, member, words) for name, member in part.items()}
    if _forbids_a_pattern(said):
        # The same said with `pattern`: of a `not`, the server only tells that there is one.
        said["pattern"] = rf"^(?![\s\S]*?(?:{said.pop('not')['pattern']}))"
    return {**said, **({"errorMessage": words} if said.keys() & set(_SPEAKING) else {})}


def _forbids_a_pattern(part: Mapping[str, Any]) -> bool:
    forbidden = part.get("not")
    alone = isinstance(forbidden, Mapping) and set(forbidden) == {"type", "pattern"} and "pattern" not in part
    return alone and part["not"]["type"] == "string"


def _inside(name: str, member: Any, words: str) -> Any:
    if name == "properties" and isinstance(member, Mapping):
        return {field: _inner(inner, words) for field, inner in member.items()}
    if name == "allOf" and isinstance(member, list):
        return [_inner(inner, words) for inner in member]
    return member


def _inner(part: Any, words: str) -> Any:
    return _speaking(part, words) if isinstance(part, Mapping) else part
