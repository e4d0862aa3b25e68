"""What the OpenAPI document says about answers, beyond what a Key holds: the content type of each."""

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

JSON = "application/json"

Labels: TypeAlias = Mapping[tuple[str, str, str], str]
"""(path below the origin, method in capitals, status or `default`) to the content type."""


def labels(document: Mapping[str, Any]) -> Labels:
    """Return the first content type of every answer in an OpenAPI document; an answer without a body has none."""
    servers = document.get("servers") or [{"url": ""}]
    base = urlsplit(servers[0]["url"]).path.rstrip("/")
    found: dict[tuple[str, str, str], str] = {}
    for path, item in document.get("paths", {}).items():
        for method in ("get", "post"):
            for status, response in item.get(method, {}).get("responses", {}).items():
                kinds = _resolved(response, document).get("content", {})
                if kinds:
                    found[base + path, method.upper(), str(status)] = next(iter(kinds))
    return found


def _resolved(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow one local `$ref`."""
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return node
    target: Any = document
    for part in reference.removeprefix("#/").split("/"):
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return target if isinstance(target, Mapping) else {}


def content_type(known: Labels, path: str, method: str, status: int) -> str:
    """Return the documented content type, by the status or else by `default`; JSON where nothing is documented."""
    return known.get((path, method, str(status))) or known.get((path, method, "default")) or JSON
