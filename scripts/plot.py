"""A small plot as SVG: a few lines over two logarithmic axes. Deterministic, so that a check can compare it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 230, 40, 50
FONT = 'font-family="sans-serif" font-size="12"'
COLOURS = ("#b3261e", "#1f5fa8", "#3b7d3a", "#7a4da0")
DASHES = ("", "7 4", "2 3", "9 3 2 3")
"""Lines differ in both, so that nobody has to tell colours apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with its name beside its end. Both coordinates of a point are above nought."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Scale:
    """One logarithmic axis: from whole power of ten to whole power of ten, over pixels."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "Scale":
        """Return the shortest one that holds all `values`."""
        low = math.floor(math.log10(min(values)))
        return cls(low, max(low + 1, math.ceil(math.log10(max(values)))), start, end)

    def at(self, value: float) -> float:
        """Return where a value lies."""
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def powers(self) -> list[float]:
        """Return the values that get a line of the grid."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def draw(title: str, across: str, up: str, lines: Sequence[Line]) -> str:
    """Return the SVG. `across` and `up` name the axes and their units."""
    every = [point for line in lines for point in line.points]
    x = Scale.over([point[0] for point in every], LEFT, WIDTH - RIGHT)
    y = Scale.over([point[1] for point in every], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 22, title, size=15),
        _text((x.start + x.end) / 2, HEIGHT - 10, across, anchor="middle"),
        (
            f'<g transform="rotate(-90 16 {(y.start + y.end) / 2:.0f})">'
            f"{_text(16, (y.start + y.end) / 2, up, anchor='middle')}</g>"
        ),
        *(_rule(x.at(value), y.start, x.at(value), y.end) for value in x.powers),
        *(_rule(x.start, y.at(value), x.end, y.at(value)) for value in y.powers),
        *(_text(x.at(value), y.start + 18, _number(value), anchor="middle") for value in x.powers),
        *(_text(x.start - 8, y.at(value) + 4, _number(value), anchor="end") for value in y.powers),
    ]
    for index, line in enumerate(lines):
        parts += _line(line, x, y, COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)])
    return "\n".join([*parts, "</svg>\n"])


def _line(line: Line, x: Scale, y: Scale, colour: str, dash: str) -> list[str]:
    places = [(x.at(across), y.at(up)) for across, up in line.points]
    path = " ".join(f"{across:.1f},{up:.1f}" for across, up in places)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>',
        *(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="3" fill="{colour}"/>' for across, up in places),
        _text(places[-1][0] + 10, places[-1][1] + 4, line.name, colour=colour),
    ]


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, colour: str = "#222222") -> str:
    about = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}"'
    return f"<text {about}>{escape(text)}</text>"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
