"""A small GitHub on loopback: the part of the REST API that the workflows use, over real sockets, for one repository.

The state is plain Python and may be changed at any time; every request is kept in `requests`. Downloads of artifacts
are redirected to a second port, as GitHub does to its storage; a request there that carries a token is kept in `leaks`.
Answers have GitHub's names, its pages and its 404; they hold what our code reads, and some members that it doesn't.
"""

import io
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.github import fake_routes
from tests.github.fake_routes import Refused, Reply

BOT = "github-actions[bot]"
TOKEN = "ghs_madeUpForTests000000000000000000"
DATE = "2026-03-02T12:00:00Z"


@dataclass(slots=True)
class Comment:
    """A comment of a pull request or an issue. `updates` counts the edits."""

    id: int
    body: str
    author: str = BOT
    updates: int = 0

    def json(self) -> dict[str, Any]:
        """As GitHub shows it."""
        return {"id": self.id, "body": self.body, "user": {"login": self.author, "type": "User"}, "created_at": DATE}


@dataclass(slots=True)
class Issue:
    """An issue, or what the list of issues shows of a pull request."""

    number: int
    title: str = ""
    body: str = ""
    author: str = BOT
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    state_reason: str | None = None
    updates: int = 0
    is_pull: bool = False

    def json(self) -> dict[str, Any]:
        """As GitHub shows it."""
        shown = {
            "id": 9_000 + self.number,
            "number": self.number,
            "title": self.title,
            "body": self.body or None,
            "user": {"login": self.author},
            "labels": [{"name": name, "color": "ededed"} for name in self.labels],
            "state": self.state,
        }
        return shown | ({"pull_request": {"url": "…"}} if self.is_pull else {})


@dataclass(slots=True)
class Pull:
    """A pull request. `head_repository` None: its fork is gone."""

    number: int
    head: str
    base: str = "main"
    branch: str = "topic"
    merged_at: str | None = None
    head_repository: str | None = "acme/config"

    def json(self) -> dict[str, Any]:
        """As GitHub shows it."""
        repository = {"full_name": self.head_repository} if self.head_repository else None
        return {
            "number": self.number,
            "state": "closed" if self.merged_at else "open",
            "merged_at": self.merged_at,
            "head": {"ref": self.branch, "sha": self.head, "repo": repository},
            "base": {"ref": self.base, "sha": "0" * 40},
            "user": {"login": "ann"},
        }


@dataclass(slots=True)
class WorkflowRun:
    """A run of a workflow, and the artifacts that it left: name, and files or the bytes of a broken archive."""

    id: int
    workflow: str
    head_sha: str
    event: str = "push"
    branch: str = "main"
    status: str = "completed"
    conclusion: str | None = "success"
    repository: str = "acme/config"
    artifacts: dict[str, Mapping[str, bytes] | bytes] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)

    def json(self) -> dict[str, Any]:
        """As GitHub shows it."""
        return {
            "id": self.id,
            "name": self.workflow,
            "path": f".github/workflows/{self.workflow}",
            "run_number": self.id,
            "run_attempt": 1,
            "event": self.event,
            "status": self.status,
            "conclusion": self.conclusion if self.status == "completed" else None,
            "head_branch": self.branch,
            "head_sha": self.head_sha,
            "head_repository": {"full_name": self.repository},
            "pull_requests": [],
            "created_at": DATE,
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in, before anything was made of it."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    authorization: str | None


@dataclass(slots=True)
class Trouble:
    """An answer that the next `times` fitting requests get instead of the right one. Status 0: the socket is closed."""

    status: int
    path: str = ""
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"message": "trouble"}'
    times: int = 1


