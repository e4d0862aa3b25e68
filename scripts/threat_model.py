"""Draw docs/images/threat-model.svg, who can change what and where each defence stands, and list the defences below it.

    python -m scripts.threat_model [--check]      --check writes nothing, and fails if either is not today's

The picture is drawn from the tables here. Its colours follow the reader's, light or dark, on a ground of its own.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "threat-model.svg"
PAGE = ROOT / "docs" / "explanation" / "threats.md"
BEGIN, END = "<!-- defences: begin, written by scripts/threat_model.py -->", "<!-- defences: end -->"
WIDTH, HEIGHT = 1120, 610
TITLE = "Who can change what, and where each defence stands"

STYLE = """\
svg { --ground: #ffffff; --ink: #1f2328; --soft: #59636e; --box: #f6f8fa; --edge: #818b98; --who: #ddf4ff;
  --stop: #b3261e; --on-stop: #ffffff; --open: #9a6700; --held: #1a7f37; }
@media (prefers-color-scheme: dark) { svg { --ground: #0d1117; --ink: #e6edf3; --soft: #9198a1; --box: #1c2128;
  --edge: #7d8590; --who: #10324f; --stop: #ff8078; --on-stop: #0d1117; --open: #d29922; --held: #3fb950; } }
text { font-family: sans-serif; font-size: 13px; fill: var(--ink); }
.name { font-weight: bold; } .more { fill: var(--soft); font-size: 12px; }
.box { fill: var(--box); stroke: var(--edge); } .who { fill: var(--who); stroke: var(--edge); }
.zone { fill: none; stroke-width: 1.5; stroke-dasharray: 7 5; }
.open { stroke: var(--open); } .held { stroke: var(--held); } .far { stroke: var(--soft); }
text.open { fill: var(--open); stroke: none; } text.held { fill: var(--held); stroke: none; }
text.far { fill: var(--soft); stroke: none; }
.way { fill: none; stroke: var(--ink); stroke-width: 1.3; } .tip { fill: var(--ink); }
.stop { fill: var(--stop); stroke: var(--ground); stroke-width: 2; }
.number { fill: var(--on-stop); font-weight: bold; text-anchor: middle; }"""


@dataclass(frozen=True, slots=True)
class Box:
    """Somebody, or something that is changed or runs. `kind` is `who` or `box`."""

    kind: str
    at: tuple[int, int, int, int]
    """Left, top, width, height."""
    name: str
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """What lies within one boundary of trust. `kind`: `open` is not trusted yet, `held` is, `far` is not ours."""

    kind: str
    at: tuple[int, int, int, int]
    name: str


@dataclass(frozen=True, slots=True)
class Way:
    """What reaches what: the corners of a line, and the numbers of the defences on it with where they stand."""

    corners: tuple[tuple[int, int], ...]
    stops: tuple[tuple[int, int, int], ...] = ()


_DEFENCES = """\
A fork's pull request is validated and never planned: no job of it has credentials.

Files are data: strict YAML within the tenants and schemas folders; settings name no command, credentials or token
URL; git is read without hooks, filters or checkouts.

Program and settings of a pull request's jobs are the base's, whatever the branch brings.

main takes what a reviewer has seen as a plan, and apply writes what that plan has: a tenant in which anything else
would be written is left alone.

The gate: limits, freezes, first sets of what can't be set again; reasons of who lifts one are on record.

The program is installed by commit, what it needs by hash; a release is built twice, attested, and published by a
person.

Credentials are in two jobs' environments and nowhere else. A token goes to its tenant's origin alone, the origin
comes from the template and must be the credentials'.

A tenant's file can name that tenant's secrets only, and each only beside a url of the origin that it is for.

TLS is always verified, redirects are failures, answers are capped and timed: one bad tenant is unreadable, the others
go on.

What others wrote is seen: every key is read right before its POST and back after it; a write-once key is never sent
twice.

Secrets have no rendering, old or new; every text in a report is escaped for its medium. The jobs that write to GitHub
have no credentials.
"""
DEFENCES = tuple(" ".join(one.split()) for one in _DEFENCES.split("\n\n"))
"""By number, from 1."""

ZONES = (
    Zone("open", (12, 56, 556, 190), "Not reviewed"),
    Zone("held", (12, 262, 556, 330), "Reviewed, or in the hands of few"),
    Zone("open", (600, 56, 236, 190), "CI without credentials"),
    Zone("held", (600, 262, 236, 330), "CI with credentials"),
    Zone("far", (868, 56, 240, 536), "Elsewhere"),
)
BOXES = (
    Box("who", (28, 86, 200, 62), "Author of a fork", ("anybody",)),
    Box("who", (28, 166, 200, 62), "Author of a pull request", ("may push a branch",)),
    Box(
        "box",
        (330, 106, 222, 102),
        "A branch",
        ("tenants, profiles, settings,", "schemas, workflows", "and any code beside them"),
    ),
    Box("who", (28, 288, 200, 70), "Reviewer", ("code owner; the environments'", "approver")),
    Box("box", (330, 292, 222, 62), "main", ("what is wanted of each tenant",)),
    Box("who", (28, 396, 200, 62), "The program's maintainers", ("and authors of what it needs",)),
    Box("box", (330, 396, 222, 62), "The program", ("a pinned commit of it",)),
    Box("who", (28, 512, 200, 62), "Keeper of the credentials", ("can do what a token can",)),
    Box("box", (618, 86, 200, 62), "validate", ("offline",)),
    Box("box", (618, 166, 200, 62), "comment, check, issue", ("a token of GitHub's",)),
    Box("box", (618, 292, 200, 62), "plan", ("its client can only GET",)),
    Box("box", (618, 396, 200, 62), "apply", ("POSTs what was approved",)),
    Box("box", (618, 508, 200, 70), "Credentials", ("tokens and secrets, each", "bound to an origin")),
    Box("box", (888, 106, 200, 82), "Host of a retailer", ("is sent orders, and the", "secret for them")),
    Box(
        "box",
        (888, 292, 200, 166),
        "A tenant's API",
        ("live values", "", "knows no read-only token:", "whoever can plan", "could write"),
    ),
    Box("who", (888, 512, 200, 62), "Operator of the platform", ("writes to the same keys",)),
)
WAYS = (
    Way(((228, 117), (270, 117), (270, 140), (330, 140))),
    Way(((228, 197), (270, 197), (270, 172), (330, 172))),
    Way(((552, 126), (584, 126), (584, 117), (618, 117)), ((2, 584, 122),)),
    Way(((552, 184), (590, 184), (590, 316), (618, 316)), ((1, 590, 222), (3, 590, 254))),
    Way(((441, 208), (441, 292)), ((4, 441, 250),)),
    Way(((228, 323), (330, 323))),
    Way(((552, 336), (574, 336), (574, 414), (618, 414)), ((5, 574, 375),)),
    Way(((228, 427), (330, 427))),
    Way(((552, 440), (618, 440)), ((6, 588, 440),)),
    Way(((228, 543), (618, 543)), ((7, 441, 543),)),
    Way(((718, 508), (718, 458))),
    Way(((650, 508), (650, 485), (606, 485), (606, 340), (618, 340))),
    Way(((790, 292), (790, 228)), ((11, 790, 254),)),
    Way(((888, 323), (818, 323)), ((9, 852, 323),)),
    Way(((818, 427), (888, 427)), ((10, 852, 427),)),
    Way(((988, 512), (988, 458))),
    Way(((988, 292), (988, 188)), ((8, 988, 240),)),
)


def _zone(one: Zone) -> Iterator[str]:
    left, top, width, height = one.at
    yield f'<rect class="zone {one.kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="10"/>'
    yield f'<text class="name {one.kind}" x="{left + 14}" y="{top + 19}">{escape(one.name)}</text>'


def _box(one: Box) -> Iterator[str]:
    left, top, width, height = one.at
    yield f'<rect class="{one.kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="6"/>'
    yield f'<text class="name" x="{left + 12}" y="{top + 23}">{escape(one.name)}</text>'
    for number, line in enumerate(one.more):
        yield f'<text class="more" x="{left + 12}" y="{top + 41 + 16 * number}">{escape(line)}</text>'


def _way(one: Way) -> Iterator[str]:
    points = " ".join(f"{x},{y}" for x, y in one.corners)
    yield f'<polyline class="way" points="{points}" marker-end="url(#tip)"/>'


def _stops(one: Way) -> Iterator[str]:
    for number, x, y in one.stops:
        yield f'<circle class="stop" cx="{x}" cy="{y}" r="12"/>'
        yield f'<text class="number" x="{x}" y="{y + 5}">{number}</text>'


def draw() -> str:
    """Return the picture."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{TITLE}</title>",
        f"<style>\n{STYLE}\n</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">',
        '<path class="tip" d="M0,0 L10,5 L0,10 z"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="var(--ground)"/>',
        f'<text class="name" x="14" y="28" style="font-size: 17px">{TITLE}</text>',
        '<rect class="who" x="776" y="15" width="16" height="16" rx="3"/><text x="800" y="28">people</text>',
        '<circle class="stop" cx="872" cy="23" r="9"/><text x="886" y="28">a defence, listed below</text>',
    ]
    for zone in ZONES:
        parts += _zone(zone)
    for way in WAYS:
        parts += _way(way)
    for box in BOXES:
        parts += _box(box)
    for way in WAYS:
        parts += _stops(way)
    return "\n".join([*parts, "</svg>"]) + "\n"


def page(text: str) -> str:
    """Return the page with its list of the defences replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    listed = "\n".join(f"{number}. {defence}" for number, defence in enumerate(DEFENCES, 1))
    return f"{before}{BEGIN}\n{listed}\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Draw and write, or check."""
    now = {PICTURE: draw(), PAGE: page(PAGE.read_text(encoding="utf-8"))}
    if "--check" in arguments:
        stale = [path for path, text in now.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale. Run: make pictures\n")
        return 1 if stale else 0
    for path, text in now.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
