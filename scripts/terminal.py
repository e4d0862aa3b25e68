"""A terminal of a chosen size for a command to run in, and what stands on it: for the pictures and for the tests.

It is no emulator: it knows what the reconciler and rich send (text, line ends, colours, up, erase a line) and raises
ValueError at anything else, so that nothing is drawn that a terminal would not show.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_SEQUENCE = re.compile(r"\x1b\[(?P<parameters>[?\d;]*)(?P<final>[A-Za-z])")


class Terminal:
    """A command that has a terminal as stdout, stderr or both. A context manager, so that nothing is left running."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        columns: int = 80,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> None:
        """Start it. Without `stdout` or `stderr` that one is the terminal."""
        self.raw = b""
        self.columns = columns
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**env, "TERM": env.get("TERM", "xterm-256color")},
            stdin=subprocess.DEVNULL,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs if stderr is None else stderr,
        )
        os.close(theirs)

    def until(self, seen: Callable[["Terminal"], bool], seconds: float = 30.0) -> None:
        """Read until `seen`. Raises TimeoutError; and EOFError if the command ended before."""
        deadline = time.monotonic() + seconds
        while not seen(self):
            if not self._read(deadline):
                raise EOFError(self.text)
            if time.monotonic() > deadline:
                raise TimeoutError(self.text)

    def wait(self, seconds: float = 30.0) -> int:
        """Read to the end; return the exit code."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            if time.monotonic() > deadline:
                self.process.kill()
                raise TimeoutError(self.text)
        return self.process.wait(timeout=seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)
        self.process.kill()
        self.process.wait()

    def _read(self, deadline: float) -> bool:
        """Read what there is; False at the end."""
        if not select.select([self._ours], [], [], max(0.0, min(0.2, deadline - time.monotonic())))[0]:
            return True
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:
            return False  # Linux's way to say that the other side has closed
        self.raw += chunk
        return bool(chunk)

    @property
    def text(self) -> str:
        """All that was sent, escape sequences and all."""
        return self.raw.decode("utf-8", "replace")

    def lines(self, *, colours: bool = False) -> list[str]:
        """Return what stands on the terminal now, from the first line ever shown on."""
        return shown(self.text, self.columns, colours=colours)


def shown(text: str, columns: int, *, colours: bool = False) -> list[str]:
    """Return the lines that `text` leaves on a terminal so many columns wide; with `colours`, as ANSI."""
    page = _Page(columns)
    place = 0
    while place < len(text):
        if text[place] == "\x1b":
            sequence = _SEQUENCE.match(text, place)
            if sequence is None:
                break  # cut off in the middle
            page.obey(sequence["final"], sequence["parameters"])
            place = sequence.end()
        else:
            page.put(text[place])
            place += 1
    made = [line.ansi() if colours else line.plain() for line in page.lines]
    while made and not made[-1].strip():
        made.pop()
    return made


@dataclass(slots=True)
class _Line:
    cells: list[tuple[str, str]] = field(default_factory=list)
    """A character, and the parameters of its colour."""

    def plain(self) -> str:
        return "".join(char for char, _ in self.cells).rstrip()

    def ansi(self) -> str:
        made, now = "", ""
        for char, style in self.cells:
            if style != now:
                made += "\x1b[0m" + (f"\x1b[{style}m" if style else "")
                now = style
            made += char
        return made + ("\x1b[0m" if now else "")


@dataclass(slots=True)
class _Page:
    columns: int
    lines: list[_Line] = field(default_factory=lambda: [_Line()])
    row: int = 0
    column: int = 0
    style: str = ""

    def put(self, char: str) -> None:
        if char == "\n":
            self._down()
        elif char == "\r":
            self.column = 0
        elif char.isprintable():
            if self.column == self.columns:
                self._down()
                self.column = 0
            cells = self.lines[self.row].cells
            cells.extend([(" ", "")] * (self.column + 1 - len(cells)))
            cells[self.column] = (char, self.style)
            self.column += 1
        else:
            raise ValueError(f"the terminal got {char!r}")

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append(_Line())

    def obey(self, final: str, parameters: str) -> None:
        if final == "m":
            plain = parameters in {"", "0"}
            self.style = "" if plain else ";".join(part for part in (self.style, parameters) if part)
        elif final == "A":
            self.row = max(0, self.row - int(parameters or 1))
        elif final == "K" and parameters == "2":
            self.lines[self.row].cells.clear()
        elif parameters + final not in {"?25l", "?25h"}:  # hide and show the cursor
            raise ValueError(f"the terminal got CSI {parameters}{final}")
