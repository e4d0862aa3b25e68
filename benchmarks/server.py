"""A server that costs little beside the client: one process, epoll, and a think time before every answer.

    python -m benchmarks.server [--think SECONDS] [--moved EVERY] [--certificate PEM]

Prints its port once it listens, on loopback alone. With `--certificate` it speaks TLS. GET and POST of every key of
`benchmarks.fleet`'s tenants; the tenant's number is what stands in the host's name or, as `/tenant-00007/…`, in the
path. Every `EVERY`th tenant has one key that differs from its file (0: none). It keeps what is posted to it.
Below `/state/` it tells the same as the state of a Terraform configuration, for those that can read only that.
"""

import argparse
import contextlib
import json
import re
import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass, field

from benchmarks.fleet import live

_TENANT = re.compile(rb"tenant-(\d{5})")
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_DATE = "2026-01-02T03:04:05Z"
_WHOLE = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"


@dataclass(slots=True)
class Peer:
    """One connection: what came and is no whole request yet, and what is still to be sent."""

    sock: socket.socket
    greeted: bool
    incoming: bytes = b""
    outgoing: bytes = b""


@dataclass(slots=True)
class State:
    """What is live, made when it is first asked for."""

    moved: int
    bodies: dict[tuple[int, bytes], bytes] = field(default_factory=dict)

    def answer(self, request: bytes) -> bytes:
        """Return the answer to one whole request."""
        head, _, body = request.partition(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n", 1)[0].split(b" ")
        found = _TENANT.search(head)
        if found is None:
            return _WHOLE % (404, b"Not Found", 2, b"{}")
        tenant, key = int(found[1]), path.rpartition(b"/")[2]
        if method == b"POST":
            self.bodies[tenant, key] = json.dumps({"value": json.loads(body)["value"], "updated_at": _DATE}).encode()
        known = self._known(tenant, key)
        if path.startswith(b"/state/"):
            known = state(json.loads(known)["value"])
        return _WHOLE % (200, b"OK", len(known), known)

    def _known(self, tenant: int, key: bytes) -> bytes:
        if (tenant, key) not in self.bodies:
            values = live(tenant, moved=self.moved > 0 and tenant % self.moved == 0)
            for short, value in values.items():
                text = json.dumps({"value": value, "updated_at": _DATE}).encode()
                self.bodies.setdefault((tenant, short.encode()), text)
        return self.bodies.get((tenant, key), b"{}")


def state(value: object) -> bytes:
    """Return the state of a Terraform configuration whose one output, `value`, is this value as JSON text."""
    outputs = {"value": {"value": json.dumps(value, sort_keys=True, separators=(",", ":")), "type": "string"}}
    lineage = "benchmark"
    document = {"version": 4, "terraform_version": "1.0.0", "serial": 1, "lineage": lineage, "outputs": outputs}
    return json.dumps({**document, "resources": []}).encode()


class Server:
    """Serves until it is killed."""

    def __init__(self, think: float, moved: int, certificate: str | None) -> None:
        self._think = think
        self._state = State(moved)
        self._tls: ssl.SSLContext | None = None
        if certificate:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate)
        # All of 127.0.0.0/8 is loopback, and nothing else is listened to: a connection to another address is closed.
        self._listening = socket.create_server(("0.0.0.0", 0), backlog=4096, reuse_port=False)  # noqa: S104 # nosec B104
        self._listening.setblocking(False)
        self._epoll = select.epoll()
        self._epoll.register(self._listening.fileno(), select.EPOLLIN)
        self._peers: dict[int, Peer] = {}
        self._due: deque[tuple[float, Peer, bytes]] = deque()

    @property
    def port(self) -> int:
        """Return where it listens."""
        port: int = self._listening.getsockname()[1]
        return port

    def serve(self) -> None:
        """Answer for ever."""
        while True:
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else -1
            for number, _ in self._epoll.poll(wait):
                if number == self._listening.fileno():
                    self._accept()
                else:
                    self._hear(self._peers[number])
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                _, peer, request = self._due.popleft()
                if peer.sock.fileno() >= 0:
                    peer.outgoing += self._state.answer(request)
                    self._send(peer)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                sock, address = self._listening.accept()
                if not address[0].startswith("127."):
                    sock.close()
                    continue
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                self._peers[sock.fileno()] = Peer(sock, self._tls is None)
                self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _hear(self, peer: Peer) -> None:
        try:
            if not peer.greeted:
                peer.sock.do_handshake()  # type: ignore[attr-defined]  # only a TLS socket has yet to greet
                peer.greeted = True
            if peer.outgoing:
                self._send(peer)
            while data := peer.sock.recv(65536):
                peer.incoming += data
                self._cut(peer)
            self._close(peer)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except ssl.SSLWantWriteError:
            self._epoll.modify(peer.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except OSError:
            self._close(peer)

    def _cut(self, peer: Peer) -> None:
        """Take whole requests off what came, each to be answered after the think time."""
        while (end := peer.incoming.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(peer.incoming, 0, end + 2)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(peer.incoming) < size:
                return
            self._due.append((time.monotonic() + self._think, peer, peer.incoming[:size]))
            peer.incoming = peer.incoming[size:]

    def _send(self, peer: Peer) -> None:
        try:
            peer.outgoing = peer.outgoing[peer.sock.send(peer.outgoing) :]
            self._epoll.modify(peer.sock.fileno(), select.EPOLLIN | (select.EPOLLOUT if peer.outgoing else 0))
        except (BlockingIOError, ssl.SSLWantWriteError):
            self._epoll.modify(peer.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except OSError:
            self._close(peer)

    def _close(self, peer: Peer) -> None:
        number = peer.sock.fileno()
        if number >= 0:
            self._epoll.unregister(number)
            self._peers.pop(number, None)
            peer.sock.close()


def main() -> None:
    """Serve as the command line says."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--think", type=float, default=0.05)
    wanted.add_argument("--moved", type=int, default=10)
    wanted.add_argument("--certificate")
    given = wanted.parse_args()
    server = Server(given.think, given.moved, given.certificate)
    print(server.port, flush=True)
    server.serve()


if __name__ == "__main__":
    main()
