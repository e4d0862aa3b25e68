"""Findings of one file, and what each of them may show."""

from typing import Final

from reconciler.model.problem import Problem
from reconciler.model.values import pointer
from reconciler.strictyaml.document import Hidden, Path

UNNAMED: Final = "\0"
"""Stands for a refused name in a path; no name that is kept can hold it."""

_MAX_FINDINGS: Final = 200


class Full(Exception):
    """The file holds too much to go on."""


class Findings:
    """Collects problems of one file, and decides what each of them may show."""

    def __init__(self, file: str, hidden: Hidden) -> None:
        """Start with none."""
        self._file = file
        self._hidden = hidden
        self.problems: list[Problem] = []

    def add(self, line: int, column: int, rule: str, message: str, hint: str, path: Path = ()) -> None:
        """Add a finding about `path`; its pointer ends where hiding starts."""
        where = pointer(*path[: self._open(path)])
        self.problems.append(Problem(self._file, line, column, where, rule, message, hint))

    def directive(self, line: int) -> None:
        """Add the finding about a directive."""
        self.add(line, 1, "yaml/directive", "A directive is not allowed", "Remove the line that starts with %.")

    def shows(self, path: Path) -> bool:
        """True if the value at `path` and the names on the way may be shown."""
        return self._open(path) == len(path) and not self._hidden(path)

    def _open(self, path: Path) -> int:
        """Return how many parts of `path` a pointer may show: up to the first hidden place."""
        return next((n for n in range(len(path)) if path[n] == UNNAMED or self._hidden(path[:n])), len(path))

    @property
    def full(self) -> bool:
        """True when more findings would only bury the first ones."""
        return len(self.problems) >= _MAX_FINDINGS

    def sorted(self) -> tuple[Problem, ...]:
        """Return all findings in the order of the file."""
        return tuple(sorted(self.problems))
