"""Shows on stderr what a run is doing, to whoever is watching: a person at a terminal, a log, or nobody.

A terminal gets a display that is redrawn in place and is gone at the end, drawn by rich, which is loaded once a run has
lasted for a moment and not before. A terminal that can't redraw gets a line now and then, and a log one a minute: many
a CI ends a job that is silent for ten. All of it goes to stderr: stdout has nothing but the report.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.cli import saying
from reconciler.cli.colour import is_dumb
from reconciler.cli.course import Course, waits_in_words
from reconciler.model.access import Clock
from reconciler.model.watching import Wait, Watch

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

PATIENCE = 0.4
"""Seconds that a run takes before it is worth a display: a shorter one would only flicker."""
LONG = 30.0
"""Seconds: a wait that a log must explain, and how long it keeps to that explanation."""
_IN_A_LOG = 60.0
_ON_A_DUMB_TERMINAL = 10.0
"""Seconds between two lines."""


class Watching(Watch, Protocol):
    """What a run tells, and the end of it."""

    def notice(self, line: str) -> None:
        """Say one line, which stays."""

    def progress(self, phase: str, done: int, total: int) -> None:
        """`done` of `total` tenants are through `phase`."""

    def close(self) -> None:
        """Take away what doesn't stay, and say what held the run up. Nothing is shown after that but notices."""


def watching(clock: Clock, environment: Mapping[str, str], *, terminal: bool, logged: bool, colour: bool) -> Watching:
    """Return what fits: `terminal` says whether stderr is one, `logged` that other lines go there besides."""
    course = Course(clock)
    if not terminal:
        return Lines(course, _IN_A_LOG)
    if logged or is_dumb(environment):
        return Lines(course, _ON_A_DUMB_TERMINAL)
    return Screen(course, colour=colour)


def say(line: str) -> None:
    """Say one line on stderr."""
    saying.say(line, err=True)


class Silence:
    """--quiet."""

    def notice(self, line: str) -> None:
        """Say nothing."""

    def progress(self, phase: str, done: int, total: int) -> None:
        """Show nothing."""

    def sent(self) -> None:
        """Show nothing."""

    def waits(self, wait: Wait) -> None:
        """Show nothing."""

    def goes_on(self, wait: Wait) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Lines:
    """Plain lines: `every` so many seconds how far the run is, and at once why it stands still for long."""

    course: Course
    every: float
    _last: float | None = None
    _told: dict[type[Wait], float] = field(default_factory=dict)

    def notice(self, line: str) -> None:
        """Say it."""
        say(line)

    def progress(self, phase: str, done: int, total: int) -> None:
        """Say it if the last time was long ago."""
        self.course.progress(phase, done, total)
        now = self.course.clock.now()
        self._last = now if self._last is None else self._last
        if now - self._last >= self.every and done < total:
            self._last = now
            say(f"{self.course.verb}: {self.course.headline()}")

    def sent(self) -> None:
        """Count it."""
        self.course.sent()

    def waits(self, wait: Wait) -> None:
        """Say why, if it is long; of many that come together, for the first."""
        self.course.waits(wait)
        now = self.course.clock.now()
        if wait.until - now >= LONG and now - self._told.get(type(wait), -LONG) >= LONG:
            self._told[type(wait)] = now
            for line in waits_in_words((wait,), now):
                say(line)

    def goes_on(self, wait: Wait) -> None:
        """Note it."""
        self.course.goes_on(wait)

    def close(self) -> None:
        """Say what held the run up."""
        for line in self.course.slowed():
            say(line)


@dataclass(slots=True)
class Screen:
    """A display at the bottom of a terminal, redrawn in place by a thread of its own; notices go above it."""

    course: Course
    colour: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _timer: threading.Timer | None = None
    _live: "Live | None" = None
    _over: bool = False

    def notice(self, line: str) -> None:
        """Say it above the display."""
        with self._lock:
            if self._live is None:
                say(line)
            else:
                from rich.text import Text

                # As Text, no bracket of it is taken for markup.
                self._live.console.print(Text(saying.harmless(line)), soft_wrap=True)

    def progress(self, phase: str, done: int, total: int) -> None:
        """Show it, now or soon."""
        self.course.progress(phase, done, total)
        if total and self._timer is None and not self._over:
            # In a thread: while rich is loaded, the requests go on.
            self._timer = threading.Timer(PATIENCE, self.show)
            self._timer.daemon = True
            self._timer.start()

    def sent(self) -> None:
        """Count it."""
        self.course.sent()

    def waits(self, wait: Wait) -> None:
        """Show it."""
        self.course.waits(wait)

    def goes_on(self, wait: Wait) -> None:
        """Show it no more."""
        self.course.goes_on(wait)

    def close(self) -> None:
        """Leave the screen as it was before, and say what held the run up."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._over = True
            live, self._live = self._live, None
            if live is not None:
                live.stop()
        for line in self.course.slowed():
            say(line)

    def show(self) -> None:
        """Begin to draw; without effect once it is closed."""
        with self._lock:
            if self._over:
                return
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, force_terminal=True, no_color=not self.colour, highlight=False, markup=False)
            live = Live(
                console=console,
                get_renderable=lambda: display(self.course),
                transient=True,
                refresh_per_second=5,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            live.start(refresh=True)
            self._live = live


def display(course: Course) -> "RenderableType":
    """Return what is drawn: how far the run is, and below it why it stands still."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    bar = ProgressBar(max(course.total, 1), course.done, width=16, style="dim", complete_style="", finished_style="")
    head = Table.grid(padding=(0, 2, 0, 0))
    head.add_row(Text(course.verb, style="bold"), bar)
    grid.add_row(head, Text(course.headline()))
    waits = (Padding(Text(line, style="color(130)"), (0, 0, 0, 2)) for line in course.standing_still())
    return Group(grid, *waits)
