"""Who is behind the changes of a report: this revision, or somebody on the platform. Without a base it says nothing.

| cause            | side     | the change                                                      |
|------------------|----------|-----------------------------------------------------------------|
| declared, both   | REVISION | is what this revision does; with `both`, over drift             |
| unknown          | UNTOLD   | is nobody's that can be named                                   |
| drift            | DRIFT    | takes back what isn't in git: applying would overwrite it       |
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import assert_never

from reconciler.model.words import Cause

_UNTOLD = "of unknown cause"


class Side(IntEnum):
    """Which side a change comes from, in the order in which a reviewer of a revision reads them."""

    REVISION = 0
    UNTOLD = 1
    DRIFT = 2


def side(cause: Cause) -> Side:
    """Return the side of a change with this cause."""
    match cause:
        case Cause.DECLARED | Cause.BOTH:
            return Side.REVISION
        case Cause.UNKNOWN:
            return Side.UNTOLD
        case Cause.DRIFT:
            return Side.DRIFT
        case never:
            assert_never(never)


def told(writes: Mapping[Cause, int]) -> str:
    """Return `10 by this revision (1 over drift), 2 drift` of planned changes; nothing if no cause is known."""
    revision = writes.get(Cause.DECLARED, 0) + writes.get(Cause.BOTH, 0)
    over, drift, untold = (writes.get(cause, 0) for cause in (Cause.BOTH, Cause.DRIFT, Cause.UNKNOWN))
    if not revision and not drift:
        return ""
    by_us = "by this revision" + (f" ({over:,} over drift)" if over else "")
    parts = [(number, what) for number, what in ((revision, by_us), (drift, "drift"), (untold, _UNTOLD)) if number]
    if len(parts) == 1:
        number, what = parts[0]
        return what if number == 1 else f"all {what}"
    return ", ".join(f"{number:,} {what}" for number, what in parts)
