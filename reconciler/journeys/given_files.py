"""Reports, plan files and journals that a person names: only regular files are read, and none larger than ours."""

from pathlib import Path
from typing import Final

from reconciler.inputs.tomlfiles import read_regular
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import CorrectTheCallError
from reconciler.report.from_json import MOST_BYTES

_TOO_LARGE: Final = (
    "Some 20,000 tenants with six keys fit into that: is it the right file? A larger fleet is planned in parts, by "
    "--tenant or --changed-since (docs/how-to/scale.md)."
)


def contents(path: Path, what: str, hint: str = "") -> bytes:
    """Return the bytes of `path`. Raises CorrectTheCallError; `hint` is what to do then, if more can be said."""
    found = read_regular(path, what, MOST_BYTES)
    if isinstance(found, UsageProblem):
        advice = _TOO_LARGE if "larger than" in found.message else hint or found.hint
        raise CorrectTheCallError(UsageProblem(found.message, advice))
    return found.data
