"""`comment`: the one comment of a pull request that says what its plan would do.

| what is found                                   | what is done                                        |
|-------------------------------------------------|-----------------------------------------------------|
| the pull request has a newer head               | nothing: its own run will write                     |
| a comment of ours by a newer run                | nothing                                             |
| a comment of ours that says the same            | nothing                                             |
| a comment of ours                               | it is edited in place                               |
| several of ours (two runs wrote at once)        | the oldest is edited, the others are deleted        |
| none of ours                                    | one is written                                      |

Ours are those of the author with our marker at their start. Nobody else's is ever touched.
"""

from dataclasses import dataclass
from pathlib import Path

from reconciler.github.api import Api
from reconciler.github.footer import footer, lasting
from reconciler.github.marker import Marker, Ours, ours, same_text
from reconciler.github.pointing import links, meanings
from reconciler.github.reading import read_report
from reconciler.github.runner import Run, say
from reconciler.github.stopping import Failure, usable
from reconciler.github.things import Pull, Written
from reconciler.model.report import Report
from reconciler.report.markdown import to_markdown
from reconciler.report.untrusted import markdown

NEEDS = "pull-requests: write"
LIMIT = 60_000
"""Bytes. GitHub takes 65,536 characters."""
_KIND = "plan"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a comment is about: the pull request, the commit at its head, and where the whole report is."""

    pull: int
    head: str
    artifact_url: str = ""


def comment(api: Api, run: Run, subject: Subject, report: Path | None, author: str) -> int:
    """Write or edit the comment; 1 if the report is there and can't be used. A report that isn't there is told."""
    said = _plan_in(report)
    text = body(said, subject, run)
    pull = usable(api.get(f"/pulls/{subject.pull}", Pull.of, needs=NEEDS))
    if pull.head != subject.head:
        say(f"Pull request {subject.pull} has moved on to {pull.head[:12]}: its own run will comment.")
        return 0
    written = usable(api.pages(f"/issues/{subject.pull}/comments", Written.comment, needs=NEEDS))
    _put(api, subject.pull, Marker.of(_KIND, run), text, ours(written, _KIND, author))
    return int(isinstance(said, Failure))


def _plan_in(path: Path | None) -> Report | Failure | None:
    return read_report(path, "plan") if path is not None and path.exists() else None


def _put(api: Api, pull: int, marker: Marker, text: str, there: tuple[Ours, ...]) -> None:
    newer = next((one for one in there if marker.is_older_than(one.marker)), None)
    if newer is not None:
        say(f"A newer run (number {newer.marker.number}) has commented: nothing to add.")
        return
    payload = {"body": f"{marker}{text}"}
    if not there:
        _done(api.write("POST", f"/issues/{pull}/comments", payload, needs=NEEDS), "Commented.")
        return
    first, *others = there
    if lasting(first.text) == lasting(same_text(text)):
        say("The comment says so already.")
    else:
        _done(api.write("PATCH", f"/issues/comments/{first.id}", payload, needs=NEEDS), "Edited the comment.")
    for other in others:
        failure = api.write("DELETE", f"/issues/comments/{other.id}", None, needs=NEEDS)
        # Somebody may have been quicker, and the comment that matters is in place.
        say(f"Left a second comment of ours: {failure.message}" if failure else "Deleted a second comment of ours.")


def _done(failure: Failure | None, said: str) -> None:
    usable(failure)
    say(said)


def body(plan: Report | Failure | None, subject: Subject, run: Run) -> str:
    """Return the text below the marker: the plan, or that there is none, and a last line of where it is from."""
    foot = footer(run, subject.head, subject.artifact_url)
    if isinstance(plan, Report):
        room = LIMIT - len(str(Marker.of(_KIND, run))) - len(foot.encode())
        # The head stays when the merge that was planned is gone.
        at = links(run, subject.head, subject.artifact_url)
        return to_markdown(plan, room, meanings=meanings(), links=at) + foot
    run_said = "its run" if not run.url else f"[its run]({run.url})"
    why = f"\n\nIts report: {markdown(plan.message)}" if plan is not None else ""
    return f"**The plan didn't finish.** Look at {run_said}, then run it again.{why}\n{foot}"
