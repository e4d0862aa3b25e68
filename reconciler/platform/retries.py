"""When a request that changes nothing is sent again, and how long to wait. The one place that knows.

| what came                                    | again? | after                                               |
|----------------------------------------------|--------|-----------------------------------------------------|
| no connection, lost, no answer in time       | yes    | full jitter                                         |
| 5xx, or a 200 with its body cut short        | yes    | full jitter                                         |
| 429                                          | yes    | `Retry-After` in seconds, 5 at most; or full jitter |
| a bad certificate and other hopeless faults  | no     |                                                     |
| any other answer                             | no     |                                                     |

At most `limits.read_tries` requests in all. Full jitter: a random time up to 0.25 s, 0.5 s, 1 s … (5 s at most), so
that tenants that failed together don't come back together. A POST of a value never comes here.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from reconciler.model.access import Clock, Notice
from reconciler.platform.faults import Fault
from reconciler.platform.wire import Answer, Flaw

T = TypeVar("T")

BASE = 0.25
LONGEST = 5.0
"""Seconds: no single wait is longer, whatever the platform asks for."""


@dataclass(frozen=True, slots=True)
class Retries:
    """What trying again takes. `who` is named when the platform asks to slow down."""

    tries: int
    clock: Clock
    random: Random
    notice: Notice
    who: str

    async def run(self, attempt: Callable[[], Awaitable[Answer | Fault | T]]) -> Answer | Fault | T:
        """Return the first result that is not worth another try, or the last one."""
        done = 1
        while True:
            result = await attempt()
            if not isinstance(result, Answer | Fault) or not may_pass(result) or done >= self.tries:
                return result
            pause = self._pause(result, done)
            if isinstance(result, Answer) and result.status == 429:
                self.notice(f"{self.who}: the platform asks to slow down (429); waiting {pause:.1f} s")
            await self.clock.sleep(pause)
            done += 1

    def _pause(self, result: Answer | Fault, done: int) -> float:
        """Return seconds to wait after the `done`th try."""
        jittered = self.random.uniform(0, min(LONGEST, BASE * 2 ** (done - 1)))
        asked = asked_pause(result) if isinstance(result, Answer) else None
        return jittered if asked is None else min(LONGEST, asked + self.random.uniform(0, BASE))


def may_pass(result: Answer | Fault) -> bool:
    """True if the same request may fare better in a moment."""
    if isinstance(result, Fault):
        return result.passing
    cut_short = result.status == 200 and result.flaw is Flaw.CUT_SHORT
    return result.status >= 500 or result.status == 429 or cut_short


def asked_pause(answer: Answer) -> float | None:
    """Return the seconds that a 429 asks for; None without a number (a date is not looked at: clocks differ)."""
    if answer.status != 429 or not re.fullmatch(r"[0-9]{1,6}", answer.retry_after or "", re.ASCII):
        return None
    return float(answer.retry_after or 0)
