"""Which commits an apply has to answer for: those on a branch's first-parent line since the last one that succeeded."""

import re
from dataclasses import dataclass

from reconciler.github.stopping import Failure
from reconciler.inputs.git import Git

MOST = 100
"""Commits. Each may cost four requests, and a workflow's token has a thousand an hour for the whole repository."""
_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Line:
    """The commits, newest first. `why` says why they are not all that matter; empty when they are."""

    commits: tuple[str, ...]
    why: str = ""


def line_to(tip: str, since: str, git: Git) -> Line | Failure:
    """Return the commits from `since`, which is not among them, to `tip`. Without `since`: the newest up to `tip`."""
    if not since:
        return _listed(tip, git, "no run of the apply workflow on this branch has succeeded yet")
    known = _NAME.fullmatch(since) is not None
    if not known or git.read("merge-base", "--is-ancestor", since, tip) is None:
        why = (
            f"the last successful apply was of {since[:40]}, which is not before {tip[:12]} in this clone: "
            "the branch was rewritten, or the clone is not whole (fetch-depth: 0)"
        )
        return _listed(tip, git, why)
    return _listed(f"{since}..{tip}", git, "")


def _listed(commits: str, git: Git, why: str) -> Line | Failure:
    printed = git.read("rev-list", "--first-parent", f"--max-count={MOST + 1}", "--end-of-options", commits)
    if printed is None:
        return Failure(
            f"git can't list the commits {commits} in {git.folder}.",
            "Check out the branch with fetch-depth: 0, and name that folder by --repository-dir.",
        )
    names = tuple(printed.decode("ascii").split())
    if len(names) > MOST and not why:
        why = f"there are more than {MOST} commits since the last successful apply; only the newest were looked at"
    return Line(names[:MOST], why)
