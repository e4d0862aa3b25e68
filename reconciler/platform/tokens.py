"""Bearer tokens: one that a person gave, or one fetched with client credentials and kept until it runs out.

A fetched token is used for its `expires_in` (60 s without one), less a margin: 30 s, or a quarter of it if that is
less. Counted from before the request, so a slow answer doesn't make it look younger.
A tenant sends one request at a time, so it fetches one token at a time.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from reconciler.model.access import ClientCredentials, Clock
from reconciler.model.live import Halt
from reconciler.model.values import Secret
from reconciler.platform.addresses import is_token
from reconciler.platform.bodies import NotStrictJson, parse
from reconciler.platform.details import explain, request_id
from reconciler.platform.faults import Fault
from reconciler.platform.redact import Redactor
from reconciler.platform.retries import Method, Retries
from reconciler.platform.stops import Errand, Stopped
from reconciler.platform.wire import Answer, Wire

_MARGIN = 30.0
_DEFAULT_LIFE = 60.0
_LONGEST_LIFE = 24 * 3600.0
_DIGITS = re.compile("[0-9]{1,9}")
"""Some servers say their `expires_in` in quotes."""
_LONGEST_TOKEN = 16 * 1024
"""Characters. Servers cut headers off at about this."""


class Tokens(Protocol):
    """Where a tenant's bearer comes from."""

    async def current(self, errand: Errand) -> Secret | Stopped:
        """Return the token to use now."""

    async def renew(self, errand: Errand) -> Secret | Stopped | None:
        """Return another token after the current one was refused; None if there is no way to get one."""


class StaticTokens:
    """The one token that a person put into the credentials."""

    def __init__(self, token: Secret) -> None:
        self._token = Secret(token.reveal().strip())

    async def current(self, errand: Errand) -> Secret | Stopped:  # noqa: ARG002 - nothing is fetched
        return self._token

    async def renew(self, errand: Errand) -> Secret | Stopped | None:  # noqa: ARG002 - nothing is fetched
        return None


@dataclass(slots=True)
class Held:
    """The token that was fetched last, and until when it is good. It outlives the connection that it was used on."""

    token: Secret | None = None
    good_until: float = -math.inf


class FetchedTokens:
    """Tokens of client credentials (RFC 6749, 4.4), fetched when `held` has none. Failures are not remembered."""

    def __init__(
        self, grant: ClientCredentials, wire: Wire, retries: Retries, clock: Clock, redact: Redactor, held: Held
    ) -> None:
        self._grant = grant
        self._wire = wire
        self._retries = retries
        self._clock = clock
        self._redact = redact
        self._held = held
        if held.token is not None:
            redact.learn([held.token])

    async def current(self, errand: Errand) -> Secret | Stopped:
        if self._held.token is not None and self._clock.now() < self._held.good_until:
            return self._held.token
        return await self._fetch(errand)

    async def renew(self, errand: Errand) -> Secret | Stopped | None:
        return await self._fetch(errand)

    async def _fetch(self, errand: Errand) -> Secret | Stopped:
        self._held.token = None
        asked_at = self._clock.now()
        form = {
            "grant_type": "client_credentials",
            "client_id": self._grant.client_id,
            "client_secret": self._grant.client_secret.reveal(),
        }
        headers = {"content-type": "application/x-www-form-urlencoded"}
        content = urlencode(form).encode("ascii")
        result = await self._retries.run(
            lambda: self._wire.send("POST", self._grant.token_url, headers, content, errand=errand),
            Method.TOKEN,
            errand,
        )
        if isinstance(result, Stopped):
            return result
        granted = _granted(result, self._redact)
        if isinstance(granted, Stopped):
            return granted
        self._redact.learn([granted.token])
        self._held.token = granted.token
        self._held.good_until = asked_at + granted.life - min(_MARGIN, granted.life / 4)
        return granted.token


@dataclass(frozen=True, slots=True)
class _Granted:
    token: Secret
    life: float
    """Seconds."""


def _granted(result: Answer | Fault, redact: Redactor) -> _Granted | Stopped:
    if isinstance(result, Fault):
        return _no_token(result.detail)
    if result.status != 200:
        advice = " Check client_id, client_secret and token_url." if 400 <= result.status < 500 else ""
        redirected = " Redirected to another address; not followed." if 300 <= result.status < 400 else ""
        return _no_token(f"{explain(result, redact)}{redirected}{advice}", request_id(result, redact))
    if result.flaw is not None:
        return _no_token(f"200, but {result.flaw.value}.")
    try:
        document = parse(result.body)
    except NotStrictJson as why:
        return _no_token(f"200, but {why}.")
    return _validated(document)


def _validated(document: Any) -> _Granted | Stopped:
    if not isinstance(document, dict):
        return _no_token("200, but the body is not an object.")
    token, kind, life = (document.get(name) for name in ("access_token", "token_type", "expires_in"))
    if not isinstance(token, str) or len(token) > _LONGEST_TOKEN or not is_token(token):
        return _no_token("200, but access_token is not a text that a header can carry.")
    # Left out by some servers, though RFC 6749 asks for it; another type would need another header.
    if not (kind is None or (isinstance(kind, str) and kind.lower() == "bearer")):
        return _no_token("200, but token_type is not bearer.")
    if life is None:
        return _Granted(Secret(token), _DEFAULT_LIFE)
    if isinstance(life, str) and _DIGITS.fullmatch(life):
        life = int(life)
    if isinstance(life, bool) or not isinstance(life, int | float):
        return _no_token("200, but expires_in is not a number.")
    return _Granted(Secret(token), float(min(max(life, 0), _LONGEST_LIFE)))


def _no_token(detail: str, found: str | None = None) -> Stopped:
    return Stopped(f"No token for this tenant. {detail}", Halt.TENANT, found)
