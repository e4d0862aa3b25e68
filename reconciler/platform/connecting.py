"""A socket that is connected to a name: its addresses are tried in turn, and beside each other if one takes long.

Not asyncio's own race of addresses: cancelled at the wrong moment, that one leaves an open socket behind.
"""

import asyncio
import socket
from collections import Counter
from typing import Any

_APART = 0.25
"""Seconds that one address is tried before the next one is tried beside it (RFC 8305)."""


Tries = list[asyncio.Task[socket.socket]]


async def connected(host: str, port: int) -> socket.socket:
    """Return a socket to the first of a name's addresses that answers.

    Raises what went wrong with the first one if none does: OSError, or UnicodeError for what can't be a name. It may
    take for ever; cancelling it leaves nothing open.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if len(found) == 1:
        return await _try(found[0][0], found[0][4])
    tries: Tries = []
    won: asyncio.Task[socket.socket] | None = None
    try:
        for family, address in _in_turns(found):
            tries.append(asyncio.create_task(_try(family, address)))
            won = await _first_of(tries, _APART)
            if won is not None:
                break
        while won is None and not all(one.done() for one in tries):
            won = await _first_of(tries, None)
        # If none has won, each has failed, and the first one says why.
        return (won or tries[0]).result()
    finally:
        _give_up([one for one in tries if one is not won])
        # An error that is on its way up holds this frame, and would be held by it.
        tries.clear()


def _in_turns(found: list[Any]) -> list[tuple[int, Any]]:
    """Return the addresses so that the families alternate: if one is cut off, the other comes soon."""
    counted: Counter[int] = Counter()
    ranked = []
    for family, _, _, _, address in found:
        ranked.append((counted[family], family, address))
        counted[family] += 1
    return [(family, address) for _, family, address in sorted(ranked, key=lambda one: one[0])]


async def _first_of(tries: Tries, seconds: float | None) -> asyncio.Task[socket.socket] | None:
    """Return the try that is connected; None after one more has failed, or after some seconds."""
    pending = [one for one in tries if not one.done()]
    if not pending:
        return None
    done, _ = await asyncio.wait(pending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    return next((one for one in done if one.exception() is None), None)


async def _try(family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _give_up(tries: Tries) -> None:
    """Cancel them, and close what comes too late."""
    for one in tries:
        one.cancel()
        one.add_done_callback(_forget)


def _forget(one: asyncio.Task[socket.socket]) -> None:
    if not one.cancelled() and one.exception() is None:
        one.result().close()
