"""Which problems a pull request brings, and which were there before it."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

from reconciler.github.reading import is_finished
from reconciler.model.problem import Problem
from reconciler.model.report import Report
from reconciler.report.counts import all_problems

Identity: TypeAlias = tuple[str, str, str, str]
"""File, rule, pointer and message. Lines don't count: an edit above moves them."""


def identity(problem: Problem) -> Identity:
    """Return what two reports of the same problem have in common."""
    return problem.file, problem.rule, problem.pointer, problem.message


def known_problems(report: Report | None) -> Counter[Identity]:
    """Return the base's problems, with how often each is there. Of a run that didn't finish, none is believed."""
    if report is None or not is_finished(report):
        return Counter()
    return Counter(identity(problem) for problem in all_problems(report))


def told_apart(problems: Iterable[Problem], known: Counter[Identity]) -> list[tuple[Problem, bool]]:
    """Return each problem with whether the base has it too. One that the base has once is known once."""
    left = known.copy()
    apart: list[tuple[Problem, bool]] = []
    for problem in problems:
        is_known = left[identity(problem)] > 0
        left[identity(problem)] -= is_known
        apart.append((problem, is_known))
    return apart
