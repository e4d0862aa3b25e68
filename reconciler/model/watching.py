"""What a run tells whoever is watching while it goes on: that requests leave, and on whose account it stands still.

The waits are those that a limit asks for. A pause before an ordinary second try is a few seconds and no limit's affair.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from reconciler.model.access import Clock


@dataclass(frozen=True, slots=True)
class Asked:
    """The platform answered `status` (429, or 503 with Retry-After) and asked one tenant to wait.

    `until` is a time on the run's clock.
    """

    tenant: str
    status: int
    until: float


@dataclass(frozen=True, slots=True)
class Held:
    """This machine's address has made its `calls` in `window` seconds, so every tenant waits.

    `until` is a time on the run's clock.
    """

    calls: int
    window: float
    until: float


Wait: TypeAlias = Asked | Held


class Watch(Protocol):
    """Hears of it. Called for every request, so it must cost next to nothing, and must not raise."""

    def sent(self) -> None:
        """Count a request that leaves."""

    def waits(self, wait: Wait) -> None:
        """A wait begins."""

    def goes_on(self, wait: Wait) -> None:
        """The same wait is over, or was cut short."""


class Unwatched:
    """Nobody is watching."""

    def sent(self) -> None:
        """Tell nobody."""

    def waits(self, wait: Wait) -> None:
        """Tell nobody."""

    def goes_on(self, wait: Wait) -> None:
        """Tell nobody."""


UNWATCHED = Unwatched()


async def wait_watched(wait: Wait, seconds: float, clock: Clock, watch: Watch) -> None:
    """Sleep for `seconds`, which `wait` is about, before the eyes of `watch`."""
    watch.waits(wait)
    try:
        await clock.sleep(seconds)
    finally:
        watch.goes_on(wait)
