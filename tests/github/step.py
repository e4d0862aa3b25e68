"""One step of a job: a command with the environment and the files that the runner gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.github.commands import run
from reconciler.model.report import Report
from reconciler.report.write import Format, render
from tests.github.fake import TOKEN, FakeGitHub
from tests.github.runner_rules import outputs_in


@dataclass(slots=True)
class Done:
    """How a step ended."""

    code: int
    stdout: str
    stderr: str
    outputs: Mapping[str, str]
    summary: str


@dataclass(slots=True)
class Step:
    """Runs commands in this process. Files are in `folder`; `environment` may be changed between two runs."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: object) -> Done:
        """Run one command; its token must not be in anything that it says."""
        output, summary = self.folder / "output.txt", self.folder / "summary.md"
        for file in (output, summary):
            file.write_bytes(b"")
        environment = {
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_TOKEN": TOKEN,
            **self.environment,
        }
        self.capture.readouterr()
        code = run([str(argument) for argument in arguments], environment)
        said = self.capture.readouterr()
        done = Done(code, said.out, said.err, outputs_in(output), summary.read_text("utf-8"))
        assert TOKEN not in f"{done}"
        return done

    def talk_to(self, github: FakeGitHub, run: int = 7_001, number: int = 12, attempt: int = 1) -> "Step":
        """Be a step of that run of a workflow of the fake's repository."""
        self.environment |= {
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": str(run),
            "GITHUB_RUN_NUMBER": str(number),
            "GITHUB_RUN_ATTEMPT": str(attempt),
        }
        return self

    def report(self, report: Report, name: str = "report.json") -> Path:
        """Write a report to a file."""
        path = self.folder / name
        path.write_text(render(report, Format.JSON), encoding="utf-8")
        return path
