"""What one cell of a fleet's table says: the action that is planned, or what became of it. Never by colour alone."""

from enum import StrEnum
from typing import assert_never

from reconciler.model.report import KeyReport
from reconciler.model.words import Action, Status


class Tone(StrEnum):
    """How loud a cell is: nothing to see, worth a look, a change, done, wrong."""

    QUIET = "quiet"
    NOTE = "note"
    CHANGE = "change"
    DONE = "done"
    BAD = "bad"


class Kind(StrEnum):
    """What a cell says, in the order in which a legend lists it: the riskiest first.

    Before an apply it is the action, after it the outcome; a key that couldn't be written anyway keeps its action.
    """

    FAILED = "failed"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    FIRST_SET = "first-set"
    BLOCKED = "blocked"
    UNREADABLE = "unreadable"
    NOT_ATTEMPTED = "not-attempted"
    CREATE = "create"
    UPDATE = "update"
    APPLIED = "applied"
    UNCHANGED = "unchanged"
    NOTED = "noted"
    IN_SYNC = "in-sync"

    @property
    def tone(self) -> Tone:
        """How loud it is."""
        return _TONES[self]

    @property
    def words(self) -> str:
        """The kind for a person."""
        return _WORDS.get(self, self.value)


_WORDS = {
    Kind.FIRST_SET: "first set, for good",
    Kind.NOT_ATTEMPTED: "not attempted",
    Kind.UNCHANGED: "already so",
    Kind.NOTED: "in sync, with a warning",
    Kind.IN_SYNC: "in sync",
}
_TONES = {
    **dict.fromkeys((Kind.FAILED, Kind.UNKNOWN, Kind.REJECTED, Kind.SKIPPED, Kind.BLOCKED, Kind.UNREADABLE), Tone.BAD),
    **dict.fromkeys((Kind.FIRST_SET, Kind.NOT_ATTEMPTED, Kind.NOTED), Tone.NOTE),
    **dict.fromkeys((Kind.CREATE, Kind.UPDATE), Tone.CHANGE),
    **dict.fromkeys((Kind.APPLIED, Kind.UNCHANGED), Tone.DONE),
    Kind.IN_SYNC: Tone.QUIET,
}


def kind_of(key: KeyReport) -> Kind:
    """Return what the cell of `key` says."""
    change, ended = key.change, key.outcome
    if ended is None or (ended.status in _NOTHING_TRIED and not change.action.writes):
        return _planned(key)
    match ended.status:
        case Status.UNCHANGED:
            return Kind.UNCHANGED
        case Status.APPLIED:
            return Kind.APPLIED
        case Status.REJECTED:
            return Kind.REJECTED
        case Status.FAILED:
            return Kind.FAILED
        case Status.UNKNOWN:
            return Kind.UNKNOWN
        case Status.SKIPPED:
            return Kind.SKIPPED
        case Status.NOT_ATTEMPTED:
            return Kind.NOT_ATTEMPTED
        case never:
            assert_never(never)


_NOTHING_TRIED = frozenset({Status.UNCHANGED, Status.NOT_ATTEMPTED})


def _planned(key: KeyReport) -> Kind:
    change = key.change
    match change.action:
        case Action.CREATE:
            return Kind.FIRST_SET if change.irreversible else Kind.CREATE
        case Action.UPDATE:
            return Kind.FIRST_SET if change.irreversible else Kind.UPDATE
        case Action.BLOCKED:
            return Kind.BLOCKED
        case Action.UNREADABLE:
            return Kind.UNREADABLE
        case Action.NO_OP:
            return Kind.NOTED if change.warnings or change.drops else Kind.IN_SYNC
        case never:
            assert_never(never)
