"""The runner of GitHub Actions: what it tells a step, and the three ways in which a step answers.

| way             | how                                  | what is dangerous in it                            |
|-----------------|--------------------------------------|----------------------------------------------------|
| an output       | the file `$GITHUB_OUTPUT`            | a value with the line that ends it                 |
| the summary     | the file `$GITHUB_STEP_SUMMARY`      | Markdown; more than 1 MiB fails the whole of it    |
| a line of log   | stdout, stderr                       | `::command::` and `##[command]`                    |

Without a runner (at a desk) outputs are printed, and there is no summary.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from reconciler.github.stopping import Failure
from reconciler.report.untrusted import terminal

SUMMARY_MOST = 1 << 20
"""Bytes a step; of a longer summary GitHub shows nothing."""
_SUMMARY_NOTE = "\n\n**The rest was left out, to fit a step summary.** The artifact of this run holds all.\n"


@dataclass(frozen=True, slots=True)
class Run:
    """This run of a workflow. `number` counts the runs of one workflow, `attempt` those of one run; 0 at a desk."""

    id: int = 0
    number: int = 0
    attempt: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class Runner:
    """The runner as `environment` describes it."""

    environment: Mapping[str, str]

    def run(self) -> Run:
        """Return which run this is. What is missing or no number is 0."""
        number = self._number("GITHUB_RUN_ID")
        server = self.environment.get("GITHUB_SERVER_URL") or "https://github.com"
        repository = self.environment.get("GITHUB_REPOSITORY", "")
        url = f"{server}/{repository}/actions/runs/{number}" if number and repository else ""
        return Run(number, self._number("GITHUB_RUN_NUMBER"), self._number("GITHUB_RUN_ATTEMPT"), url)

    def _number(self, name: str) -> int:
        text = self.environment.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0

    def temporary(self) -> Path | None:
        """Return the job's own folder for temporary files."""
        text = self.environment.get("RUNNER_TEMP")
        return Path(text) if text else None

    def output(self, name: str, value: str) -> None:
        """Give the workflow an output. `name` is ours; `value` may hold anything."""
        path = self.environment.get("GITHUB_OUTPUT")
        if path:
            _append(path, output_lines(name, value))
        else:
            say(f"{name}={value}")

    def summary(self, markdown: str) -> None:
        """Append to the step's summary as much as fits in it. Strings from outside are escaped by the caller."""
        path = self.environment.get("GITHUB_STEP_SUMMARY")
        if not path:
            return
        there = Path(path).stat().st_size if os.path.exists(path) else 0  # noqa: PTH110 -- beside stat, as short
        _append(path, fitted(markdown.encode("utf-8", "backslashreplace"), SUMMARY_MOST - there))


def output_lines(name: str, value: str) -> bytes:
    """Return the lines of an output. The line that ends it is drawn by lot, so nobody can have put it in `value`."""
    end = f"end-{secrets.token_hex(16)}"
    while end in value:  # never, and cheaper to see than to argue
        end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n".encode("utf-8", "backslashreplace")


def fitted(text: bytes, room: int) -> bytes:
    """Return `text`, or as many whole lines as fit in `room` bytes, with a note; nothing when not even that fits."""
    if len(text) <= room:
        return text
    note = _SUMMARY_NOTE.encode()
    kept = text[: max(0, room - len(note))]
    return kept[: kept.rfind(b"\n") + 1] + note if len(note) <= room else b""


def _append(path: str, data: bytes) -> None:
    with Path(path).open("ab") as file:
        file.write(data)


def say(line: str) -> None:
    """Print a line. Whatever is in it, it is one line, and no command to the runner."""
    click.echo(terminal(line))


def complain(failure: Failure) -> None:
    """Say on stderr what went wrong and what to do."""
    click.echo(terminal(f"Error: {failure.message}"), err=True)
    if failure.hint:
        click.echo(terminal(failure.hint), err=True)
