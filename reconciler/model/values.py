"""JSON values as the reconciler holds them: immutable, with secrets that cannot be rendered by accident.

A *desired* value holds `SecretRef` where the schema says sensitive; a *live* one holds `Secret`.
Nothing else in the product ever carries the text of a secret.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Never, TypeAlias


class Absent(Enum):
    """The type of ABSENT: there is no value. Not None, which is a JSON value, and not a failed read."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        """Render as the word that the code uses."""
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


class Secret:
    """A sensitive text. It never renders: not in str, repr, format, JSON, pickle or an exception's arguments."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Wrap `text`; the caller drops its own reference."""
        self._text = text

    def reveal(self) -> str:
        """Return the text. Called at the last moment before it goes on the wire, and by redaction."""
        return self._text

    @property
    def looks_masked(self) -> bool:
        """True if the platform seems to have hidden the text (`***`, bullets, "redacted").

        Whether GET masks is not documented, so the test is of form alone, and strict: a real key that is taken
        for a mask would never be compared. So `x` and `#`, which keys are made of too, count only where they
        begin the text, and a plain English word only in brackets. Source: platform-facts 7.
        """
        return bool(_MASK.fullmatch(self._text))

    def __eq__(self, other: object) -> bool:
        """Compare texts in constant time."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogatepass"), other._text.encode("utf-8", "surrogatepass")
        )

    def __hash__(self) -> int:
        """Hash by text, as equality does."""
        return hash(self._text)

    def __repr__(self) -> str:
        """Never the text."""
        return "Secret(hidden)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Never the text, whatever the format asks for."""
        return repr(self)

    def __reduce__(self) -> Never:
        """Refuse to be pickled or copied into another process."""
        raise TypeError("a Secret is not serialisable")


_MASK = re.compile(
    r"""(?ix)
      .{0,8} (?: [*•●∙·]{3,} | \.{3,} | … ) .{0,8}        # no key holds these; a few characters are left readable
    | [x\#]{3,}
    | [x\#]{4,} (?: [ -] [x\#]{4,} )* [ -]? [0-9a-z]{0,4}   # as of a card's number
    | [<\[({*_]* \s* (?: redacted | masked | hidden | filtered ) \s* [>\])}*_]*
    | [<\[({] \s* (?: secret | protected | removed | sensitive (?: \ value )? ) \s* [>\])}]
    """
)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """`{secret: NAME}` in a tenant's file: the name of an entry in that tenant's credentials."""

    name: str


Value: TypeAlias = bool | int | float | str | Secret | SecretRef | tuple["Value", ...] | Mapping[str, "Value"] | None
"""A desired or a live value. Arrays are tuples; objects are Mappings that nobody changes."""

Json: TypeAlias = bool | int | float | str | tuple["Json", ...] | Mapping[str, "Json"] | None
"""A value that is safe to show: secrets are replaced by `{"sensitive": true}` or `{"secret": NAME}`."""


SCALARS: Final = frozenset({bool, int, float, str, type(None)})
"""The types of what has nothing inside and is no secret: nearly all that a walk through a value meets. It should ask
for them first, since `isinstance(value, Mapping)` takes ten times as long to say no."""


def pointer(*parts: str | int) -> str:
    """Return the JSON Pointer (RFC 6901) of a path; the whole document is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def shown(value: Value) -> Json:
    """Return `value` with every secret replaced: `{"sensitive": true}` live, `{"secret": NAME}` desired."""
    if type(value) in SCALARS:
        return value  # type: ignore[return-value]  # mypy can't follow a set of types
    if isinstance(value, Secret):
        return {"sensitive": True}
    if isinstance(value, SecretRef):
        return {"secret": value.name}
    if isinstance(value, tuple):
        return tuple(map(shown, value))
    if isinstance(value, Mapping):
        return {name: shown(member) for name, member in value.items()}
    return value
