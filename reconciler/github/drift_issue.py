"""`drift-issue`: the one issue that is open as long as the live values aren't what git declares.

| the plan of the branch               | no issue of ours is open | one is open                                        |
|--------------------------------------|--------------------------|----------------------------------------------------|
| differences                          | one is opened            | its text is edited, if they are other differences  |
| none, and all could be read (exit 0) | nothing                  | a comment says so, and it is closed                |
| none among what could be read        | nothing                  | nothing                                            |
| it didn't finish, or isn't there     | nothing, exit 1          | nothing, exit 1                                    |

A difference is a key that apply would write, or a blocked one. Ours are those of the author with our marker at their
start. A closed one stays closed: what comes later is another story. An older run changes nothing that a newer one said.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.github.api import Api
from reconciler.github.comment import LIMIT
from reconciler.github.footer import footer
from reconciler.github.marker import Marker, Ours, ours
from reconciler.github.pointing import links, meanings
from reconciler.github.reading import is_finished, read_report
from reconciler.github.runner import Run, say
from reconciler.github.stopping import Failure, usable
from reconciler.github.things import Written
from reconciler.model.report import Report
from reconciler.model.values import ABSENT
from reconciler.model.words import Action
from reconciler.report.markdown import to_markdown

NEEDS = "issues: write"
TITLE = "Drift: the live values are not what git declares"
_KIND = "drift"
_INTRO = """\
Somebody changed these values on the platform, or what was merged has not been applied.

- To have what git declares: run the apply workflow.
- To keep what is live: write it into the tenant's file, in a pull request.

This issue is kept up to date by each run, and closed when nothing differs any more.

"""


@dataclass(frozen=True, slots=True)
class Tracker:
    """Where the issue is: its label, which may be empty, and the login that writes it."""

    api: Api
    run: Run
    label: str
    author: str

    def open_ones(self) -> tuple[Ours, ...]:
        """Return our open issues, the oldest first. One that has lost its label is found too."""
        labelled = self._listed(labels=self.label) if self.label else ()
        return labelled or self._listed()

    def _listed(self, **query: str) -> tuple[Ours, ...]:
        found = self.api.pages("/issues", Written.issue, needs=NEEDS, state="open", **query)
        return ours(usable(found), _KIND, self.author)

    def send(self, method: str, path: str, body: dict[str, Any]) -> None:
        """Write, once, or end the command."""
        usable(self.api.write(method, path, body, needs=NEEDS))


def drift_issue(tracker: Tracker, path: Path, artifact_url: str) -> int:
    """Open, edit or close the issue by the report of a plan of the whole branch."""
    report = usable(_whole_plan(path))
    digest = drift_digest(report)
    marker = Marker.of(_KIND, tracker.run, digest)
    there = tracker.open_ones()
    if any(marker.is_older_than(one.marker) for one in there):
        say("A newer run has looked already: nothing to add.")
    elif digest:
        _keep(tracker, marker, f"{marker}{_text(report, marker, tracker.run, artifact_url)}", there)
    elif report.exit_code == 0:
        _close(tracker, there, report)
    else:
        say(f"No differences, but the plan ended with exit code {report.exit_code}: the issue is left as it is.")
    return 0


def _whole_plan(path: Path) -> Report | Failure:
    report = read_report(path, "plan")
    if isinstance(report, Failure):
        return report
    if not is_finished(report):
        return Failure(
            f"The plan ended with exit code {report.exit_code}, so nobody knows whether anything differs.",
            "The issue is left as it is. Look at the job that plans.",
        )
    if report.selection.changed_since is not None or report.selection.shard not in {None, "1/1"}:
        return Failure("The plan is of a part of the tenants only.", "Give the merged report of all shards.")
    return report


def drift_digest(report: Report) -> str:
    """Return `sha256:…` over what differs, whatever else is in the report; nothing when nothing does."""
    rows = [
        {
            "tenant": tenant.tenant,
            "origin": tenant.origin,
            "key": change.key,
            "action": change.action.value,
            "before": None if change.before is ABSENT else {"value": change.before},
            "after": change.after,
            "sensitive": sorted(field.pointer for field in change.changes if field.sensitive),
        }
        for tenant in report.tenants
        for change in (key.change for key in tenant.keys)
        if change.action.writes or change.action is Action.BLOCKED
    ]
    if not rows:
        return ""
    rows.sort(key=lambda row: (str(row["tenant"]), str(row["key"])))
    return "sha256:" + hashlib.sha256(json.dumps(rows, sort_keys=True).encode("ascii")).hexdigest()


def _text(report: Report, marker: Marker, run: Run, artifact_url: str) -> str:
    foot = footer(run, report.revision.commit, artifact_url)
    room = LIMIT - len(str(marker)) - len(_INTRO.encode()) - len(foot.encode())
    at = links(run, report.revision.commit, artifact_url)
    return f"{_INTRO}{to_markdown(report, room, meanings=meanings(), links=at)}{foot}"


def _keep(tracker: Tracker, marker: Marker, body: str, there: tuple[Ours, ...]) -> None:
    if not there:
        labels = {"labels": [tracker.label]} if tracker.label else {}
        tracker.send("POST", "/issues", {"title": TITLE, "body": body, **labels})
        say("Opened an issue.")
        return
    first, *others = there
    if first.marker.digest == marker.digest:
        say(f"Issue {first.id} says so already.")
    else:
        tracker.send("PATCH", f"/issues/{first.id}", {"body": body})
        say(f"Edited issue {first.id}.")
    for other in others:  # two runs opened one at once
        tracker.send("POST", f"/issues/{other.id}/comments", {"body": f"The same as #{first.id}."})
        tracker.send("PATCH", f"/issues/{other.id}", {"state": "closed", "state_reason": "not_planned"})
        say(f"Closed issue {other.id}, a second one of ours.")


def _close(tracker: Tracker, there: tuple[Ours, ...], report: Report) -> None:
    if not there:
        say("No differences, and no issue.")
    said = f"Nothing differs any more.\n{footer(tracker.run, report.revision.commit, '')}"
    for one in there:
        tracker.send("POST", f"/issues/{one.id}/comments", {"body": said})
        tracker.send("PATCH", f"/issues/{one.id}", {"state": "closed", "state_reason": "completed"})
        say(f"Closed issue {one.id}.")
