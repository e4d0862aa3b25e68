"""A server that offers HTTP/2 and HTTP/1.1, on loopback alone; every answer takes a while.

    python -m benchmarks.http2_server THINK CERTIFICATE

Prints its port once it listens.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from benchmarks.fleet import live

BODY = json.dumps({"value": live(0, moved=False)["external_order_webhook"], "updated_at": "2026-01-02T03:04:05Z"})


def settings(certificate: str) -> tuple[Config, int]:
    """Return how it serves, and the port: on every address that `names` may give a host."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    config = Config()
    config.bind = [f"127.0.0.{last}:{port}" for last in range(1, 101)]
    config.certfile = config.keyfile = certificate
    config.accesslog = config.errorlog = None
    config.backlog = 1024
    return config, port


def main(think: float, certificate: str) -> None:
    """Serve for ever."""
    config, port = settings(certificate)

    async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            print(port, flush=True)
            await receive()
            return
        await asyncio.sleep(think)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY.encode()})

    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
