"""Which side moved: what git wanted at the base, what it wants now, and what is live, side by side.

The truth table. The values are normalised: defaults are filled in, sets sorted, `20` is `20.0`.

| at the base               | now, against that | live                                     | cause    |
|---------------------------|-------------------|------------------------------------------|----------|
| no base, or can't be told | -                 | -                                        | unknown  |
| not declared              | new               | -                                        | declared |
| declared                  | another value     | as at the base, or as now, secrets aside | declared |
| declared                  | another value     | can't be told                            | declared |
| declared                  | another value     | unset, or neither of the two             | both     |
| declared                  | the same          | to be changed: create, update, blocked   | drift    |
| declared                  | the same          | in sync, or can't be told                | unknown  |

So where there is a base, `declared` and `both` say of a change that this revision edits the key, and `drift` that it
doesn't. `unknown` is the cause of what is no change either: of a key in sync that nobody edited, nothing has moved.

- A value means the same wherever it comes from: a key that only went into a profile, or out of it, is not edited.
- A sensitive field at the base and now is the name of its secret. Its text is in no revision: where a text alone
  differs, it may have been exchanged in the credentials or on the platform, and in neither case by this revision.
- "Can't be told" of live is an answer that is unreadable, ambiguous, or from a platform that doesn't know the key.
- Nothing can be unset again, yet unset is neither of what git wanted: most often an earlier revision was never applied.
- A write-once key has the same rows as any other.

The cause never changes the action, and no digest or review counts it: the same change with another base is the same
change. Source: DESIGN of words.
"""

from reconciler.model.live import Live
from reconciler.model.normal import Match, compare, same
from reconciler.model.tenant import Values
from reconciler.model.values import ABSENT, Absent, Value
from reconciler.model.words import Action, Cause, LiveState

_TOLD = frozenset({LiveState.SET, LiveState.DEFAULT, LiveState.UNSET})


def cause_of(key: str, base: Values | None, now: Value, live: Live, action: Action) -> Cause:
    """Return the table's row for the key of that full name; `base` is its tenant's, None where there is no telling."""
    if base is None:
        return Cause.UNKNOWN
    if key not in base:
        return Cause.DECLARED
    then = base[key]
    if then is now or same(then, now):
        return Cause.DRIFT if action.writes or action is Action.BLOCKED else Cause.UNKNOWN
    moved = live.state in _TOLD and _differs(then, live.value) and _differs(now, live.value)
    return Cause.BOTH if moved else Cause.DECLARED


def _differs(desired: Value, live: Value | Absent) -> bool:
    """True if they differ in more than secrets: without any at hand, none counts as another one."""
    return live is ABSENT or compare(desired, live, {}).match is Match.DIFFERENT
