"""The promise of docs/explanation/reliability.md, held against what WireMock remembers: its journal, its states."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.model.key import Key
from tests.contract.wiremock import Event

MOST = 3
"""POSTs of an ordinary key in one run."""


def broken(key: Key, outcome: Mapping[str, Any], events: Sequence[Event], stored: str) -> Iterator[str]:
    """Yield what an apply did to one key, or says of it, against the promise. It began with the old value stored.

    `events` are the requests about this key, in order; `stored` is "old" or "new", as it is now.
    """
    yield from _said(outcome, _posts(events), stored)
    yield from _sent(key, events)


def _posts(events: Sequence[Event]) -> int:
    return sum(event.method == "POST" for event in events)


def _said(outcome: Mapping[str, Any], posts: int, stored: str) -> Iterator[str]:
    status = outcome["status"]
    match status:
        case "applied" if stored != "new" or not posts:
            yield f"applied, and {stored} is stored after {posts} POSTs"
        case "rejected" | "failed" if stored != "old":
            yield f"{status}, and {stored} is stored: {outcome['detail']}"
        case "not-attempted" | "skipped" | "unchanged" if posts:
            yield f"{status} after {posts} POSTs"
        case "unchanged" if stored != "new":
            yield "unchanged, and the old value is stored"
    if outcome["attempts"] != posts:
        yield f"{outcome['attempts']} attempts were reported, and {posts} POSTs arrived"


def _sent(key: Key, events: Sequence[Event]) -> Iterator[str]:
    posts = _posts(events)
    if posts > (1 if key.write_once else MOST):
        yield f"{posts} POSTs"
    read = False
    for event in events:
        if event.notes is None:
            yield f"a {event.method} that WireMock has no answer to: wrong token, wrong body, or at the wrong time"
        elif event.method == "GET":
            read = read or event.notes["readable"]
        else:
            if not read:
                yield "a POST that no readable GET came before"
            if event.notes["stored"] == "new":
                yield "a POST of what is stored already"
            read = False


def not_converged(statuses: Mapping[str, str], posts: Mapping[str, int], stored: Mapping[str, str]) -> Iterator[str]:
    """Yield what a second apply, without trouble, left or did in vain. `stored` is what it began with; all by key."""
    for name, before in stored.items():
        status, sent = statuses[name], posts.get(name, 0)
        wanted = ("applied", 1) if before == "old" else ("unchanged", 0)
        if (status, sent) != wanted:
            yield f"{name}, {before} before the second apply: {status} after {sent} POSTs"
