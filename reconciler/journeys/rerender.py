"""`report`: JSON reports in, one report out, rendered again or merged."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.journeys.call import CorrectTheCallError, World
from reconciler.journeys.given_files import contents
from reconciler.model.report import Report
from reconciler.planning.digest import run_digest
from reconciler.report.collecting import no_collecting
from reconciler.report.from_json import Malformed, from_json
from reconciler.report.merge import MergeProblem, merge


@no_collecting()  # shards are read one after the other, and what the first left would be walked through at each
def rerender(files: Sequence[Path], world: World) -> Report:
    """Return the report in the only file, or the merge of all. Raises CorrectTheCallError.

    The only shard of a run is its merge. Another shard given alone is shown as what it is, and is no plan to apply.
    """
    reports = [_read(world.cwd / path, path) for path in files]
    if len(reports) == 1 and reports[0].selection.shard != "1/1":
        return reports[0]
    merged = merge(reports, digest=run_digest, names=[str(path) for path in files])
    if isinstance(merged, MergeProblem):
        raise CorrectTheCallError(
            UsageProblem(
                "The reports can't be merged.",
                "Give the JSON reports of all shards of one run, each made with --shard I/N.",
                first_few(merged.reasons),
            )
        )
    return merged


def _read(path: Path, shown: Path) -> Report:
    report = from_json(contents(path, "report"))
    if isinstance(report, Malformed):
        raise CorrectTheCallError(UsageProblem(f"{shown} is not a report: {report.message}"))
    return report
