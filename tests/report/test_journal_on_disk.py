"""The journal on the disk: each line is there before the run goes on, and half a line never stays."""

import contextlib
import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from reconciler.model.journal import Sending
from reconciler.model.outcome import Outcome
from reconciler.model.words import Status
from reconciler.report.journal import JournalFile
from reconciler.report.journal_reading import JournalReading, read_journal

HEADER = {
    "journal_version": "1.0",
    "tool_version": "0",
    "command": "apply",
    "started_at": "2026-01-02T03:04:05Z",
    "sandbox": True,
    "commit": None,
    "report": "apply.json",
}


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: to it, the disk is full. What fits of a write is written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_only_half_fits_is_taken_back(tmp_path: Path):
    """The rest of the run is written after it; half a line in between would hide which POSTs have left."""
    path = tmp_path / "apply.journal.jsonl"
    journal = JournalFile(path, HEADER, lambda: "2026-01-02T03:04:06Z")
    first = Sending("acme", "https://acme.example", "orders.timer", write_once=False, after=120)
    second = Sending("beta", "https://beta.example", "orders.timer", write_once=False, after=120)
    assert journal.begun(first) == ""
    with room_for(path.stat().st_size + 20):
        assert "File too large" in journal.begun(second)
    assert journal.ended("acme", "orders.timer", Outcome(Status.APPLIED, verified=True, attempts=1)) == ""
    assert journal.finished(1) == ""
    left = read_journal(path.read_bytes())
    assert isinstance(left, JournalReading), "the journal can't be read"
    assert [(one.name, one.in_doubt) for one in left.sent] == [("acme:orders.timer", False)]


FIRST = Sending("acme", "https://acme.example", "orders.timer", write_once=False, after=120)
SECOND = Sending("beta", "https://beta.example", "orders.timer", write_once=False, after=120)
DONE = Outcome(Status.APPLIED, verified=True, attempts=1)


def test_what_was_written_is_handed_to_the_disk_by_a_sync_and_at_the_end(tmp_path: Path):
    """A power cut takes what is only in memory: then a POST would have left that no journal knows of."""
    path = tmp_path / "apply.journal.jsonl"
    synced: list[int] = []

    def fsync(handle: int) -> None:
        if os.path.samestat(os.fstat(handle), path.stat()):
            synced.append(path.stat().st_size)

    journal = JournalFile(path, HEADER, lambda: "2026-01-02T03:04:06Z")
    with patch("os.fsync", fsync):
        assert journal.begun(FIRST) == ""
        assert synced == []
        assert journal.sync() == ""
        assert synced == [path.stat().st_size], "not handed to the disk"
        assert journal.ended("acme", "orders.timer", DONE) == ""
        assert journal.finished(0) == ""
    assert synced[1:] == [path.stat().st_size], "not handed to the disk"
    assert path.read_bytes().count(b"\n") == 4


def test_what_the_disk_did_not_take_is_taken_back(tmp_path: Path):
    """Those POSTs don't leave, and a later reader must not take them for doubtful ones."""
    path = tmp_path / "apply.journal.jsonl"
    journal = JournalFile(path, HEADER, lambda: "2026-01-02T03:04:06Z")
    assert (journal.begun(FIRST), journal.sync()) == ("", "")
    assert journal.begun(SECOND) == ""
    with patch("os.fsync", side_effect=OSError(errno.EIO, os.strerror(errno.EIO))):
        assert "Input/output error" in journal.sync()
    journal.cut()
    assert journal.ended("acme", "orders.timer", DONE) == ""
    assert journal.finished(1) == ""
    left = read_journal(path.read_bytes())
    assert isinstance(left, JournalReading)
    assert [(one.name, one.in_doubt) for one in left.sent] == [("acme:orders.timer", False)]


def test_a_journal_whose_first_line_the_disk_did_not_take_is_no_file(tmp_path: Path):
    """Without its header nobody could read it."""
    path = tmp_path / "apply.journal.jsonl"
    journal = JournalFile(path, HEADER, lambda: "2026-01-02T03:04:06Z")
    assert journal.begun(FIRST) == ""
    with patch("os.fsync", side_effect=OSError(errno.EIO, os.strerror(errno.EIO))):
        assert "Input/output error" in journal.sync()
    journal.cut()
    assert not path.exists()
    assert journal.finished(1) == ""
    assert not path.exists()
    assert "not open" in journal.sync()
