"""The API's client: patient with reads, never with writes, and the token goes nowhere else."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.github import wire
from reconciler.github.api import Api, api_from, segment
from reconciler.github.refusing import wait_before_again
from reconciler.github.stopping import Failure
from reconciler.github.wire import Answer, NoAnswer, Request, origin_of
from tests.github.fake import TOKEN, FakeGitHub, Trouble, WorkflowRun, serving

NEEDS = "issues: write"


@pytest.fixture
def waited() -> list[float]:
    """Seconds that were waited, in place of waiting."""
    return []


@pytest.fixture
def api(github: FakeGitHub, waited: list[float]) -> Api:
    """The client."""
    made = api_from(
        {"GITHUB_API_URL": github.url, "GITHUB_REPOSITORY": github.repository, "GITHUB_TOKEN": TOKEN}, waited.append
    )
    assert isinstance(made, Api)
    return made


def _titles(api: Api) -> tuple[str, ...] | Failure:
    return api.pages("/issues", lambda value: str(value["title"]), needs=NEEDS)


@pytest.mark.parametrize("count", [0, 1, 100, 101, 250])
def test_every_page_is_read(api: Api, github: FakeGitHub, count: int):
    """However many there are."""
    for number in range(count):
        github.issue(f"issue {number}", "x")
    found = _titles(api)
    assert isinstance(found, tuple)
    assert len(set(found)) == len(found) == count


def test_more_pages_than_the_bound_are_a_failure(api: Api, github: FakeGitHub):
    """What we look for might be on the next one."""
    for number in range(201):
        github.issue(f"issue {number}", "x")
    found = _titles(replace(api, most_pages=2))
    assert isinstance(found, Failure)
    assert "more than 200" in found.message


def test_a_next_page_at_another_address_is_not_asked(api: Api, github: FakeGitHub):
    """It would be given the token."""
    with serving(FakeGitHub()) as other:
        link = {"Link": f'<{other.url}/repos/acme/config/issues?page=2>; rel="next"'}
        github.troubles.append(Trouble(200, "/issues", headers=link, body=b"[]"))
        assert isinstance(_titles(api), Failure)
        assert other.requests == []


@pytest.mark.parametrize(
    ("trouble", "waits"),
    [
        (Trouble(502, times=3), [1.0, 2.0, 4.0]),
        (Trouble(429, headers={"Retry-After": "7"}, times=2), [7.0, 7.0]),
        (Trouble(403, headers={"Retry-After": "0"}), [0.0]),
        (Trouble(403, body=b'{"message": "You have exceeded a secondary rate limit."}'), [1.0]),
        (Trouble(0, times=2), [1.0, 2.0]),
    ],
    ids=["server's trouble", "429", "secondary limit", "a limit by its words", "no answer"],
)
def test_a_read_is_sent_again_after_what_passes(
    api: Api, github: FakeGitHub, waited: list[float], trouble: Trouble, waits: list[float]
):
    """As long as GitHub asks for."""
    github.troubles.append(trouble)
    assert _titles(api) == ()
    assert waited == waits


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_a_no_is_not_asked_again(api: Api, github: FakeGitHub, waited: list[float], status: int):
    """And its message says what to do."""
    github.troubles.append(Trouble(status, body=b'{"message": "No\\n::error::x"}'))
    found = _titles(api)
    assert isinstance(found, Failure)
    assert (found.status, waited, len(github.requests)) == (status, [], 1)
    assert found.hint


def test_a_read_is_given_up_after_four_times(api: Api, github: FakeGitHub, waited: list[float]):
    """A job has an end."""
    github.troubles.append(Trouble(503, times=99))
    found = _titles(api)
    assert isinstance(found, Failure)
    assert len(github.requests) == 4
    assert "503" in found.message


def test_a_long_wait_is_not_waited(api: Api, github: FakeGitHub, waited: list[float]):
    """A runner that sleeps for an hour costs money and says nothing."""
    ends = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 3_000)}
    github.troubles.append(Trouble(403, headers=ends))
    found = _titles(api)
    assert isinstance(found, Failure)
    assert waited == []
    assert "in an hour" in found.hint


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503])
def test_a_write_is_never_sent_twice(api: Api, github: FakeGitHub, waited: list[float], status: int):
    """It may have been done: there would be two comments."""
    github.issue("x", "y")
    github.troubles.append(Trouble(status, method="POST"))
    assert isinstance(api.write("POST", "/issues", {"title": "a", "body": "b"}, needs=NEEDS), Failure)
    assert len(github.wrote()) == 1
    assert waited == []


def test_a_missing_permission_is_named(api: Api, github: FakeGitHub):
    """In the form in which a workflow gives it."""
    github.troubles.append(Trouble(403))
    found = _titles(api)
    assert isinstance(found, Failure)
    assert "permissions: {issues: write}" in found.hint


def test_a_download_follows_to_the_storage_without_the_token(api: Api, github: FakeGitHub):
    """The storage is GitHub's guest, and may be anybody's host."""
    github.runs.append(WorkflowRun(5, "plan.yml", "a" * 40, artifacts={"plan": {"plan.json": b"{}"}}))
    archive = api.download("/actions/artifacts/500/zip", 10_000, needs="actions: read")
    assert github.leaks == []
    assert isinstance(archive, bytes)
    assert archive.startswith(b"PK")
    assert github.requests[-1].authorization == f"Bearer {TOKEN}"


def test_a_download_that_is_too_large_is_refused(api: Api, github: FakeGitHub):
    """Whatever its headers say."""
    github.runs.append(WorkflowRun(5, "plan.yml", "a" * 40, artifacts={"plan": bytes(20_000)}))
    found = api.download("/actions/artifacts/500/zip", 10_000, needs="actions: read")
    assert isinstance(found, Failure)
    assert "larger than 10,000 bytes" in found.message


def test_the_address_of_the_storage_is_in_no_message(api: Api, github: FakeGitHub):
    """Its signature opens the artifact to everyone who reads the log."""
    github.troubles.append(Trouble(302, headers={"Location": f"{github.storage_url}/artifacts/1?sig=hidden"}))
    found = api.download("/actions/artifacts/500/zip", 10_000, needs="actions: read")
    assert isinstance(found, Failure)
    assert "hidden" not in f"{found}"
    assert github.storage_url not in f"{found}"


def test_a_read_that_is_no_download_is_not_sent_elsewhere(api: Api, github: FakeGitHub):
    """Within the API's own origin a redirect is followed: a repository that was renamed."""
    github.troubles.append(Trouble(301, headers={"Location": f"{github.storage_url}/artifacts/1"}))
    found = _titles(api)
    assert isinstance(found, Failure)
    assert "renamed" in found.hint
    github.issue("here", "x")
    github.troubles.append(Trouble(301, headers={"Location": f"{github.url}/repos/acme/config/issues"}))
    assert _titles(api) == ("here",)


