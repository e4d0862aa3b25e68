"""Fixtures of every test, and the rules of all: in CI a skip is a failure, and no property fails for being slow."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.plugins.ci_skips", "tests.plugins.campaigns", "tests.plugins.threats"]

# A machine that does something else besides makes an example slow, and nothing wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# Begun in the background, a shell has us ignore Ctrl-C, and whatever we start would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """A run that has ended is deaf to signals, for its process ends too. In a test it goes on, and children inherit."""
    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in caught]
    yield
    for number, handler in zip(caught, before, strict=True):
        if signal.getsignal(number) is not handler:
            signal.signal(number, handler)
