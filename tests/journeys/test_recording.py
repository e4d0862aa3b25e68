"""What several tenants put on record at the same time: durable before a POST, by few hands to the disk."""

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from reconciler.applying.tenant import IN_FLIGHT, Brake
from reconciler.journeys.recording import Recorder, SharedJournal
from reconciler.model.journal import Sending
from reconciler.model.outcome import Outcome
from reconciler.model.words import Status
from reconciler.report.journal import JournalFile
from reconciler.report.journal_reading import JournalReading, read_journal
from tests.planning.making import PLACES, UNSET, plan_of
from tests.report.test_journal_on_disk import HEADER


@pytest.fixture
def path(tmp_path: Path):
    return tmp_path / "apply.journal.jsonl"


@pytest.fixture
def journal(path: Path):
    return SharedJournal(JournalFile(path, HEADER, lambda: "2026-01-02T03:04:06Z"))


def sending(number: int) -> Sending:
    return Sending(f"tenant-{number}", "https://x.example", "orders.timer", write_once=False, after=number)


class Disk:
    """Takes a while for each sync, and notes which size of the file was safe after it."""

    def __init__(self, path: Path, failing: Callable[[int], bool] = lambda _: False) -> None:
        self.path = path
        self.failing = failing
        self.sizes: list[int] = []
        self.threads: set[str] = set()

    def safe(self) -> str:
        return self.path.read_text("ascii")[: self.sizes[-1]]

    def fsync(self, handle: int) -> None:
        if not os.path.samestat(os.fstat(handle), self.path.stat()):
            return
        size = self.path.stat().st_size
        self.threads.add(threading.current_thread().name)
        time.sleep(0.005)
        if self.failing(len(self.sizes)):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self.sizes.append(size)


def doubtful(path: Path) -> set[str]:
    read = read_journal(path.read_bytes())
    assert isinstance(read, JournalReading)
    return {one.tenant for one in read.in_doubt}


def test_a_hundred_tenants_share_a_few_syncs_and_each_waits_for_one_that_covers_it(path: Path, journal: SharedJournal):
    """With one each, a disk of some milliseconds would hold up a fleet for seconds, its event loop with it."""
    disk = Disk(path)

    async def one(number: int) -> None:
        await asyncio.sleep(0.0002 * number)
        assert await journal.begun(sending(number)) == ""
        assert f'"tenant-{number}"' in disk.safe(), "its line was not on the disk"

    async def every() -> None:
        await asyncio.gather(*(one(number) for number in range(100)))

    with patch("os.fsync", disk.fsync):
        asyncio.run(every())
        assert journal.finished(0) == ""
    assert len(disk.sizes) < 20
    assert "MainThread" in disk.threads, "the last line is synced when the loop is over"
    assert len(disk.threads) == 2
    assert len(doubtful(path)) == 100


def test_when_the_disk_fails_all_who_wait_are_told_and_none_of_their_lines_stays(path: Path, journal: SharedJournal):
    """The ones before are kept: those have been sent."""
    disk = Disk(path, failing=lambda done: done == 1)

    async def run() -> list[str]:
        assert await journal.begun(sending(0)) == ""
        return await asyncio.gather(*(journal.begun(sending(number)) for number in (1, 2, 3)))

    with patch("os.fsync", disk.fsync):
        told = asyncio.run(run())
        assert all("Input/output error" in one for one in told)
    assert doubtful(path) == {"tenant-0"}


def test_a_run_stopped_while_it_waits_for_the_disk_says_that_the_key_was_not_sent(path: Path, journal: SharedJournal):
    """It hadn't left, so nobody has to look."""
    disk = Disk(path)
    outcomes: dict[str, Outcome] = {}
    recorder = Recorder(plan_of("acme", (PLACES, ["dc"], UNSET)), outcomes, journal, Brake(), [])

    async def run() -> None:
        work: asyncio.Task[Any] = asyncio.ensure_future(recorder(PLACES.name, IN_FLIGHT))
        await asyncio.sleep(0.001)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    with patch("os.fsync", disk.fsync):
        asyncio.run(run())
        assert journal.finished(130) == ""
    assert outcomes[PLACES.name].status is Status.NOT_ATTEMPTED
    assert doubtful(path) == set()
