"""Is every secret that a tenant's file names at hand, and bound to the place that it would be sent to?"""

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.model.key import Key
from reconciler.model.normal import references, sent_to
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
