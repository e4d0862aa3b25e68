"""One tenant: its approved changes in write order, one at a time, each with an outcome."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from reconciler.applying.write import Desk, write_key
from reconciler.model.live import Halt
from reconciler.model.outcome import Outcome
from reconciler.model.plan import ApprovedTenant, Planned
from reconciler.model.words import Action, Status

Record = Callable[[str, Outcome], Awaitable[None]]
"""Takes the outcome of a key, by full name, as soon as it is known; a later one replaces an earlier one.

Right before a POST the key is recorded as IN_FLIGHT, so that whatever cuts the run off, the report is true.
Whoever records that may stop the brake, if it can't be put on record: then the POST is not sent. Nothing else waits.
"""

IN_FLIGHT = Outcome(
    Status.UNKNOWN, "The run ended while this key was being written. What is live is not known. Plan again."
)

BLOCKED = "It can be set only once, and is set to another value. Restore that in the file, or take the key out of it."


@dataclass(slots=True)
class Brake:
    """Stops a whole run between two operations: set once, with the reason, and never released."""

    reason: str = ""

    def stop(self, reason: str) -> None:
        """Stop; the first reason stays."""
        self.reason = self.reason or reason


async def apply_tenant(approved: ApprovedTenant, desk: Desk, brake: Brake, record: Record) -> None:
    """Give every declared key of one tenant exactly one final outcome, in write order.

    What another tenant does matters only through `brake`. Nothing is raised for what network or API do.
    """
    ended: dict[str, Status] = {}
    halted = ""
    for item in approved.plan.items:
        early = _without_writing(item, approved, ended, halted or brake.reason)
        if early is None:
            written = await write_key(item, desk, partial(_kept_back, item.key.name, brake, record))
            outcome = written.outcome
            if written.halt is not None:
                halted = f"The tenant ended at {item.key.name}. Correct that and run again."
            if written.halt is Halt.EVERYONE:
                brake.stop(f"The run stopped sending at {approved.plan.tenant} {item.key.name}: {outcome.detail}")
        else:
            outcome = early
        ended[item.key.name] = outcome.status
        await record(item.key.name, outcome)


async def _kept_back(key: str, brake: Brake, record: Record) -> str:
    """Record that `key` is about to be sent; return why it must not be, or nothing. Asked before each POST."""
    if not brake.reason:
        await record(key, IN_FLIGHT)
    return brake.reason


def _without_writing(
    item: Planned, approved: ApprovedTenant, ended: Mapping[str, Status], stopped: str
) -> Outcome | None:
    """Return the outcome of a key for which nothing is sent; None if it is to be written."""
    action = item.change.action
    if action is Action.NO_OP:
        return Outcome(Status.UNCHANGED)
    if action is Action.BLOCKED:
        return Outcome(Status.NOT_ATTEMPTED, BLOCKED)
    if action is Action.UNREADABLE:
        told = f"Not written, since it could not be read. {item.live.detail}".rstrip()
        return Outcome(Status.NOT_ATTEMPTED, told, request_id=item.live.request_id)
    name = item.key.name
    if name in approved.held:
        return Outcome(Status.NOT_ATTEMPTED, approved.held[name])
    if stopped:
        return Outcome(Status.NOT_ATTEMPTED, stopped)
    missing = [
        before
        for before in approved.plan.predecessors.get(name, ())
        if ended[before] not in {Status.UNCHANGED, Status.APPLIED}
    ]
    if missing:
        return Outcome(
            Status.SKIPPED,
            f"It must be written after {', '.join(missing)}, which was not. Correct that and run again.",
        )
    return None
