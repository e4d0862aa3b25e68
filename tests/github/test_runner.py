"""The runner's files and log lines: what a pull request's strings can't do."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.github.runner import SUMMARY_MOST, Run, Runner, fitted, output_lines, say
from tests.github.runner_rules import command_in, is_old_command, outputs_in

ANY = st.text(st.characters(codec="utf-8"), max_size=60) | st.lists(
    st.sampled_from(
        ["\n", "::", "##[group]", "<<", "end-", "=", "x", "EOF", "%0A", " ", "::error::", ",", ":", "%2C", "\r"]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=60)
@given(values=st.lists(ANY, min_size=1, max_size=4))
def test_an_output_is_read_back_as_it_was_whatever_is_in_it(
    values: list[str], tmp_path_factory: pytest.TempPathFactory
):
    """By the runner's own rules; one value can't become the next output."""
    file = tmp_path_factory.mktemp("outputs") / "output"
    file.write_bytes(b"".join(output_lines(f"name{number}", value) for number, value in enumerate(values)))
    assert outputs_in(file) == {f"name{number}": value for number, value in enumerate(values)}


def test_two_outputs_of_the_same_value_end_with_different_lines():
    """Who knew the line could end the value before its end."""
    assert output_lines("a", "b") != output_lines("a", "b")


@given(line=ANY)
def test_a_printed_line_is_one_line_and_no_command(line: str):
    """Neither the form at the start of a line, nor the older one anywhere in it."""
    printed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("click.echo", lambda text, err=False: printed.append(text))
        say(line)
    assert "\n" not in printed[0]
    assert command_in(printed[0]) is None
    assert not is_old_command(printed[0])


def test_a_summary_never_grows_beyond_what_github_shows(tmp_path: Path):
    """What is in the file already counts, whole lines are kept, and a note says that there was more."""
    file = tmp_path / "summary.md"
    file.write_bytes(b"x" * (SUMMARY_MOST - 2_000))
    Runner({"GITHUB_STEP_SUMMARY": str(file)}).summary("a row of a table\n" * 1_000)
    text = file.read_text("utf-8")
    assert len(text) <= SUMMARY_MOST
    assert "The rest was left out" in text
    assert text.partition("a row")[2].splitlines()[1] == "a row of a table"
    Runner({"GITHUB_STEP_SUMMARY": str(file)}).summary("more\n" * 1_000)
    assert file.stat().st_size <= SUMMARY_MOST


@pytest.mark.parametrize("room", [0, 1, 50, 150, 10_000])
def test_fitting_keeps_within_the_room(room: int):
    """However little there is."""
    assert len(fitted("ä row\n".encode() * 500, room)) <= room


def test_the_run_is_read_from_the_environment():
    """As the runner sets it; without one, every number is 0."""
    environment = {
        "GITHUB_RUN_ID": "7001",
        "GITHUB_RUN_NUMBER": "12",
        "GITHUB_RUN_ATTEMPT": "2",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "acme/config",
    }
    assert Runner(environment).run() == Run(7001, 12, 2, "https://github.example/acme/config/actions/runs/7001")
    assert Runner({}).run() == Run()
    assert Runner({**environment, "GITHUB_RUN_ID": "1); rm"}).run().id == 0


def test_without_a_runner_outputs_are_printed(capsys: pytest.CaptureFixture[str]):
    """At a desk."""
    Runner({}).output("tenants", "a\n::error::b")
    assert capsys.readouterr().out == "tenants=a\\n:\\u003aerror:\\u003ab\n"
