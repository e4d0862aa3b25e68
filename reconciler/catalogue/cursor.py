"""A place in a schema document: reads what should stand there, and collects a finding where it doesn't.

Reading goes on after a finding, with something empty in its place, so that all findings are reported at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.model.problem import Problem
from reconciler.model.values import ABSENT, pointer
from reconciler.strictyaml import Document, Path


@dataclass(frozen=True, slots=True)
class Cursor:
    """One place in one document. `value` is plain data, or ABSENT; `problems` is shared by all its cursors."""

    document: Document
    file: str
    value: Any
    problems: list[Problem]
    path: Path = ()

    def say(self, rule: str, message: str, hint: str = "") -> None:
        """Add a finding at this place."""
        line, column = self.document.position(self.path)
        where = pointer(*self.path)
        self.problems.append(Problem(self.file, line, column, where, f"catalogue/{rule}", message, hint))

    @property
    def present(self) -> bool:
        """True if something stands here."""
        return self.value is not ABSENT

    def member(self, *names: str) -> "Cursor":
        """Return the place below, whether or not something stands there."""
        here = self
        for name in names:
            inner = here.value.get(name, ABSENT) if isinstance(here.value, Mapping) else ABSENT
            here = replace(here, value=inner, path=(*here.path, name))
        return here

    def members(self) -> Iterator[tuple[str, "Cursor"]]:
        """Yield name and place of each member; a finding if this is no mapping. Nothing where nothing stands."""
        if self.present and not isinstance(self.value, Mapping):
            self.say("form", "A mapping is expected here")
        elif self.present:
            for name in self.value:
                yield name, self.member(name)

    def items(self) -> Iterator["Cursor"]:
        """Yield the place of each item; a finding if this is no list. Nothing where nothing stands."""
        if self.present and not isinstance(self.value, list):
            self.say("form", "A list is expected here")
        elif self.present:
            for index, item in enumerate(self.value):
                yield replace(self, value=item, path=(*self.path, index))

    def only(self, *allowed: str, hint: str = "") -> None:
        """Add a finding for each member that is not one of `allowed`."""
        for name, member in self.members():
            if name not in allowed:
                member.say("form", f"{name} is not understood here", hint or f"Known are: {', '.join(allowed)}.")

    def text(self, *, needed: bool = True) -> str:
        """Return the text here without blanks around it; a finding if there is none and one is needed."""
        if isinstance(self.value, str) and self.value.strip():
            return self.value.strip()
        if needed or (self.present and self.value != ""):
            self.say("form", f"{self.path[-1] if self.path else 'The document'} has to be a text")
        return ""


def start(document: Document, file: str, problems: list[Problem]) -> Cursor:
    """Return the root of `document`, with what its notation is charged with among `problems`."""
    problems.extend(document.problems)
    return Cursor(document, file, document.value, problems)
