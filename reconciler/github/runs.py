"""Runs of a workflow on one branch, the newest first. Those of forks are never among them."""

from reconciler.github.api import Api, segment
from reconciler.github.stopping import Failure
from reconciler.github.things import Ran

NEEDS = "actions: read"
ON_BRANCH = frozenset({"push", "workflow_dispatch", "schedule"})
"""Events of a run that is about the branch itself, and not about a request to change it."""


def runs_on(api: Api, workflow: str, branch: str, *, only_successes: bool = False) -> tuple[Ran, ...] | Failure:
    """Return the newest runs of a workflow's file on a branch, at most a hundred."""
    status = {"status": "success"} if only_successes else {}
    found = api.first_page(
        f"/actions/workflows/{segment(workflow)}/runs",
        Ran.of,
        needs=NEEDS,
        member="workflow_runs",
        branch=branch,
        **status,
    )
    if isinstance(found, Failure):
        return found
    return tuple(
        one
        for one in found
        if one.event in ON_BRANCH
        and one.branch == branch
        and is_here(api, one.repository)
        and ((one.is_completed and one.is_success) or not only_successes)
    )


def runs_for(api: Api, workflow: str, head: str, branch: str) -> tuple[Ran, ...] | Failure:
    """Return the newest completed runs of a workflow for pull requests with that head, which is on `branch` here."""
    found = api.first_page(
        f"/actions/workflows/{segment(workflow)}/runs",
        Ran.of,
        needs=NEEDS,
        member="workflow_runs",
        head_sha=head,
        event="pull_request",
        status="completed",
    )
    if isinstance(found, Failure):
        return found
    return tuple(
        one
        for one in found
        if one.event == "pull_request"
        and one.head == head
        and one.branch == branch
        and one.is_completed
        and is_here(api, one.repository)
    )


def is_here(api: Api, repository: str) -> bool:
    """True for the name of this repository; GitHub's names have no case."""
    return repository.lower() == api.repository.lower()
