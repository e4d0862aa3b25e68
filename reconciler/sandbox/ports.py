"""Which port a sandbox has: the same in every run, because it is part of each origin and so of each plan's digest."""

import hashlib
import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.model.access import Notice
from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.store import Store

HOST = "127.0.0.1"
"""Loopback, and nothing else: invented secrets are no reason to listen to strangers."""

# Below the range that systems hand out for outgoing connections, so that nobody gets the port by accident.
_FIRST, _COUNT = 20_000, 10_000


@dataclass(frozen=True, slots=True)
class Seat:
    """The port of a sandbox. `bound` listens already; None if another process serves the same database there."""

    port: int
    bound: socket.socket | None


def fingerprint(identity: str, db: Path) -> str:
    """Return what `/-/identity` answers: one database at one place. A copy of the file is another sandbox."""
    return hashlib.sha256(f"{identity}\0{db.resolve()}".encode()).hexdigest()


def take_seat(store: Store, db: Path, wanted: int | None, notice: Notice) -> Seat:
    """Listen on the wanted port, else on the remembered one, else on a free one, and remember it.

    A remembered port that a stranger holds is given up, with a notice. Raises SandboxRefusal if a stranger
    holds the wanted one.
    """
    while True:
        with store.transaction():
            remembered = store.meta("port")
            port = wanted or int(remembered or 0)
            bound = _bind(port) if port else _bind_any(db)
            if bound is not None:
                return _remember(store, bound)
        # Not while holding the database's lock, which the server that is asked may be waiting for.
        if _serves(port, fingerprint(store.meta("identity") or "", db)):
            if remembered != str(port):
                store.remember("port", str(port))
            return Seat(port, None)
        if wanted is not None:
            raise SandboxRefusal(f"Port {wanted} is in use by another program. Choose another with --port.")
        with store.transaction():
            if store.meta("port") == remembered:
                seat = _remember(store, _bind_any(db))
                break
    notice(
        f"Port {port} of the sandbox is in use by another program; it now has port {seat.port}. "
        "Its origins have changed: plans made before can't be applied any more."
    )
    return seat


def _remember(store: Store, bound: socket.socket) -> Seat:
    port = int(bound.getsockname()[1])
    store.remember("port", str(port))
    return Seat(port, bound)


def _bind(port: int) -> socket.socket | None:
    try:
        return socket.create_server((HOST, port), backlog=256)
    except OSError:
        return None


def _bind_any(db: Path) -> socket.socket:
    for port in _candidates(db):
        bound = _bind(port)
        if bound is not None:
            return bound
    raise SandboxRefusal(f"No port between {_FIRST} and {_FIRST + _COUNT - 1} is free on {HOST}.")


def _candidates(db: Path) -> Iterator[int]:
    """Begin at a place of the database's own, so that two projects rarely meet, and a deleted one finds back."""
    start = int.from_bytes(hashlib.sha256(str(db.resolve()).encode()).digest()[:4], "big")
    return (_FIRST + (start + step) % _COUNT for step in range(_COUNT))


def _serves(port: int, mark: str) -> bool:
    """Return True if the server at `port` says that it is the sandbox with this fingerprint."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/-/identity")
        answer = json.loads(connection.getresponse().read(4096))
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return isinstance(answer, dict) and answer.get("sandbox") == mark
