"""Ctrl-C and SIGTERM: no new operation, a moment for those under way, then the report."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence

from reconciler import __version__
from reconciler.applying.tenant import Brake
from reconciler.journeys.compile import place

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
READING = ("Stopping: nothing more is read, and nothing was written.",)
"""What the first signal means to a run that only reads, in lines for a terminal of 80 columns."""


def run_until_stopped(
    main: Callable[[], Awaitable[None]],
    brake: Brake,
    notice: Callable[[str], None],
    grace: float,
    stopping: Callable[[], Sequence[str]] = lambda: READING,
) -> bool:
    """Run `main` in an event loop of its own; return True if a signal cut it short.

    The first signal stops `brake` and, after `grace` seconds, cancels what is still under way. A second one cancels
    at once. `stopping` says what the first one does; it is asked when that comes. From the end of `main` on signals
    are ignored, whether or not one came: what is left to do is the report, and losing that is worse than a moment's
    wait. A process runs one command, so nobody wants them back. Outside the main thread, where signals can't be
    caught, none are.
    """

    async def supervised() -> bool:
        task = asyncio.ensure_future(main())
        loop = _loop_that_tells_of_bugs(notice)
        stopped = False

        def on_signal() -> None:
            nonlocal stopped
            if stopped:
                task.cancel()
                return
            stopped = True
            brake.stop("The run was interrupted.")
            for line in stopping():
                notice(line)
            loop.call_later(grace, task.cancel)

        caught = _SIGNALS if threading.current_thread() is threading.main_thread() else ()
        for number in caught:
            loop.add_signal_handler(number, on_signal)
        try:
            await task
        except asyncio.CancelledError:
            if not stopped:
                raise
        finally:
            _deaf_to(caught, loop)
        return stopped

    return asyncio.run(supervised())


def _loop_that_tells_of_bugs(notice: Callable[[str], None]) -> asyncio.AbstractEventLoop:
    """Return the running loop. What a callback raises, it would print, and the message may quote a value."""

    def tell(_: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            what = f"{type(error).__name__}{place(error)}, beside the run"
            notice(f"A bug in reconciler {__version__}: {what}. Please report it.")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell)
    return loop


def _deaf_to(caught: Sequence[signal.Signals], loop: asyncio.AbstractEventLoop) -> None:
    """Ignore those signals from now on."""
    # Blocked meanwhile: between two handlers the default one would be in force for a moment.
    signal.pthread_sigmask(signal.SIG_BLOCK, caught)
    for number in caught:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, caught)
