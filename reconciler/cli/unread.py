"""Output whose reader had enough, as `head` has, or was ended by the same Ctrl-C: the rest is dropped, the run goes on.

A run must not end where its output does: an apply may be in the middle of its writes, and its exit code has to be true.
A closed pipe is nobody's affair. A full disk is told at the end: whoever reads the file later would miss the rest.
"""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def outlive_readers() -> Callable[[], str]:
    """Have the process's stdout and stderr drop what can't be written. Both may be the same pipe, or closed.

    Return what tells, once all has been said, why stdout is not all that was said: the system's words, or nothing.
    """
    sys.stdout, sys.stderr = _outliving(sys.stdout), _outliving(sys.stderr)
    stdout = sys.stdout

    def why_not_all() -> str:
        stdout.flush()
        raw = getattr(stdout.buffer, "raw", stdout.buffer)
        return raw.failed if isinstance(raw, _Dropping) else ""

    return why_not_all


class _Dropping(io.FileIO):
    failed = ""
    """What the system said when it first took nothing, though somebody may be reading."""

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes
        except OSError as error:
            self.failed = self.failed or os.strerror(error.errno or 0)
            return memoryview(data).nbytes


def _outliving(stream: TextIO | None) -> TextIO:
    """Return the same stream, as Python has set it up; itself if it is of another kind."""
    if stream is None:  # closed before we began (`>&-`): nobody reads, and no connection may come to have its number
        return Path(os.devnull).open("w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    raw = _Dropping(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        raw if stream.write_through else io.BufferedWriter(raw),  # raw is what PYTHONUNBUFFERED asks for
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
