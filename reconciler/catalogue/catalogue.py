"""The catalogue: all keys there are, and questions about them. The same for the whole of a run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.catalogue.tenantfile import file_schema
from reconciler.model.key import Key, Schema
from reconciler.strictyaml import parse

if TYPE_CHECKING:
    from reconciler.catalogue.checking import Checker


@dataclass(slots=True)
class _Made:
    """What was built on demand, and stays: a checker is asked once for each tenant."""

    checkers: "dict[int, tuple[Schema, Checker]]" = field(default_factory=dict)
    files: dict[str, Schema] = field(default_factory=dict)
    whole: "dict[str, Checker]" = field(default_factory=dict)
    every: "Checker | None" = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All keys, in catalogue order: as the shipped document lists them, then an extra one's.

    `origin_template` is the documented origin with `{tenant}` in it (`https://{tenant}.…`, without a path).
    `document` is the shipped OpenAPI document as bytes.
    """

    keys: tuple[Key, ...]
    origin_template: str
    document: bytes = field(repr=False)
    _made: _Made = field(default_factory=_Made, init=False, repr=False, compare=False)

    def get(self, name: str) -> Key | None:
        """Return the key with this full name."""
        return next((key for key in self.keys if key.name == name), None)

    def resolve(self, text: str) -> tuple[Key, ...]:
        """Return the keys whose full or short name fits the glob `text`, in catalogue order.

        `*` is any text, `?` any character, all else itself; upper and lower case differ.
        """
        wild = {"*": ".*", "?": "."}
        pattern = "".join(wild.get(character) or re.escape(character) for character in text)
        glob = re.compile(pattern, re.DOTALL)
        return tuple(key for key in self.keys if glob.fullmatch(key.name) or glob.fullmatch(key.short))

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the names of the groups, in the order of their first key."""
        return tuple(dict.fromkeys(key.group for key in self.keys))

    def fits(self, key: Key, value: Any) -> bool:
        """True if `value` (plain JSON) fits the spec's schema of `key`, without formats and house rules."""
        return self.checker(key.schema).fits(value)

    def why_not(self, key: Key, value: Any) -> str:
        """Return where and by which keyword `value` first doesn't fit, showing none of it; empty if it fits."""
        misfits = self.checker(key.schema).misfits(value)
        return str(misfits[0]) if misfits else ""

    def matches(self, schema: Schema, value: Any) -> bool:
        """True if `value` fits a schema of this catalogue: the `when` of an order of writing, a rule."""
        return self.checker(schema).fits(value)

    def file_schema(self, key: Key) -> Schema:
        """Return the spec's schema of `key` for tenant files: closed, `{secret: NAME}` in sensitive places.

        House rules are not in it: they are `key.rules`, to be asked one by one of the value as written.
        """
        if key.name not in self._made.files:
            self._made.files[key.name] = file_schema(key)
        return self._made.files[key.name]

    def tenant_schema(self) -> Schema:
        """Return the schema of a whole tenant's file, with the house rules of severity error, and words for editors."""
        from reconciler.catalogue.editor import tenant_schema  # only to derive

        return tenant_schema(self.keys)

    def profile_schema(self) -> Schema:
        """Return the schema of a profile's file: a tenant's, without `extends` and without write-once keys."""
        from reconciler.catalogue.editor import profile_schema

        return profile_schema(self.keys)

    def is_in_order(self, key: Key, value: Any) -> bool:
        """True if neither `file_schema(key)` nor a rule of `key` has anything against `value`, for certain.

        False only means that they have to be asked one by one. Formats are left to the caller.
        """
        whole = self._made.whole.get(key.name)
        if whole is None:
            from reconciler.catalogue.checking import Checker  # on first use, as below

            whole = self._made.whole[key.name] = Checker(self._whole_schema(key))
        return whole.passes(value)

    def are_in_order(self, values: Mapping[str, Any]) -> bool:
        """As `is_in_order` of each of `values`, by full name of their keys: asked once, for all of a file."""
        if self._made.every is None:
            from reconciler.catalogue.checking import Checker

            self._made.every = Checker({"properties": {key.name: self._whole_schema(key) for key in self.keys}})
        # A key that can't be compiled spoils all of it, and must not take the quick way from the others.
        return self._made.every.passes(values) or all(
            self.is_in_order(key, values[key.name]) for key in self.keys if key.name in values
        )

    def _whole_schema(self, key: Key) -> Schema:
        return {"allOf": [self.file_schema(key), *(rule.schema for rule in key.rules)]}

    def checker(self, schema: Schema) -> "Checker":
        """Return what checks values against `schema`, one of this catalogue's: it is kept for good."""
        # Imported on first use: not every command checks a value.
        from reconciler.catalogue.checking import Checker

        made = self._made.checkers.get(id(schema))
        if made is None:
            # The schema is kept beside its checker, so that no other one can get its id.
            made = self._made.checkers[id(schema)] = (schema, Checker(schema))
        return made[1]

    def openapi(self) -> Mapping[str, Any]:
        """Return the shipped OpenAPI document as fresh plain data, for the sandbox and for tests."""
        document: Mapping[str, Any] = parse(self.document, file="openapi.yaml").value
        return document
