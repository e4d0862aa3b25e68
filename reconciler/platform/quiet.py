"""Process-wide settings that the platform needs: a silent HTTP library, small buffers, enough file descriptors."""

import asyncio.sslproto
import logging
import resource

_SPARE = 128
"""Descriptors for everything that is no connection: files, pipes, the event loop, the resolver."""


def silence_httpx() -> None:
    """Disable httpx's logger. Nothing of ours makes it speak; if something once does, it would quote addresses."""
    logging.getLogger("httpx").disabled = True


def use_small_buffers() -> None:
    """Let asyncio's TLS hold 32 KiB for a connection, which is two records, and not 256 KiB, all of it zeroed first.

    An answer has some hundred bytes. Hundreds of connections would take as many quarters of a MiB, and the time
    to zero them. The attribute is not documented: should it go, connections are as large as they were.
    """
    asyncio.sslproto.SSLProtocol.max_size = 32 * 1024


def allow_connections(count: int) -> None:
    """Raise the soft limit of open files to what `count` connections need, as far as the hard limit lets us.

    Says nothing if that is not enough: a connection that can't be opened says so itself.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = wanted_limit(soft, hard, count + _SPARE)
    if target is not None:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
        except (OSError, ValueError):
            return


def wanted_limit(soft: int, hard: int, needed: int) -> int | None:
    """Return the soft limit to set; None to leave it. It is never lowered."""
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return None
    target = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    return target if target > soft else None
