"""How fast we call: a rate for each tenant, and a budget for all that leaves this machine's address.

Both say when a call may leave; both are fair (first come, first served), sleep on the injected clock until exactly
that moment, and never poll. Source: platform-facts of origins and tokens (200 calls/s for a production tenant, 100/s
for others; 5,000 calls in 5 minutes for an address).
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field

from reconciler.model.access import Clock
from reconciler.model.watching import UNWATCHED, Held, Watch, wait_watched

TELL = 1.0
"""Seconds: a shorter wait is not worth a word."""
HOLD = 5.0
"""Seconds after a 429 before the rate starts to recover."""
RECOVERY = 60.0
"""Seconds in which a rate climbs from nought to its full height."""
SLOWEST = 1.0
"""Calls a second: no number of 429s brings a tenant's rate below this (nor below the rate that was asked for)."""


@dataclass(slots=True)
class TenantRate:
    """Spaces one tenant's calls evenly: never two closer than 1/rate. A 429 halves the rate, which climbs back."""

    full: float
    """Calls a second."""
    clock: Clock
    _cut: float = math.inf
    """The rate right after the last 429."""
    _cut_at: float = -math.inf
    _next: float = -math.inf

    @property
    def now(self) -> float:
        """Return the present rate, in calls a second."""
        if self._cut >= self.full:
            return self.full
        climbed = max(0.0, self.clock.now() - self._cut_at - HOLD) * self.full / RECOVERY
        return min(self.full, self._cut + climbed)

    def throttled(self) -> None:
        """Take a 429 to heart."""
        self._cut = max(min(SLOWEST, self.full), self.now / 2)
        self._cut_at = self.clock.now()

    async def turn(self) -> None:
        """Wait until the next call may leave. Turns are given in the order in which they were asked for."""
        moment = max(self.clock.now(), self._next)
        self._next = moment + 1 / self.now
        while (wait := moment - self.clock.now()) > 0:
            await self.clock.sleep(wait)


@dataclass(slots=True)
class AddressBudget:
    """At most `calls` in any `window` seconds, for everything that this process sends to the platform.

    A tenth is kept back for POSTs and their read-backs: a POST that had to queue would be decided on a stale reading.
    """

    calls: int
    window: float
    clock: Clock
    watch: Watch = UNWATCHED
    _sent: deque[float] = field(default_factory=deque)
    _queues: tuple[asyncio.Lock, asyncio.Lock] = field(default_factory=lambda: (asyncio.Lock(), asyncio.Lock()))

    async def turn(self, *, urgent: bool, patience: float = math.inf) -> float | None:
        """Wait for room, take it, and return the time; None, at once, if that would take over `patience` seconds."""
        began = self.clock.now()
        most = self.calls if urgent else max(1, self.calls - max(1, self.calls // 10))
        # A lock is a queue: whoever is first sleeps, and the others wait for that one.
        async with self._queues[urgent]:
            while (wait := self._wait(most)) > 0:
                if self.clock.now() - began + wait > patience:
                    return None
                if wait >= TELL:
                    held = Held(self.calls, self.window, self.clock.now() + wait)
                    await wait_watched(held, wait, self.clock, self.watch)
                else:
                    await self.clock.sleep(wait)
            moment = self.clock.now()
            self._sent.append(moment)
            return moment

    def give_back(self, moment: float) -> None:
        """Undo a turn: nothing was sent."""
        if moment in self._sent:
            self._sent.remove(moment)

    def _wait(self, most: int) -> float:
        """Return the seconds until fewer than `most` calls lie in the window; nought if that is so now."""
        now = self.clock.now()
        while self._sent and self._sent[0] + self.window <= now:
            self._sent.popleft()
        return 0.0 if len(self._sent) < most else self._sent[len(self._sent) - most] + self.window - now
