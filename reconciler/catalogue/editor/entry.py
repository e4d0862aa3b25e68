"""One key as an editor sees it: the schema for files, with words, what to insert, and house rules in their places."""

from collections.abc import Iterable
from typing import Any, Final

from reconciler.catalogue.editor.spread import Spoken, Where, at, spread, to_editor
from reconciler.catalogue.editor.words import of_field, of_key, plain
from reconciler.catalogue.tenantfile import file_schema, secret_name
from reconciler.model.key import Key, Schema
from reconciler.model.words import Severity

_REFERENCE: Final = (
    "Only a reference to a secret may stand here: {secret: NAME}. The text belongs into the tenant's credentials, "
    "under secrets. If a real secret stood here, change it: git keeps it."
)
_NAME: Final = (
    "The name of a secret, not the secret itself: capitals, digits and underscores, as it stands under secrets in the "
    "tenant's credentials. If a real secret stood here, change it: git keeps it."
)


def entry(key: Key, keys: Iterable[Key]) -> dict[str, Any]:
    """Return the schema of `key` in a tenant's file: what `file_schema` and the rules of severity error allow."""
    spoken = spread(key.rules, key.schema)
    made = _place(key, key.schema, file_schema(key), spoken, ())
    markdown = of_key(key, keys, spoken)
    made = {**made, "description": plain(markdown), "markdownDescription": markdown}
    if key.schema["type"] == "array":
        # An editor shows it, and offers it. Of a mapping, it would offer "[object Object]".
        made["examples"] = file_schema(key)["examples"]
    return made


def _place(
    key: Key, spec: Schema, closed: Schema, spoken: tuple[Spoken, ...], where: Where, *, required: bool | None = None
) -> dict[str, Any]:
    """Return one place: `spec` is what the API says, `closed` the same as it is in files."""
    here = at(spoken, where)
    ruled = [to_editor(one) for one in here if one.rule.severity is Severity.ERROR]
    made = {name: member for name, member in closed.items() if name != "examples"}
    if where:
        markdown = of_field(spec, here, required=required)
        made |= {"description": plain(markdown), "markdownDescription": markdown}
    if spec.get("x-sensitive"):
        made = _reference(made, secret_name(key, where))
    else:
        needed = list(spec.get("required", []))
        # Also here, though the rule's own part says it: only so does an editor insert them with the key.
        needed += [name for part in ruled for name in part.get("required", []) if name not in needed]
        made |= {"required": needed} if needed else {}
        made |= _snippets(spec)
        if "properties" in spec:
            made["properties"] = {
                name: _place(key, field, closed["properties"][name], spoken, (*where, name), required=name in needed)
                for name, field in spec["properties"].items()
            }
        if "items" in spec:
            made["items"] = _place(key, spec["items"], closed["items"], spoken, (*where, "*"))
    return {**made, **({"allOf": ruled} if ruled else {})}


def _reference(made: dict[str, Any], name: str) -> dict[str, Any]:
    """Say of `{secret: NAME}` how it is written, offer it, and tell whoever wrote the secret itself."""
    label = f"{{secret: {name}}}"
    secret = made["properties"]["secret"]
    words = {"markdownDescription": secret["description"], "errorMessage": _NAME}
    secret = {**secret, **words, "defaultSnippets": [{"label": name, "body": name}]}
    return {
        **made,
        "properties": {"secret": secret},
        "errorMessage": _REFERENCE,
        "defaultSnippets": [
            {
                "label": label,
                "description": "A reference to a secret; its name stands in the tenant's credentials.",
                "bodyText": f"{{secret: ${{1:{name}}}}}",
            }
        ],
    }


def _snippets(spec: Schema) -> dict[str, Any]:
    """Offer the examples of a text or a number by name; an editor would show each in a block of its own otherwise."""
    if spec["type"] in {"object", "array"} or "examples" not in spec:
        return {}
    return {"defaultSnippets": [{"label": str(example), "body": example} for example in spec["examples"]]}
