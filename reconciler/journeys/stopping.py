"""Ctrl-C and SIGTERM: no new operation, a moment for those under way, then the report."""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable

from reconciler.applying.tenant import Brake

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_until_stopped(
    main: Callable[[], Awaitable[None]], brake: Brake, notice: Callable[[str], None], grace: float
) -> bool:
    """Run `main` in an event loop of its own; return True if a signal cut it short.

    The first signal stops `brake` and, after `grace` seconds, cancels what is still under way. A second one cancels
    at once. From the end of `main` on signals are ignored, whether or not one came: what is left to do is the report,
    and losing that is worse than a moment's wait. A process runs one command, so nobody wants them back. Outside the
    main thread, where signals can't be caught, none are.
    """

    async def supervised() -> bool:
        task = asyncio.ensure_future(main())
        loop = asyncio.get_running_loop()
        stopped = False

        def on_signal() -> None:
            nonlocal stopped
            if stopped:
                task.cancel()
                return
            stopped = True
            brake.stop("the run was interrupted.")
            notice(f"Stopping: nothing new is sent; what is under way gets {grace:g} s. Once more to stop at once.")
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
            # Blocked meanwhile: between two handlers the default one would be in force for a moment.
            signal.pthread_sigmask(signal.SIG_BLOCK, caught)
            for number in caught:
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, caught)
        return stopped

    return asyncio.run(supervised())
