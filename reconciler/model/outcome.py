"""What became of a planned action."""

from dataclasses import dataclass

from reconciler.model.words import Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one planned action, as a value: failure is no exception.

    `verified` is true when a read after the last write (or instead of it) showed the desired value, false
    when it showed something else, None when nothing was read. `attempts` counts the POSTs that reached the wire.
    """

    status: Status
    detail: str = ""
    verified: bool | None = None
    attempts: int = 0
    request_id: str | None = None
