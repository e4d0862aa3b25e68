"""`reviewers`: whether an environment asks a person before a job of it begins."""

from collections.abc import Sequence
from typing import Any

from reconciler.github.api import Api, segment
from reconciler.github.runner import say
from reconciler.github.stopping import Failure, usable

NEEDS = "actions: read"
_RULE = "required_reviewers"


def reviewers(api: Api, environment: str) -> int:
    """Return 0 if the environment has a required reviewer; else 1, and say where to click.

    An environment that isn't there is made by the first job that names it, and then lets everything through.
    """
    found = api.get(f"/environments/{segment(environment)}", _required, needs=NEEDS)
    if isinstance(found, Failure) and found.status == 404:
        say(f"There is no environment {environment}, or the token may not see it (permissions: {{{NEEDS}}}).")
    elif usable(found):
        say(f"The environment {environment} has a required reviewer.")
        return 0
    else:
        say(f"The environment {environment} has no required reviewer: whatever asks for it gets it.")
    say(
        f"In the repository's Settings, Environments, {environment}: tick Required reviewers, add a team, save. "
        "In a private repository that needs a plan of GitHub's that has it."
    )
    return 1


def _required(value: Any) -> bool:
    rules: Sequence[Any] = value["protection_rules"]
    return any(rule["type"] == _RULE and rule["reviewers"] for rule in rules)
