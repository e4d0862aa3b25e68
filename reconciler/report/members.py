"""Reads the members of an object of plain JSON, each as what its contract says, or tells the place that doesn't fit.

A function here takes a value, mostly with the name of the member that it reads, and knows nothing of the way to it.
A Misfit learns that on its way out: a document that fits pays for no pointer.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from reconciler.model.values import ABSENT, Absent, Json, pointer

_Word = TypeVar("_Word", bound=StrEnum)
_Made = TypeVar("_Made")
_DEPTH = 100
"""Files may nest 64 deep; whatever is deeper would only exhaust the stack of a renderer."""


class Misfit(Exception):
    """A place that is not as the contract says. Never leaves this room."""

    def __init__(self, expected: str, *path: str | int) -> None:
        super().__init__(expected, *path)
        self.expected = expected
        self.path = path

    @property
    def pointer(self) -> str:
        """The place, as far as it is known."""
        return pointer(*self.path)

    def below(self, *path: str | int) -> "Misfit":
        """Return the same one as seen from further up."""
        return Misfit(self.expected, *path, *self.path)


def member(value: Any, name: str) -> Any:
    """Return the member, which must be there."""
    try:
        return value[name]
    except KeyError:
        raise Misfit(f'"{name}" is missing') from None
    except TypeError:
        raise Misfit("an object belongs here") from None


def text(value: Any, name: str) -> str:
    """Return a string."""
    found = member(value, name)
    if type(found) is str:
        return found
    raise Misfit("a string belongs here", name)


def formed(value: Any, name: str, form: re.Pattern[str]) -> str:
    """Return a string of that form."""
    found = text(value, name)
    if not form.fullmatch(found):
        raise Misfit(f"a string of the form {form.pattern} belongs here", name)
    return found


def text_or_null(value: Any, name: str) -> str | None:
    """Return a string, or None for null."""
    return None if member(value, name) is None else text(value, name)


def optional_text(value: Any, name: str) -> str | None:
    """Return a string, or None when the member is left out."""
    return text(value, name) if name in value else None


def flag(value: Any, name: str) -> bool:
    """Return a boolean."""
    found = member(value, name)
    if type(found) is bool:
        return found
    raise Misfit("true or false belongs here", name)


def flag_or_null(value: Any, name: str) -> bool | None:
    """Return a boolean, or None for null."""
    return None if member(value, name) is None else flag(value, name)


def count(value: Any, name: str) -> int:
    """Return an integer that is not negative; JSON Schema takes 1.0 for one, too."""
    number = member(value, name)
    if type(number) is float and number.is_integer():
        number = int(number)
    if type(number) is int and number >= 0:
        return number
    raise Misfit("an integer from 0 belongs here", name)


def known(words: type[_Word]) -> Mapping[str, _Word]:
    """Return the members of a closed set by their texts."""
    return {word.value: word for word in words}


def word(value: Any, name: str, words: Mapping[str, _Word]) -> _Word:
    """Return a member of a closed set, of which `words` are the texts."""
    found = text(value, name)
    if found not in words:
        raise Misfit("one of " + ", ".join(words) + " belongs here", name)
    return words[found]


def inside(value: Any, name: str, make: Callable[[Any], _Made]) -> _Made:
    """Return what `make` makes of the member."""
    found = member(value, name)
    try:
        return make(found)
    except Misfit as misfit:
        raise misfit.below(name) from None


def each(value: Any, name: str, make: Callable[[Any], _Made]) -> tuple[_Made, ...]:
    """Return what `make` makes of the items of an array."""
    items = member(value, name)
    if type(items) is not list:
        raise Misfit("an array belongs here", name)
    made: list[_Made] = []
    try:
        for item in items:
            made.append(make(item))  # noqa: PERF401 - their number is the place of a misfit
    except Misfit as misfit:
        raise misfit.below(name, len(made)) from None
    return tuple(made)


def texts(value: Any, name: str) -> tuple[str, ...]:
    """Return the strings of an array."""
    return each(value, name, _string)


def _string(value: Any) -> str:
    if type(value) is str:
        return value
    raise Misfit("a string belongs here")


def json_value(value: Any, name: str) -> Json:
    """Return any value."""
    return inside(value, name, _frozen)


def json_or_absent(value: Any, name: str) -> Json | Absent:
    """Return any value, or ABSENT when the member is left out."""
    return json_value(value, name) if name in value else ABSENT


def _frozen(value: Any, depth: int = _DEPTH) -> Json:
    if type(value) is dict:
        _not_too_deep(depth)
        return {name: _frozen(member, depth - 1) for name, member in value.items()}
    if type(value) is list:
        _not_too_deep(depth)
        return tuple([_frozen(item, depth - 1) for item in value])
    checked: Json = value
    return checked


def _not_too_deep(depth: int) -> None:
    if not depth:
        raise Misfit("a value this deep is none of ours")
