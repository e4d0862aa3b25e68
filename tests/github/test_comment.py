"""`comment`: one comment, by the newest run, for the head that is there, and nobody else's is touched."""

from collections.abc import Callable

import pytest

from reconciler.model.report import Report
from reconciler.model.words import Result
from tests.github.fake import BOT, FakeGitHub, Pull, Trouble
from tests.github.step import Done, Step
from tests.report import samples
from tests.report.fleets import timer

HEAD, NEXT = "a1" * 20, "b2" * 20
PLAN = samples.report("plan", Result.CHANGES, 0, samples.tenant("acme", Result.CHANGES, samples.TIMER_UPDATE))
OTHER = samples.report("plan", Result.IN_SYNC, 0, samples.tenant("acme", Result.IN_SYNC, samples.OMS_IN_SYNC))

Comment = Callable[..., Done]


@pytest.fixture
def comment(step: Step, github: FakeGitHub) -> Comment:
    """Run the command for pull request 7, as a run of the workflow."""
    github.pulls[7] = Pull(7, HEAD)

    def run(report: Report | None = PLAN, *more: object, head: str = HEAD, **of: int) -> Done:
        step.talk_to(github, **of)
        given = ["--report", step.report(report)] if report is not None else []
        return step("comment", "--pull", 7, "--head", head, *given, *more)

    return run


def test_the_first_run_comments(comment: Comment, github: FakeGitHub):
    """The marker, the plan's first line, and where it is from."""
    assert comment(PLAN, "--artifact-url", "https://github.example/a/1").code == 0
    (made,) = github.comments[7]
    lines = made.body.splitlines()
    assert lines[0] == "<!-- reconciler:plan run=7001 number=12 attempt=1 -->"
    assert lines[1].startswith("**Plan: 1 change in 1 of 1 tenant")
    assert "[run 12](https://github.example/acme/config/actions/runs/7001)" in lines[-1]
    assert "[the whole report](https://github.example/a/1)" in lines[-1]
    assert HEAD in lines[-1]


def test_files_are_linked_at_the_head_and_keys_explained(comment: Comment, github: FakeGitHub):
    """A merge that was planned is gone some day; the head stays."""
    comment()
    (made,) = github.comments[7]
    assert f"(https://github.example/acme/config/blob/{HEAD}/tenants/acme.yaml#L8)" in made.body
    assert "Grace period of orders" in made.body
    assert "seconds" in made.body


def test_without_a_usable_address_there_is_no_link_to_a_file(github: FakeGitHub, step: Step):
    """The place is text then, and the comment is written."""
    github.pulls[7] = Pull(7, HEAD)
    step.talk_to(github).environment["GITHUB_SERVER_URL"] = "https://github.example/a b"
    assert step("comment", "--pull", 7, "--head", HEAD, "--report", step.report(PLAN)).code == 0
    (made,) = github.comments[7]
    assert "/blob/" not in made.body
    assert "acme.<wbr>yaml&#58;<wbr>8" in made.body


def test_the_next_run_edits_the_same_comment(comment: Comment, github: FakeGitHub):
    """A push makes no second one."""
    comment()
    github.pulls[7].head = NEXT
    comment(OTHER, head=NEXT, run=7_002, number=13)
    (made,) = github.comments[7]
    assert made.updates == 1
    assert "In sync" in made.body
    assert "number=13" in made.body


def test_the_same_text_is_not_sent_again(comment: Comment, github: FakeGitHub):
    """Nor by another run, of which only the link would be new; GitHub may have changed line ends meanwhile."""
    comment()
    github.comments[7][0].body = github.comments[7][0].body.replace("\n", "\r\n")
    github.requests.clear()
    assert comment(attempt=2).code == 0
    assert comment(run=7_002, number=13).code == 0
    assert github.wrote() == []


@pytest.mark.parametrize(
    ("there", "mine", "writes"),
    [
        pytest.param((7_002, 13, 1), (7_001, 12, 1), False, id="an older run, late"),
        pytest.param((7_001, 12, 2), (7_001, 12, 1), False, id="an older attempt, late"),
        pytest.param((7_002, 13, 1), (7_001, 12, 9), False, id="the attempts of another run don't count"),
        pytest.param((7_001, 12, 1), (7_001, 12, 2), True, id="a newer attempt"),
        pytest.param((7_001, 12, 1), (7_002, 13, 1), True, id="a newer run"),
        pytest.param((7_001, 9, 1), (7_002, 10, 1), True, id="numbers are no text"),
        pytest.param((7_001, 500, 1), (7_002, 1, 1), True, id="the workflow's file was renamed"),
    ],
)
def test_no_run_overwrites_a_newer_one(
    comment: Comment, github: FakeGitHub, there: tuple[int, ...], mine: tuple[int, ...], writes: bool
):
    """By number and attempt."""
    names = ("run", "number", "attempt")
    comment(OTHER, **dict(zip(names, there, strict=True)))
    before = github.comments[7][0].body
    assert comment(PLAN, **dict(zip(names, mine, strict=True))).code == 0
    assert (github.comments[7][0].body != before) is writes
    assert len(github.comments[7]) == 1


