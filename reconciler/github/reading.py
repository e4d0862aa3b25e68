"""Reports from files: the artifacts that other jobs left, which may be missing, cut off or somebody else's."""

from pathlib import Path

from reconciler.github.stopping import Failure
from reconciler.inputs.tomlfiles import read_regular
from reconciler.inputs.usage import UsageProblem
from reconciler.model.report import Report
from reconciler.report.from_json import MOST_BYTES, Malformed, from_json

UNFINISHED = frozenset({64, 70, 130})
"""Exit codes of a run that ended before it had looked at everything: its report says nothing about the tenants."""


def read_report(path: Path, *commands: str) -> Report | Failure:
    """Return the report of one of `commands` in a file."""
    contents = read_regular(path, "report", MOST_BYTES)
    if isinstance(contents, UsageProblem):
        return Failure(contents.message, _job(commands))
    return parsed_report(contents.data, str(path), *commands)


def parsed_report(data: bytes, name: str, *commands: str) -> Report | Failure:
    """Return the report of one of `commands` that `data` is; `name` says where it is from."""
    report = from_json(data)
    if isinstance(report, Malformed):
        return Failure(f"{name} can't be used. {report.message}", _job(commands))
    if report.command not in commands:
        return Failure(
            f"{name} is a report of {report.command}, not of {' or '.join(commands)}.", "Name the right one."
        )
    return report


def _job(commands: tuple[str, ...]) -> str:
    return f"Look at the job that runs {' or '.join(commands)}: it, or its upload, has failed before."


def is_finished(report: Report) -> bool:
    """True if the run looked at everything that it was to look at, whatever it found."""
    return report.exit_code not in UNFINISHED
