"""What well-known secrets look like, so that one in a file is found wherever it stands: in a value, a name, a comment.

One table. A shape is `sure` if next to nothing else looks like it; of the others one can only ask. Each pattern takes
time linear in the text, whatever the text is: it begins at a literal or where a word begins, and every repetition of it
is bounded. Most texts hold none of the marks, and cost some searches for plain bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Final


@dataclass(frozen=True, slots=True)
class Shape:
    """`what` ends "This looks like …". One of `marks`, in ASCII, is in every text that the pattern finds."""

    what: str
    marks: tuple[str, ...]
    spelling: str
    sure: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """Return the pattern. Made when first needed: hardly a file has a mark, and all of them take some 10 ms."""
        return _compiled(self.spelling)


@dataclass(frozen=True, slots=True, order=True)
class Likeness:
    """Something in a text that looks like a secret; line and column start at 1. The repr doesn't show it."""

    line: int
    column: int
    what: str = field(compare=False)
    sure: bool = field(compare=False)
    text: str = field(compare=False, repr=False)


@cache
def _compiled(spelling: str) -> re.Pattern[str]:
    return re.compile(spelling)


def _prefixed(what: str, prefixes: str, rest: str, marks: str = "") -> Shape:
    """Return the shape of a token that begins with one of `prefixes` (words), at the beginning of a word.

    `marks` are the prefixes unless fewer words do: each is looked for in every file.
    """
    spelling = rf"(?<![A-Za-z0-9_-])(?:{prefixes.replace(' ', '|').replace('.', '[.]')}){rest}"
    return Shape(what, tuple((marks or prefixes).split()), spelling)


def _shape(what: str, marks: str, spelling: str, *, sure: bool = True) -> Shape:
    return Shape(what, tuple(marks.split()), spelling, sure)


_WORD: Final = "[A-Za-z0-9_-]"
_PLACEHOLDER: Final = r"[<{*\[…]|[$][{(A-Z]|%s|[.]{3}|(?:xxx|XXX)"
"""How a text begins that stands for a secret: `<password>`, `${PASSWORD}`, `***`, `xxx`."""

