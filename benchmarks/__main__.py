"""Run the benchmarks: `python -m benchmarks --help`."""

import argparse
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Sequence

from benchmarks import page
from benchmarks.compare import compared, report
from benchmarks.measuring import Broken, Measured, machine, told

ROUNDS: dict[str, tuple[int, int]] = {
    "startup": (20, 7),
    "validate": (5, 3),
    "plan": (3, 3),
    "apply": (3, 3),
    "reports": (3, 2),
    "shell": (2, 2),
    "peers": (2, 1),
    "engines": (2, 1),
    "http2": (3, 2),
}
"""Every benchmark, in the order of the page: its rounds at full size, and at small size."""
CHECKED = ("startup", "validate", "plan", "apply", "reports", "shell")
"""What `check` runs: whatever has targets and needs no more than the development environment."""
CHECK = "check"


def known() -> list[str]:
    """Return the benchmarks that this tree has."""
    return [name for name in ROUNDS if importlib.util.find_spec(f"benchmarks.{name}")]


def measured(names: Sequence[str], *, small: bool, rounds: int | None) -> Iterator[tuple[str, Measured | None]]:
    """Run them one after the other; one that breaks is told, and yields nothing, and the others go on."""
    for name in names:
        print(f"{name} …", file=sys.stderr)
        module = importlib.import_module(f"benchmarks.{name}")
        try:
            found = module.measure(rounds or ROUNDS[name][small], small=small)
        except (Broken, subprocess.CalledProcessError) as why:
            print(f"{name} broke. {why}", file=sys.stderr)
            yield name, None
        else:
            yield name, found


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"{CHECK}, or some of: {', '.join(known())}; all unless given"
    )
    parser.add_argument("--small", action="store_true", help="small sizes: to try things; the targets are not for them")
    parser.add_argument("--keep", action="store_true", help="keep the figures, as a full run of all does")
    parser.add_argument("--rounds", type=int, help="another number of them")
    given = parser.parse_args(words)
    if unknown := set(given.names) - {*known(), CHECK}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    if CHECK in given.names and (len(given.names) > 1 or given.keep):
        parser.error(f"{CHECK} stands alone")
    return given


def check(rounds: int | None) -> bool:
    """Compare small sizes with those that are kept, and print a table; False only if a benchmark broke."""
    names = [name for name in CHECKED if name in known()]
    found = dict(measured(names, small=True, rounds=rounds))
    whole = {name: one for name, one in found.items() if one is not None}
    print(f"{machine()}\n\n{report(list(compared(whole, page.figures()[page.SMALL])))}")
    print("".join(f"\nLeft out: {why}" for one in whole.values() for why in one.left_out), end="")
    print(f"Not run: {', '.join(sorted(set(known()) - set(names)))} (`make bench`).")
    return len(whole) == len(found)


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 if a benchmark broke, whatever the others found."""
    given = arguments(words)
    if given.names == [CHECK]:
        return 0 if check(given.rounds) else 1
    names = given.names or known()
    print(machine(), "\n\nSmall sizes: the targets are not for them." if given.small else "", flush=True)
    whole: dict[str, Measured] = {}
    for name, found in measured(names, small=given.small, rounds=given.rounds):
        if found is not None:
            whole[name] = found
            print(f"\n{told(found)}", flush=True)
    if given.keep or not (given.names or given.small):
        # After all of them: a run that somebody ends in the middle leaves the page as it was.
        page.keep(page.SMALL if given.small else page.FULL, whole, list(ROUNDS))
        page.main([])
        print(f"\n{page.KEPT.name} and {page.PAGE.name} are written. Look at them, and commit both.", file=sys.stderr)
    return 0 if len(whole) == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())
