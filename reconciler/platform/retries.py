"""What is done when a request doesn't get a clean answer: one table, as data, and the small engine that obeys it.

The table is docs/explanation/reliability.md's, and a test holds the two together. A read and a token request are tried
again here; a POST of a value never is: its cells say what `applying` does, after it has read the key.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import TypeVar

from reconciler.model.access import Clock, Notice
from reconciler.model.live import Halt, Sent
from reconciler.model.watching import Asked, wait_watched
from reconciler.platform.bodies import is_json
from reconciler.platform.faults import Fault
from reconciler.platform.pace import Pace
from reconciler.platform.stops import Errand, Stopped
from reconciler.platform.wire import Answer, Flaw

T = TypeVar("T")

BASE = 0.25
LONGEST = 5.0
"""Seconds: full jitter is a random time up to 0.25 s, 0.5 s, 1 s … 5 s, so that tenants that failed together don't come
back together."""


class Happened(StrEnum):
    """What came of a request."""

    NEVER_SENT = "no connection in time"
    HOPELESS = "a bad certificate, or no way to send it"
    LOST = "sent, then no whole answer"
    SERVER_ERROR = "5xx"
    THROTTLED = "429"
    BUSY = "503 with Retry-After"
    CUT_SHORT = "2xx, its body cut short"
    UNUSABLE = "2xx, its body too large or compressed"
    UNAUTHORISED = "401"
    FORBIDDEN = "403 in JSON"
    BLOCKED = "403, not in JSON"
    CONFLICT = "409"
    SENT_ELSEWHERE = "3xx but 301, 307 and 308"
    OTHER = "any other answer"


class Method(StrEnum):
    """The requests that there are."""

    READ = "GET"
    TOKEN = "token request"  # noqa: S105 - the name of a column
    WRITE = "POST"
    WRITE_ONCE = "POST, write-once"


class Do(StrEnum):
    """What is done about it."""

    AGAIN = "again, after full jitter"
    AGAIN_AS_ASKED = "again, after Retry-After"
    READ_FIRST = "read; again if nothing changed"
    READ_ONLY = "read only; never again"
    RENEW = "once more with a new token; then the tenant ends"
    END_TENANT = "the tenant ends"
    END_RUN = "the whole run stops sending"
    TAKE = "take it as it is"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that may happen: what is done about it for each method, and why."""

    happened: Happened
    read: Do
    token: Do
    write: Do
    write_once: Do
    reason: str

    def do(self, method: Method) -> Do:
        """Return the cell of one method."""
        cells = {
            Method.READ: self.read,
            Method.TOKEN: self.token,
            Method.WRITE: self.write,
            Method.WRITE_ONCE: self.write_once,
        }
        return cells[method]


_READS = (Do.AGAIN, Do.AGAIN)
_AS_ASKED = (Do.AGAIN_AS_ASKED, Do.AGAIN_AS_ASKED)
_READ_BACK = (Do.READ_FIRST, Do.READ_ONLY)
_TAKE = (Do.TAKE, Do.TAKE)
_WELL = "Nothing is concluded from the body of a POST's answer: the key is read until it shows the value."

TABLE: tuple[Row, ...] = (
    Row(
        Happened.NEVER_SENT, *_READS, Do.READ_FIRST, Do.READ_FIRST,
        "No byte left, so nothing can have happened. A connection can take long to fail: hence the read.",
    ),
    Row(Happened.HOPELESS, *_TAKE, Do.READ_FIRST, Do.READ_FIRST, "It would end the same way a moment later."),
    Row(Happened.LOST, *_READS, *_READ_BACK, "It may have been done. To read again harms nobody; to write might."),
    Row(Happened.SERVER_ERROR, *_READS, *_READ_BACK, "It says nothing about what was done before it failed."),
    Row(
        Happened.THROTTLED, *_AS_ASKED, *_READ_BACK,
        "Not processed. The tenant's rate is halved besides. A write-once key waits for the next run.",
    ),
    Row(Happened.BUSY, *_AS_ASKED, *_READ_BACK, "The platform knows best when it will be back."),
    Row(Happened.CUT_SHORT, *_READS, Do.READ_ONLY, Do.READ_ONLY, f"The connection was lost, late. {_WELL}"),
    Row(Happened.UNUSABLE, *_TAKE, Do.READ_ONLY, Do.READ_ONLY, f"It would be the same again. {_WELL}"),
    Row(
        Happened.UNAUTHORISED, Do.RENEW, Do.END_TENANT, Do.RENEW, Do.END_TENANT,
        "Not processed: a token may have run out early. A write-once key is not sent twice for any reason.",
    ),
    Row(
        Happened.FORBIDDEN, Do.RENEW, Do.END_TENANT, Do.END_TENANT, Do.END_TENANT,
        "An old token may lack a new right. Asking on would lock the account.",
    ),
    Row(
        Happened.BLOCKED, Do.END_RUN, Do.END_RUN, Do.END_RUN, Do.END_RUN,
        "This machine's address has spent its calls; every further one prolongs the block, for every tenant.",
    ),
    Row(Happened.CONFLICT, *_TAKE, *_READ_BACK, "Somebody was faster, or the platform refuses: a read tells."),
    Row(
        Happened.SENT_ELSEWHERE, *_TAKE, *_READ_BACK,
        "No redirect is followed. To a POST it may mean that it was done and shows elsewhere.",
    ),
    Row(
        Happened.OTHER, *_TAKE, Do.READ_ONLY, Do.READ_ONLY,
        "A final word. After a 2xx the key is read until it shows, else once: a gateway may not know what was done.",
    ),
)  # fmt: skip
"""What happened × method → what to do, and why."""

