"""A call, a setting or a credential that can't be used, as a value. The command line turns it into exit code 64."""

from collections.abc import Iterable
from dataclasses import dataclass, field

_SHOWN_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class UsageProblem:
    """What is wrong, each finding on its own, and what to do next. Never holds a secret.

    `said` is what somebody else's program said of it: for the person who watches, and never for a report, which is
    kept and shown to many. Control and bidi characters are made visible on construction: paths, names and a command's
    last words are written by others.
    """

    message: str
    hint: str = ""
    details: tuple[str, ...] = ()
    said: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", visible(self.message))
        object.__setattr__(self, "hint", visible(self.hint))
        object.__setattr__(self, "details", tuple(visible(line) for line in self.details))
        object.__setattr__(self, "said", tuple(visible(line) for line in self.said))

    def __str__(self) -> str:
        """Message, indented details and what was said, hint: one a line."""
        lines = (f"  {line}" for line in (*self.details, *self.said))
        return "\n".join([self.message, *lines, *([self.hint] if self.hint else [])])


def visible(text: str) -> str:
    r"""Return `text` with everything that doesn't print replaced by its escape: a bell becomes `\x07`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "x"?` for the nearest of `known`, or nothing. Empty, too, when `word` is known."""
    from difflib import get_close_matches  # only for who mistyped

    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near and near[0] != word else ""


def first_few(lines: Iterable[str]) -> tuple[str, ...]:
    """Return at most ten lines, and a last one that counts the rest."""
    every = tuple(lines)
    rest = len(every) - _SHOWN_AT_MOST
    return every if rest <= 0 else (*every[:_SHOWN_AT_MOST], f"… and {rest} more")
