"""A small GitLab on loopback: the part of API v4 that scripts/gitlab.py uses, for project 7, over real sockets.

Artifacts are redirected to a second port, as they are to object storage; a request there with a token is in `leaks`.
"""

import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "glpat-madeUpForTests0000"
ME = 42
PER_PAGE = 2
"""So that every list has several pages."""


@dataclass
class FakeGitLab:
    """Plain state, which a test may change at any time."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    merges: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By commit."""
    pipelines: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """By merge request."""
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """By pipeline."""
    artifacts: dict[int, bytes] = field(default_factory=dict)
    """plan.json by job."""
    requests: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    url: str = ""
    storage: str = ""

    def get(self, path: str, query: dict[str, str]) -> Any:
        """Return what is at a path; None is 404."""
        if path == "/user":
            return {"id": ME}
        found = re.fullmatch(r"/projects/7/(.*)", path)
        rest = found[1] if found else ""
        if re.fullmatch(r"merge_requests/\d+/notes", rest):
            return self.notes
        if rest == "deployments":
            assert (query["status"], query["sort"]) == ("success", "desc")
            wanted = [one for one in self.deployments if one["environment"] == query["environment"]]
            return [one for one in reversed(wanted) if one["status"] == "success"]
        if match := re.fullmatch(r"repository/commits/(\w+)/merge_requests", rest):
            return self.merges.get(match[1], [])
        if match := re.fullmatch(r"merge_requests/(\d+)/pipelines", rest):
            return self.pipelines.get(int(match[1]), [])
        if match := re.fullmatch(r"pipelines/(\d+)/jobs", rest):
            return self.jobs.get(int(match[1]), [])
        return None

    def write(self, method: str, path: str, body: dict[str, str]) -> None:
        """Take a note, or edit one."""
        if method == "POST":
            self.notes.append({"id": 900 + len(self.notes), "author": {"id": ME}, "body": body["body"]})
            return
        (note,) = [one for one in self.notes if path.endswith(f"/notes/{one['id']}")]
        note["body"] = body["body"]

    def planned(self, number: int, head: str, plan: bytes | None, *, pipeline: int) -> None:
        """Note that a pipeline of a merge request has run at a commit, and the plan that its job left."""
        self.pipelines.setdefault(number, []).append({"id": pipeline, "sha": head, "source": "merge_request_event"})
        self.jobs[pipeline] = [{"id": pipeline * 10, "name": "validate"}, {"id": pipeline * 10 + 1, "name": "plan"}]
        if plan is not None:
            self.artifacts[pipeline * 10 + 1] = plan

    def applied(self, commit: str, status: str = "success", environment: str = "production") -> None:
        """Note a deployment."""
        self.deployments.append({"sha": commit, "status": status, "environment": environment})


class _Handler(BaseHTTPRequestHandler):
    gitlab: FakeGitLab

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _refused(self) -> bool:
        self.gitlab.requests.append(f"{self.command} {self.path}")
        if self.headers.get("PRIVATE-TOKEN") == TOKEN:
            return False
        self._answer(401, b"{}")
        return True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if stored := re.fullmatch(r"/stored/(\d+)", parts.path):
            if "PRIVATE-TOKEN" in self.headers:
                self.gitlab.leaks.append(self.path)
            self._answer(200, self.gitlab.artifacts[int(stored[1])])
            return
        if self._refused():
            return
        if job := re.fullmatch(r"/projects/7/jobs/(\d+)/artifacts/plan.json", parts.path):
            number = int(job[1])
            known = number in self.gitlab.artifacts
            self._answer(302 if known else 404, b"", [("Location", f"{self.gitlab.storage}/stored/{number}")] * known)
            return
        query = dict(parse_qsl(parts.query))
        found = self.gitlab.get(parts.path, query)
        if isinstance(found, list):
            page = int(query.get("page", "1"))
            there = found[(page - 1) * PER_PAGE : page * PER_PAGE]
            following = str(page + 1) if page * PER_PAGE < len(found) else ""
            self._answer(200, json.dumps(there).encode(), [("X-Next-Page", following)])
        else:
            self._answer(404 if found is None else 200, json.dumps(found).encode())

    def _write(self) -> None:
        if not self._refused():
            data = self.rfile.read(int(self.headers["Content-Length"]))
            self.gitlab.write(self.command, self.path, json.loads(data))
            self._answer(200, b"{}")

    def do_POST(self) -> None:
        self._write()

    def do_PUT(self) -> None:
        self._write()


@contextmanager
def serving(gitlab: FakeGitLab) -> Iterator[FakeGitLab]:
    """Serve it, and its storage, until the end of the block."""
    handler = type("Handler", (_Handler,), {"gitlab": gitlab})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    gitlab.url, gitlab.storage = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    try:
        yield gitlab
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()
