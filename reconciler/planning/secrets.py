"""Is every secret that a tenant's file names at hand, and bound to the place that it would be sent to?"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.key import Key, Schema
from reconciler.model.normal import Path, at, references
from reconciler.model.tenant import Secrets
from reconciler.model.values import Value, pointer

UNAVAILABLE = "secret-unavailable"
ORIGIN = "secret-origin"

SameOrigin = Callable[[str, str], bool]
"""Says whether a URL (first) lies in an origin (second), parsed as the platform would."""


@dataclass(frozen=True, slots=True)
class SecretFinding:
    """A reference that apply must not resolve, the rule that says so, and what to do."""

    rule: str
    pointer: str
    message: str


def check(key: Key, desired: Value, secrets: Secrets, same_origin: SameOrigin) -> tuple[SecretFinding, ...]:
    """Return what is wrong with the references of one desired value. The text of a secret is not looked at."""
    found: list[SecretFinding] = []
    for path, ref in references(desired):
        where = pointer(*path)
        if ref.name not in secrets:
            found.append(
                SecretFinding(
                    UNAVAILABLE,
                    where,
                    f"The secret {ref.name} is not in this tenant's credentials. Add it under `secrets`, with the"
                    " origin that it is `for`.",
                )
            )
            continue
        url = sent_to(key.schema, desired, path)
        bound = secrets[ref.name].origin
        if url is not None and not same_origin(url, bound):
            found.append(
                SecretFinding(
                    ORIGIN,
                    where,
                    f"The secret {ref.name} is for {bound}, but would be sent beside {url}. Correct the URL in the"
                    " file, or bind the secret to the new origin in the credentials.",
                )
            )
    return tuple(found)


def sent_to(schema: Schema, desired: Value, path: Path) -> str | None:
    """Return the URL that `x-sent-to` names for the field at `path`; None if the schema names none."""
    here = schema
    for part in path:
        here = here.get("items", {}) if isinstance(part, int) else here.get("properties", {}).get(part, {})
    target = here.get("x-sent-to")
    if target is None:
        return None
    url = at(desired, tuple(part.replace("~1", "/").replace("~0", "~") for part in target.split("/")[1:]))
    return url if isinstance(url, str) else ""
