import errno
import socket
import ssl
from typing import Any

import httpx
import pytest

from reconciler.model.live import Sent
from reconciler.platform.faults import EXPECTED, TABLE, fault_of


def leaves(kind: type[Exception]) -> set[type[Exception]]:
    """Return the types below `kind` that are raised themselves."""
    below = [child for child in kind.__subclasses__() if child.__module__.startswith("httpx")]
    return {leaf for child in below for leaf in leaves(child)} if below else {kind}


# Base classes that httpx never raises themselves.
KINDS = leaves(httpx.HTTPError) | leaves(httpx.InvalidURL) | leaves(httpx.StreamError)


def made(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "https://a.example")
        return kind("canary", request=request, response=httpx.Response(500, request=request))
    return kind() if issubclass(kind, httpx.StreamError) else kind("canary")  # type: ignore[call-arg]


def by_name(kinds: set[type[Exception]]) -> list[type[Exception]]:
    return sorted(kinds, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", by_name(KINDS))
def test_every_error_of_httpx_is_in_the_table(kind: type[Exception]):
    """A new version of httpx that adds an error must not add an unmapped one."""
    assert kind in TABLE
    assert issubclass(kind, EXPECTED)


def test_the_table_has_no_row_for_an_error_that_is_gone():
    """Nor for a base class: rows are looked up by exact type."""
    assert set(TABLE) == KINDS


@pytest.mark.parametrize("kind", by_name(KINDS))
def test_an_error_never_speaks_for_itself(kind: type[Exception]):
    """Its text may quote a header; ours never does, and is a sentence."""
    fault = fault_of(made(kind))
    assert "canary" not in fault.detail
    assert fault.detail.endswith(".")
    assert fault.sent in {Sent.NOT_SENT, Sent.LOST}


@pytest.mark.parametrize(
    "error",
    [
        httpx.TransportError("x"),
        httpx.NetworkError("x"),
        OSError(errno.EPIPE, "x"),
        ssl.SSLError(1, "x"),
        TimeoutError(),
        type("Newer", (httpx.RequestError,), {})("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_table_does_not_know_counts_as_sent(error: Any):
    """A second POST is worse than one read too many."""
    assert fault_of(error).sent is Sent.LOST


def test_only_errors_from_before_the_first_byte_count_as_not_sent():
    """This set decides what may be sent again without a look."""
    assert {kind for kind in TABLE if fault_of(made(kind)).sent is Sent.NOT_SENT} == {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.InvalidURL,
    }


def caused(cause: BaseException):
    error = httpx.ConnectError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("cause", "words", "passing"),
    [
        pytest.param(ConnectionRefusedError(errno.ECONNREFUSED, "x"), "Connection refused", True, id="refused"),
        pytest.param(socket.gaierror(-2, "x"), "name is not known", True, id="name"),
        pytest.param(ssl.SSLCertVerificationError(1, "x"), "ca_bundle", False, id="certificate"),
        pytest.param(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] x"), "TLS failed", True, id="TLS"),
        pytest.param(OSError("All connection attempts failed"), "No connection.", True, id="nothing known"),
        pytest.param(
            ExceptionGroup("x", [OSError(errno.ENETUNREACH, "x"), OSError(errno.ECONNREFUSED, "x")]),
            "Network is unreachable",
            True,
            id="two addresses",
        ),
    ],
)
def test_the_reason_below_is_told_in_words_that_help(cause: BaseException, words: str, passing: bool):
    """A certificate that isn't trusted now isn't in a second either."""
    fault = fault_of(caused(cause))
    assert words in fault.detail
    assert fault.passing is passing
