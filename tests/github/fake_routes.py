"""The routes of the fake: which request reads or changes which part of its state."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.github.fake import Comment, FakeGitHub, Issue, Seen, WorkflowRun

LONGEST_BODY = 65_536
"""Characters of a comment or an issue."""


class Refused(Exception):
    """GitHub says no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and what is said with it. `paged`: the member that is a list of pages; empty for the body itself."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    paged: str | None = None

    @classmethod
    def not_found(cls) -> "Reply":
        """In GitHub's form, which says the same of what is hidden."""
        return cls(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})


Route = Callable[["FakeGitHub", "Seen", re.Match[str]], Reply]
_ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def _route(method: str, path: str) -> Callable[[Route], Route]:
    def register(route: Route) -> Route:
        _ROUTES.append((method, re.compile(path), route))
        return route

    return register


def reply(github: "FakeGitHub", seen: "Seen", path: str) -> Reply:
    """Return the answer of the route that fits."""
    for method, pattern, route in _ROUTES:
        found = pattern.fullmatch(path)
        if found is not None and method == seen.method:
            return route(github, seen, found)
    return Reply.not_found()


@_route("GET", r"/pulls/(\d+)")
def _pull(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    pull = github.pulls.get(int(found[1]))
    return Reply(200, pull.json()) if pull else Reply.not_found()


@_route("GET", r"/commits/([0-9a-f]+)/pulls")
def _pulls_of_commit(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    numbers = github.commits.get(found[1], [])
    return Reply(200, [github.pulls[number].json() for number in numbers], paged="")


@_route("GET", r"/issues/(\d+)/comments")
def _comments(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    _subject(github, int(found[1]))
    return Reply(200, [comment.json() for comment in github.comments.get(int(found[1]), [])], paged="")


@_route("POST", r"/issues/(\d+)/comments")
def _add_comment(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    _subject(github, int(found[1]))
    return Reply(201, github.comment(int(found[1]), _body(seen)).json())


@_route("PATCH", r"/issues/comments/(\d+)")
def _edit_comment(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    _, comment = _find_comment(github, int(found[1]))
    comment.body = _body(seen)
    comment.updates += 1
    return Reply(200, comment.json())


@_route("DELETE", r"/issues/comments/(\d+)")
def _delete_comment(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    number, comment = _find_comment(github, int(found[1]))
    github.comments[number].remove(comment)
    return Reply(204)


def _find_comment(github: "FakeGitHub", wanted: int) -> tuple[int, "Comment"]:
    for number, comments in github.comments.items():
        for comment in comments:
            if comment.id == wanted:
                return number, comment
    raise Refused(404, "Not Found")


def _subject(github: "FakeGitHub", number: int) -> None:
    if number not in github.pulls and number not in github.issues:
        raise Refused(404, "Not Found")


def _body(seen: "Seen") -> str:
    body = seen.body.get("body")
    if not isinstance(body, str) or not body.strip() or len(body) > LONGEST_BODY:
        raise Refused(422, "Validation Failed")
    return body


@_route("GET", r"/issues")
def _issues(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    wanted = set(filter(None, seen.query.get("labels", "").split(",")))
    state = seen.query.get("state", "open")
    newest_first = sorted(github.issues.values(), key=lambda one: one.number, reverse=True)
    shown = [one for one in newest_first if state in {"all", one.state} and wanted <= set(one.labels)]
    return Reply(200, [one.json() for one in shown], paged="")


@_route("POST", r"/issues")
def _open_issue(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    made = github.issue(seen.body["title"], _body(seen), labels=list(seen.body.get("labels", [])))
    return Reply(201, made.json())


@_route("PATCH", r"/issues/(\d+)")
def _edit_issue(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    issue = github.issues.get(int(found[1]))
    if issue is None:
        return Reply.not_found()
    _edit(issue, seen)
    return Reply(200, issue.json())


def _edit(issue: "Issue", seen: "Seen") -> None:
    if "body" in seen.body:
        issue.body = _body(seen)
        issue.updates += 1
    issue.title = seen.body.get("title", issue.title)
    issue.state = seen.body.get("state", issue.state)
    issue.state_reason = seen.body.get("state_reason", issue.state_reason)


@_route("GET", r"/actions/workflows/([^/]+)/runs")
def _runs(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    shown = [run for run in github.runs if run.workflow == found[1] and _fits(run, seen)]
    shown.sort(key=lambda run: run.id, reverse=True)
    return Reply(
        200, {"total_count": len(shown), "workflow_runs": [run.json() for run in shown]}, paged="workflow_runs"
    )


def _fits(run: "WorkflowRun", seen: "Seen") -> bool:
    wanted = seen.query
    return (
        wanted.get("branch", run.branch) == run.branch
        and wanted.get("event", run.event) == run.event
        and wanted.get("head_sha", run.head_sha) == run.head_sha
        and wanted.get("status", run.status) in {run.status, run.conclusion if run.status == "completed" else None}
    )


@_route("POST", r"/actions/workflows/([^/]+)/dispatches")
def _dispatch(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    github.dispatches.append({"workflow": found[1], **seen.body})
    return Reply(204)


@_route("GET", r"/actions/runs/(\d+)/artifacts")
def _artifacts(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    run = next((one for one in github.runs if one.id == int(found[1])), None)
    if run is None:
        return Reply.not_found()
    wanted = seen.query.get("name")
    shown = [
        {"id": number, "name": name, "expired": expired, "size_in_bytes": 1_234, "digest": "sha256:…"}
        for number, name, expired in github.artifacts_of(run)
        if wanted in {None, name}
    ]
    return Reply(200, {"total_count": len(shown), "artifacts": shown}, paged="artifacts")


@_route("GET", r"/actions/artifacts/(\d+)/zip")
def _download(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    number = int(found[1])
    run = next((one for one in github.runs if one.id == number // 100), None)
    known = {one: expired for one, _, expired in github.artifacts_of(run)} if run else {}
    if number not in known:
        return Reply.not_found()
    if known[number]:
        raise Refused(410, "Artifact has expired")
    return Reply(302, headers={"Location": f"{github.storage_url}/artifacts/{number}?sig=signed"})


@_route("GET", r"/environments/(.+)")
def _environment(github: "FakeGitHub", seen: "Seen", found: re.Match[str]) -> Reply:
    rules = github.environments.get(found[1])
    if rules is None:
        return Reply.not_found()
    return Reply(200, {"id": 1, "name": found[1], "protection_rules": rules, "can_admins_bypass": True})
