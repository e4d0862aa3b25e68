"""Origins: where a tenant's token, and each secret, may go. One spelling for each, so that equality is safe.

Canonical form: `scheme://host[:port][/path]`, scheme and host in lower case, an international host in its ASCII
form, IPv6 in its shortest form, a default port and a trailing slash dropped, any other path kept as it is.

What two programs could read differently is refused instead of repaired: user names, backslashes, blanks and
control characters, a trailing dot, `127.1` and other short or octal IPv4, dot segments, zone ids.
"""

import ipaddress
import re
from dataclasses import dataclass

from reconciler.inputs.usage import UsageProblem

PLACEHOLDER = "{tenant}"

_PARTS = re.compile(r"([^:/?#]+)://([^/?#]*)([^?#]*)(.*)")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]++|%[0-9A-Fa-f]{2})*+")
_HIDDEN_STEP = re.compile(r"%(?:2e|2f|5c|25)", re.IGNORECASE)
# Servers that know parameters of a segment take "..;x" for "..".
_DOT_STEP = re.compile(r"/\.{1,2}(?:[/;]|$)")
_DEFAULT_PORT = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class BadUrl:
    """Why a text can't be used as a URL: the end of a sentence. Never quotes the text, which may hold a password."""

    reason: str


@dataclass(frozen=True, slots=True)
class Url:
    """An https URL (http on loopback) in parts. `host` is ASCII, IPv6 in brackets; `port` is the one that is used."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """`scheme://host[:port]`: what the web calls an origin."""
        port = "" if self.port == _DEFAULT_PORT[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def canonical_origin(text: str) -> str | BadUrl:
    """Return the canonical form of an origin, its path included, or why it can't be one."""
    url = parse_url(text)
    if isinstance(url, BadUrl):
        return url
    path = url.path.removesuffix("/")
    if "//" in path or path.endswith("/"):
        return BadUrl("has an empty path segment")
    return url.authority + path


def same_origin(one: str, other: str) -> bool:
    """True if both are origins and mean the same place, path included. Two unusable texts are never the same."""
    first, second = canonical_origin(one), canonical_origin(other)
    return isinstance(first, str) and first == second


def covers(origin: str, url: str) -> bool:
    """True if `url` lies at `origin` (a secret's `for`), or below its path when it has one. False for unusable texts.

    A query or fragment of `url` doesn't count: it doesn't change who receives the request. An international host has
    to be in its ASCII form there: it is the platform that asks for it, and by the older of two standards "ß" is "ss".
    """
    if not url.isascii():
        return False
    place, target = parse_url(origin), parse_url(url, rest_allowed=True)
    if isinstance(place, BadUrl) or isinstance(target, BadUrl) or place.authority != target.authority:
        return False
    path = place.path.rstrip("/")
    return target.path == path or target.path.startswith(path + "/") or not path


def check_template(text: str) -> str | BadUrl:
    """Return an origin template unchanged, or why it can't be one. `{tenant}` is the only placeholder."""
    if set("{}") & set(text.replace(PLACEHOLDER, "")):
        return BadUrl(f"has braces: {PLACEHOLDER} is the only placeholder")
    sample = canonical_origin(text.replace(PLACEHOLDER, "x"))
    return sample if isinstance(sample, BadUrl) else text


def origin_of(template: str, tenant: str) -> str | UsageProblem:
    """Return the canonical origin of one tenant. A name too long for the template's host is a UsageProblem."""
    origin = canonical_origin(template.replace(PLACEHOLDER, tenant))
    if isinstance(origin, BadUrl):
        return UsageProblem(
            f"No usable origin for tenant {tenant}: with its name, the origin template {origin.reason}.",
            "Change the template (--origin, RECONCILER_ORIGIN, or origin in the settings) or the tenant's name.",
        )
    return origin


def parse_url(text: str, *, rest_allowed: bool = False) -> Url | BadUrl:
    """Return `text` in parts, or why it is refused. Query and fragment are refused or, if allowed, dropped."""
    if not text.isprintable() or " " in text:  # the one blank that counts as printable
        return BadUrl("has a blank or a control character in it")
    if "\\" in text:
        return BadUrl("has a backslash in it")
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return BadUrl("is not of the form https://host")
    scheme, authority, path, rest = parts[1].lower(), parts[2], parts[3], parts[4]
    if scheme not in _DEFAULT_PORT:
        return BadUrl("must start with https://")
    if "@" in authority:
        return BadUrl("has a user name or password before the host; only the credentials may hold those")
    if rest and not rest_allowed:
        return BadUrl("has a query or a fragment")
    if not _PATH.fullmatch(path) or _HIDDEN_STEP.search(path) or _DOT_STEP.search(path):
        return BadUrl("has a path with dot segments or characters that a path may not have")
    return _with_host(scheme, authority, path)


def _with_host(scheme: str, authority: str, path: str) -> Url | BadUrl:
    host_text, port_text = _split_port(authority)
    host = _host(host_text)
    if isinstance(host, BadUrl):
        return host
    port = _DEFAULT_PORT[scheme] if port_text is None else _port(port_text)
    if isinstance(port, BadUrl):
        return port
    if scheme == "http" and not _is_loopback(host):
        return BadUrl("must be https (http is accepted for 127.0.0.0/8, [::1] and localhost only)")
    return Url(scheme, host, port, path)


def _split_port(authority: str) -> tuple[str, str | None]:
    """Split at the colon after the host: the one after the bracket of an IPv6 address, or the only one."""
    bracket = authority.rfind("]")
    host, colon, port = authority[bracket + 1 :].partition(":")
    return authority[: bracket + 1] + host, port if colon else None


def _port(text: str) -> int | BadUrl:
    if re.fullmatch(r"[0-9]{1,5}", text) and 1 <= int(text) <= 65535:
        return int(text)
    return BadUrl("has a port that is not a number from 1 to 65535")


def _host(text: str) -> str | BadUrl:
    if text.startswith("["):
        return _ipv6(text)
    if text.endswith("."):
        return BadUrl("has a host that ends in a dot; leave the dot out")
    host = _ascii(text)
    if host is None or len(host) > 253 or not _NAME.fullmatch(host):
        return BadUrl("has no valid host")
    if _NUMBER_LABEL.fullmatch(host.rsplit(".", 1)[-1]):
        return _ipv4(host)
    return host


def _ascii(host: str) -> str | None:
    """Return an international name as IDNA 2008 has it, which is what the HTTP client asks for; None if it can't."""
    if host.isascii() or len(host) > 253:
        return host.lower()
    import idna  # its tables take a while to load, and next to nobody needs them

    try:
        return idna.encode(host.lower(), strict=True).decode("ascii")
    except idna.IDNAError:
        return None


def _ipv6(text: str) -> str | BadUrl:
    try:
        # A zone id ("%eth0") names an interface of one machine: no two machines mean the same by it.
        return BadUrl("has a zone id") if "%" in text else f"[{ipaddress.IPv6Address(text[1:-1])}]"
    except ValueError:
        return BadUrl("has no valid IPv6 address in its brackets")


def _ipv4(text: str) -> str | BadUrl:
    # Resolvers read "127.1", "0x7f.1" and "2130706433" as addresses, too: only the plain form is unambiguous.
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return BadUrl("has an IPv4 address that is not four plain decimal numbers")


def _is_loopback(host: str) -> bool:
    if host.startswith("["):
        return host == "[::1]"
    return host == "localhost" or bool(re.fullmatch(r"127(\.[0-9]+){3}", host))
