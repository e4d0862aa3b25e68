"""One uvicorn server in a thread of its own, on a socket that listens already. Needs the extra `sandbox`."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.sandbox.app import TRANSPORT


class _Protocol(H11Protocol):
    """Shows the connection to the app, which is the only way to cut it without an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # asyncio does this only for sockets that name their protocol; without it every answer waits 40 ms for an ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, TRANSPORT: transport}
        super().connection_made(transport)


@contextmanager
def listening(app: ASGIApp, bound: socket.socket) -> Iterator[None]:
    """Serve `app` on `bound` until the end of the block; requests still under way then get one second."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level=logging.CRITICAL + 1,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([bound],), name="reconciler-sandbox", daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox's server ended before it had started")
            time.sleep(0.001)
        yield
    finally:
        server.should_exit = True
        thread.join()
        bound.close()
