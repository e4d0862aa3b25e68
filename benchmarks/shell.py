"""How long a script takes for what `plan` does: curl and jq, which most machines have."""

from benchmarks.measuring import Measured
from benchmarks.peers import LOOP, XARGS, Race, raced

FULL = (Race(LOOP, 0.05, 50, 30), Race(XARGS, 0.005, 50, 8))
SMALL = (Race(LOOP, 0.05, 5, 30), Race(XARGS, 0.005, 20, 8))


def measure(rounds: int, *, small: bool) -> Measured:
    """Race against a loop, and against ten of them at once."""
    told = "A process of curl and one of jq for each key, as one writes such a script."
    return raced(rounds, SMALL if small else FULL, "A shell script", told)
