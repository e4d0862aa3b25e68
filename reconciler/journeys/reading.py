"""Many tenants at once, each key of one in turn: the live side of a plan."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from reconciler.model.access import Access
from reconciler.model.key import Key
from reconciler.model.live import Halt, Live, Reader
from reconciler.model.words import LiveState

Done = TypeVar("Done")
OpenReader = Callable[[Access], AbstractAsyncContextManager[Reader]]

INTERRUPTED = Live(LiveState.UNREADABLE, detail="The run was interrupted before this key was read.")


async def read_keys(api: Reader, keys: Sequence[Key], into: dict[str, Live], stop: Callable[[], str]) -> Halt | None:
    """Read `keys` one after the other into `into`, by full name. A halt fills in the rest without asking again.

    `stop` says why the whole run stops sending, or nothing. Returns how far a failure reaches.
    """
    for key in keys:
        reason = stop()
        if reason:
            into[key.name] = Live(LiveState.UNREADABLE, detail=f"Not asked. {reason}")
            continue
        live = await api.read(key)
        into[key.name] = live
        if live.halt is not None:
            rest = Live(LiveState.UNREADABLE, detail=f"Not asked, after {key.name} failed: {live.detail}")
            into.update({other.name: rest for other in keys if other.name not in into})
            return live.halt
    return None


async def each(
    names: Sequence[str],
    work: Callable[[str], Awaitable[None]],
    *,
    at_once: int,
    done: Callable[[int], None],
) -> Mapping[str, BaseException]:
    """Run `work` for every name, `at_once` at a time, each isolated from the others.

    Returns the exceptions by name: those are bugs of ours, as expected failures are values. `done` hears how many
    are through. Cancelling cancels all of them.
    """
    waiting = iter(names)
    failed: dict[str, BaseException] = {}
    finished = 0

    async def worker() -> None:
        nonlocal finished
        for name in waiting:
            try:
                await work(name)
            except Exception as error:  # noqa: BLE001  one tenant's bug must not lose another's outcome
                failed[name] = error
            finished += 1
            done(finished)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(names))):
            group.create_task(worker())
    return failed
