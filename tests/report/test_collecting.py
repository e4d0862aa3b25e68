import gc

import pytest

from reconciler.report.collecting import no_collecting


def test_the_collector_rests_and_goes_on_whatever_happens():
    """Also within itself, and after an exception."""

    @no_collecting()
    def fails() -> None:
        with no_collecting():
            pass
        assert not gc.isenabled()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    """It is somebody else's decision."""
    gc.disable()
    try:
        with no_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
