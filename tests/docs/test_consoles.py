"""The commands in the docs are run as they stand there, and print what the pages say."""

from pathlib import Path

import pytest

from scripts.consoles import agrees, pages, run, steady
from tests.docs.pages import UNSORTED, name_of

ELSEWHERE = (UNSORTED - {"docs/index.md", "docs/github.md"}) | {
    "docs/tutorial/first-tenant.md",
    "docs/how-to/import.md",
}
"""Run by tests of their own; also those that are not yet in their place."""


@pytest.mark.parametrize("page", [page for page in pages() if name_of(page) not in ELSEWHERE], ids=name_of)
def test_the_commands_of_a_page_print_what_it_says(page: Path):
    """In one shell, in an empty folder. To write afresh what they print: python scripts/consoles.py PAGE."""
    assert "\n\n".join(run(page.read_text(encoding="utf-8"))[1]) == ""


def console(text: str) -> str:
    return f"```console\n{text}```\n"


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        pytest.param(console("$ echo a\na\n"), "", id="as-it-says"),
        pytest.param(console("$ echo a\nb\n"), "prints something else", id="something-else"),
        pytest.param(console("$ echo a\n"), "prints something else", id="nothing-said"),
        pytest.param(console("$ echo a >&2\na\n"), "", id="stderr-counts"),
        pytest.param(console("$ false\n"), "exit code 1, which the page doesn't tell", id="a-hidden-exit-code"),
        pytest.param(console("$ false\n$ echo $?\n1\n"), "", id="an-exit-code-told"),
        pytest.param(console("$ exit 7\n"), "ended early", id="the-shell-is-gone"),
        pytest.param(console("$ echo a \\\n>   b\na b\n"), "", id="two-lines"),
        pytest.param(console("$ printf 'a\\nb\\nc\\n'\na\n…\nc\n"), "", id="any-lines"),
        pytest.param(console("$ printf 'a\\nb\\n'\n…\nc\n"), "prints something else", id="any-lines-but-not-these"),
        pytest.param(console("$ cd /\n") + console("$ pwd\n/\n"), "", id="one-shell"),
        pytest.param(console("echo a\n"), "begins with $", id="no-prompt"),
        pytest.param("```sh\nfalse\ntrue\n```\n", "ended early", id="a-script-that-fails-on-the-way"),
        pytest.param("<!-- run: false -->\n" + console("$ true\n"), "ended early", id="a-setup-that-fails"),
        pytest.param("```bash\ntrue\n```\n", "write it as sh", id="another-shell"),
        pytest.param("<!-- not run: needs two keys -->\n```sh\nfalse\n```\n", "", id="not-run"),
        pytest.param("<!-- not run: no -->\n```sh\nfalse\n```\n", "say why", id="not-run-without-a-reason"),
        pytest.param("<!-- file: a/b -->\n```yaml\nx: $y\n```\n" + console("$ cat a/b\nx: $y\n"), "", id="a-file"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(page: str, wrong: str):
    """Nothing is left out in silence, and no failure is hidden."""
    found = "\n".join(run(page)[1])
    assert wrong in found
    assert bool(wrong) == bool(found)


def test_a_command_that_is_left_running_doesnt_outlive_its_page(tmp_path: Path):
    """Or a server would stay behind for each run of the tests."""
    mark = tmp_path / "alive"
    page = f"<!-- in the background -->\n```sh\necho; sleep 3; touch {mark}\n```\n" + console("$ true\n")
    assert run(page)[1] == []
    assert not mark.exists()


def test_what_a_command_prints_can_be_written_into_its_page():
    """Then the page is right; one that says `…` is left to a person."""
    fresh, wrong = run(console("$ echo a\nold\n$ echo b\n$ true\n"))
    assert len(wrong) == 2
    assert run(fresh) == (console("$ echo a\na\n$ echo b\nb\n$ true\n"), [])
    left = console("$ echo a\n…\nold\n")
    assert run(left)[0] == left


def test_what_differs_from_run_to_run_doesnt_count():
    """Ports, ids, digests, and the times of today; other times do."""
    said = "at 127.0.0.1:8400 sandbox-000001 sha256:… 20260131T120000Z-plan-1"
    printed = f"at 127.0.0.1:45123 sandbox-004711 sha256:{'0' * 64} 20260202T080000Z-plan-99  \n"
    assert steady(printed) == said
    assert agrees(said, printed)
    assert steady("until 2120-12-02T06:00:00Z") == "until 2120-12-02T06:00:00Z"
