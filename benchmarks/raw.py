"""The floor: the same requests by nothing but epoll, sockets and OpenSSL, and no look at what comes back.

    python -m benchmarks.raw PORT TENANTS CONCURRENCY CA KEY...

One connection a tenant, its GETs one after the other, so many tenants at once. No look-ups, no JSON, no plan.
"""

import resource
import select
import socket
import ssl
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from benchmarks.fleet import DOMAIN, TOKEN, name_of

_REQUEST = "GET /v0/config/sales_order/{key} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"


@dataclass(slots=True)
class Talk:
    """One tenant's connection: what is still to be asked, last first."""

    sock: ssl.SSLSocket
    asking: list[bytes]
    greeted: bool = False
    heard: bytes = field(default=b"")


def connected(port: int, tenant: int, tls: ssl.SSLContext, keys: Sequence[str]) -> Talk:
    """Begin to connect to one tenant."""
    host = f"{name_of(tenant)}.{DOMAIN}"
    plain = socket.socket()
    plain.setblocking(False)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    plain.connect_ex((f"127.0.0.{1 + tenant % 100}", port))
    asking = [_REQUEST.format(key=key, host=host, token=TOKEN).encode() for key in reversed(keys)]
    return Talk(tls.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False), asking)


def step(talk: Talk) -> bool | None:
    """Do what can be done; True when the tenant is done, None while it is not, False if it needs to write."""
    try:
        if not talk.greeted:
            talk.sock.do_handshake()
            talk.greeted = True
            talk.sock.send(talk.asking.pop())
        talk.heard += talk.sock.recv(65536)
        head, _, body = talk.heard.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200") or len(body) < int(head.rpartition(b"content-length: ")[2]):
            return None
        talk.heard = b""
        if talk.asking:
            talk.sock.send(talk.asking.pop())
            return None
    except ssl.SSLWantReadError:
        return None
    except ssl.SSLWantWriteError:
        return False
    talk.sock.close()
    return True


def fetch(port: int, tenants: int, at_once: int, authority: str, keys: Sequence[str]) -> int:
    """Get every key of every tenant; return how many answers there were."""
    # Not by our own module: it would import an HTTP library, and this is the floor.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, at_once + 128), hard))
    tls = ssl.create_default_context(cafile=authority)
    epoll = select.epoll()
    talks: dict[int, Talk] = {}
    turn, done = count(), 0

    def begin() -> None:
        tenant = next(turn)
        if tenant < tenants:
            talk = connected(port, tenant, tls, keys)
            talks[talk.sock.fileno()] = talk
            epoll.register(talk.sock.fileno(), select.EPOLLOUT)

    for _ in range(at_once):
        begin()
    while talks:
        for number, _ in epoll.poll():
            ready = step(talks[number])
            if ready:
                del talks[number]  # closing took it out of epoll
                done += len(keys)
                begin()
            else:
                epoll.modify(number, select.EPOLLOUT if ready is False else select.EPOLLIN)
    return done


if __name__ == "__main__":
    fetch(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:])
