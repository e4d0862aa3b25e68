"""One key: read it again, POST it, read it back. A POST is never blindly repeated.

After each POST, by what is known of it (`model.live.Sent`):

| sent      | ordinary key                                    | write-once key                              |
|-----------|-------------------------------------------------|---------------------------------------------|
| accepted  | read until equal: applied, failed or unknown    | the same; still unset: failed               |
| rejected  | read once: equal -> applied; unreadable ->      | the same                                    |
|           | unknown; else rejected; the tenant goes on      |                                             |
| conflict  | read: equal -> applied; before-value still there| read only: equal -> applied, different ->   |
| lost      | -> again, 3 POSTs in all; else failed;          | failed, still unset -> unknown,             |
|           | unreadable -> unknown                           | unreadable -> unknown                       |
| throttled | as conflict, after a pause                      | read once, as above; else failed            |
| denied    | failed; the tenant ends                         | failed; the tenant ends                     |
| not-sent  | read; as the plan saw it -> again, 3 tries;     | the same: no byte of it reached the wire    |
|           | else failed; the tenant ends                    |                                             |

A key is read right before every POST of it, and no POST follows once the run or the tenant has been stopped. So of
a write-once key at most one POST reaches the wire in a run. Source: DESIGN of writing; platform-facts 3, 5, 9.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from reconciler.applying.verdicts import Landed, after_post, before_post, seen
from reconciler.model.access import Clock
from reconciler.model.live import Halt, Live, Posted, Reader, Sent, Writer
from reconciler.model.normal import resolve
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Planned
from reconciler.model.tenant import Secrets
from reconciler.model.words import Status

TRIES = 3
"""POSTs of an ordinary key in all, and connection attempts of any key."""
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between reads; the last one is repeated."""


