"""What is kept of the benchmarks, performance.json, and the page written from it, performance.md: docs/explanation.

python -m benchmarks.page [--check]     writes the page anew; or fails when it doesn't say what is kept
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, Measured, Row, kept, machine, read, row_line, told

PAGE = ROOT / "docs" / "explanation" / "performance.md"
KEPT = ROOT / "docs" / "explanation" / "performance.json"
BEGIN = "<!-- figures: written by benchmarks/page.py -->"
END = "<!-- end of the figures -->"
FULL, SMALL = "full", "small"
"""The two sets of figures: those that are published, and those that `make bench-check` compares with."""


def figures(kept_in: Path = KEPT) -> dict[str, dict[str, dict[str, Any]]]:
    """Return all that is kept: by set, then by benchmark."""
    if not kept_in.exists():
        return {FULL: {}, SMALL: {}}
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(kept_in.read_text(encoding="utf-8"))
    return found


def keep(which: str, found: Mapping[str, Measured], order: Sequence[str], kept_in: Path = KEPT) -> None:
    """Keep what was measured now; benchmarks that were not measured stay as they were."""
    known = figures(kept_in)
    known[which].update({name: {"machine": machine(), **kept(measured)} for name, measured in found.items()})
    known[which] = {name: known[which][name] for name in order if name in known[which]}
    kept_in.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def section(benchmarks: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what stands between the marks."""
    if not benchmarks:
        return "There are no figures of a full run yet."
    found = {name: read(document) for name, document in benchmarks.items()}
    machines = {name: str(document["machine"]) for name, document in benchmarks.items()}
    alike = len(set(machines.values())) == 1
    blocks = [f"Measured on {next(iter(machines.values()))}." if alike else "Measured on several days or machines."]
    blocks += _verdict([row for measured in found.values() for row in measured.rows])
    for name, measured in found.items():
        blocks.append(told(measured))
        if not alike:
            blocks.append(f"On {machines[name]}.")
    return "\n\n".join(blocks)


def _verdict(rows: Sequence[Row]) -> Iterator[str]:
    wanted = [row for row in rows if row.target is not None]
    missed = [row for row in wanted if not row.met]
    yield f"{len(wanted) - len(missed)} of {len(wanted)} targets are reached."
    if missed:
        yield "**Not reached:**"
        yield "\n".join(_item(row) for row in missed)


def _item(row: Row) -> str:
    what, against, median, _, target, _ = row_line(row)
    return f"- {what}, against {against}: {median}, and should be {target}"


def placed(page: str, text: str) -> str:
    """Return the page with another section."""
    start, end = page.find(f"{BEGIN}\n"), page.find(f"{END}\n")
    if page.count(BEGIN) != 1 or page.count(END) != 1 or not 0 <= start < end:
        raise SystemExit(f"{PAGE.name} must have the line {BEGIN} once, and after it the line {END} once.")
    return f"{page[: start + len(BEGIN)]}\n\n{text}\n\n{page[end:]}"


def main(words: Sequence[str]) -> None:
    """Write, or check."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = placed(page, section(figures()[FULL]))
    if "--check" not in words:
        PAGE.write_text(fresh, encoding="utf-8")
    elif fresh != page:
        raise SystemExit(f"The figures in {PAGE.name} are not those in {KEPT.name}. Run: python -m benchmarks.page")


if __name__ == "__main__":
    main(sys.argv[1:])