@dataclass(slots=True)
class FakeGitHub:
    """The state. `artifacts_dir/RUN_ID/NAME/…` are artifacts too, so that an upload's stand-in has only to copy.

    Runs are newest first by id. With `server` on, `url` is what GITHUB_API_URL is to be.
    """

    repository: str = "acme/config"
    token: str = TOKEN
    artifacts_dir: Path | None = None
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    runs: list[WorkflowRun] = field(default_factory=list)
    commits: dict[str, list[int]] = field(default_factory=dict)
    environments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    dispatches: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    url: str = ""
    storage_url: str = ""
    last_id: int = 1_000

    def next_id(self) -> int:
        """Return a number that nothing else has."""
        self.last_id += 1
        return self.last_id

    def comment(self, number: int, body: str, author: str = BOT) -> Comment:
        """Write a comment, as a person or a workflow would."""
        made = Comment(self.next_id(), body, author)
        self.comments.setdefault(number, []).append(made)
        return made

    def issue(self, title: str, body: str, author: str = BOT, **more: Any) -> Issue:
        """Open an issue."""
        made = Issue(self.next_id(), title, body, author, **more)
        self.issues[made.number] = made
        return made

    def merged(self, number: int, head: str, commit: str, **more: Any) -> Pull:
        """Make a pull request that `commit` has brought to its base."""
        self.pulls[number] = Pull(number, head, merged_at=DATE, **more)
        self.commits.setdefault(commit, []).append(number)
        return self.pulls[number]

    def wrote(self) -> list[tuple[str, str]]:
        """Return method and path of every request that changes something."""
        return [(seen.method, seen.path) for seen in self.requests if seen.method != "GET"]

    def artifacts_of(self, run: WorkflowRun) -> list[tuple[int, str, bool]]:
        """Return id, name, and whether it has expired, of each artifact of a run."""
        names = list(run.artifacts)
        folder = self.artifacts_dir / str(run.id) if self.artifacts_dir else None
        if folder is not None and folder.is_dir():
            names += sorted(path.name for path in folder.iterdir() if path.is_dir())
        return [(run.id * 100 + place, name, name in run.expired) for place, name in enumerate(names)]

    def archive(self, artifact: int) -> bytes | None:
        """Return the zip of an artifact."""
        run = next((one for one in self.runs if one.id == artifact // 100), None)
        found = [name for number, name, expired in self.artifacts_of(run) if number == artifact] if run else []
        if run is None or not found:
            return None
        files = run.artifacts.get(found[0])
        if isinstance(files, bytes):
            return files
        if files is None:
            assert self.artifacts_dir is not None
            folder = self.artifacts_dir / str(run.id) / found[0]
            paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
            files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        return zipped(files)

    def reply(self, seen: Seen) -> Reply:
        """Return the answer to one request."""
        if seen.authorization != f"Bearer {self.token}":
            return Reply(401, {"message": "Bad credentials", "documentation_url": "…"})
        prefix = f"/repos/{self.repository}"
        if not seen.path.startswith(prefix):
            return Reply.not_found()
        try:
            return fake_routes.reply(self, seen, seen.path.removeprefix(prefix))
        except Refused as refused:
            return Reply(refused.status, {"message": refused.message, "documentation_url": "…"})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return an archive as the upload of an artifact makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@contextmanager
def serving(github: FakeGitHub) -> Iterator[FakeGitHub]:
    """Serve on two ports of loopback until the block ends. `url` and `storage_url` say where."""
    with _listening(_api_handler(github)) as github.url, _listening(_storage_handler(github)) as github.storage_url:
        yield github


@contextmanager
def _listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Nobody reads the log of a test's server."""

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send one answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _api_handler(github: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(_Quiet):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            query = dict(parse_qsl(parts.query))
            seen = Seen(self.command, unquote(parts.path), query, body, self.headers.get("Authorization"))
            github.requests.append(seen)
            trouble = _trouble(github, seen)
            if trouble is not None and trouble.status == 0:
                self.close_connection = True
                return
            if trouble is not None:
                self.answer(trouble.status, trouble.headers, trouble.body)
                return
            reply = github.reply(seen)
            self.answer(*_on_the_wire(github, seen, reply))

        do_GET = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815 -- the base class's names

    return Handler


def _trouble(github: FakeGitHub, seen: Seen) -> Trouble | None:
    for trouble in github.troubles:
        if trouble.times and trouble.path in seen.path and trouble.method in {"", seen.method}:
            trouble.times -= 1
            return trouble
    return None


def _on_the_wire(github: FakeGitHub, seen: Seen, reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """Cut a list into pages, and say by a Link where the next one is."""
    headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
    body = reply.body
    if reply.paged is not None:
        size, page = min(int(seen.query.get("per_page", "30")), 100), int(seen.query.get("page", "1"))
        items = reply.body[reply.paged] if isinstance(reply.body, dict) else reply.body
        shown = items[(page - 1) * size : page * size]
        body = {**reply.body, reply.paged: shown} if isinstance(reply.body, dict) else shown
        if len(items) > page * size:
            following = urlencode({**seen.query, "page": page + 1})
            headers["Link"] = f'<{github.url}{seen.path}?{following}>; rel="next", <{github.url}>; rel="last"'
    data = b"" if reply.status in {204, 302} else json.dumps(body).encode()
    return reply.status, headers, data


def _storage_handler(github: FakeGitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(_Quiet):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") is not None:
                github.leaks.append(self.path)
            parts = urlsplit(self.path)
            archive = github.archive(int(parts.path.rpartition("/")[2]))
            if archive is None or parts.query != "sig=signed":
                self.answer(403, {}, b"<Error>AuthenticationFailed</Error>")
            else:
                self.answer(200, {"Content-Type": "application/zip"}, archive)

    return Handler
