"""What keeps trying from becoming part of the trouble: a run's retry budget, a tenant's breaker, deadlines.

Times are seconds on the injected clock.
"""

from dataclasses import dataclass, field

from reconciler.model.access import Clock, Limits, Notice

RETRY_FLOOR = 10
RETRY_PERCENT = 10
"""Retries in a run: so many percent of its calls, and never fewer than the floor, so that a small run may try again."""


@dataclass(slots=True)
class RetryBudget:
    """How many requests of a run may be second tries. When most calls fail, more calls don't help."""

    notice: Notice
    calls: int = 0
    """Everything sent so far in this run, retries, token requests and read-backs included."""
    retries: int = 0
    _told: bool = False

    @property
    def most(self) -> int:
        """Return how many retries the calls so far allow."""
        return max(RETRY_FLOOR, self.calls * RETRY_PERCENT // 100)

    def spend(self) -> bool:
        """Take one retry; False if none is left, which is told once in a run."""
        if self.retries < self.most:
            self.retries += 1
            return True
        if not self._told:
            self._told = True
            self.notice(
                f"{self.retries} of {self.calls} requests were second tries: too much fails, and nothing more is tried"
                f" again until that is below {RETRY_PERCENT} %. Look at the first failures, and run again later."
            )
        return False


@dataclass(slots=True)
class Breaker:
    """Opens after `most` availability failures in a row. Only a read-back that is answered closes it again."""

    most: int
    failures: int = 0

    @property
    def open(self) -> bool:
        """True if the tenant is to be left alone."""
        return self.failures >= self.most

    def note(self, *, available: bool) -> None:
        """Count a failure; any answer that isn't one starts from nought."""
        self.failures = 0 if available else self.failures + 1

    @property
    def why(self) -> str:
        """Say why nothing is sent."""
        return (
            f"Not sent: {self.failures} requests in a row found this tenant unavailable, so it is left alone in this"
            " run (breaker_failures in [limits]). Run again when it answers."
        )


@dataclass(slots=True)
class Deadline:
    """A moment after which nothing is sent, on behalf of one tenant or the run."""

    clock: Clock
    seconds: float
    until: float = field(init=False)

    def __post_init__(self) -> None:
        self.until = self.clock.now() + self.seconds

    @property
    def left(self) -> float:
        """Return the seconds left; negative when it is over."""
        return self.until - self.clock.now()

    def extend(self, seconds: float) -> None:
        """Give back what was spent in a queue: that is not this tenant's slowness."""
        self.until += seconds


def tenant_over(limits: Limits) -> str:
    """Say that a tenant's time is over."""
    return (
        f"Not sent: this tenant has had its {limits.tenant_deadline:g} s (tenant_deadline in [limits]). Run again; if"
        " it is always that slow, give it more."
    )


def run_over(limits: Limits) -> str:
    """Say that the run's time is over."""
    return (
        f"Not sent: the run has had its {limits.run_deadline:g} s (run_deadline in [limits]). Run again: what is"
        " done stays done. If that is too little for the fleet, give it more, or run in shards."
    )
