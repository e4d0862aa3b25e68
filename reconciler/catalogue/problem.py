"""What is wrong with a folder of schemas: a value, so that the edge can say all of it and stop."""

from dataclasses import dataclass

from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class CatalogueProblem:
    """Why there is no catalogue. `problems` has every finding; each names a file and a place in it.

    Rules are `catalogue/<id>` for what is said here, `yaml/<id>` for the notation.
    """

    problems: tuple[Problem, ...]

    @property
    def message(self) -> str:
        """One line a finding: file, line and column, pointer, what is wrong, what to do."""
        return "\n".join(_line(problem) for problem in self.problems)

    def __str__(self) -> str:
        """Return the message."""
        return self.message


def whole_file(file: str, message: str, hint: str = "") -> CatalogueProblem:
    """Return the problem of a file or folder that can't be used at all."""
    return CatalogueProblem((Problem(file, 0, 0, "", "catalogue/file", message, hint),))


def _line(problem: Problem) -> str:
    place = f" at {problem.pointer}" if problem.pointer else ""
    hint = f" {problem.hint}" if problem.hint else ""
    return f"{problem.where}{place}: {problem.message}.{hint}"
