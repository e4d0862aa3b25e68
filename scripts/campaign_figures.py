"""Write what the campaigns counted into docs/explanation/reliability.md, and keep it in campaigns.json beside it.

    campaign_figures.py FILE      FILE is from `pytest --campaign-figures FILE`, as `make test-long` leaves it
    campaign_figures.py --check   fails when the page does not say what campaigns.json says

Figures with a violation, of a run in which a test failed, or with too few faults are refused.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "explanation" / "reliability.md"
KEPT = ROOT / "docs" / "explanation" / "campaigns.json"
BEGIN = "<!-- figures: written by scripts/campaign_figures.py -->"
END = "<!-- end of the figures -->"
COMMAND = "make test-long figures"
LEAST = 100_000
"""Faults in all."""
CAMPAIGNS: Mapping[str, str] = {
    "fault matrix": "every kind of fault at every request of an apply, once and from there on",
    "state machine": "operators, rivals, faults, crashes and edits of files, in any order",
    "foreign server": "a server that others wrote, with its own faults",
    "soak": "200 tenants, 2 % of every kind of fault at every request, 20 runs in a row",
}
"""What each does, in the order of the page."""
COUNTS = ("runs", "requests", "faults", "crashes", "violations")


def refusal(figures: Mapping[str, Any]) -> str:
    """Return why these figures can't be published, or nothing."""
    found = {campaign["name"]: campaign for campaign in figures["campaigns"]}
    if found.keys() != CAMPAIGNS.keys():
        return f"They are of {sorted(found)}, and should be of {sorted(CAMPAIGNS)}."
    broken = sum(len(campaign["violations"]) for campaign in found.values())
    if broken:
        return f"The promise was broken {broken} times."
    if not figures["passed"]:
        return "A test failed in that run."
    faults = sum(sum(campaign["faults"].values()) for campaign in found.values())
    if faults < LEAST:
        return f"{faults:,} faults are too few: {LEAST:,} are promised."
    return ""


def section(figures: Mapping[str, Any]) -> str:
    """Return what stands between the marks: a row for each campaign, then the faults by kind."""
    found = {campaign["name"]: campaign for campaign in figures["campaigns"]}
    campaigns = [found[name] for name in CAMPAIGNS]
    machine = figures["machine"]
    where = f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}"
    blocks = (
        f"The last full run was on {figures['date']} ({where}), by `{COMMAND}`:",
        "\n".join(_totals(campaigns)),
        "Faults by kind, as often as they acted on a request:",
        "\n".join(_kinds(campaigns)),
    )
    return "\n\n".join(blocks)


def _totals(campaigns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _row(["campaign", "what it does", *COUNTS])
    yield _row(["---", "---", *["--:"] * len(COUNTS)])
    rows = [[_count(campaign[name]) for name in COUNTS] for campaign in campaigns]
    for campaign, counts in zip(campaigns, rows, strict=True):
        yield _row([campaign["name"], CAMPAIGNS[campaign["name"]], *map(_figure, counts)])
    yield _row(["all", "", *(_figure(sum(column)) for column in zip(*rows, strict=True))])


def _kinds(campaigns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield _row(["fault", *(campaign["name"] for campaign in campaigns), "all"])
    yield _row(["---", *["--:"] * (len(campaigns) + 1)])
    for kind in sorted({kind for campaign in campaigns for kind in campaign["faults"]}):
        counts = [campaign["faults"].get(kind, 0) for campaign in campaigns]
        yield _row([f"`{kind}`", *map(_figure, [*counts, sum(counts)])])


def _count(counted: Any) -> int:
    """Return a number, the number of faults of all kinds, or of violations."""
    if isinstance(counted, int):
        return counted
    return sum(counted.values()) if isinstance(counted, Mapping) else len(counted)


def _figure(number: int) -> str:
    return f"{number:,}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def between_marks(page: str) -> tuple[str, str, str]:
    """Return a page in three: up to the first mark, what stands between them, and from the second mark on."""
    start, end = page.find(f"{BEGIN}\n"), page.find(f"{END}\n")
    if page.count(BEGIN) != 1 or page.count(END) != 1 or not 0 <= start < end:
        raise SystemExit(f"{PAGE.name} must have the line {BEGIN} once, and after it the line {END} once.")
    start += len(BEGIN)
    return page[:start], page[start:end].strip("\n"), page[end:]


def placed(page: str, text: str) -> str:
    """Return the page with another section."""
    before, _, after = between_marks(page)
    return f"{before}\n\n{text}\n\n{after}"


def main(arguments: Sequence[str]) -> None:
    """Write, or check."""
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    check = arguments[0] == "--check"
    file = KEPT if check else Path(arguments[0])
    if not file.exists():
        raise SystemExit(f"There is no {arguments[0] if not check else KEPT.name}. Run: {COMMAND}")
    figures = json.loads(file.read_text(encoding="utf-8"))
    if why := refusal(figures):
        raise SystemExit(f"These figures are not published. {why}")
    page = PAGE.read_text(encoding="utf-8")
    if check:
        if placed(page, section(figures)) != page:
            raise SystemExit(f"The figures in {PAGE.name} are not those in {KEPT.name}. Run: {COMMAND}")
        return
    PAGE.write_text(placed(page, section(figures)), encoding="utf-8")
    KEPT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)} and {KEPT.relative_to(ROOT)} are written. Look at them, and commit both.")


if __name__ == "__main__":
    main(sys.argv[1:])
