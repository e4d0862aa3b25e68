"""The contents of git objects, one after another, from one process that is asked for each: `git cat-file --batch`."""

import os
import select
import subprocess
from typing import IO, Self

from reconciler.inputs.git import Git
from reconciler.model.files import Unread

_LONGEST_LINE = 200
_CHUNK = 1 << 16


class Blobs:
    """Reads blobs by name, raw: cat-file runs no filter and no text conversion.

    The process starts with the first question, and ends with the block that this is the context of. No more than the
    limit of a question is ever held of an answer.
    """

    def __init__(self, git: Git) -> None:
        """Start nothing yet."""
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = bytearray()
        self._stuck = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._stop()

    def read(self, name: str, limit: int) -> bytes | Unread:
        """Return a blob of at most `limit` bytes; Unread when git hasn't got it, or it is larger.

        A git that takes longer than `Git.seconds` for a step is stopped, and not asked again.
        """
        if self._stuck:
            return Unread("git stopped answering")
        try:
            return self._answer(name, limit)
        except TimeoutError:
            self._stuck = True
            self._stop()
            return Unread("git stopped answering")
        except (OSError, EOFError):
            # It dies of an object that a partial clone lacks: the next question goes to a new one.
            self._stop()
            return Unread("git doesn't have it")

    def _answer(self, name: str, limit: int) -> bytes | Unread:
        process = self._running()
        _there(process.stdin).write(f"{name}\n".encode("ascii"))
        found, kind, size = (*self._line(process).decode("ascii", "replace").split(" "), "", "")[:3]
        if (found, kind) == (name, "missing"):
            return Unread("git doesn't have it")
        if (found, kind) != (name, "blob") or not size.isdecimal():
            self._stop()
            return Unread("not a file's content")
        if int(size) > limit:
            # What would follow is not wanted, however much it is.
            self._stop()
            return Unread(f"larger than {limit} bytes")
        return self._exactly(int(size) + 1, process)[:-1]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            # A large blob is streamed, so that git doesn't hold it either.
            self._process = self._git.start("-c", "core.bigFileThreshold=1m", "cat-file", "--batch")
        return self._process

    def _line(self, process: "subprocess.Popen[bytes]") -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            if len(self._unread) > _LONGEST_LINE:
                raise EOFError
            self._more(process)
        return self._exactly(end + 1, process)[:-1]

    def _exactly(self, count: int, process: "subprocess.Popen[bytes]") -> bytes:
        while len(self._unread) < count:
            self._more(process)
        data = bytes(self._unread[:count])
        del self._unread[:count]
        return data

    def _more(self, process: "subprocess.Popen[bytes]") -> None:
        pipe = _there(process.stdout)
        waiting = select.poll()
        waiting.register(pipe, select.POLLIN)
        if not waiting.poll(self._git.seconds * 1000):
            raise TimeoutError
        data = os.read(pipe.fileno(), _CHUNK)
        if not data:
            raise EOFError
        self._unread += data

    def _stop(self) -> None:
        process, self._process = self._process, None
        self._unread.clear()
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            _there(pipe).close()
        process.wait()


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("no pipe, though it was asked for")
    return pipe