class Api(Reader, Writer, Protocol):
    """One tenant's keys, to read and to write."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What carrying out one tenant's writes takes: its API, its secrets, time, and how long to read back (seconds)."""

    api: Api
    secrets: Secrets
    clock: Clock
    verify_timeout: float


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of one key, and how far its failure reaches beyond it."""

    outcome: Outcome
    halt: Halt | None = None


KeptBack = Callable[[], Awaitable[str]]


async def write_key(item: Planned, desk: Desk, kept_back: KeptBack) -> Written:
    """Carry out one approved change. Raises nothing for what the network or the API does.

    `kept_back` is asked right before each POST: it says why the POST must not be sent, or has put on record that it
    is about to be, so that whatever cuts the run off there is known to be in doubt.
    """
    before = await desk.api.read(item.key)
    early = before_post(item, before, desk.secrets)
    if early is not None:
        return Written(early, before.halt)
    return await _Attempt(item, before, desk, kept_back).run()


@dataclass(slots=True)
class _Attempt:
    """The POSTs of one key, and the reads that judge them."""

    item: Planned
    before: Live
    desk: Desk
    kept_back: KeptBack
    posts: int = 0
    """Those that reached the wire, as far as can be known."""
    unsent: int = 0

    async def run(self) -> Written:
        body = resolve(self.item.desired, self.desk.secrets)
        while True:
            reason = await self.kept_back()
            if reason:
                return Written(self._braked(reason))
            posted = await self.desk.api.post(self.item.key, body)
            self._count(posted)
            ended = await self._judge(posted)
            if ended is not None:
                request_id = posted.request_id or ended.outcome.request_id
                outcome = replace(ended.outcome, attempts=self.posts, request_id=request_id)
                return Written(outcome, _furthest(ended.halt, posted.halt))

    def _count(self, posted: Posted) -> None:
        if posted.sent is Sent.NOT_SENT:
            self.unsent += 1
        else:
            self.posts += 1

    async def _judge(self, posted: Posted) -> Written | None:
        """Return how it ended; None to send it once more."""
        match posted.sent:
            case Sent.ACCEPTED:
                return await self._verified(posted)
            case Sent.REJECTED:
                return await self._refused(Status.REJECTED, posted)
            case Sent.DENIED:
                return Written(self._denied(posted), Halt.TENANT)
            case Sent.NOT_SENT:
                return await self._not_sent(posted)
            case Sent.THROTTLED if self.item.key.write_once:
                return await self._refused(Status.FAILED, posted, " A write-once key is sent once in a run; run again.")
            case Sent.CONFLICT | Sent.LOST | Sent.THROTTLED:
                if self.item.key.write_once:
                    return await self._lost_write_once(posted)
                return await self._lost(posted)
            case _ as never:
                assert_never(never)

    def _braked(self, reason: str) -> Outcome:
        if not self.posts:
            return Outcome(Status.NOT_ATTEMPTED, reason)
        return Outcome(Status.FAILED, f"{self._still_there()} {reason}", verified=False, attempts=self.posts)

    def _denied(self, posted: Posted) -> Outcome:
        """A refused credential, so it can't be read back either. An earlier POST of the key may have been lost."""
        if self.posts > 1:
            return Outcome(Status.FAILED, f"{posted.detail} {self._still_there()} Plan again.", verified=False)
        return Outcome(Status.FAILED, f"{posted.detail} By that answer nothing was written; it can't be read back.")

    async def _refused(self, status: Status, posted: Posted, advice: str = "") -> Written:
        """Read once after a final no: a gateway may say it that doesn't know what the platform did."""
        now = await self.desk.api.read(self.item.key, verifying=True)
        said = posted.detail
        match after_post(self.item, self.before, now, self.desk.secrets):
            case Landed.YES:
                return Written(Outcome(Status.APPLIED, f"{said} Yet read back: it was written.", verified=True))
            case Landed.UNREADABLE:
                return Written(_unknown(posted, now), now.halt)
            case Landed.OTHER:
                return Written(Outcome(status, f"{said} Then {seen(now)}: someone else wrote.", verified=False))
            case Landed.NOT_YET:
                return Written(Outcome(status, f"{said}{advice}", verified=False))
            case _ as never:
                assert_never(never)

    def _still_there(self) -> str:
        times = "once" if self.posts == 1 else f"{self.posts} times"
        return f"Sent {times}; the value from before was still there when last read."

    async def _not_sent(self, posted: Posted) -> Written | None:
        if posted.halt is not None or self.unsent >= TRIES:
            done = self._still_there() if self.posts else "The request was never sent; nothing was written."
            verified = False if self.posts else None
            return Written(Outcome(Status.FAILED, f"{posted.detail} {done} Run again.", verified), Halt.TENANT)
        await self.desk.clock.sleep(_pause(self.unsent - 1))
        now = await self.desk.api.read(self.item.key, verifying=bool(self.posts))
        if self.posts:  # an earlier one, whose answer was lost, may have arrived meanwhile
            return self._reread(posted, now)
        # A connection can take long to fail: the value may have been set in that time.
        early = before_post(self.item, now, self.desk.secrets)
        return None if early is None else Written(early, now.halt)

    async def _lost(self, posted: Posted) -> Written | None:
        """Read what became of a POST that has no clear answer, and go on only if the before-value is still there."""
        await self.desk.clock.sleep(_pause(self.posts - 1))
        return self._reread(posted, await self.desk.api.read(self.item.key, verifying=True))

    def _reread(self, posted: Posted, now: Live) -> Written | None:
        match after_post(self.item, self.before, now, self.desk.secrets):
            case Landed.YES:
                return Written(Outcome(Status.APPLIED, f"{posted.detail} Read back: it was written.", verified=True))
            case Landed.UNREADABLE:
                return Written(_unknown(posted, now), now.halt)
            case Landed.OTHER:
                return Written(
                    Outcome(
                        Status.FAILED,
                        f"{posted.detail} Then {seen(now)}: someone else wrote.",
                        verified=False,
                    )
                )
            case Landed.NOT_YET if self.posts < TRIES and posted.halt is None:
                return None
            case Landed.NOT_YET:
                return Written(
                    Outcome(Status.FAILED, f"{posted.detail} {self._still_there()} Run again.", verified=False)
                )
            case _ as never:
                assert_never(never)

    async def _lost_write_once(self, posted: Posted) -> Written:
        """Only read: a second POST could set a sequence twice."""
        landed, now = await self._read_until_landed()
        match landed:
            case Landed.YES:
                return Written(Outcome(Status.APPLIED, f"{posted.detail} Read back: it was written.", verified=True))
            case Landed.UNREADABLE:
                return Written(_unknown(posted, now), now.halt)
            case Landed.OTHER:
                return Written(Outcome(Status.FAILED, f"{posted.detail} Now {seen(now)}.", verified=False))
            case Landed.NOT_YET:
                return Written(
                    Outcome(
                        Status.UNKNOWN,
                        f"{posted.detail} The key is still unset, but the write may yet arrive. It was not sent"
                        " again. Wait some minutes, then plan again.",
                        verified=False,
                    )
                )
            case _ as never:
                assert_never(never)

    async def _verified(self, posted: Posted) -> Written:
        landed, now = await self._read_until_landed()
        match landed:
            case Landed.YES:
                return Written(Outcome(Status.APPLIED, verified=True))
            case Landed.UNREADABLE:
                return Written(_unknown(posted, now), now.halt)
            case Landed.OTHER | Landed.NOT_YET:
                still = " still" if landed is Landed.NOT_YET else ""
                return Written(
                    Outcome(
                        Status.FAILED,
                        f"The platform accepted the POST, but{still} {seen(now)} after"
                        f" {self.desk.verify_timeout:g} s. It was not sent again. Plan again.",
                        verified=False,
                    )
                )
            case _ as never:
                assert_never(never)

    async def _read_until_landed(self) -> tuple[Landed, Live]:
        """Read until the desired value is there, for `verify_timeout` seconds at most; return the last reading."""
        deadline = self.desk.clock.now() + self.desk.verify_timeout
        reads = 0
        while True:
            now = await self.desk.api.read(self.item.key, verifying=True)
            landed = after_post(self.item, self.before, now, self.desk.secrets)
            pause = _pause(reads)
            reads += 1
            if landed is Landed.YES or now.halt is not None or self.desk.clock.now() + pause > deadline:
                return landed, now
            await self.desk.clock.sleep(pause)


def _pause(done: int) -> float:
    return _PAUSES[min(done, len(_PAUSES) - 1)]


def _furthest(*halts: Halt | None) -> Halt | None:
    if Halt.EVERYONE in halts:
        return Halt.EVERYONE
    return Halt.TENANT if Halt.TENANT in halts else None


def _unknown(posted: Posted, now: Live) -> Outcome:
    said = f"{posted.detail} " if posted.detail else ""
    return Outcome(
        Status.UNKNOWN,
        f"{said}Reading back failed: {now.detail or now.state.value} What is live is not known. Plan again.",
    )
