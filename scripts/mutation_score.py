"""Sum up the last `mutmut run`: the share of mutants that a test noticed, and the unexplained survivors.

Exit code 1 if the share of all mutants is below 90 %, or a survivor is not explained in
tests/mutation-survivors.md. One that no test reaches at all is a survivor.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

LEAST = 0.90
EXPLAINED = Path(__file__).resolve().parents[1] / "tests" / "mutation-survivors.md"
NOTICED = frozenset({"killed", "timeout", "caught by type check"})
RESULT = re.compile(r"^\s*(?P<mutant>\S+__mutmut_\d+): (?P<status>.+?)\s*$", re.MULTILINE)


def main() -> int:
    """Print the score and what survived; return the exit code."""
    told = subprocess.run(["mutmut", "results", "--all", "true"], check=True, capture_output=True, text=True)
    results = {match["mutant"]: match["status"] for match in RESULT.finditer(told.stdout)}
    explained = set(re.findall(r"\S+__mutmut_\d+", EXPLAINED.read_text(encoding="utf-8").replace("`", " ")))
    alive = {mutant: status for mutant, status in results.items() if status not in NOTICED}
    unexplained = sorted(alive.keys() - explained)

    for mutant in unexplained:
        print(f"  {alive[mutant]}, and not explained: {mutant}    (see it: mutmut show {mutant})")
    for mutant in sorted(explained - results.keys()):
        print(f"  {EXPLAINED.name} explains {mutant}, which no longer exists")

    counts = ", ".join(f"{count} {status}" for status, count in sorted(Counter(results.values()).items()))
    print(f"{len(results)} mutants: {counts or 'none'}")
    if not results:
        print("There is nothing to judge: mutmut left no results.")
        return 1
    noticed = len(results) - len(alive)
    share = noticed / len(results)
    print(f"{noticed} of {len(results)} noticed: {share:.1%} (at least {LEAST:.0%} is asked for)")
    print(f"{len(alive)} survived, {len(alive) - len(unexplained)} of them explained in {EXPLAINED.name}")
    return 0 if share >= LEAST and not unexplained else 1


if __name__ == "__main__":
    sys.exit(main())
