"""What a read says about a write: before the POST, after it, and after an answer that was lost. Pure."""

import json
from collections.abc import Mapping
from enum import Enum

from reconciler.model.live import Live
from reconciler.model.normal import Match, compare, same
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Planned
from reconciler.model.tenant import Secrets
from reconciler.model.values import Absent, Secret, Value, shown
from reconciler.model.words import LiveState, Status

_SHOWN = 300
"""Characters of a live value in a detail."""


def before_post(item: Planned, now: Live, secrets: Secrets) -> Outcome | None:
    """Judge the read right before a POST; None means: send it.

    | read now                                   | then                             |
    |--------------------------------------------|----------------------------------|
    | can't be read, or no longer to be understood| not-attempted                    |
    | the desired value already                  | unchanged                        |
    | not what the plan saw                      | skipped, someone else wrote      |
    | what the plan saw                          | None                             |

    Between this read and the POST someone may still write; the API has no compare-and-swap to close that gap.
    """
    vouched = now.state is LiveState.AMBIGUOUS and item.assume_unset
    if now.state not in {LiveState.UNSET, LiveState.SET, LiveState.DEFAULT} and not vouched:
        return Outcome(Status.NOT_ATTEMPTED, f"Read again before writing: {_unusable(now)}", request_id=now.request_id)
    if not vouched and matches(item, now, secrets) is Match.EQUAL:
        return Outcome(Status.UNCHANGED, "Someone else had already set the desired value.", verified=True)
    if moved(item.live, now):
        return Outcome(
            Status.SKIPPED,
            f"Someone else wrote since the plan: {seen(now)}. Nothing was sent. Plan again.",
            verified=False,
        )
    return None


def matches(item: Planned, live: Live, secrets: Secrets) -> Match:
    """Compare the desired value with what was read; no value differs from every value."""
    if isinstance(live.value, Absent):
        return Match.DIFFERENT
    return compare(item.desired, live.value, secrets).match


def moved(planned: Live, now: Live) -> bool:
    """True if what is read now is not what the plan saw, to the last secret and unknown field."""
    if planned.state is not now.state or planned.unknown != now.unknown:
        return True
    # Whoever vouched for an ambiguous answer vouched for this one, with this date.
    if now.state is LiveState.AMBIGUOUS and planned.updated_at != now.updated_at:
        return True
    if isinstance(planned.value, Absent) or isinstance(now.value, Absent):
        return isinstance(planned.value, Absent) is not isinstance(now.value, Absent)
    if not same(planned.value, now.value):
        return True
    # A masked secret looks the same whatever it is: there the date is all that tells.
    return _has_masked(now) and planned.updated_at != now.updated_at


class Landed(Enum):
    """What a read after a POST says of it."""

    YES = "the desired value is there"
    NOT_YET = "the value from before is still there"
    OTHER = "something else is there"
    UNREADABLE = "it can't be read"


def after_post(item: Planned, before: Live, now: Live, secrets: Secrets) -> Landed:
    """Judge a read after a POST. `before` is the read right before it.

    Where the platform masks a secret, the rest being equal, a date that moved is taken for success. An ambiguous
    answer (a write-once key without a date) counts if it holds the desired value and did not before.
    """
    if now.state in {LiveState.UNKNOWN_KEY, LiveState.UNREADABLE}:
        return Landed.UNREADABLE
    other = moved(before, now)
    match = matches(item, now, secrets)
    if match is Match.EQUAL and (other or now.state is not LiveState.AMBIGUOUS):
        return Landed.YES
    if match is Match.NOT_COMPARABLE and other:
        return Landed.YES
    return Landed.OTHER if other else Landed.NOT_YET


def seen(live: Live) -> str:
    """Return what was read, for a detail: no secret, and not longer than a person reads."""
    if isinstance(live.value, Absent):
        return f"the platform answers {live.state.value}"
    text = json.dumps(shown(live.value), ensure_ascii=True)
    return f"the platform answers {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"


def _unusable(live: Live) -> str:
    return f"{live.state.value}" + (f" ({live.detail})" if live.detail else "") + ". Nothing was sent."


def _has_masked(live: Live) -> bool:
    return not isinstance(live.value, Absent) and _any_masked(live.value)


def _any_masked(value: Value) -> bool:
    if isinstance(value, Secret):
        return value.looks_masked
    if isinstance(value, Mapping):
        return any(_any_masked(member) for member in value.values())
    return isinstance(value, tuple) and any(_any_masked(item) for item in value)
