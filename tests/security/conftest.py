"""The stage of the journeys, and a measured run of the command, as often as wanted."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.calling import surroundings
from tests.journeys.conftest import catalogue, sandbox, served, stage

__all__ = ["catalogue", "sandbox", "served", "stage"]

ROOT = Path(__file__).parents[2]
ENOUGH = 0.9
"""Seconds: a run that took no longer need not be measured again."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and what it took: seconds of the processor, MiB of memory at its peak."""

    exit_code: int
    hung: bool
    cpu: float
    mib: float
    out: str
    err: str


class Runner:
    """Runs the command in processes that are measured. See runner.py."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.runner"],
            cwd=ROOT,
            # Measuring coverage would be measured too. For each arena 64 MiB are reserved, and a thread may have one.
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
                "MALLOC_ARENA_MAX": "2",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(
        self,
        *words: str | Path,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        seconds: float = 20,
        tries: int = 3,
    ) -> Ended:
        """Run `reconciler WORDS` in `cwd`. After so many `seconds` it is taken to hang.

        A run that was dear is repeated, up to so many `tries` in all, and the cheapest of them is told. What is
        different the second time, as an apply is, gets one.
        """
        out, err = self._folder / "out", self._folder / "err"
        asked = {
            "words": [str(word) for word in words],
            "cwd": str(cwd),
            "env": {**surroundings(cwd), **(env or {})},
            "out": str(out),
            "err": str(err),
            "seconds": seconds,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told: dict[str, Any] = {}
        # A machine that does something else besides makes a run look dear, so the cheapest counts.
        for _ in range(tries):
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            again = json.loads(self._process.stdout.readline())
            told = again if not told or again["cpu"] < told["cpu"] else told
            if told["cpu"] <= ENOUGH or told["hung"]:
                break
        said, complained = (path.read_bytes().decode("utf-8", "replace") for path in (out, err))
        return Ended(told["exit_code"], told["hung"], told["cpu"], told["mib"], said, complained)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """The command, measured."""
    runner = Runner(tmp_path_factory.mktemp("runner"))
    try:
        yield runner
    finally:
        runner.close()
