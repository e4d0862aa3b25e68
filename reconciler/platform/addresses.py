"""Where a credential may go, and whether it can go anywhere at all.

The credentials are checked where they are read; here is the last check before a byte leaves, on the URL as the HTTP
client understood it. Nothing here quotes what it refuses: a URL may hold a password.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from ipaddress import ip_address
from urllib.parse import unquote

import httpx

from reconciler.model.access import Access, StaticToken

_TOKEN = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_PORTS = {"http": 80, "https": 443}


class Unusable(ValueError):
    """What the run was given can't be used: the caller shows the message and ends with exit code 64."""


@dataclass(frozen=True, slots=True)
class Address:
    """A scheme, host and port, and a path (without trailing slash) below which everything lies."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def loopback(self) -> bool:
        """True if it is on this machine."""
        return _is_loopback(self.host)

    def covers(self, url: httpx.URL) -> bool:
        """True if `url` lies below this address: same scheme, host and port, and no step leads out of the path."""
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        return (
            not url.userinfo
            and (url.scheme, _host(url), _port(url)) == (self.scheme, self.host, self.port)
            and path.startswith(f"{self.path}/")
            and not _steps_aside(path)
        )


@cache
def address_of(url: str) -> Address:
    """Return the address of an origin or a token URL. Raises Unusable, without quoting it, if it can't be one.

    https only; http is for loopback, where nobody listens in: 127.0.0.0/8, [::1] and localhost.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        # The cause would show the text.
        raise Unusable("it is not a URL") from None
    host = _host(parsed)
    if parsed.scheme not in _PORTS or not (_NAME.fullmatch(host) or _is_address(host)):
        raise Unusable("it is not of the form https://host")
    if parsed.scheme == "http" and not _is_loopback(host):
        raise Unusable("it must be https (http is for loopback only)")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise Unusable("it has a user name, a query or a fragment")
    return Address(parsed.scheme, host, _port(parsed), parsed.raw_path.decode("ascii").rstrip("/"))


def why_unusable(access: Access) -> str:
    """Return why a tenant's credentials can't be used, for a person and without quoting them; empty if they can."""
    grant = access.grant
    places = [("origin", access.origin)]
    if isinstance(grant, StaticToken):
        if not is_token(grant.token.reveal().strip()):
            return _complaint(access, "token", "it is empty, or holds a blank or a character that is not ASCII")
    else:
        places.append(("token_url", grant.token_url))
    for name, url in places:
        try:
            address_of(url)
        except Unusable as unusable:
            return _complaint(access, name, str(unusable))
    return ""


def is_token(text: str) -> bool:
    """True for visible ASCII without blanks: what a header can carry. The HTTP client's own error would print it."""
    return bool(_TOKEN.fullmatch(text))


def _complaint(access: Access, name: str, why: str) -> str:
    return f"Unusable credentials. {access.tenant}: {name} can't be used: {why}. Correct that entry."


@lru_cache(maxsize=256)  # a path is the same for every tenant
def _steps_aside(path: str) -> bool:
    """True if a step of a path leads to where it doesn't say."""
    return not {unquote(step) for step in path.split("/")}.isdisjoint({".", ".."})


def _host(url: httpx.URL) -> str:
    # Not `url.host`, which turns an international name back into what it looks like.
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    return _PORTS.get(url.scheme, 0) if url.port is None else url.port


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
