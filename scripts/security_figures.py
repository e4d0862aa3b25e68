"""Write the table of docs/security.md: each threat, what is done about it, and how often it was tried.

    python -m scripts.security_figures [FIGURES]     FIGURES: what `pytest --threat-figures` wrote

Without FIGURES the figures that are there already are kept, and only the words are written afresh. `--check` writes
nothing, and fails if the words are not today's.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.security.threats import THREATS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "security.md"
KEPT = ROOT / "docs" / "explanation" / "security.json"
BEGIN, END = "<!-- threats: begin -->", "<!-- threats: end -->"


def table(figures: dict[str, Any]) -> str:
    """Return the table as Markdown."""
    rows = ["| threat | what we do | tests | cases tried | violations |", "|---|---|--:|--:|--:|"]
    for name, threat in THREATS.items():
        counted = figures.get("threats", {}).get(name, {"tests": 0, "cases": 0, "violations": []})
        numbers = f"{counted['tests']:,} | {counted['cases']:,} | {len(counted['violations'])}"
        rows.append(f"| {threat.threat} | {threat.defence} | {numbers} |")
    told = f"Counted on {figures.get('date', 'no day yet')}, {figures.get('machine', 'nowhere yet')}."
    return "\n".join([*rows, "", told])


def page(text: str, figures: dict[str, Any]) -> str:
    """Return the page with its table replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(figures)}\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or check it."""
    check = "--check" in arguments
    given = [Path(one) for one in arguments if one != "--check"]
    figures = json.loads((given[0] if given else KEPT).read_text(encoding="utf-8"))
    written = page(PAGE.read_text(encoding="utf-8"), figures)
    if check:
        return int(written != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(written, encoding="utf-8")
    if given:
        KEPT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
