"""What an answer of GitHub's that isn't the one we want means, and what to do about it."""

import json
import time

from reconciler.github.stopping import Failure
from reconciler.github.wire import Answer, NoAnswer

PROXY = "Look at GITHUB_API_URL, and whether a proxy or a firewall stands in between."
MOVED = "The repository may have been renamed or moved: run the workflow again from where it is now."
_SAID = 300
_BACKOFF = 1.0


def wait_before_again(answer: Answer | NoAnswer, tried: int) -> float | None:
    """Return the seconds after which a GET may be sent again, None when that would be no use.

    `Retry-After` is obeyed; so is the end of a primary rate limit. Without either it is 1, 2, 4 seconds.
    """
    if isinstance(answer, NoAnswer):
        return _BACKOFF * 2.0 ** (tried - 1)
    limited = answer.status == 429 or (answer.status == 403 and _is_rate_limit(answer))
    if not limited and answer.status < 500:
        return None
    asked = answer.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    reset = answer.headers.get("x-ratelimit-reset", "")
    if limited and answer.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return max(1.0, float(reset[:12]) - time.time())
    return _BACKOFF * 2.0 ** (tried - 1)


def _is_rate_limit(answer: Answer) -> bool:
    """GitHub says 403 for its limits, too."""
    remaining = answer.headers.get("x-ratelimit-remaining")
    return "retry-after" in answer.headers or remaining == "0" or "rate limit" in _said(answer).lower()


def failure(answer: Answer | NoAnswer, method: str, path: str, needs: str) -> Failure:
    """Return what to tell a person. `needs` is a permission such as `pull-requests: write`."""
    if isinstance(answer, NoAnswer):
        return Failure(f"GitHub gave no answer to {method} {path}: {answer.reason}.", f"Run the job again. {PROXY}")
    said = _said(answer)
    told = f"GitHub answered {answer.status} to {method} {path}{': ' if said else '.'}{said}"
    return Failure(told, _hint(answer, needs), answer.status)


def _hint(answer: Answer, needs: str) -> str:
    status = answer.status
    if status == 429 or (status == 403 and _is_rate_limit(answer)):
        return "The token has used up its requests for now. Run the job again in an hour."
    if status == 401:
        return "The token isn't valid any more, or not for this server. Run the job again."
    if status == 403:
        return (
            f"The job lacks a permission. Give it, and the job that calls its workflow: permissions: {{{needs}}}. "
            "A pull request from a fork never has it."
        )
    if status in {404, 410}:
        return f"There is none, or the token may not see it: the job needs permissions: {{{needs}}}."
    if 300 <= status < 400:
        return MOVED
    if status == 422:
        return "GitHub can't do what was asked; its message says why."
    if status >= 500:
        return "GitHub has trouble. Look at its status page, then run the job again."
    return "This is not what GitHub's documentation says; please report it with this message."


def _said(answer: Answer) -> str:
    """Return GitHub's own message, if there is one in the usual form."""
    try:
        message = json.loads(answer.body)["message"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return ""
    return message[:_SAID] if isinstance(message, str) else ""
