"""One way in which a value doesn't fit its schema: what the authority finds, and messages are made of."""

from dataclasses import dataclass
from typing import Any

from reconciler.model.values import pointer


@dataclass(frozen=True, slots=True)
class Misfit:
    """The path in the value, the keyword that says so, and what that asks for.

    `names` are the fields that `required` misses, or that `additionalProperties` doesn't know. `expected` is
    the keyword's value in the schema. Of the value itself, nothing but names of fields is kept.
    """

    path: tuple[str | int, ...]
    keyword: str
    expected: Any
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name place and keyword, without any value."""
        where = pointer(*self.path) or "the value"
        what = f"lacks {', '.join(self.names)}" if self.keyword == "required" else "doesn't fit"
        return f"{where} {what} (`{self.keyword}`)"
