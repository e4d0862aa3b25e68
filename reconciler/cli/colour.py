"""Whether there is to be colour. It only repeats what signs and words say, so that nobody misses anything without."""

from collections.abc import Mapping

_OFF = frozenset({"", "0", "false", "no"})


def is_dumb(environment: Mapping[str, str]) -> bool:
    """Return True for a terminal that can neither colour nor redraw, by TERM."""
    return environment.get("TERM", "dumb") in {"", "dumb", "unknown"}


def wants_colour(flag: bool | None, environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Return whether to colour. The first that says anything decides:

    --no-color (`flag` is False), NO_COLOR (any value but the empty one), FORCE_COLOR (any but empty, 0, false and no:
    for a CI log that shows colours), and then whether it goes to a `terminal` that can.
    """
    if flag is False or environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "").lower() not in _OFF:
        return True
    return terminal and not is_dumb(environment)
