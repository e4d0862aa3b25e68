"""Prism, an independent mock of the OpenAPI document, and a gateway before it that says what was really sent.

Prism serves the document's paths without the base path of `servers`, and takes orders through a `Prefer` header.
The gateway makes up for both: `/STAGE/v0/config/…` becomes `/config/…`, with the header that was ordered for STAGE.
"""

import http.client
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PRISM = ROOT / "tests" / "node" / "node_modules" / ".bin" / "prism"
DOCUMENT = ROOT / "schemas" / "openapi.yaml"
STARTUP = 60.0
"""Seconds until Prism must answer."""
_NOT_PASSED_ON = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding", "keep-alive"}
_PASSED_BACK = ("content-type", "retry-after")


def missing() -> str:
    """Return which tool is not there, or nothing."""
    return "node" if shutil.which("node") is None else "" if PRISM.exists() else "Prism: npm ci --prefix tests/node"


@contextmanager
def prism(log: Path) -> Iterator[int]:
    """Run Prism on a free port of loopback, and yield the port once it answers."""
    for _ in range(3):  # somebody may take the port between our look and Prism's
        port = _free_port()
        with log.open("wb") as out:
            command = [str(PRISM), "mock", "--host", "127.0.0.1", "--port", str(port), "--errors", str(DOCUMENT)]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        try:
            if _answers(process, port):
                yield port
                return
        finally:
            process.terminate()
            process.wait(timeout=10)
    raise AssertionError(f"Prism doesn't start:\n{log.read_text(encoding='utf-8')}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + STARTUP
    while process.poll() is None and time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            time.sleep(0.05)
    return False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that went through, and Prism's answer to it."""

    stage: str
    method: str
    path: str
    sent: bytes
    status: int
    violations: tuple[Any, ...]
    """What Prism has against the request or its own answer."""
    received: bytes


@dataclass
class Gateway:
    """Between client and mock. `prefer` is what to ask of Prism, by stage; `seen` is all that went through."""

    upstream: int
    port: int = 0
    prefer: dict[str, str] = field(default_factory=dict)
    seen: list[Exchange] = field(default_factory=list)

    @property
    def template(self) -> str:
        """The origin of a stage, with `{tenant}` for its name."""
        return f"http://127.0.0.1:{self.port}/{{tenant}}"

    def reset(self) -> None:
        self.prefer.clear()
        self.seen.clear()

    def complaints(self) -> list[tuple[str, str, Any]]:
        """Return what Prism has against anything that went through."""
        return [(one.method, one.path, one.violations) for one in self.seen if one.violations]

    def pass_on(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[Exchange, dict[str, str]]:
        stage, _, path = target.removeprefix("/").partition("/v0")
        if stage in self.prefer:
            headers = {**headers, "prefer": self.prefer[stage]}
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=10)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            violations = tuple(json.loads(answer.headers.get("sl-violations") or "[]"))
            exchange = Exchange(stage, method, path, body, answer.status, violations, answer.read())
            self.seen.append(exchange)
            return exchange, {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
        finally:
            connection.close()


@contextmanager
def gateway(upstream: int) -> Iterator[Gateway]:
    """Serve a gateway to the Prism at `upstream`."""
    made = Gateway(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._pass()

        def do_POST(self) -> None:
            self._pass()

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
            exchange, passed = made.pass_on(self.command, self.path, headers, body)
            self.send_response(exchange.status)
            for name, value in passed.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(exchange.received)))
            self.end_headers()
            self.wfile.write(exchange.received)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
            """Say nothing: `seen` has it all."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        made.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
