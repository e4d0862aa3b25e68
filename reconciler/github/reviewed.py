"""`reviewed`: the plans that people looked at before they merged what an apply is about to write.

Since the last apply that succeeded: each commit on the branch, its merged pull requests, and of each the plan that its
newest run left. So a run that was cancelled or has failed loses nothing, and two merges close together take both plans.

| what                                            | is                                           |
|-------------------------------------------------|----------------------------------------------|
| a merged pull request with a plan               | a file in the folder, named in `plans`       |
| one without a plan that can be used             | in `missing`, with the reason                |
| a commit that no pull request brought           | in `missing`                                 |
| commits that nobody can count                   | in `missing`; what can be found is in `plans`|
| GitHub that doesn't answer                      | exit 1: it may know of more                  |

A plan says nothing by being here: `apply --plan` compares it with what would be written. Which pull request brought a
commit, GitHub tells of the default branch only; on another branch everything is missing.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.github.api import Api
from reconciler.github.artifacts import Unusable, file_of_run
from reconciler.github.commits import line_to
from reconciler.github.reading import is_finished, parsed_report
from reconciler.github.runner import Runner, say
from reconciler.github.runs import is_here, runs_for, runs_on
from reconciler.github.stopping import Failure, MendAndRunAgainError, usable
from reconciler.github.things import Pull
from reconciler.inputs.git import Git
from reconciler.report.untrusted import markdown
from reconciler.report.wording import plural

NEEDS = "pull-requests: read"
PLAN_FILE = "plan.json"
_MOST_RUNS = 10
"""Of one head. Each costs a request."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where to look: the branch and its tip, the two workflows' files, and the name of the plan's artifact."""

    branch: str
    tip: str
    plan_workflow: str
    apply_workflow: str
    artifact: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What there is no reviewed plan of: a commit or a pull request, or all that can't be counted (then the tip)."""

    why: str
    commit: str = ""
    pull: int = 0

    def json(self) -> dict[str, str | int]:
        """One of the output `missing`."""
        return {"pull": self.pull, "why": self.why} if self.pull else {"commit": self.commit, "why": self.why}

    def __str__(self) -> str:
        """In words."""
        return f"{f'Pull request {self.pull}' if self.pull else f'Commit {self.commit[:12]}'}: {self.why}."


def reviewed(api: Api, runner: Runner, wanted: Wanted, out: Path, git: Git) -> int:
    """Write the plans into `out` and give the outputs `plans`, `since` and `missing`."""
    successes = usable(runs_on(api, wanted.apply_workflow, wanted.branch, only_successes=True))
    since = successes[0].head if successes else ""
    line = usable(line_to(wanted.tip, since, git))
    missing = [Missing(line.why, commit=wanted.tip)] if line.why else []
    plans: list[Path] = []
    for found in _per_pull(api, wanted, line.commits):
        if isinstance(found, Missing):
            # Where nobody knows how far back to look, commits of long ago are no news.
            missing += [found] if since or found.pull else []
            continue
        plans.append(_written(out / f"pull-{found[0]}.json", found[1]))
    runner.output("since", since)
    runner.output("plans", "\n".join(str(path) for path in plans))
    runner.output("missing", json.dumps([one.json() for one in missing]))
    _tell(runner, since, plans, missing)
    return 0


def _per_pull(api: Api, wanted: Wanted, commits: tuple[str, ...]) -> Iterator[tuple[int, bytes] | Missing]:
    """Yield the plan of each pull request that brought one of `commits`, once, or what is missing."""
    seen: set[int] = set()
    for commit in commits:
        pulls = usable(api.pages(f"/commits/{commit}/pulls", Pull.of, needs=NEEDS))
        merged = [pull for pull in pulls if pull.is_merged and pull.base == wanted.branch]
        if not merged:
            yield Missing("it came without a pull request", commit=commit)
        for pull in merged:
            if pull.number not in seen:
                seen.add(pull.number)
                plan = _plan_of(api, wanted, pull)
                yield plan if isinstance(plan, Missing) else (pull.number, plan)


def _plan_of(api: Api, wanted: Wanted, pull: Pull) -> bytes | Missing:
    """Return the plan that the newest run of the pull request's head left."""
    if not is_here(api, pull.head_repository):
        return Missing("it came from a fork, and those are never planned", pull=pull.number)
    runs = usable(runs_for(api, wanted.plan_workflow, pull.head, pull.head_branch))
    for run in runs[:_MOST_RUNS]:
        data = usable(file_of_run(api, run.id, wanted.artifact, PLAN_FILE))
        if isinstance(data, Unusable):
            return Missing(f"of the artifact of its run {run.id}, {data.why}", pull=pull.number)
        if data is not None:
            return _checked(data, run.id, pull.number)
    why = "none of the runs of its last commit has a plan, or it has expired" if runs else "its last commit has no run"
    return Missing(why, pull=pull.number)


def _checked(data: bytes, run: int, pull: int) -> bytes | Missing:
    """Return a plan that apply will at least read: one that it refuses would hold up all the others."""
    report = parsed_report(data, f"the plan of its run {run}", "plan")
    if isinstance(report, Failure):
        return Missing(report.message.rstrip("."), pull=pull)
    if not is_finished(report) or report.selection.shard not in {None, "1/1"}:
        return Missing(f"the plan of its run {run} is not whole", pull=pull)
    return data


def _written(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    except OSError as error:
        raise MendAndRunAgainError(Failure(f"{path} can't be written: {error.strerror}.", "Look at --out.")) from error
    return path


def _tell(runner: Runner, since: str, plans: list[Path], missing: list[Missing]) -> None:
    told = f"{plural(len(plans), 'reviewed plan')} since {since[:12] or 'the beginning'}; {len(missing)} missing."
    say(told)
    for line in [*map(str, plans), *map(str, missing)]:
        say(f"  {line}")
    rows = "".join(f"- {markdown(str(one))}\n" for one in missing)
    runner.summary(f"### {told}\n\n{rows}\n")
