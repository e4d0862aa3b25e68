"""What a plain (unquoted) scalar means: YAML 1.2's core schema, less what another reader would read otherwise.

| text                     | means                                                       |
|--------------------------|-------------------------------------------------------------|
| nothing, `~`, `null`     | null                                                        |
| `true`, `false`          | a boolean; `yes`, `no`, `on`, `off`, `y`, `n` are text      |
| `20`, `0x1f`, `0o17`     | an integer, as far as every JSON reader keeps it exact      |
| `0.5`, `1e3`             | a number, if it is finite                                   |
| `0755`, `12:30`, `1_000` | refused: YAML 1.1 reads another number than YAML 1.2        |
| `.inf`, `.nan`           | refused: JSON has none                                      |
| anything else            | text, dates included                                        |
"""

import math
import re
from dataclasses import dataclass
from typing import Final

LARGEST: Final = 2**53 - 1
"""The largest integer that JSON readers agree on (RFC 7493); beyond it some of them round in silence."""

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_PREFIXED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_GROUPED = re.compile(
    r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*)"
)
_LONGEST_NUMBER = 400
"""Characters. A longer number is out of range, or has more digits than can matter; converting it costs."""


@dataclass(frozen=True, slots=True)
class Trap:
    """Why a scalar is refused. `hint` may hold the scalar; `message` and `bare_hint` don't."""

    rule: str
    message: str
    hint: str
    bare_hint: str


def resolve(text: str) -> bool | int | float | str | Trap | None:
    """Return what the plain scalar `text` means, or why it is refused. Linear in its length."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_FINITE.fullmatch(text):
        return _trap("yaml/number", "Infinity and NaN can't be sent as JSON", "Write a finite number, or quote it.")
    return _number(text)


def _number(text: str) -> int | float | str | Trap:
    if _SIXTIES.fullmatch(text):
        return _trap(
            "yaml/sexagesimal",
            "Digits with colons are a base-60 number to some YAML readers, and text to others",
            "Quote it if text is meant; write the plain number if a number is.",
        )
    if _LEADING_ZERO.match(text) and (_INTEGER.fullmatch(text) or _FLOAT.fullmatch(text)):
        return _leading_zero(text)
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _PREFIXED.fullmatch(text):
        return _integer(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _GROUPED.fullmatch(text) and ("_" in text or "b" in text):
        return _trap(
            "yaml/grouped-number",
            "This is a number to some YAML readers, and text to others",
            "Write a number in decimal digits without underscores, or quote it if text is meant.",
        )
    return text


def _leading_zero(text: str) -> Trap:
    digits = text.lstrip("+-")
    sign = "-" if text.startswith("-") else ""
    bare = "Octal? Write the decimal number, or quote it if text is meant."
    hint = bare
    if len(digits) <= _LONGEST_NUMBER and digits.isdigit():
        octal = set(digits) <= set("01234567")
        number = int(digits, 8 if octal else 10)
        hint = f"{'Octal? W' if octal else 'W'}rite {sign}{number}, or quote it."
    message = "A number with a leading zero is octal to some YAML readers, and decimal to others"
    return Trap("yaml/octal", message, hint, bare)


def _integer(digits: str, base: int) -> int | Trap:
    if len(digits) > _LONGEST_NUMBER:
        return _out_of_range()
    number = int(digits, base)
    return number if abs(number) <= LARGEST else _out_of_range()


def _float(text: str) -> float | Trap:
    if len(text) > _LONGEST_NUMBER:
        return _out_of_range()
    number = float(text)
    vanished = number == 0 and re.search("[1-9]", re.split("[eE]", text)[0])
    return _out_of_range() if vanished or not math.isfinite(number) or abs(number) > LARGEST else number


def _out_of_range() -> Trap:
    return _trap(
        "yaml/number",
        "The number is outside of what JSON readers carry exactly",
        f"Stay between -{LARGEST} and {LARGEST}, or quote it if text is meant.",
    )


def _trap(rule: str, message: str, hint: str) -> Trap:
    return Trap(rule, message, hint, hint)
