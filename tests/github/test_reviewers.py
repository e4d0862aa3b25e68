"""`reviewers`: an environment without a required reviewer lets everything through."""

from typing import Any

import pytest

from tests.github.fake import FakeGitHub, Trouble
from tests.github.step import Step

SOMEONE = [{"type": "Team", "reviewer": {"slug": "platform"}}]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([{"id": 1, "type": "required_reviewers", "reviewers": SOMEONE}], 0),
        ([{"id": 2, "type": "branch_policy"}, {"id": 1, "type": "required_reviewers", "reviewers": SOMEONE}], 0),
        ([{"id": 1, "type": "required_reviewers", "reviewers": []}], 1),
        ([{"id": 1, "type": "wait_timer", "wait_timer": 30}], 1),
        ([], 1),
        (None, 1),
    ],
    ids=["one", "one beside another rule", "nobody", "only a timer", "no rule", "no environment"],
)
def test_only_a_required_reviewer_will_do(
    step: Step, github: FakeGitHub, rules: list[dict[str, Any]] | None, code: int
):
    """And where to click is said."""
    if rules is not None:
        github.environments["production"] = rules
    done = step.talk_to(github)("reviewers", "production")
    assert done.code == code
    assert ("tick Required reviewers" in done.stdout) is bool(code)


def test_a_name_of_any_form_is_one_environment(step: Step, github: FakeGitHub):
    """A slash in it is no path."""
    github.environments["eu/live ?#"] = [{"type": "required_reviewers", "reviewers": SOMEONE}]
    assert step.talk_to(github)("reviewers", "eu/live ?#").code == 0


def test_a_github_that_does_not_say_is_no_yes(step: Step, github: FakeGitHub):
    """Exit 1, whatever the reason."""
    github.environments["production"] = [{"type": "required_reviewers", "reviewers": SOMEONE}]
    github.troubles.append(Trouble(403))
    assert step.talk_to(github)("reviewers", "production").code == 1
    github.troubles.append(Trouble(200, body=b"{}"))
    assert step("reviewers", "production").code == 1
