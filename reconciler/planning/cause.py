"""Which side moved: what git wanted at the base, what it wants now, and what is live, side by side.

The truth table. The values are normalised: defaults are filled in, sets sorted, `20` is `20.0`.

| at the base                   | now, against that | live                                | cause    |
|-------------------------------|-------------------|-------------------------------------|----------|
| no base, or can't be told     | -                 | -                                   | unknown  |
| not declared                  | new               | -                                   | declared |
| declared                      | another value     | as at the base, secrets aside       | declared |
| declared                      | another value     | as now, secrets aside               | declared |
| declared                      | another value     | can't be told                       | declared |
| declared                      | another value     | unset, or neither of the two        | both     |
| declared                      | the same          | as at the base, secrets aside       | unknown  |
| declared                      | the same          | can't be told                       | unknown  |
| declared                      | the same          | unset, or another value             | drift    |

So `declared` and `both` say that this revision edits the key, `drift` that it doesn't and live is something else; and
`unknown` names nobody: there is no base, nothing has moved, or nobody can tell what has.

- A value means the same wherever it comes from: a key that only went into a profile, or out of it, is not edited.
- A sensitive field at the base and now is the name of its secret. Its text is in no revision, so where a text alone
  differs there is no telling whether it was exchanged in the credentials or on the platform.
- "Can't be told" of live is an answer that is unreadable, ambiguous, or from a platform that doesn't know the key.
- Unset counts as another value than the base's: nothing can be unset again, but neither is what git wanted before
  there. Most often an earlier revision was never applied.
- A write-once key has the same rows as any other. What is done with it, the cause doesn't change.

The cause says nothing about the action, and no digest or review counts it: the same change with another base is the
same change. Source: DESIGN of words.
"""

from reconciler.model.live import Live
from reconciler.model.normal import Match, compare, same
from reconciler.model.tenant import Values
from reconciler.model.values import ABSENT, Absent, Value
from reconciler.model.words import Cause, LiveState

_TOLD = frozenset({LiveState.SET, LiveState.DEFAULT, LiveState.UNSET})


def cause_of(key: str, base: Values | None, now: Value, live: Live) -> Cause:
    """Return the table's row for the key of that full name; `base` is its tenant's, None where there is no telling."""
    if base is None:
        return Cause.UNKNOWN
    if key not in base:
        return Cause.DECLARED
    then = base[key]
    edited = then is not now and not same(then, now)
    moved = live.state in _TOLD and _differs(then, live.value) and _differs(now, live.value)
    if edited:
        return Cause.BOTH if moved else Cause.DECLARED
    return Cause.DRIFT if moved else Cause.UNKNOWN


def _differs(desired: Value, live: Value | Absent) -> bool:
    """True if they differ in more than secrets: without any at hand, none counts as another one."""
    return live is ABSENT or compare(desired, live, {}).match is Match.DIFFERENT
