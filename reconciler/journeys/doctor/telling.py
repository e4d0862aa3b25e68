"""The words that all areas of `doctor` use."""

from reconciler.inputs.usage import UsageProblem
from reconciler.model.check import Check, problem


def from_usage(check: str, found: UsageProblem, what: str = "") -> Check:
    """Return what would end a run with exit 64 as a problem."""
    return problem(check, what, " ".join((found.message, "; ".join(found.details))).rstrip(), found.hint)


def after(*checks: str) -> str:
    """Return why a check is skipped."""
    return f"of {' and '.join(checks)}"


def first_names(names: tuple[str, ...], most: int = 5) -> str:
    """Return the first few names, and how many more there are."""
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