def test_redirects_end(api: Api, github: FakeGitHub):
    """A circle is no way."""
    github.troubles.append(Trouble(302, headers={"Location": f"{github.url}/repos/acme/config/issues"}, times=99))
    assert isinstance(_titles(api), Failure)
    assert len(github.requests) < 5


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>proxy</html>", b"[1]", b'{"a": 1}', b"[" * 100_000, b"\xff"],
    ids=["nothing", "a proxy's page", "numbers", "an object", "depth", "no text"],
)
def test_an_answer_of_another_form_is_a_failure(api: Api, github: FakeGitHub, body: bytes):
    """And no exception."""
    github.troubles.append(Trouble(200, body=body))
    found = _titles(api)
    assert isinstance(found, Failure)
    assert "form" in found.message


def test_an_answer_that_is_cut_off_is_asked_for_again(api: Api, github: FakeGitHub, waited: list[float]):
    """Half a list must not pass for all of it."""
    github.troubles.append(Trouble(200, headers={"Content-Length": "99"}, body=b"[]"))
    assert _titles(api) == ()
    assert waited == [1.0]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GITHUB_TOKEN", "", "GITHUB_TOKEN is missing"),
        ("GITHUB_TOKEN", "abc\nX-Evil: 1", "GITHUB_TOKEN has a character that no token has"),
        ("GITHUB_API_URL", "http://api.github.example", "neither an https:// address"),
        ("GITHUB_API_URL", "file:///etc/passwd", "neither an https:// address"),
        ("GITHUB_API_URL", "https://user:pass@api.github.example", "neither an https:// address"),
        ("GITHUB_REPOSITORY", "acme/../other/repo", "OWNER/NAME"),
        ("GITHUB_REPOSITORY", "", "OWNER/NAME"),
    ],
)
def test_an_environment_that_cannot_be_right_is_refused(name: str, value: str, said: str):
    """Before anything is sent; the token is not quoted."""
    environment = {"GITHUB_API_URL": "https://api.github.example", "GITHUB_REPOSITORY": "acme/config"}
    found = api_from({**environment, "GITHUB_TOKEN": TOKEN, name: value})
    assert isinstance(found, Failure)
    assert said in found.message
    assert "abc" not in f"{found}"


def test_the_token_is_in_no_representation(api: Api):
    """Of the client, which a traceback might show."""
    assert TOKEN not in repr(api)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """Something that listens where the proxy variables point to."""
    with serving(FakeGitHub()) as listening:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, listening.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        yield listening


def test_this_machine_is_reached_without_the_proxy(api: Api, github: FakeGitHub, proxy: FakeGitHub):
    """In clear text it would learn the token."""
    assert _titles(api) == ()
    assert proxy.requests == []


def test_another_host_is_reached_through_the_proxy(proxy: FakeGitHub):
    """By CONNECT, which this one doesn't speak; it is asked for nothing else, and given no token."""
    answer = wire.send(Request("GET", "https://api.github.example/x", {"Authorization": f"Bearer {TOKEN}"}))
    assert isinstance(answer, NoAnswer)
    assert "Tunnel connection failed: 501" in answer.reason
    assert TOKEN not in answer.reason
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.github.com/x", ("https", "api.github.com", None)),
        ("http://127.0.0.1:80/x", ("http", "127.0.0.1", 80)),
        ("http://[::1]:80/x", ("http", "::1", 80)),
        ("http://api.github.com", None),
        ("ftp://api.github.com", None),
        ("https://", None),
        ("https://h:99999/", None),
        ("", None),
    ],
)
def test_only_https_and_this_machine_have_an_origin(url: str, origin: object):
    """Nothing else is ever asked."""
    assert origin_of(url) == origin


def test_no_wait_is_made_of_what_is_no_number():
    """A date in Retry-After is not what GitHub sends."""
    assert wait_before_again(Answer(429, {"retry-after": "soon"}, b""), 2) == 2.0
    assert wait_before_again(Answer(429, {"retry-after": "-5"}, b""), 1) == 1.0
    assert wait_before_again(Answer(200, {}, b""), 1) is None


def test_a_segment_of_a_path_stays_one():
    """An environment's name may have a slash in it."""
    assert segment("a/b ../?#") == "a%2Fb%20..%2F%3F%23"
