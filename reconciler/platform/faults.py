"""What it means when an exchange ends without an answer: had anything left, may it pass, and words for a person.

| httpx raises                                      | sent     | may pass          |
|---------------------------------------------------|----------|-------------------|
| ConnectError, ConnectTimeout, PoolTimeout         | not-sent | yes; not for a bad certificate |
| ProxyError, UnsupportedProtocol, InvalidURL       | not-sent | no                |
| ReadError/Timeout, WriteError/Timeout, CloseError | lost     | yes               |
| RemoteProtocolError                               | lost     | yes               |
| every other, OSError from below httpx included    | lost     | no                |

Where it isn't certain that no byte left, it counts as lost. Messages are ours: an exception's own text may quote a
header.
"""

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

import httpx

from reconciler.model.live import Sent


class Passing(Enum):
    """Whether trying again may help. An enum, so that a table row reads as a sentence."""

    YES = True
    NO = False


@dataclass(frozen=True, slots=True)
class Fault:
    """An exchange without an answer. `sent` is NOT_SENT or LOST; `detail` ends with a full stop."""

    sent: Sent
    passing: bool
    detail: str


_NEVER = (Sent.NOT_SENT, Passing.NO)
_EARLY = (Sent.NOT_SENT, Passing.YES)
_LATE = (Sent.LOST, Passing.YES)
_ODD = (Sent.LOST, Passing.NO)

TABLE: Mapping[type[Exception], tuple[Sent, Passing, str]] = {
    httpx.ConnectError: (*_EARLY, "No connection"),
    httpx.ConnectTimeout: (*_EARLY, "No connection in time"),
    httpx.PoolTimeout: (*_EARLY, "No free connection in time"),
    httpx.ProxyError: (*_NEVER, "A proxy refused the connection"),
    httpx.UnsupportedProtocol: (*_NEVER, "The address is neither https nor http"),
    httpx.InvalidURL: (*_NEVER, "The address is not a URL"),
    httpx.ReadError: (*_LATE, "The connection was lost before the answer"),
    httpx.ReadTimeout: (*_LATE, "No answer in time"),
    httpx.WriteError: (*_LATE, "The connection was lost while sending"),
    httpx.WriteTimeout: (*_LATE, "The request could not be sent in time"),
    httpx.CloseError: (*_LATE, "The connection was lost"),
    httpx.RemoteProtocolError: (*_LATE, "The connection was closed before a whole answer, or the answer is not HTTP"),
    httpx.LocalProtocolError: (*_ODD, "The request could not be put into HTTP"),
    httpx.DecodingError: (*_ODD, "The answer could not be decoded"),
    httpx.TooManyRedirects: (*_ODD, "Redirected too often"),
    httpx.HTTPStatusError: (*_ODD, "The status of the answer is an error"),
    httpx.StreamConsumed: (*_ODD, "The answer was read twice"),
    httpx.StreamClosed: (*_ODD, "The answer was closed before it was read"),
    httpx.ResponseNotRead: (*_ODD, "The answer was not read"),
    httpx.RequestNotRead: (*_ODD, "The request was not read"),
}
"""Every error that httpx can raise for one exchange; a test walks its tree and fails when one is missing."""

EXPECTED = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)
"""What an exchange may raise for reasons outside of us. OSError: the time for all of an exchange ends in one."""


def fault_of(error: Exception) -> Fault:
    """Return what `error`, one of EXPECTED, means. A type that the table doesn't know counts as lost."""
    unknown = TABLE[httpx.ReadTimeout] if isinstance(error, TimeoutError) else (*_ODD, "The exchange failed")
    sent, passing, summary = TABLE.get(type(error), unknown)
    untrusted = any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))
    reason = reason_of(error)
    return Fault(
        sent=sent,
        passing=passing is Passing.YES and not untrusted,
        detail=f"{summary}: {reason}." if reason else f"{summary}.",
    )


def reason_of(error: Exception) -> str:
    """Return why, or nothing. The operating system and OpenSSL say it, who know addresses but no header."""
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return ""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = getattr(cause, "verify_message", "no reason given").rstrip(".")
            if getattr(cause, "verify_code", 0) in _FOR_ANOTHER:
                return f"its certificate is not trusted ({why}). Check the origin in the credentials"
            return (
                f"its certificate is not trusted ({why}). If the address is right, name the authority's"
                " certificate in ca_bundle"
            )
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({getattr(cause, 'reason', None) or 'no reason given'})"
        if isinstance(cause, socket.gaierror):
            return "the host's name is not known. Check the origin in the credentials"
        if isinstance(cause, ConnectionRefusedError):
            return "Connection refused. Check the origin in the credentials; if it is right, nothing answers there now"
        if isinstance(cause, OSError) and isinstance(cause.errno, int) and cause.errno > 0:
            return os.strerror(cause.errno)
    return ""


_FOR_ANOTHER = frozenset({62, 64})
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH: no authority mends these."""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and all that it came from, through exception groups (one host may have two addresses)."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member)
        # "from None" leaves the context.
        error = error.__cause__ or error.__context__
