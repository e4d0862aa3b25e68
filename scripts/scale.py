"""Write the table of docs/how-to/scale.md, draw its picture: what fleets need. `--check` writes nothing.

How many requests and machines is arithmetic, by the function that `reconciler shards` uses. How long a request takes
was measured, by the benchmark of plan, and is read from docs/explanation/performance.json.
"""

import statistics
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.page import FULL as PUBLISHED
from benchmarks.page import figures
from benchmarks.plan import FULL, KEYS
from reconciler.catalogue import Catalogue, load
from reconciler.journeys.sharding import Budget, Need, need
from reconciler.model.policy import Gate
from reconciler.planning.gate import most_changed
from scripts.plot import Line, draw

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "how-to" / "scale.md"
PICTURE = ROOT / "docs" / "images" / "scale.svg"
BEGIN = "<!-- figures: written by scripts/scale.py -->"
END = "<!-- end of the figures -->"
SIZES = (10, 1_000, 10_000, 100_000)
BUDGETS = (5_000, 30_000)
WINDOW = 300.0
MINUTES = 15


def a_request() -> float:
    """Return the seconds that a request of a plan took, the whole run over all of its requests, as published."""
    load_ = FULL.loads[0]
    rows = figures()[PUBLISHED]["plan"]["rows"]
    values = next(row["values"] for row in rows if row["name"] == f"plan-wall-{load_.at_once}")
    seconds: float = statistics.median(values) * load_.bound(FULL.think) / (load_.tenants * len(KEYS))
    return seconds


def section() -> str:
    """Return what stands between the marks."""
    keys, took = _keys(), a_request()
    head = (
        f"Every tenant declares all {keys} keys. An apply changes every key of as many tenants as the gate allows by",
        "default: 30 %, from ten tenants on. Machines are the fewest shards of which each is done within",
        f"{MINUTES} minutes.",
    )
    tail = (
        "The minutes by budget are what the budget alone takes at most, in whole windows. The minutes of work are what",
        f"the requests themselves take, by the {1e3 * took:.2f} ms a request that",
        f"[a plan](../explanation/performance.md) of {FULL.loads[0].tenants:,} tenants took on the clock,",
        f"{FULL.loads[0].at_once} at once, when each answer came after {1e3 * FULL.think:.0f} ms. Both",
        "go on at the same time, so the larger one counts: it is the budget.",
    )
    return "\n".join([*head, "", *_table(keys, took), "", *tail, "", f"![{TITLE}](../images/{PICTURE.name})"])


def _keys() -> int:
    catalogue = load()
    if not isinstance(catalogue, Catalogue):
        raise SystemExit(str(catalogue))
    return len(catalogue.keys)


def _needs(tenants: int, keys: int, budget: Budget) -> tuple[Need | None, Need | None]:
    """Return what a plan needs, and what an apply does."""
    fleet = {f"tenant-{number:06}": keys for number in range(tenants)}
    return need(fleet, 0, budget), need(fleet, most_changed(Gate(), tenants), budget)


def _table(keys: int, took: float) -> Iterator[str]:
    yield _row(
        ["tenants", "calls in 5 minutes", *(f"{command}: {what}" for command in ("plan", "apply") for what in _ASKED)]
    )
    yield _row(["--:"] * (2 + 2 * len(_ASKED)))
    for tenants in SIZES:
        for calls in BUDGETS:
            budget = Budget(calls, WINDOW, MINUTES * 60)
            needs = _needs(tenants, keys, budget)
            yield _row([f"{tenants:,}", f"{calls:,}", *(cell for one in needs for cell in _cells(one, budget, took))])


_ASKED = ("requests", "minutes of work", "minutes by budget, on one machine", "machines")


def _cells(found: Need | None, budget: Budget, took: float) -> Iterable[str]:
    if found is None:
        return ("", "", "", "too many")
    work = found.requests * took / 60
    shown = f"{work:,.0f}" if work >= 10 else f"{work:.2g}"
    return (f"{found.requests:,}", shown, f"{budget.minutes(found.requests):,.0f}", f"{found.shards:,}")


TITLE = "Minutes that a plan takes on one machine"


def picture() -> str:
    """Return the plot: what the budget takes, and what the work takes."""
    keys, took = _keys(), a_request()

    def line(name: str, calls: int | None) -> Line:
        points: list[tuple[float, float]] = []
        for tenants in SIZES:
            budget = Budget(calls or BUDGETS[0], WINDOW, MINUTES * 60)
            found = _needs(tenants, keys, budget)[0]
            if found is not None:
                points.append((tenants, budget.minutes(found.requests) if calls else found.requests * took / 60))
        return Line(name, points)

    lines = [line(f"{calls:,} calls in 5 minutes", calls) for calls in BUDGETS]
    return draw(TITLE, f"tenants, {keys} keys each", "minutes", [*lines, line("the work itself", None)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def placed(page: str, text: str) -> str:
    """Return the page with another section between its marks."""
    start, end = page.find(f"{BEGIN}\n"), page.find(f"{END}\n")
    if page.count(BEGIN) != 1 or page.count(END) != 1 or not 0 <= start < end:
        raise SystemExit(f"{PAGE.name} must have the line {BEGIN} once, and after it the line {END} once.")
    return f"{page[: start + len(BEGIN)]}\n\n{text}\n\n{page[end:]}"


def main() -> None:
    """Write, or check."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = {PAGE: placed(page, section()), PICTURE: picture()}
    if "--check" in sys.argv[1:]:
        for path, text in fresh.items():
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise SystemExit(f"{path.relative_to(ROOT)} is stale. Run: python -m scripts.scale")
        return
    for path, text in fresh.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
