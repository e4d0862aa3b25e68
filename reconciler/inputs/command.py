"""Running the command that prints the credentials: no shell, bounded in time and size, its output never shown."""

import errno
import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from reconciler.inputs.environment import absolute_entries
from reconciler.inputs.usage import UsageProblem

_PIECE = 1 << 16
_WORDS_KEPT = 4096
_LINES_SHOWN = 10
_LINE_SHOWN = 300
_LINGER = 0.5
"""Seconds that output may still come after the command's end, from a child that holds its pipe."""
_SILENT = "It wrote nothing to stderr."


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds that the command may take, bytes that it may print, seconds to end in when it is told to."""

    seconds: float = 60.0
    most: int = 16 * 1024 * 1024
    grace: float = 2.0


def run_command(argv: Sequence[str], environment: Mapping[str, str], bounds: Bounds) -> bytes | UsageProblem:
    """Run `argv` and return what it printed. On failure the last lines of its stderr are told as `said`.

    Its arguments are not: they may hold a secret. It gets the whole environment and no stdin. It stays in our
    session, so that it can ask for a passphrase on the terminal and Ctrl-C reaches it.
    """
    name = _named(argv[0])
    if _from_here(argv[0]) and name == argv[0]:
        return UsageProblem(
            f"The credentials command {name} is refused: it is a path that counts from the working directory.",
            "That is a checkout, in which anything may lie. Give an absolute path, or the bare name of a program on "
            "the PATH.",
        )
    try:
        process = subprocess.Popen(
            list(argv),
            executable=_program(argv[0], environment),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a usable command"
        return UsageProblem(
            f"The credentials command {name} can't be started: {reason}.",
            "It is split like a shell line but runs without a shell. Is the program installed and on the PATH?"
            " A variable for it needs env: env NAME=VALUE PROGRAM.",
        )
    try:
        return _result(name, process, bounds)
    finally:
        _end(process, bounds.grace)


def _program(name: str, environment: Mapping[str, str]) -> str:
    """Return the file to run: an absolute path as it is, a name from the PATH. Raises FileNotFoundError.

    Only absolute entries of the PATH count: the working directory is a checkout, in which anything may lie.
    """
    if _from_here(name):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    if "/" in name:
        return name
    for folder in absolute_entries(environment.get("PATH", os.defpath)):
        path = os.path.join(folder, name)  # noqa: PTH118 - a Path would be turned into this again
        if os.path.isfile(path) and os.access(path, os.X_OK):  # noqa: PTH113 - the same
            return path
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _from_here(name: str) -> bool:
    """True for a path that counts from the working directory."""
    return "/" in name and not name.startswith("/")


def _named(program: str) -> str:
    """Return the program's name. Of `VAULT_TOKEN=… vault`, which a shell would understand, only the variable's."""
    variable, is_assignment, _ = program.partition("=")
    return f"{variable}=…" if is_assignment else program


def _result(name: str, process: subprocess.Popen[bytes], bounds: Bounds) -> bytes | UsageProblem:
    out, words = bytearray(), bytearray()
    deadline = time.monotonic() + bounds.seconds
    in_time = _collect(process, {"out": out, "words": words}, deadline, bounds.most)
    if len(out) > bounds.most:
        return UsageProblem(
            f"The credentials command {name} printed more than {bounds.most} bytes.", "Is it the right command?"
        )
    if not in_time:
        return UsageProblem(
            f"The credentials command {name} took longer than {bounds.seconds:g} seconds and was stopped.",
            "Run it by hand. Does it wait for a password, or for the network?",
            said=_last_words(words),
        )
    code = process.wait()
    if code != 0:
        ended = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return UsageProblem(
            f"The credentials command {name} {ended}.",
            "Run it by hand until it prints the credentials and ends with 0. "
            + ("The last lines of its stderr are told where it ran, and in no report." if words else _SILENT),
            said=_last_words(words),
        )
    return bytes(out)


def _collect(process: subprocess.Popen[bytes], into: Mapping[str, bytearray], deadline: float, most: int) -> bool:
    """Read both pipes until the command has ended; false when the deadline came first. Stops at too much output.

    Both at once, or a full stderr would block the command for ever. What a background child does with the pipe
    after the command's end is not waited for.
    """
    ended_at: float | None = None
    with selectors.DefaultSelector() as selector:
        for name, pipe in (("out", process.stdout), ("words", process.stderr)):
            assert pipe is not None  # noqa: S101 -- both were asked for above
            selector.register(pipe, selectors.EVENT_READ, name)
        while selector.get_map() and len(into["out"]) <= most:
            now = time.monotonic()
            if ended_at is None and process.poll() is not None:
                ended_at = now
            if ended_at is not None and now > ended_at + _LINGER:
                return True
            if now > deadline:
                return False
            for key, _ in selector.select(timeout=0.05):
                pipe_read: IO[bytes] = key.fileobj  # type: ignore[assignment]  # what was registered above
                piece = os.read(pipe_read.fileno(), _PIECE)
                if not piece:
                    selector.unregister(key.fileobj)
                into[key.data].extend(piece)
                del into["words"][:-_WORDS_KEPT]
    if len(into["out"]) > most:
        return True
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """Stop the command if it still runs: politely, then not."""
    for stop in (process.terminate, process.kill):
        if process.poll() is None:
            stop()
            try:
                process.wait(grace)
            except subprocess.TimeoutExpired:
                continue
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _last_words(words: bytearray) -> tuple[str, ...]:
    lines = words.decode("utf-8", "replace").splitlines()
    last = [line for line in lines if line.strip()][-_LINES_SHOWN:]
    return tuple(line if len(line) <= _LINE_SHOWN else f"{line[:_LINE_SHOWN]}…" for line in last)
