"""One declared key against the spec, the house rules, and the rule that a sensitive field holds a reference only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.catalogue import Catalogue
from reconciler.catalogue.misfit import Misfit
from reconciler.catalogue.tenantfile import SECRET_NAME, SECRET_NAME_LENGTH, secret_name
from reconciler.desired.formats import FORMATS
from reconciler.desired.messages import Place, rule_text, spec_text, unknown_text
from reconciler.desired.places import Places, places, schema_at, value_at
from reconciler.desired.raw import Declared, RawTenant
from reconciler.model.key import Key, Schema
from reconciler.model.normal import normalise
from reconciler.model.problem import Problem
from reconciler.model.tenant import DesiredKey, Source
from reconciler.model.values import SecretRef, Value, pointer
from reconciler.model.words import Severity
from reconciler.strictyaml import Path

_REFERENCE: Final = "rule/secret-reference"
_EMPTY: Final[tuple[Any, ...]] = ("", (), [], {})
"""Live, they mean unset: they would be written for ever."""
_SECRET_NAME: Final = re.compile(SECRET_NAME)


class Checks:
    """Judges declared keys; what it needs of a key's schemas is built once."""

    def __init__(self, catalogue: Catalogue, known: Places) -> None:
        """Use the catalogue's checkers."""
        self._catalogue = catalogue
        self._places = known

    def check(self, raw: RawTenant, declared: Declared) -> tuple[DesiredKey | None, tuple[Problem, ...]]:
        """Return the key as meant, and what is wrong with it. With an error there is no key.

        Findings about a scalar that the notation refused are left out: it has one already.
        """
        base = (declared.key.group, declared.key.short)
        broken = _broken(raw, base)
        if () in broken:
            return None, ()
        found: tuple[Problem, ...] = ()
        if broken or not self.passes(declared.key, declared.value):
            found = tuple(
                problem
                for path, problem in self._findings(raw, declared, base)
                if problem.rule == _REFERENCE or not any(path[: len(refused)] == refused for refused in broken)
            )
        if broken or any(problem.severity is Severity.ERROR for problem in found):
            return None, found
        key = self.meant(declared.key, declared.value, declared.source)
        if key.value in _EMPTY or key.value is None:
            message = f"{declared.key.short} is declared with an empty value, which means unset to the API"
            hint = "To undeclare it, remove it from the file; a key that was set once can't be unset."
            return None, (*found, raw.problem(base, "rule/empty", message, hint))
        return key, found

    def meant(self, key: Key, value: Any, source: Source) -> DesiredKey:
        """Return the key as meant, of a value in which there is no error."""
        referring = _referring(value, key.schema) if self._places.secretive(key) else value
        return DesiredKey(key.name, normalise(referring, key.schema), source)

    def passes(self, key: Key, value: Any) -> bool:
        """True if `check` would find nothing in `value` of `key`: asked of every file's every key, so it is quick."""
        return self.all_pass({key.name: (key, value)})

    def all_pass(self, declared: Mapping[str, tuple[Key, Any]]) -> bool:
        """True if every one `passes`, by the full name of its key: for all of a file at once."""
        if any(value is None or value in _EMPTY for _, value in declared.values()):
            return False
        if not self._catalogue.are_in_order({name: value for name, (_, value) in declared.items()}):
            return False
        return all(
            _as_marked(inner, schema)
            for key, value in declared.values()
            if self._places.more_than_schema(key)
            for _, inner, schema in places(value, key.schema)
        )

    def _findings(self, raw: RawTenant, declared: Declared, base: Path) -> Iterator[tuple[Path, Problem]]:
        """Yield each finding with its path in the value; one for each sensitive place, whatever is wrong with it."""
        key, value = declared.key, declared.value
        if value is None:
            yield (), _null(raw, declared, base)
            return
        sensitive = [path for path, _, schema in places(value, key.schema) if schema.get("x-sensitive")]
        for path in sensitive:
            if not _is_reference(value_at(value, path)):
                yield path, _literal(raw, declared, (*base, *path))
        for misfit in _telling(self._catalogue.checker(self._catalogue.file_schema(key)).misfits(value)):
            if not any(misfit.path[: len(path)] == path for path in sensitive):
                yield from self._spec(misfit, raw, declared, base)
        for path, text, schema in places(value, key.schema):
            if isinstance(text, str) and path not in sensitive and not _has_format(text, schema):
                message = f"{self._place(declared, path).name} is not {FORMATS[schema['format']][1]}"
                yield path, raw.problem((*base, *path), "spec/format", message)
        yield from self._house(raw, declared, base)

    def _spec(self, misfit: Misfit, raw: RawTenant, declared: Declared, base: Path) -> Iterator[tuple[Path, Problem]]:
        place = self._place(declared, misfit.path)
        here = (*base, *misfit.path)
        rule = f"spec/{misfit.keyword}"
        if misfit.keyword != "additionalProperties":
            yield misfit.path, raw.problem(here, rule, *spec_text(misfit, place))
            return
        known = (schema_at(declared.key.schema, misfit.path) or {}).get("properties", {})
        for name in misfit.names:
            found = raw.problem((*here, name), rule, *unknown_text(name, place, known), on_name=True)
            if place.secretive:
                found = replace(found, pointer=pointer(*here))
            yield misfit.path, found

    def _house(self, raw: RawTenant, declared: Declared, base: Path) -> Iterator[tuple[Path, Problem]]:
        for rule in declared.key.rules:
            for misfit in self._catalogue.checker(rule.schema).misfits(declared.value):
                path = _outside_secrets(misfit.path, declared.key.schema)
                text = rule_text(misfit, rule, self._place(declared, path))
                found = raw.problem((*base, *path), f"rule/{rule.id}", *text)
                yield path, replace(found, severity=rule.severity)

    def _place(self, declared: Declared, path: Path) -> Place:
        secretive = self._places.secretive(declared.key)
        return Place(declared.key, path, value_at(declared.value, path), secretive)


