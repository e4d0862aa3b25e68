"""What a person asked for, the world in which it happens, and the one exception of this layer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import Protocol, TypeVar

from reconciler.inputs.trust import inside
from reconciler.inputs.usage import UsageProblem
from reconciler.model.access import Clock, Notice
from reconciler.model.watching import UNWATCHED, Watch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """The flags of a run against tenants. Empty means not given."""

    command: str
    settings_file: Path | None = None
    tenants_dir: Path | None = None
    origin: str | None = None
    credentials: Path | None = None
    sandbox: bool = False
    tenant: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    changed_since: str | None = None
    base: str | None = None
    shard: str | None = None
    rewrite: tuple[str, ...] = ()
    assume_unset: tuple[str, ...] = ()


class CorrectTheCallError(Exception):
    """The run can't start as it was asked for: exit 64. Raised before the first request that could write.

    `problem` says what is wrong and what to do.
    """

    def __init__(self, problem: UsageProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class CannotBeKeptError(CorrectTheCallError):
    """What the run did could not be kept: exit 64, before the first request. `paths` are those that are no use."""

    def __init__(self, problem: UsageProblem, paths: tuple[Path, ...]) -> None:
        super().__init__(problem)
        self.paths = paths


def usable(value: T | UsageProblem) -> T:
    """Return `value`, or end the run with exit 64."""
    if isinstance(value, UsageProblem):
        raise CorrectTheCallError(value)
    return value


def own_place(cwd: Path, name: Path) -> Path:
    """Return the path of what we keep in the working directory, unless a link takes it elsewhere: exit 64.

    A branch may hold such a link, and what we keep would be written where it leads.
    """
    if isinstance(inside(cwd, str(name)), str):
        elsewhere = " A report can be put elsewhere with --report FILE." if name.parts[0] == ".reconciler" else ""
        hint = f"Remove the link: {name.parts[0]} has to be in this folder.{elsewhere}"
        raise CorrectTheCallError(UsageProblem(f"{name} is not used: a link takes it out of {cwd}.", hint))
    return cwd / name


class Progress(Protocol):
    """Tells a watching person how far a phase is."""

    def __call__(self, phase: str, done: int, total: int) -> None:
        """`done` of `total` tenants are through `phase`, `read` or `apply`; at its beginning, none."""


def _no_progress(phase: str, done: int, total: int) -> None:
    """Tell nobody."""


class RealClock:
    """Time as it is."""

    def now(self) -> float:
        """Return seconds on the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        # Offline commands take this module too, and shouldn't wait for asyncio to load.
        import asyncio

        await asyncio.sleep(seconds)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a run will be kept: every file that its report is to be written to, and its journal's, if it has one.

    As they were given: a relative path counts from the working directory of the process.
    """

    reports: tuple[Path, ...] = ()
    journal: Path | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside that a journey touches, so that a test can bring its own."""

    cwd: Path
    environment: Mapping[str, str]
    notice: Notice
    progress: Progress = _no_progress
    watch: Watch = UNWATCHED
    clock: Clock = field(default_factory=RealClock)
    wall: Callable[[], datetime] = _utc_now
    random: Random = field(default_factory=SystemRandom)
    kept: Kept = field(default_factory=Kept)

    def stamp(self) -> str:
        """Return the time as RFC 3339 in UTC, to the second."""
        return self.wall().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