def test_a_run_of_a_head_that_has_moved_says_nothing(comment: Comment, github: FakeGitHub):
    """The run of the new head will."""
    github.pulls[7].head = NEXT
    done = comment()
    assert done.code == 0
    assert "has moved on" in done.stdout
    assert github.wrote() == []


@pytest.mark.parametrize("author", ["ann", "dependabot[bot]"])
def test_a_marker_of_somebody_else_is_not_ours(comment: Comment, github: FakeGitHub, author: str):
    """Whoever copies our first line gets no comment overwritten or deleted, and keeps us from nothing."""
    theirs = github.comment(7, "<!-- reconciler:plan run=9999 number=9999 attempt=9 -->\nmine", author)
    comment()
    assert theirs.updates == 0
    assert [one.author for one in github.comments[7]] == [author, BOT]


@pytest.mark.parametrize(
    "body",
    [
        "> <!-- reconciler:plan run=1 number=1 attempt=1 -->\nquoted",
        "\n<!-- reconciler:plan run=1 number=1 attempt=1 -->",
    ],
    ids=["quoted", "further down"],
)
def test_a_marker_counts_at_the_start_only(comment: Comment, github: FakeGitHub, body: str):
    """Another workflow has the same author."""
    other = github.comment(7, body)
    comment()
    assert other.updates == 0
    assert len(github.comments[7]) == 2


def test_of_two_comments_of_ours_the_oldest_is_kept(comment: Comment, github: FakeGitHub):
    """Two runs wrote at once. A newer marker on either of them holds back an older run."""
    for number in (12, 14):
        github.comment(7, f"<!-- reconciler:plan run=70{number} number={number} attempt=1 -->\nx")
    stranger = github.comment(7, "hello", "ann")
    first = github.comments[7][0]
    comment(run=7_013, number=13)
    assert len(github.comments[7]) == 3
    comment(run=7_015, number=15)
    assert github.comments[7] == [first, stranger]
    assert "number=15" in first.body


def test_ours_is_found_on_a_later_page(comment: Comment, github: FakeGitHub):
    """A busy pull request has hundreds of comments before it."""
    for number in range(230):
        github.comment(7, f"comment {number}", "ann")
    comment()
    comment(OTHER, run=7_002, number=13)
    assert len(github.comments[7]) == 231
    assert github.comments[7][-1].updates == 1


def test_a_plan_that_is_not_there_is_told(comment: Comment, github: FakeGitHub, step: Step):
    """An old plan in the comment would pass for the new one's."""
    comment()
    assert comment(None, run=7_002, number=13).code == 0
    (made,) = github.comments[7]
    assert "**The plan didn't finish.**" in made.body
    assert "actions/runs/7002" in made.body
    assert comment(None, "--report", step.folder / "none.json").code == 0


def test_a_report_that_is_cut_off_is_told_and_fails(comment: Comment, github: FakeGitHub, step: Step):
    """Both: the reviewer reads the comment, the author of the workflow the log."""
    (step.folder / "cut.json").write_text('{"format_version": "1.0", "comm')
    assert comment(None, "--report", step.folder / "cut.json").code == 1
    assert "cut off" in github.comments[7][0].body


def test_a_plan_of_a_large_fleet_fits(comment: Comment, github: FakeGitHub):
    """Within 60,000 bytes, marker and last line included."""
    tenants = [samples.tenant(f"t{n:04}", Result.CHANGES, timer(1, 10_000 + n)) for n in range(2_000)]
    assert (
        comment(samples.report("plan", Result.CHANGES, 0, *tenants), "--artifact-url", "https://a.example/1").code == 0
    )
    body = github.comments[7][0].body
    assert 50_000 < len(body.encode()) <= 60_000
    assert "1,980 more</summary>" in body
    assert "Left out, to fit a comment" in body
    assert "[the JSON and HTML reports](https://a.example/1)" in body
    assert body.rstrip().endswith("</sub>")


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble(403, "/comments", "POST", body=b'{"message": "Resource not accessible by integration"}'), "write}"),
        (Trouble(404, "/pulls/7"), "There is none, or the token may not see it"),
        (Trouble(502, "/comments", "POST"), "GitHub has trouble"),
        (Trouble(0, "/comments", "POST"), "gave no answer"),
    ],
    ids=["no permission", "not found", "trouble", "cut"],
)
def test_what_github_refuses_is_told_with_what_to_do(comment: Comment, github: FakeGitHub, trouble: Trouble, said: str):
    """Exit 1; a write is never sent twice."""
    github.troubles.append(trouble)
    done = comment()
    assert done.code == 1
    assert said in done.stderr
    assert len(github.wrote()) <= 1


@pytest.mark.parametrize("wrong", [("--head", "main"), ("--artifact-url", "x) [y](https://evil.example")])
def test_what_would_end_up_in_markdown_or_a_path_is_checked(
    comment: Comment, github: FakeGitHub, wrong: tuple[str, str]
):
    """As a wrong call."""
    assert comment(PLAN, *wrong).code == 64
    assert github.requests == []
