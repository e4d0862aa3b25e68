"""The schemas of whole files: a tenant's, and a profile's, which may not say everything that a tenant's may."""

from collections.abc import Iterable
from typing import Any, Final

from reconciler.catalogue.editor.entry import entry
from reconciler.catalogue.editor.words import of_group, plain
from reconciler.catalogue.keyfile import DERIVED, DIALECT
from reconciler.catalogue.tenantfile import PROFILE_NAME, RESERVED
from reconciler.model.key import Key

_TENANT: Final = "The keys that git declares for a tenant. What isn't declared is neither read nor written."
_PROFILE: Final = (
    "Keys that several tenants share. A tenant takes them with `extends`, as whole keys, and its own file wins."
)
_ONCE: Final = (
    "What can be set only once in a tenant's life never stands in a profile, where one edit would reach many tenants. "
    "Write it into the tenant's own file."
)
_NO_EXTENDS: Final = "A profile extends no other. List both profiles in the tenant's file."


def tenant_schema(keys: Iterable[Key]) -> dict[str, Any]:
    """Return the schema of a tenant's file, for editors, and for whoever validates with another tool.

    House rules of severity error are in it through `allOf`, marked `x-rule`; warnings in the words only. What is
    no JSON Schema (`markdownDescription`, `errorMessage`, `defaultSnippets`) is read by editors, and means nothing
    to what fits.
    """
    return _file("A tenant's configuration", _TENANT, {RESERVED: _extends(), **_groups(tuple(keys))})


def profile_schema(keys: Iterable[Key]) -> dict[str, Any]:
    """Return the schema of a profile's file (`_NAME.yaml`): a tenant's, without `extends` and write-once keys."""
    every = tuple(keys)
    groups = _groups(every)
    for group, place in groups.items():
        own = [key for key in every if key.group == group]
        markdown = of_group(group, (key for key in own if not key.write_once))
        place |= {"description": plain(markdown), "markdownDescription": markdown}
        _refuse(place, {key.short for key in own if key.write_once}, _ONCE)
    schema = _file("A profile", _PROFILE, {RESERVED: _extends(), **groups})
    _refuse(schema, {RESERVED}, _NO_EXTENDS)
    return schema


def _file(title: str, text: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$comment": DERIVED,
        "title": title,
        "description": plain(text),
        "markdownDescription": text,
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _groups(keys: tuple[Key, ...]) -> dict[str, dict[str, Any]]:
    return {group: _group(group, keys) for group in dict.fromkeys(key.group for key in keys)}


def _group(group: str, keys: tuple[Key, ...]) -> dict[str, Any]:
    own = [key for key in keys if key.group == group]
    markdown = of_group(group, own)
    return {
        "title": f"Keys of {group}",
        "description": plain(markdown),
        "markdownDescription": markdown,
        "type": "object",
        "additionalProperties": False,
        "properties": {key.short: entry(key, keys) for key in own},
    }


def _refuse(place: dict[str, Any], names: set[str], words: str) -> None:
    """Keep the meaning of `names` for whoever points at one that stands there, but refuse and never offer it."""
    if not names:
        return
    for name in names:
        known = place["properties"][name]
        place["properties"][name] = {
            "title": known["title"],
            "description": f"{words}\n\n{known['description']}",
            "markdownDescription": f"**{words}**\n\n{known['markdownDescription']}",
            "doNotSuggest": True,
        }
    place["allOf"] = [{"properties": dict.fromkeys(sorted(names), False), "errorMessage": words}]


def _extends() -> dict[str, Any]:
    text = (
        "Profiles whose keys this file takes over: `_name` stands for `_name.yaml` in the folder of tenants. "
        "Whole keys are taken; a later profile wins over an earlier one, and this file over all."
    )
    return {
        "title": "Profiles",
        "description": plain(text),
        "markdownDescription": text,
        "type": "array",
        "uniqueItems": True,
        "items": {
            "type": "string",
            "title": "Profile",
            "description": "The name of a profile, such as `_retail-default`.",
            "pattern": PROFILE_NAME,
            "errorMessage": "The name of a profile, without .yaml: it begins with an underscore, as its file does.",
        },
        "examples": [["_retail-default"]],
    }
