"""Reports, plan files and journals that a person names: only regular files are read, and none larger than ours."""

from pathlib import Path
from typing import Final

from reconciler.inputs.tomlfiles import read_regular
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import CorrectTheCallError

MOST: Final = 1 << 27
"""Bytes. The report of ten thousand tenants is a third of it."""


def contents(path: Path, what: str, hint: str = "") -> bytes:
    """Return the bytes of `path`. Raises CorrectTheCallError; `hint` is what to do then, if more can be said."""
    found = read_regular(path, what, MOST)
    if isinstance(found, UsageProblem):
        raise CorrectTheCallError(UsageProblem(found.message, hint or found.hint))
    return found.data
