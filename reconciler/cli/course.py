"""How far a run is, in numbers and in words: what a progress display shows. Fed by events, asked for lines; no output.

Times are seconds on the run's clock. The run feeds it from one thread while a display asks from another: each field is
replaced as a whole, so the worst that one may see is a number that is a moment old.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.model.access import Clock
from reconciler.model.watching import Asked, Held, Wait

_WINDOW = 30.0
"""Seconds that a rate is taken over: long enough to be steady, short enough to show that it falls."""
_STEP = 0.5
"""Seconds between two samples."""
_SOON = 2.0
"""Seconds into a phase before anything is foretold: the first answers say little about the others."""
_NAMES = 3
"""Tenants that are named; the others are counted."""
_VERBS = {"read": "Reading", "apply": "Applying"}


@dataclass(slots=True)
class Course:
    """The numbers of one run. `phase` is empty before the first one."""

    clock: Clock
    phase: str = ""
    done: int = 0
    total: int = 0
    requests: int = 0
    _began: float = 0.0
    _before: int = 0
    """Requests that had left when the phase began."""
    _samples: deque[tuple[float, int, int]] = field(default_factory=deque)
    """Time, tenants done, requests sent; the first is the beginning of the phase, or of the window."""
    _held: Held | None = None
    """The last time that the address had no requests left: from then on its budget decides how long it takes."""
    _under_way: dict[int, Wait] = field(default_factory=dict)
    _begun: dict[int, float] = field(default_factory=dict)
    _asked: list[float] = field(default_factory=list)
    _holds: list[float] = field(default_factory=list)
    """The seconds of each wait that is over."""

    def progress(self, phase: str, done: int, total: int) -> None:
        """Note how many tenants are through a phase."""
        now = self.clock.now()
        if phase != self.phase:
            self.phase, self._began, self._before = phase, now, self.requests
            self._samples = deque([(now, 0, self.requests)])
        self.done, self.total = done, total
        self._sample(now)

    def sent(self) -> None:
        """Count a request."""
        self.requests += 1

    def waits(self, wait: Wait) -> None:
        """Note that a wait begins."""
        self._under_way[id(wait)] = wait
        self._begun[id(wait)] = self.clock.now()
        if isinstance(wait, Held):
            self._held = wait

    def goes_on(self, wait: Wait) -> None:
        """Note that it is over."""
        self._under_way.pop(id(wait), None)
        took = self.clock.now() - self._begun.pop(id(wait), self.clock.now())
        (self._holds if isinstance(wait, Held) else self._asked).append(took)

    def _sample(self, now: float) -> None:
        if not self._samples or now - self._samples[-1][0] >= _STEP:
            self._samples.append((now, self.done, self.requests))
        while len(self._samples) > 2 and self._samples[1][0] <= now - _WINDOW:
            self._samples.popleft()

    def rates(self) -> tuple[float, float]:
        """Return the tenants and the requests a second, of late; nought while nothing is known."""
        now = self.clock.now()
        self._sample(now)
        began, done, requests = self._samples[0]
        took = now - began
        return ((self.done - done) / took, (self.requests - requests) / took) if took > 0 else (0.0, 0.0)

    def left(self) -> float | None:
        """Return the seconds that the phase will take yet, no fewer than any tenant waits; None while nobody can tell.

        Where the address's budget is what holds the run up, by that: the requests come in bursts, with minutes of
        standing still in between, and a rate taken over less than several of those means nothing.
        """
        now = self.clock.now()
        if not self.done or now - self._began < _SOON:
            return None
        to_go = self.total - self.done
        asked = max((wait.until - now for wait in self._waiting() if isinstance(wait, Asked)), default=0.0)
        if self._held is not None:
            each = max(1.0, (self.requests - self._before) / self.done)
            return max(asked, to_go * each * self._held.window / self._held.calls)
        tenants, _ = self.rates()
        return max(asked, to_go / tenants) if tenants > 0 else None

    def headline(self) -> str:
        """Return how far it is: `132 of 300 tenants, 270 requests/s, about 20 s left`."""
        parts = [f"{self.done:,} of {self.total:,} tenants"]
        _, requests = self.rates()
        if requests >= 0.1:
            parts.append(f"{requests:,.0f} requests/s" if requests >= 10 else f"{requests:.1f} requests/s")
        left = self.left()
        if left is not None and self.done < self.total:
            parts.append(f"about {span(left)} left")
        return ", ".join(parts)

    @property
    def verb(self) -> str:
        """The phase as what is going on: `Reading`."""
        return _VERBS.get(self.phase, self.phase.capitalize())

    def standing_still(self) -> tuple[str, ...]:
        """Return a sentence for each kind of wait that goes on now; on whose account, and for how long yet."""
        return tuple(waits_in_words(self._waiting(), self.clock.now()))

    def _waiting(self) -> tuple[Wait, ...]:
        now = self.clock.now()
        return tuple(wait for wait in tuple(self._under_way.values()) if wait.until > now)

    def slowed(self) -> tuple[str, ...]:
        """Return what all waits came to, for the end of the run; nothing if they came to less than a second."""
        return tuple(_in_all(self._asked, self._holds, self._held))


def waits_in_words(waits: Iterable[Wait], now: float) -> Iterator[str]:
    """Yield a sentence for each kind of wait: those of one kind are told as one."""
    asked: dict[int, list[Asked]] = {}
    held: Held | None = None
    for wait in waits:
        if isinstance(wait, Held):
            held = wait if held is None or wait.until > held.until else held
        else:
            asked.setdefault(wait.status, []).append(wait)
    if held is not None:
        yield (
            f"Waiting {span(held.until - now)}: this machine's address may make {held.calls:,} requests in"
            f" {span(held.window)}, and has made them. Shards on several machines would not wait."
        )
    for status, some in sorted(asked.items()):
        names = sorted({wait.tenant for wait in some})
        who = names[0] if len(names) == 1 else f"{len(names):,} tenants"
        longest = span(max(wait.until for wait in some) - now)
        listed = ""
        if len(names) > 1:
            more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
            listed = f": {', '.join(names[:_NAMES])}{more}"
        for_long = f"up to {longest}" if len(names) > 1 else longest
        yield f"Waiting {for_long} for the platform's limit of {who} ({status}, Retry-After){listed}"


def _in_all(asked: list[float], holds: list[float], held: Held | None) -> Iterator[str]:
    if sum(asked) >= 1:
        times = "once, for" if len(asked) == 1 else f"{len(asked):,} times, at most for"
        yield f"The platform asked to slow down (429, 503) {times} {span(max(asked))}."
    if held is not None and sum(holds) >= 1:
        yield (
            f"This address may make {held.calls:,} requests in {span(held.window)}: the run stood still for"
            f" {span(sum(holds))}."
        )
        yield "Shards on several machines would not wait; see: reconciler shards --help"


def span(seconds: float) -> str:
    """Return a length of time as people say it: `40 s`, `5 min`, `2.5 h`; at least one second."""
    if seconds < 99.5:
        return f"{max(1, round(seconds))} s"
    if seconds < 99.5 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
