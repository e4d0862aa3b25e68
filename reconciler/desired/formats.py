"""The formats that a value must have: asserted here, because JSON Schema only annotates them.

A schema can name no other format than those in `FORMATS`. Each check is linear in the length of the text.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

_PCHAR: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}"
_URI: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):"
    r"(?://(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)"
    r"(?::(?P<port>[0-9]*))?(?=[/?#]|\Z)|(?!//))"
    rf"(?:{_PCHAR}|/)*(?:\?(?:{_PCHAR}|[/?])*)?(?:\#(?:{_PCHAR}|[/?])*)?"
)
_LONGEST_URI: Final = 8192
"""Characters: what servers take. For one of a mebibyte, the pattern takes a hundred times its memory."""
_DATE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:)(\d{2})(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_LABEL: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_uri(text: str) -> bool:
    """True for an absolute URI (RFC 3986); one of http or https has a host and a port that exists."""
    match = _URI.fullmatch(text) if len(text) <= _LONGEST_URI else None
    if match is None:
        return False
    host, port = match["host"] or "", match["port"] or ""
    # Cut before they are converted: that takes time that grows with the square of the length.
    digits = port.lstrip("0")[:6]
    if int(digits or 0) > 65535 or (host.startswith("[") and not is_ipv6(host[1:-1])):
        return False
    web = match["scheme"].lower() in {"http", "https"}
    return not web or (host != "" and (not port or digits != ""))


def is_date_time(text: str) -> bool:
    """True for a moment in RFC 3339; a second 60 is a leap second."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return False
    day, minutes, seconds = match.groups()
    return _reads(datetime.fromisoformat, f"{day}T{minutes}{'59' if seconds == '60' else seconds}")


def is_date(text: str) -> bool:
    """True for a day in RFC 3339: YYYY-MM-DD."""
    return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) is not None and _reads(date.fromisoformat, text)


def is_host(text: str) -> bool:
    """True for a host name (RFC 1123)."""
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


def is_ipv4(text: str) -> bool:
    """True for four decimal numbers with dots."""
    return _reads(ipaddress.IPv4Address, text)


def is_ipv6(text: str) -> bool:
    """True for an IPv6 address without a zone."""
    return "%" not in text and _reads(ipaddress.IPv6Address, text)


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


FORMATS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "uri": (is_uri, "an absolute URI such as https://host.example/path"),
    "date-time": (is_date_time, "a moment such as 2024-01-31T12:30:00Z"),
    "date": (is_date, "a day such as 2024-01-31"),
    "email": (lambda text: _EMAIL.fullmatch(text) is not None, "an address such as name@host.example"),
    "hostname": (is_host, "a host name such as host.example"),
    "ipv4": (is_ipv4, "an IPv4 address"),
    "ipv6": (is_ipv6, "an IPv6 address"),
    "uuid": (lambda text: _UUID.fullmatch(text) is not None, "a UUID"),
}
"""By name: the check, and what is expected, in words."""
