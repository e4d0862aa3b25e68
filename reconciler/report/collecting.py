"""Holds the garbage collector, where much is made that stays and nothing that refers to itself."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collecting() -> Iterator[None]:
    """Look for no cycles while this is open; what nobody refers to any more is freed all the same.

    To look for them is to walk through all that is there, again and again while it grows: of a large fleet, for as
    long as the work itself takes.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
