"""WireMock, a server that others wrote in Java, and its administration: stubs in, the journal of requests out.

The package `wiremock` of npm carries the jar; nothing else is downloaded. It listens on loopback alone.
"""

import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys.stage import until

JARS = Path(__file__).resolve().parents[1] / "node" / "node_modules" / "wiremock" / "build"
STARTUP = 60.0
"""Seconds until WireMock must say its port."""
LARGE = "large.json"
"""A file that stubs may answer with: larger than any answer that the client reads."""
_JAVA = ("java", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_OPTIONS = ("--bind-address", "127.0.0.1", "--port", "0", "--disable-banner")
# Answers that are held back occupy a thread each; bodies are of no interest to the journal's reader.
_SIZES = ("--container-threads", "256", "--logged-response-body-size-limit", "64")
_PORT = re.compile(r"^port:\s+(\d+)$", re.MULTILINE)

Stub = Mapping[str, Any]


def missing() -> str:
    """Return what is not there, or nothing."""
    if shutil.which("java") is None:
        return "java: apt install default-jre-headless"
    return "" if list(JARS.glob("*.jar")) else "WireMock: npm ci --prefix tests/node"


@contextmanager
def wiremock(folder: Path) -> Iterator["WireMock"]:
    """Run WireMock on a free port of loopback, with `folder` for its files."""
    (jar,) = JARS.glob("*.jar")
    files = folder / "__files"
    files.mkdir()
    (files / LARGE).write_text(json.dumps({"value": "x" * 1_200_000}), encoding="utf-8")
    log = folder / "log"
    with log.open("wb") as out:
        command = [*_JAVA, "-jar", str(jar), *_OPTIONS, *_SIZES, "--root-dir", str(folder)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        until(lambda: process.poll() is not None or _PORT.search(log.read_text(encoding="utf-8")), STARTUP)
        said = _PORT.search(log.read_text(encoding="utf-8"))
        assert said is not None, f"WireMock doesn't start:\n{log.read_text(encoding='utf-8')}"
        yield WireMock(int(said[1]))
    finally:
        process.terminate()
        process.wait(timeout=10)


@dataclass(frozen=True, slots=True)
class Event:
    """One request as WireMock remembers it. `notes` is the metadata of the stub that answered; None if none did."""

    at: int
    tenant: str
    path: str
    method: str
    notes: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class WireMock:
    """A running server. It also has what a stage asks of the sandbox: origins and tokens."""

    port: int

    @property
    def origin_template(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{tenant}}"

    def origin(self, tenant: str) -> str:
        return self.origin_template.format(tenant=tenant)

    def static_token(self, tenant: str) -> str:
        return f"canary-token-of-{tenant}"

    def reset(self) -> None:
        """Forget stubs, states and requests."""
        self._admin("POST", "/reset")

    def add(self, stubs: Iterable[Stub]) -> None:
        self._admin("POST", "/mappings/import", {"mappings": list(stubs)})

    def remove(self, note: str) -> None:
        """Take out every stub with `note` in its metadata. The states of scenarios stay."""
        self._admin("POST", "/mappings/remove-by-metadata", {"matchesJsonPath": f"$.{note}"})

    def states(self) -> Mapping[str, str]:
        """Return the state of every scenario, by name."""
        return {one["name"]: one["state"] for one in self._admin("GET", "/scenarios")["scenarios"]}

    def journal(self) -> list[Event]:
        """Return every request since the last `forget`, in the order of arrival."""
        newest_first = self._admin("GET", "/requests")["requests"]
        return sorted((_event(one) for one in reversed(newest_first)), key=lambda event: event.at)

    def forget(self) -> None:
        """Let the journal begin here."""
        self._admin("DELETE", "/requests")

    def _admin(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"content-type": "application/json"}
            connection.request(method, f"/__admin{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]!r}"
            return json.loads(text or b"null")
        finally:
            connection.close()


def _event(one: Mapping[str, Any]) -> Event:
    request = one["request"]
    _, tenant, path = request["url"].split("/", 2)
    notes = one["stubMapping"].get("metadata", {}) if one["wasMatched"] else None
    return Event(request["loggedDate"], tenant, f"/{path}", request["method"], notes)
