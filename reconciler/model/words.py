"""The closed sets of words that a report may use. Matched exhaustively; adding one is a change of contract."""

from enum import StrEnum


class Action(StrEnum):
    """What apply would do with one declared key. Imperative; the reason for it is kept apart."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    BLOCKED = "blocked"
    UNREADABLE = "unreadable"

    @property
    def writes(self) -> bool:
        """True for the actions that end in a POST."""
        # Asked of every key several times, and a set would hash by a function in Python.
        return self is Action.CREATE or self is Action.UPDATE


class Reason(StrEnum):
    """Why a change has the action that it has."""

    IN_SYNC = "in-sync"
    UNSET = "unset"
    DIFFERS = "differs"
    DEFAULT_DIFFERS = "default-differs"
    WRITE_ONCE_SET = "write-once-set"
    WRITE_ONCE_DIFFERS = "write-once-differs"
    NOT_COMPARABLE = "not-comparable"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_KEY = "unknown-key"
    READ_FAILED = "read-failed"


class Cause(StrEnum):
    """Which side moved: this revision, the platform, both, or nobody can tell because there is no base."""

    DECLARED = "declared"
    DRIFT = "drift"
    BOTH = "both"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What became of one planned action. Past tense."""

    UNCHANGED = "unchanged"
    APPLIED = "applied"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    NOT_ATTEMPTED = "not-attempted"


class Result(StrEnum):
    """How a tenant, or the whole run, ended. In rising order of what a reader must look at first."""

    IN_SYNC = "in-sync"
    CHANGES = "changes"
    APPLIED = "applied"
    BLOCKED = "blocked"
    REFUSED = "refused"
    STALE = "stale"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class LiveState(StrEnum):
    """What the API's answer means for one key (the table is `platform.answers.classify`)."""

    UNSET = "unset"
    SET = "set"
    DEFAULT = "default"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_KEY = "unknown-key"
    UNREADABLE = "unreadable"


class Severity(StrEnum):
    """How much a finding in a file weighs. Only errors stop a run."""

    ERROR = "error"
    WARNING = "warning"


class Verdict(StrEnum):
    """What came of one check of `doctor`. Only a problem counts towards the exit code."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"
    """It could not be made, because of another one that the detail names."""
