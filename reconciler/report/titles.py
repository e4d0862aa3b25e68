"""What stands above the changes of a Markdown report, and what they are called where they are counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, assert_never

from reconciler.model.words import Status
from reconciler.report.causes import Side
from reconciler.report.sections import Risk
from reconciler.report.wording import plural


@dataclass(frozen=True, slots=True)
class Title:
    """A heading, a sentence below it or none, and what one of its changes is called: a noun, and words behind it."""

    text: str
    intro: str = ""
    noun: str = "change"
    tail: str = ""

    def told(self, number: int) -> str:
        """Return `3 changes that went wrong`."""
        return plural(number, self.noun) + self.tail


IN_THE_WAY: Final[Mapping[Risk, Title]] = {
    Risk.WENT_WRONG: Title("Went wrong", tail=" that went wrong"),
    Risk.IRREVERSIBLE: Title(
        "Can't be undone",
        "Each can be set once in the tenant's life. Check every value twice.",
        tail=" that can't be undone",
    ),
    Risk.BLOCKED: Title(
        "Blocked",
        "Each was set before, for good, so it is never written. "
        "Restore the live value in the file, or take the key out of it.",
        "blocked key",
    ),
    Risk.UNREADABLE: Title("Unreadable", "Nobody knows what is live, so it is never written.", "unreadable key"),
    Risk.HELD: Title("Not attempted", tail=" not attempted"),
}
"""What a person must see before all else, in this order."""
_SET = frozenset({Status.APPLIED, Status.UNCHANGED})
DONE: Final = Title("Done", noun="change", tail=" that went well")


def in_the_way(risk: Risk, ended: Collection[Status]) -> Title:
    """Return the title of what a person must see before all else. `ended` are the outcomes of its keys, if any.

    Once a key is set for good, nobody should be told to check its value before.
    """
    title = IN_THE_WAY[risk]
    if risk is not Risk.IRREVERSIBLE or not ended:
        return title
    done = _SET.intersection(ended)
    if not done:
        told = "Each can be set once in the tenant's life, and none was. Check every value twice before the next apply."
    elif done.issuperset(ended):
        told = "Each was set, for the tenant's life: it can't be changed any more."
    else:
        told = "What was set can't be changed any more. Check every value of the others twice before the next apply."
    return replace(title, intro=told)


def of_side(side: Side, *, has_causes: bool) -> Title:
    """Return the title of what would be written. Without any cause in the report, there is nobody to tell of."""
    match side:
        case Side.REVISION:
            return Title("What this revision does", tail=" of this revision")
        case Side.UNTOLD if has_causes:
            return Title("Changes of unknown cause", tail=" of unknown cause")
        case Side.UNTOLD:
            return Title("Changes")
        case Side.DRIFT:
            return Title(
                "Drift that applying would overwrite",
                "Live is not what git says, and this revision doesn't edit it.",
                "drifted key",
            )
        case never:
            assert_never(never)