def _broken(raw: RawTenant, base: Path) -> tuple[Path, ...]:
    """Return the paths, within the key, of scalars that the notation refused."""
    if not raw.document.problems:
        return ()
    return tuple(path[2:] for path in raw.document.broken() if path[:2] == base)


def _telling(misfits: tuple[Misfit, ...]) -> Iterator[Misfit]:
    """Leave out what only follows from a wrong type at the same place."""
    mistyped = {misfit.path for misfit in misfits if misfit.keyword == "type"}
    return (misfit for misfit in misfits if misfit.keyword == "type" or misfit.path not in mistyped)


def _null(raw: RawTenant, declared: Declared, base: Path) -> Problem:
    message = f"{declared.key.short} is declared without a value"
    hint = "Give it one. To undeclare it, remove the line; a key that was set once can't be unset."
    return raw.problem(base, "spec/type", message, hint, on_name=True)


def _literal(raw: RawTenant, declared: Declared, path: Path) -> Problem:
    name = next((str(part) for part in reversed(path) if isinstance(part, str)), declared.key.short)
    entry = secret_name(declared.key, path[2:])
    message = f"{name} is sensitive and takes a reference to a secret only, {{secret: NAME}}"
    hint = (
        f"Write {{secret: {entry}}}, and put the value into this tenant's credentials under secrets as {entry}. "
        "A name has capitals, digits and underscores. If a real secret stood here, change it: git keeps it."
    )
    return raw.problem(path, _REFERENCE, message, hint)


def _is_reference(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"secret"}:
        return False
    name = value["secret"]
    return isinstance(name, str) and len(name) <= SECRET_NAME_LENGTH and _SECRET_NAME.fullmatch(name) is not None


def _as_marked(value: Any, schema: Schema) -> bool:
    if schema.get("x-sensitive"):
        return _is_reference(value)
    return not isinstance(value, str) or _has_format(value, schema)


def _has_format(text: str, schema: Schema) -> bool:
    """An empty text has every format: whether there must be a text is not for the format to say."""
    name = schema.get("format", "")
    return not text or name not in FORMATS or FORMATS[name][0](text)


def _outside_secrets(path: Path, schema: Schema) -> Path:
    """Cut `path` at the first sensitive place: names in it are not shown."""
    for length in range(len(path) + 1):
        if (schema_at(schema, path[:length]) or {}).get("x-sensitive"):
            return path[:length]
    return path


def _referring(value: Any, schema: Schema) -> Value:
    """Return `value` with a SecretRef in each sensitive place. All of them have been checked."""
    if schema.get("x-sensitive"):
        return SecretRef(value["secret"])
    if isinstance(value, dict):
        fields = schema.get("properties", {})
        return {name: _referring(item, fields.get(name, {})) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(_referring(item, schema.get("items", {})) for item in value)
    plain: Value = value
    return plain
