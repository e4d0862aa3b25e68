"""What stands before every single request: stops, deadlines, the address's budget, the tenant's rate.

`Pace.turn` is called by the wire and by nobody else, so that no request can get past it; token requests come the same
way. Loopback is exempt from both limits: there is no platform to spare.
"""

import math
from dataclasses import dataclass
from typing import assert_never

from reconciler.model.access import Clock, Limits, Notice
from reconciler.model.live import Halt, Sent
from reconciler.model.watching import UNWATCHED, Watch
from reconciler.platform.budgets import Breaker, Deadline, RetryBudget, run_over, tenant_over
from reconciler.platform.faults import Fault
from reconciler.platform.rates import AddressBudget, TenantRate
from reconciler.platform.stops import Errand, Stop, Stopped

FRESH = 2.0
"""Seconds that may pass between being asked to POST and its first byte. A later one would be decided on a reading
that is no longer worth anything; then it isn't sent, and the one who asked reads again."""


@dataclass(slots=True)
class Run:
    """What all tenants of one run share."""

    limits: Limits
    clock: Clock
    notice: Notice
    stop: Stop
    budget: RetryBudget
    address: AddressBudget
    deadline: Deadline
    watch: Watch = UNWATCHED
    _told: bool = False

    def over(self) -> Stopped:
        """Return that the run's time is over, and tell it once."""
        why = run_over(self.limits)
        if not self._told:
            self._told = True
            self.notice(why)
        return Stopped(why, Halt.EVERYONE)


@dataclass(frozen=True, slots=True)
class Pace:
    """What holds up one tenant's requests to one host."""

    run: Run
    rate: TenantRate
    deadline: Deadline
    breaker: Breaker
    exempt: bool
    """True for loopback."""

    async def turn(self, errand: Errand, *, by: float) -> Stopped | Fault | None:
        """Wait until a request may leave, and count it; or say why it may not. `by` is a time on the clock."""
        refused: Stopped | Fault | None = self.refusal(errand)
        if refused is not None:
            return refused
        taken = None if self.exempt else await self._queue(errand)
        if isinstance(taken, Stopped):
            return taken
        refused = self.refusal(errand)  # much may have happened while waiting
        if refused is None and self.run.clock.now() > by:
            refused = Fault(
                Sent.NOT_SENT, passing=False, detail="Not sent: it would have come too late after the read."
            )
        if refused is None:
            self.run.budget.calls += 1
            self.run.watch.sent()
        elif taken is not None:
            self.run.address.give_back(taken)
        return refused

    async def _queue(self, errand: Errand) -> float | Stopped:
        """Wait for both limits; return when the address's budget gave way."""
        began = self.run.clock.now()
        patience = math.inf if errand is Errand.VERIFY else self.run.deadline.left
        moment = await self.run.address.turn(urgent=errand is not Errand.READ, patience=patience)
        if moment is None:
            return self.run.over()
        self.deadline.extend(moment - began)
        await self.rate.turn()
        return moment

    def refusal(self, errand: Errand) -> Stopped | None:
        """Return why nothing may be sent now, or None."""
        if self.run.stop.why is not None:
            return self.run.stop.why
        match errand:
            case Errand.VERIFY:
                return None
            case Errand.READ | Errand.WRITE:
                return self._overdue()
            case _ as never:
                assert_never(never)

    def _overdue(self) -> Stopped | None:
        if self.run.deadline.left <= 0:
            return self.run.over()
        if self.deadline.left <= 0:
            return Stopped(tenant_over(self.run.limits), Halt.TENANT)
        return Stopped(self.breaker.why, Halt.TENANT) if self.breaker.open else None

    def patience(self, errand: Errand) -> float:
        """Return the seconds that a wait between two tries may last."""
        left = min(self.deadline.left, self.run.deadline.left)
        return max(left, self.run.limits.verify_timeout) if errand is Errand.VERIFY else left
