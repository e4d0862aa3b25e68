"""Write the table of docs/scale.md, between its two marks: what fleets of several sizes need. `--check` writes nothing.

It is arithmetic, by the function that `reconciler shards` uses; nothing is measured here.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from reconciler.catalogue import Catalogue, load
from reconciler.journeys.sharding import Budget, Need, need
from reconciler.model.policy import Gate
from reconciler.planning.gate import most_changed

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "scale.md"
BEGIN = "<!-- figures: written by scripts/scale.py -->"
END = "<!-- end of the figures -->"
SIZES = (10, 1_000, 10_000, 100_000)
BUDGETS = (5_000, 30_000)
WINDOW = 300.0
MINUTES = 15


def section() -> str:
    """Return what stands between the marks."""
    catalogue = load()
    if not isinstance(catalogue, Catalogue):
        raise SystemExit(str(catalogue))
    keys = len(catalogue.keys)
    head = (
        f"Every tenant declares all {keys} keys. An apply changes every key of as many tenants as the gate allows by",
        "default: 30 %, from ten tenants on. Machines are the fewest shards of which each is done within",
        f"{MINUTES} minutes.",
    )
    return "\n".join([*head, "", *_table(keys)])


def _table(keys: int) -> Iterator[str]:
    yield _row(
        ["tenants", "calls in 5 minutes", *(f"{command}: {what}" for command in ("plan", "apply") for what in _ASKED)]
    )
    yield _row(["--:"] * 8)
    for tenants in SIZES:
        fleet = {f"tenant-{number:06}": keys for number in range(tenants)}
        for calls in BUDGETS:
            budget = Budget(calls, WINDOW, MINUTES * 60)
            needs = (need(fleet, 0, budget), need(fleet, most_changed(Gate(), tenants), budget))
            yield _row([f"{tenants:,}", f"{calls:,}", *(cell for one in needs for cell in _cells(one, budget))])


_ASKED = ("requests", "minutes on one machine", "machines")


def _cells(found: Need | None, budget: Budget) -> Iterable[str]:
    if found is None:
        return ("", "", "too many")
    return (f"{found.requests:,}", f"{budget.minutes(found.requests):,.0f}", f"{found.shards:,}")


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
    fresh = placed(page, section())
    if "--check" in sys.argv[1:]:
        if fresh != page:
            raise SystemExit(f"{PAGE.relative_to(ROOT)} is stale. Run: python {Path(__file__).relative_to(ROOT)}")
        return
    PAGE.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
