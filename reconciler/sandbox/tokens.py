"""Who may call: invented clients, and bearer tokens that carry their own proof, so that they outlive a restart.

Nothing here is secret in earnest: every credential begins with `sandbox-`, and opens a test double on loopback.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import unquote_plus

_NEVER: Final = "never"
_PREFIX: Final = "sandbox-token"


def client(tenant: str) -> tuple[str, str]:
    """Return the client id and the client secret of `tenant`; always the same."""
    return f"sandbox-client-{tenant}", f"sandbox-client-secret-{tenant}"


def mint(key: str, tenant: str, expires: datetime | None) -> str:
    """Return a bearer for `tenant`, good until `expires` (None: for ever) with the sandbox that has `key`."""
    until = _NEVER if expires is None else f"{expires.timestamp():.0f}"
    return f"{_PREFIX}.{tenant}.{until}.{_signature(key, tenant, until)}"


def is_good(key: str, token: str, tenant: str, now: datetime) -> bool:
    """Return True if `token` was minted with `key` for `tenant` and has not expired."""
    parts = token.split(".")
    if len(parts) != 4 or parts[:2] != [_PREFIX, tenant]:
        return False
    until, signature = parts[2:]
    if not hmac.compare_digest(signature.encode(), _signature(key, tenant, until).encode()):
        return False
    return until == _NEVER or now.timestamp() < int(until)


def _signature(key: str, tenant: str, until: str) -> str:
    return hmac.new(key.encode(), f"{tenant}.{until}".encode(), hashlib.sha256).hexdigest()[:32]


def bearer(authorization: str) -> str:
    """Return the token of an Authorization header, or the empty string."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def presented(authorization: str, form: Mapping[str, str]) -> tuple[str, str]:
    """Return the client id and secret that a token request shows, by header (RFC 6749 2.3.1) or in its form."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def is_client(shown: tuple[str, str], tenant: str) -> bool:
    """Return True if these are the id and secret of `tenant`."""
    return all(
        hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
        for one, other in zip(shown, client(tenant), strict=True)
    )
