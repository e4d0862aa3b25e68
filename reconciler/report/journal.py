"""Writes the journal: JSON lines, each in the file before the run goes on. `journal_reading` reads them.

The first line says whose journal it is; then `sending` right before each POST and `ended` once a key's outcome is
known; the last one is `finished`. A `sending` that no `ended` follows may have been written. SIGKILL takes nothing of
what is in the file; a power cut may, unless `sync` came in between.
"""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.model.journal import Sending
from reconciler.model.outcome import Outcome
from reconciler.report.untrusted import broken

SUFFIX = ".journal.jsonl"
_PROBE = b"\0" * 4096
"""One block: what a full disk has no room for."""


def journal_beside(report: Path) -> Path:
    """Return the journal's path for a JSON report: `apply.json` has `apply.journal.jsonl` beside it."""
    return report.with_name(report.stem + SUFFIX)


def unwritable(path: Path) -> str:
    """Say why no file can be put at `path`, by writing one beside it and removing that; nothing when it can.

    Missing folders are made. What stands at `path` stays as it is.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return f"{path}: not a plain file"
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_PROBE)
                file.flush()
                os.fsync(file.fileno())
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        return _why(path, error)
    return ""


@dataclass(slots=True)
class JournalFile:
    """Appends to a file that is made, mode 0600, at the first POST: a run that sends nothing leaves none.

    A journal that already stands at `path` is set aside as `….1.journal.jsonl`, since what an earlier run left in
    doubt must not be lost. Never raises OSError. Not for several threads, `sync` aside.
    """

    path: Path
    header: Mapping[str, Any]
    """What the first line says besides the version."""
    stamp: Callable[[], str]
    """The time, as RFC 3339."""
    _handle: int | None = field(default=None, init=False)
    _size: int = field(default=0, init=False)
    _durable: int = field(default=0, init=False)
    """So many bytes are on the disk."""

    def begun(self, sending: Sending) -> str:
        """Write that a POST is about to be sent; return why that can't be done, or nothing. It needs a `sync`, too."""
        line = self._line(
            "sending",
            tenant=sending.tenant,
            origin=sending.origin,
            key=sending.key,
            write_once=sending.write_once,
            after=sending.after,
        )
        if self._handle is not None:
            return self._append(line)
        try:
            self._handle = _made(self.path)
        except OSError as error:
            return _why(self.path, error)
        lost = self._append(_encoded(self.header) + line)
        if lost:
            self._remove(self._handle)
        return lost

    def ended(self, tenant: str, key: str, outcome: Outcome) -> str:
        """Write what became of a key that was begun; return why that can't be done, or nothing."""
        line = self._line(
            "ended",
            tenant=tenant,
            key=key,
            status=outcome.status.value,
            attempts=outcome.attempts,
            request_id=outcome.request_id,
            verified=outcome.verified,
            detail=outcome.detail,
        )
        return self._append(line)

    def finished(self, exit_code: int) -> str:
        """Write the last line, durably, and close the file, if there is one; return why that can't be, or nothing."""
        if self._handle is None:
            return ""
        lost = self._append(self._line("finished", exit_code=exit_code)) or self.sync()
        os.close(self._handle)
        self._handle = None
        return lost

    def sync(self) -> str:
        """Hand what was written before to the disk; return why that can't be done, or nothing.

        It takes milliseconds, and may be called in a thread beside the other methods, `finished` and `cut` aside.
        """
        if self._handle is None:
            return f"{self.path}: not open"
        size = self._size
        try:
            os.fsync(self._handle)
        except OSError as error:
            return _why(self.path, error)
        if not self._durable:
            _sync_folder(self.path.parent)
        self._durable = max(self._durable, size)
        return ""

    def cut(self) -> None:
        """Take back what no `sync` has covered. No POST of it has left: each waits for its own."""
        if self._handle is not None and self._durable:
            with suppress(OSError):
                os.ftruncate(self._handle, self._durable)
                self._size = self._durable
        elif self._handle is not None:
            self._remove(self._handle)

    def _remove(self, handle: int) -> None:
        """Leave no file behind that begins without its header."""
        os.close(handle)
        self._handle, self._size = None, 0
        with suppress(OSError):
            self.path.unlink()

    def _line(self, event: str, **members: Any) -> bytes:
        return _encoded({"at": self.stamp(), "event": event, **members})

    def _append(self, data: bytes) -> str:
        if self._handle is None:
            return f"{self.path}: not open"
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError as error:
            # Half a line in the middle would make the rest unreadable.
            with suppress(OSError):
                os.ftruncate(self._handle, self._size)
            return _why(self.path, error)
        self._size += len(data)
        return ""


def _encoded(members: Mapping[str, Any]) -> bytes:
    return (broken(json.dumps(members, allow_nan=False)) + "\n").encode("ascii")


def _made(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        stem, number = path.name.removesuffix(SUFFIX), 1
        while os.path.lexists(aside := path.with_name(f"{stem}.{number}{SUFFIX}")):
            number += 1
        path.rename(aside)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _why(path: Path, error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "the path is not usable"
    return f"{path}: {reason}"


def _sync_folder(folder: Path) -> None:
    """Make the file's name durable, where the file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
