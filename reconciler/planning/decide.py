"""The one place that decides what to do with a key.

The truth table. Live states are those of `model.words.LiveState`; equality is `model.normal.Match`.

| live state  | equality       | ordinary key               | write-once key                  |
|-------------|----------------|----------------------------|---------------------------------|
| unset       | -              | create, unset              | create, unset (irreversible)    |
| set         | equal          | no-op, in-sync             | no-op, write-once-set           |
| set         | different      | update, differs            | blocked, write-once-differs     |
| set         | not-comparable | no-op, not-comparable      | no-op, not-comparable           |
| set         | not-c., rewrite| update, not-comparable     | no-op, not-comparable           |
| default     | equal          | no-op, in-sync             | unreadable, ambiguous           |
| default     | different      | update, default-differs    | unreadable, ambiguous           |
| default     | not-comparable | no-op, not-comparable      | unreadable, ambiguous           |
| default     | not-c., rewrite| update, not-comparable     | unreadable, ambiguous           |
| ambiguous   | -              | unreadable, ambiguous      | unreadable, ambiguous           |
| ambiguous   | assume-unset   | unreadable, ambiguous      | create, ambiguous (irreversible)|
| unknown-key | -              | unreadable, unknown-key    | unreadable, unknown-key         |
| unreadable  | -              | unreadable, read-failed    | unreadable, read-failed         |

`rewrite` is `--rewrite`, `assume-unset` is `--assume-unset`; each acts in its own row only. No row writes a
write-once key that has a value: a person who wants that must talk to the platform's people, not to this tool.
Source: DESIGN of live states; platform-facts 2, 3, 6, 7.
"""

from dataclasses import dataclass
from typing import assert_never

from reconciler.model.normal import Match
from reconciler.model.words import Action, LiveState, Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """One cell of the table."""

    action: Action
    reason: Reason
    irreversible: bool = False


def decide(state: LiveState, match: Match, *, write_once: bool, rewrite: bool, assume_unset: bool) -> Decision:
    """Return the table's cell. `match` counts only where there is a value to compare with."""
    match state:
        case LiveState.UNSET:
            return Decision(Action.CREATE, Reason.UNSET, irreversible=write_once)
        case LiveState.SET:
            return _write_once_set(match) if write_once else _compared(match, Reason.DIFFERS, rewrite=rewrite)
        case LiveState.DEFAULT if not write_once:
            return _compared(match, Reason.DEFAULT_DIFFERS, rewrite=rewrite)
        case LiveState.DEFAULT | LiveState.AMBIGUOUS:
            if state is LiveState.AMBIGUOUS and write_once and assume_unset:
                return Decision(Action.CREATE, Reason.AMBIGUOUS, irreversible=True)
            return Decision(Action.UNREADABLE, Reason.AMBIGUOUS)
        case LiveState.UNKNOWN_KEY:
            return Decision(Action.UNREADABLE, Reason.UNKNOWN_KEY)
        case LiveState.UNREADABLE:
            return Decision(Action.UNREADABLE, Reason.READ_FAILED)
        case _ as never:
            assert_never(never)


def _compared(match: Match, differs: Reason, *, rewrite: bool) -> Decision:
    """Return the row of an ordinary key that has a live value."""
    match match:
        case Match.EQUAL:
            return Decision(Action.NO_OP, Reason.IN_SYNC)
        case Match.DIFFERENT:
            return Decision(Action.UPDATE, differs)
        case Match.NOT_COMPARABLE:
            return Decision(Action.UPDATE if rewrite else Action.NO_OP, Reason.NOT_COMPARABLE)
        case _ as never:
            assert_never(never)


def _write_once_set(match: Match) -> Decision:
    """Return the row of a write-once key that is set: whatever the file says, it is never sent."""
    match match:
        case Match.EQUAL:
            return Decision(Action.NO_OP, Reason.WRITE_ONCE_SET)
        case Match.DIFFERENT:
            return Decision(Action.BLOCKED, Reason.WRITE_ONCE_DIFFERS)
        case Match.NOT_COMPARABLE:
            return Decision(Action.NO_OP, Reason.NOT_COMPARABLE)
        case _ as never:
            assert_never(never)
