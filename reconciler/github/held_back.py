"""`held-back`: whether the last apply was refused by a freeze that is over, so that it may be run again.

| what                                                                  | held back                        |
|-----------------------------------------------------------------------|----------------------------------|
| the newest run of the apply workflow is still at work                 | no: it will see to it            |
| it left no report, or one that doesn't say "refused"                  | no                               |
| another rule refused it, too                                          | no: a person must decide         |
| the plan of now didn't finish, or has nothing to write                | no                               |
| a freeze still holds a tenant that would change                       | no, not yet                      |
| none of these                                                         | yes                              |
"""

from pathlib import Path

from reconciler.github.api import Api, segment
from reconciler.github.artifacts import Unusable, file_of_run
from reconciler.github.reading import is_finished, parsed_report, read_report
from reconciler.github.runner import Runner, say
from reconciler.github.runs import runs_on
from reconciler.github.stopping import Failure, usable
from reconciler.model.report import Report
from reconciler.model.words import Result

NEEDS = "actions: write"
APPLY_FILE = "apply.json"
_FREEZE = "freeze"


def held_back(
    api: Api, runner: Runner, workflow: str, branch: str, drift: Path, *, artifact: str, dispatch: bool
) -> int:
    """Give the output `held`, and with `dispatch` start the workflow on the branch when it is true."""
    why = _why_not(api, workflow, branch, usable(read_report(drift, "plan")), artifact)
    runner.output("held", "false" if why else "true")
    say(f"Not held back by a freeze: {why}." if why else "The last apply was refused by a freeze, which is over.")
    if not why and dispatch:
        path = f"/actions/workflows/{segment(workflow)}/dispatches"
        usable(api.write("POST", path, {"ref": branch}, needs=NEEDS))
        say(f"Started {workflow} on {branch}.")
    return 0


def _why_not(api: Api, workflow: str, branch: str, drift: Report, artifact: str) -> str:
    """Return why nothing is held back, as the end of a sentence; empty when something is."""
    if not is_finished(drift):
        return f"the plan of now ended with exit code {drift.exit_code}"
    if not any(key.change.action.writes for tenant in drift.tenants for key in tenant.keys):
        return "there is nothing to write"
    if any(refusal.rule == _FREEZE for refusal in drift.refusals):
        return "a freeze still stands"
    runs = usable(runs_on(api, workflow, branch))
    if not runs:
        return f"{workflow} has never run on {branch}"
    if not runs[0].is_completed:
        return f"run {runs[0].id} of {workflow} is at work, or waits for a reviewer"
    report = _applied(api, runs[0].id, artifact)
    return report if isinstance(report, str) else _refused_otherwise(report)


def _applied(api: Api, run: int, artifact: str) -> Report | str:
    data = usable(file_of_run(api, run, artifact, APPLY_FILE))
    if data is None:
        return f"run {run} left no artifact {artifact}"
    if isinstance(data, Unusable):
        return f"of the artifact {artifact} of run {run}, {data.why}"
    report = parsed_report(data, f"the report of run {run}", "apply")
    return report.message.rstrip(".") if isinstance(report, Failure) else report


def _refused_otherwise(report: Report) -> str:
    rules = {refusal.rule for refusal in report.refusals}
    if report.result is not Result.REFUSED or _FREEZE not in rules:
        return f"the last apply ended as {report.result.value}"
    others = sorted(rules - {_FREEZE})
    return f"the last apply was refused by {', '.join(others)}, too" if others else ""