SHAPES: Final[tuple[Shape, ...]] = (
    _shape("a private key", "-----BEGIN", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"),
    _prefixed("a private key (age)", "AGE-SECRET-KEY-1", "[0-9A-Z]{50,64}"),
    _shape("a JSON Web Token", "eyJ", rf"(?<!{_WORD})eyJ{_WORD}{{8,8192}}[.]eyJ{_WORD}{{8,8192}}[.]{_WORD}{{0,8192}}"),
    _prefixed("an access key of AWS", "AKIA ASIA", r"[A-Z2-7]{16}(?![A-Za-z0-9])"),
    _prefixed("an API key of Google", "AIza", rf"{_WORD}{{35}}(?!{_WORD})"),
    _prefixed("an OAuth token of Google", "ya29.", f"{_WORD}{{30,2048}}"),
    _shape("an account key of Azure", "AccountKey=", r"AccountKey=[A-Za-z0-9+/]{40,200}={0,2}"),
    _prefixed("a token of GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", "[A-Za-z0-9]{30,255}"),
    _prefixed("a token of GitHub", "github_pat_", "[A-Za-z0-9_]{22,255}"),
    _prefixed("a token of GitLab", "glpat- glrt- gldt- glptt-", f"{_WORD}{{20,255}}"),
    _prefixed(
        "a token of Slack", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", "[A-Za-z0-9-]{16,255}", "xox xapp-"
    ),
    _shape("a webhook of Slack", "hooks.slack.com", r"hooks[.]slack[.]com/(?:services|workflows)/[A-Za-z0-9/]{20,200}"),
    _prefixed(
        "a key of Stripe", "sk_live_ rk_live_ sk_test_ rk_test_ whsec_", "[A-Za-z0-9]{16,255}", "k_live_ k_test_ whsec_"
    ),
    _prefixed("a token of Shopify", "shpat_ shpca_ shppa_ shpss_", "[0-9a-fA-F]{32}", "shp"),
    _prefixed("a key of SendGrid", "SG.", f"{_WORD}{{16,64}}[.]{_WORD}{{16,128}}"),
    _prefixed("a token of Vault", "hvs. hvb. hvr.", f"{_WORD}{{24,512}}"),
    _prefixed("a token of npm", "npm_", r"[A-Za-z0-9]{36}(?![A-Za-z0-9_])"),
    _prefixed("a token of the Python Package Index", "pypi-", f"AgE{_WORD}{{50,1024}}"),
    _prefixed("a token of DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", "[0-9a-f]{64}", "_v1_"),
    _prefixed("a key of an AI service", "sk-ant- sk-proj-", f"{_WORD}{{20,255}}"),
    _shape(
        "a bearer token",
        "earer EARER",
        r"(?<![A-Za-z0-9])(?:[Bb]earer|BEARER)[ \t]{1,8}(?=[A-Za-z._~+/=-]{0,256}[0-9])[A-Za-z0-9._~+/-]{20,8192}",
    ),
    _shape(
        "a password for HTTP",
        "asic",
        r"(?<![A-Za-z0-9])[Bb]asic[ \t]{1,8}(?=[A-Za-z+/]{0,256}[0-9])[A-Za-z0-9+/]{16,8192}={0,2}",
    ),
    _shape(
        "a password in a URL",
        "@",
        rf"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{{0,20}}://[^\s/?#@:'\"]{{0,256}}:(?!{_PLACEHOLDER})[^\s/?#@'\"]{{1,512}}@",
    ),
    _shape(
        "a secret in a URL",
        "?",
        r"(?<=[?&;])(?i:(?:access_?|auth_?|id_?|refresh_?|sas_?)?token|api_?key|(?:client_?)?secret|pass(?:word|wd)?"
        rf"|sig(?:nature)?|code|key|auth)=(?!{_PLACEHOLDER})[^\s&#'\"]{{16,2048}}",
        sure=False,
    ),
)

_MARKS: Final = tuple(mark.encode() for shape in SHAPES for mark in shape.marks)
_NO_CAPITALS: Final = bytes(set(range(256)) - set(range(0x41, 0x5B)))
_CAPITALS: Final = tuple({found for mark in _MARKS if (found := mark.translate(None, _NO_CAPITALS))})
"""Of the marks that have some: where such a mark is, its capitals follow each other among those of the text, too."""
_LOWER: Final = tuple(mark for mark in _MARKS if not mark.translate(None, _NO_CAPITALS))
_ESCAPE: Final = b"\\"
_MOST: Final = 100
"""Of each shape in one text: more would only bury the first ones."""


def suspicious(data: bytes) -> bool:
    """True if there is a likeness in the file `data` as it stands. Asked of every file, so it is quick."""
    capitals = data.translate(None, _NO_CAPITALS)  # few, so that it costs little to look for something in them
    # Plain loops: for ten thousand files, generators would take half of the time.
    for mark in _CAPITALS:
        if mark in capitals:
            return bool(likenesses(data.decode("utf-8", "replace")))
    for mark in _LOWER:
        if mark in data:
            return bool(likenesses(data.decode("utf-8", "replace")))
    return False


def spells(data: bytes) -> bool:
    """True if `data` may spell by escapes what no search of it finds: then its texts have to be looked at, too."""
    return _ESCAPE in data


def texts_of(value: object) -> Iterator[str]:
    """Yield every text and every name in plain data. Iterative: depth is the writer's choice."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, dict):
            waiting.extend((*here, *here.values()))
        elif isinstance(here, list):
            waiting.extend(here)


def likenesses(text: str) -> tuple[Likeness, ...]:
    """Return what looks like a secret in `text`, in its order; of what overlaps, what the earlier shape sees."""
    taken: list[tuple[int, int, Shape]] = []
    for shape in SHAPES:
        if any(mark in text for mark in shape.marks):
            for match in islice(shape.pattern.finditer(text), _MOST):
                start, end = match.span()
                if not any(first < end and start < last for first, last, _ in taken):
                    taken.append((start, end, shape))
    return tuple(_placed(text, sorted(taken, key=lambda one: one[:2])))


def _placed(text: str, taken: list[tuple[int, int, Shape]]) -> Iterator[Likeness]:
    line, seen = 1, 0
    for start, end, shape in taken:
        line += text.count("\n", seen, start)
        seen = start
        yield Likeness(line, start - text.rfind("\n", 0, start), shape.what, shape.sure, text[start:end])
