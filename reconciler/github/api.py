"""GitHub's REST API: JSON in and out, every failure a value that says what to do.

| status                                   | what is done                                                         |
|------------------------------------------|----------------------------------------------------------------------|
| 2xx                                      | the answer                                                           |
| 3xx of a GET, to the API's own origin    | followed                                                             |
| 3xx of a download, to another origin     | followed without the token                                           |
| 429, 403 with a rate limit, 5xx, nothing | a GET is sent again, four times in all; nothing else ever is         |
| all others                               | a failure, with the permission that is probably missing              |

The token goes to the origin of `GITHUB_API_URL` and nowhere else.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urljoin, urlsplit

from reconciler.github import refusing
from reconciler.github.stopping import Failure
from reconciler.github.wire import Answer, NoAnswer, Request, origin_of, send

T = TypeVar("T")

_PAGE = 100
_MOST_PAGES = 30
"""GitHub takes 2,500 comments a pull request."""
_TRIES = 4
_MOST_WAIT = 60.0
_HOPS = 3
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_VERSION = "2022-11-28"


@dataclass(frozen=True, slots=True)
class Api:
    """The API for one repository (`owner/name`). `base` has no slash at its end."""

    base: str
    repository: str
    token: str = field(repr=False)
    sleep: Callable[[float], None] = time.sleep
    most_pages: int = _MOST_PAGES

    def get(self, path: str, make: Callable[[Any], T], *, needs: str, **query: str | int) -> T | Failure:
        """Return what `make` makes of the answer. `path` is below the repository, `needs` the token's permission."""
        answer = self._ask(self._url(path, query), needs)
        return answer if isinstance(answer, Failure) else _made(answer, make)

    def pages(
        self,
        path: str,
        make: Callable[[Any], T],
        *,
        needs: str,
        member: str = "",
        **query: str | int,
    ) -> tuple[T, ...] | Failure:
        """Return what `make` makes of the items of all pages; of `member`, where a page is an object.

        More than `most_pages` pages of a hundred are a failure: what is on the others might matter.
        """
        url = self._url(path, {**query, "per_page": _PAGE})
        items: list[T] = []
        for _ in range(self.most_pages):
            answer = self._ask(url, needs)
            if isinstance(answer, Failure):
                return answer
            found = _made(answer, lambda page: [make(item) for item in (page[member] if member else page)])
            if isinstance(found, Failure):
                return found
            items += found
            following = _NEXT.search(answer.headers.get("link", ""))
            if following is None:
                return tuple(items)
            url = urljoin(url, following[1])
            if not self._is_own(url):
                return Failure("The next page is at another address than the first.", refusing.PROXY)
        return Failure(
            f"There are more than {self.most_pages * _PAGE:,} items at {path}.", "Tidy up there, then run again."
        )

    def first_page(
        self, path: str, make: Callable[[Any], T], *, needs: str, member: str, **query: str | int
    ) -> tuple[T, ...] | Failure:
        """Return the newest hundred items, where older ones don't matter."""
        url = self._url(path, {**query, "per_page": _PAGE})
        answer = self._ask(url, needs)
        if isinstance(answer, Failure):
            return answer
        return _made(answer, lambda page: tuple([make(item) for item in page[member]]))

    def write(self, method: str, path: str, body: Mapping[str, Any] | None, *, needs: str) -> Failure | None:
        """Send a POST, PATCH or DELETE, once. None when GitHub did it."""
        data = None if body is None else json.dumps(body).encode("ascii")
        answer = send(Request(method, self._url(path, {}), self._headers(), data))
        if isinstance(answer, Answer) and 200 <= answer.status < 300:
            return None
        return refusing.failure(answer, method, self._shown(path), needs)

    def download(self, path: str, most: int, *, needs: str) -> bytes | Failure:
        """Return a file of at most `most` bytes; the storage that GitHub sends us to isn't given the token."""
        answer = self._ask(self._url(path, {}), needs, most, elsewhere=True)
        return answer if isinstance(answer, Failure) else answer.body

    def _ask(self, url: str, needs: str, most: int = 64 << 20, *, elsewhere: bool = False) -> Answer | Failure:
        """GET, and follow redirects: with the token within the API's origin, without it elsewhere if that is meant."""
        shown = self._shown(url)
        for _ in range(_HOPS):
            own = self._is_own(url)
            answer = self._patiently(Request("GET", url, self._headers() if own else {}, most=most))
            if isinstance(answer, NoAnswer) or not 300 <= answer.status < 400:
                break
            url = urljoin(url, answer.headers.get("location", ""))
            if not (self._is_own(url) or (elsewhere and self._is_storage(url))):
                return Failure(f"GitHub sends us elsewhere for {shown}.", refusing.MOVED, answer.status)
        if isinstance(answer, Answer) and 200 <= answer.status < 300:
            return answer
        return refusing.failure(answer, "GET", shown, needs)

    def _patiently(self, request: Request) -> Answer | NoAnswer:
        for tried in range(1, _TRIES + 1):
            answer = send(request)
            wait = refusing.wait_before_again(answer, tried)
            if wait is None or wait > _MOST_WAIT or tried == _TRIES:
                break
            self.sleep(wait)
        return answer

    def _url(self, path: str, query: Mapping[str, str | int]) -> str:
        # The repository's name and our own words need no escaping; what may is escaped by `segment`.
        below = f"{self.base}/repos/{self.repository}{path}"
        return f"{below}?{urlencode(query)}" if query else below

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": _VERSION,
            "Content-Type": "application/json",
        }

    def _is_own(self, url: str) -> bool:
        return origin_of(url) is not None and origin_of(url) == origin_of(self.base)

    def _is_storage(self, url: str) -> bool:
        """An API on this machine is a test's; a real one has no business with this machine."""
        return url.startswith("https://" if self.base.startswith("https://") else "http")

    def _shown(self, url: str) -> str:
        """Return the path alone: an address of a storage is itself a secret."""
        return urlsplit(url).path


def segment(text: str) -> str:
    """Return `text` as one segment of a path, whatever is in it."""
    return quote(text, safe="")


def _made(answer: Answer, make: Callable[[Any], T]) -> T | Failure:
    try:
        return make(json.loads(answer.body))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return Failure("GitHub's answer doesn't have the form that is documented.", refusing.PROXY, answer.status)


def api_from(environment: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> Api | Failure:
    """Return the API that the runner's environment names, or what is missing in it. No message holds the token."""
    base = (environment.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/")
    repository = environment.get("GITHUB_REPOSITORY", "")
    token = environment.get("GITHUB_TOKEN", "").strip()
    if origin_of(base) is None:
        return Failure(
            "GITHUB_API_URL is neither an https:// address nor http:// to this machine.",
            "The runner sets it; leave it alone.",
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+", repository):
        return Failure("GITHUB_REPOSITORY is not OWNER/NAME.", "The runner sets it; at a desk, set it yourself.")
    # A header would quote a token with a line break in it in its complaint.
    if not re.fullmatch(r"[!-~]+", token):
        return Failure(
            f"GITHUB_TOKEN {'is missing' if not token else 'has a character that no token has'}.",
            "Give this step, and no other: env: {GITHUB_TOKEN: ${{ github.token }}}.",
        )
    return Api(base, repository, token, sleep)
