"""Python loads this at its start if the folder is on PYTHONPATH: names of the benchmarks' hosts lead to loopback.

Every tenant has a host of its own, as on the platform, and nobody has to edit /etc/hosts for it. The look-up takes the
usual way through the event loop's threads; only its last step, the system's resolver, is replaced. The names are
spread over addresses, so that ten thousand connections don't run out of ports.
"""

import socket
import zlib
from typing import Any

DOMAIN = ".bench.test"

_resolve = socket.getaddrinfo


def _getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if isinstance(name, str) and name.endswith(DOMAIN):
        host = f"127.0.0.{1 + zlib.crc32(name.encode()) % 100}"
    return _resolve(host, *more, **named)


socket.getaddrinfo = _getaddrinfo