ROWS: Mapping[Happened, Row] = MappingProxyType({row.happened: row for row in TABLE})
UNAVAILABLE = frozenset({Happened.NEVER_SENT, Happened.LOST, Happened.SERVER_ERROR, Happened.BUSY})
"""What counts for the breaker. A 429 doesn't: a platform that asks to slow down is there."""


_NAMED: Mapping[int, Happened] = {
    301: Happened.OTHER,
    307: Happened.OTHER,
    308: Happened.OTHER,
    401: Happened.UNAUTHORISED,
    409: Happened.CONFLICT,
    429: Happened.THROTTLED,
}


def happened(result: Answer | Fault) -> Happened:
    """Return the row of a result."""
    if isinstance(result, Fault):
        if not result.passing:
            return Happened.HOPELESS
        return Happened.NEVER_SENT if result.sent is Sent.NOT_SENT else Happened.LOST
    if 200 <= result.status < 300:
        if result.flaw is None:
            return Happened.OTHER
        return Happened.CUT_SHORT if result.flaw is Flaw.CUT_SHORT else Happened.UNUSABLE
    if result.status == 403:
        return Happened.FORBIDDEN if is_json(result.body) else Happened.BLOCKED
    if result.status == 503 and result.retry_after is not None:
        return Happened.BUSY
    if result.status >= 500:
        return Happened.SERVER_ERROR
    clear = 400 <= result.status < 500
    return _NAMED.get(result.status, Happened.OTHER if clear else Happened.SENT_ELSEWHERE)


def what_to_do(result: Answer | Fault, method: Method) -> Do:
    """Return the table's cell for a result."""
    return ROWS[happened(result)].do(method)


@dataclass(frozen=True, slots=True)
class Retries:
    """What trying again takes. `who` is the tenant that the platform asks to slow down; `wall` is for dates alone."""

    tries: int
    clock: Clock
    wall: Callable[[], datetime]
    random: Random
    notice: Notice
    who: str
    pace: Pace

    async def run(
        self, attempt: Callable[[], Awaitable[Answer | Fault | T]], method: Method, errand: Errand
    ) -> Answer | Fault | Stopped | T:
        """Return the first result that is not worth another try, or the last one.

        Stopped if the platform asks to wait for longer than there is time.
        """
        done = 1
        while True:
            result = await attempt()
            if not isinstance(result, Answer | Fault) or done >= self.tries:
                return result
            do = what_to_do(result, method)
            if do not in {Do.AGAIN, Do.AGAIN_AS_ASKED}:
                return result
            pause = self._pause(result, do, done)
            if pause > self.pace.patience(errand):
                return _too_long(result, pause) if isinstance(result, Answer) and do is Do.AGAIN_AS_ASKED else result
            if errand is not Errand.VERIFY and (self.pace.breaker.open or not self.pace.run.budget.spend()):
                return result
            if do is Do.AGAIN_AS_ASKED and isinstance(result, Answer):
                asked = Asked(self.who, result.status, self.clock.now() + pause)
                await wait_watched(asked, pause, self.clock, self.pace.run.watch)
            else:
                await self.clock.sleep(pause)
            done += 1

    def _pause(self, result: Answer | Fault, do: Do, done: int) -> float:
        """Return seconds to wait after the `done`th try."""
        asked = None
        if do is Do.AGAIN_AS_ASKED and isinstance(result, Answer):
            asked = asked_pause(result.retry_after, self.wall())
        if asked is None:
            return self.random.uniform(0, min(LONGEST, BASE * 2 ** (done - 1)))
        return asked + self.random.uniform(0, BASE)


def asked_pause(header: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for: a number or an HTTP date, which may be past; None for neither."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,100}", text):
        return float(text)
    if not re.fullmatch(r"[ -~]{10,60}", text):
        return None
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    then = then if then.tzinfo is not None else then.replace(tzinfo=UTC)
    return max(0.0, (then - now).total_seconds())


def _too_long(answer: Answer, pause: float) -> Stopped:
    return Stopped(
        f"{answer.status}: the platform asks to wait {min(pause, 1e9):.0f} s, and this tenant has no time for that"
        " (tenant_deadline in [limits]). Run again after that.",
        Halt.TENANT,
    )
