"""Draws samples of stacks as an icicle: callers above callees, as wide as their share, coloured by whose code it is.

Static SVG, so that it shows wherever Markdown does; a frame's name and share are told when the pointer rests on it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

WIDTH, ROW, TOP, SIDE = 1240.0, 18, 74, 20.0
LETTER = 6.1
"""How wide a letter is, about: labels are cut by this."""
LEAST = 0.005
"""A frame with a smaller share is not drawn."""
DEEPEST = 32
"""Rows: what is below them is a thin tower."""
FONT = 'font-family="DejaVu Sans, Verdana, Helvetica, sans-serif"'
LIBRARIES = ("asyncio", "ssl", "anyio", "h11", "httpcore", "httpx")
RESOLVING = ("Thread._bootstrap", "_bootstrap")
"""Where the threads begin that look names up; at rest, they would only look busy."""
_SAMPLE = re.compile(r"[^\x00-\x1f]+ [0-9]+")
_FRAME = re.compile(r"^(?P<name>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")
_PLUMBING = re.compile(r"^(?:<frozen runpy>|click/|asyncio/(?:runners|base_events)\.py|bin/)|/bin/")
"""What stands between a command and its work in every stack, and says nothing."""

Frame = tuple[str, str]
"""A function's name, and the file that it is in, from where modules are looked up."""


@dataclass(slots=True)
class Node:
    """One frame in one place: how often it was there, and how often on top."""

    count: int = 0
    alone: int = 0
    below: dict[Frame, "Node"] = field(default_factory=dict)


def frames(line: str) -> tuple[list[Frame], int]:
    """Return one line of collapsed stacks, outermost first, and how often it was seen.

    What calls itself, by whatever way, is one frame; of what imports something that imports something, only the modules
    are told.
    """
    stack, _, count = line.rpartition(" ")
    found: list[Frame] = []
    for text in stack.split(";"):
        match = _FRAME.match(text)
        name, file = (match["name"], match["file"]) if match else (text, "")
        if "importlib" in file:
            frame = ("import", "")
            if frame not in found:
                found.append(frame)
            continue
        if file.startswith("/"):
            file = "/".join(file.split("/")[-2:])
        frame = (module_of(file) if name == "<module>" else name.replace("<locals>.", ""), file)
        if frame in found:
            del found[found.index(frame) + 1 :]
        elif not _PLUMBING.search(file):
            found.append(frame)
    return found, int(count)


def module_of(file: str) -> str:
    """Return a file as one would import it."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def tree(text: str) -> Node:
    """Return all stacks as one tree; those of the threads that look names up are left out."""
    root = Node()
    for line in text.split("\n"):
        if not _SAMPLE.fullmatch(line):
            continue  # looked at while it ran on, a name can be what its memory is used for by then
        stack, count = frames(line)
        if not stack or stack[0][0] in RESOLVING:
            continue
        node = root
        node.count += count
        for frame in stack:
            node = node.below.setdefault(frame, Node())
            node.count += count
        node.alone += count
    return root


def owner(file: str) -> str:
    """Return whose code a file is: a room of ours, a library on the way to the wire, or the rest."""
    first, _, rest = file.removesuffix(".py").partition("/")
    if first == "reconciler":
        return f"reconciler.{rest.partition('/')[0]}" if "/" in rest else "reconciler"
    return first if first in LIBRARIES else "the rest"


def shares(node: Node, file: str = "") -> dict[str, int]:
    """Return how many samples were on top in whose code."""
    found = {owner(file): node.alone}
    for (_, name), child in node.below.items():
        for who, count in shares(child, name).items():
            found[who] = found.get(who, 0) + count
    return found


def colour(who: str) -> str:
    """Ours is warm, a shade for each room; the libraries are blue; the rest is grey."""
    if who.startswith("reconciler"):
        return f"hsl({10 + sum(map(ord, who)) * 7 % 45}, 85%, 72%)"
    if who in LIBRARIES:
        return f"hsl({190 + 10 * LIBRARIES.index(who)}, 65%, 78%)"
    return "hsl(0, 0%, 85%)"


def drawn(node: Node, whole: int, left: float, depth: int) -> Iterator[str]:
    """Yield what is below a node, the widest first."""
    for (name, file), child in sorted(node.below.items(), key=lambda item: (-item[1].count, item[0])):
        share = child.count / whole
        width = share * (WIDTH - 2 * SIDE)
        if share < LEAST or depth == DEEPEST:
            continue
        y = TOP + depth * ROW
        told = escape(f"{name} ({file})" if file else name)
        yield f"<g><title>{told}: {100 * share:.1f} %, {child.count} samples</title>"
        yield (
            f'<rect x="{left:.1f}" y="{y}" width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" '
            f'fill="{colour(owner(file))}"/>'
        )
        if label := cut(name, file, width):
            yield f'<text x="{left + 3:.1f}" y="{y + 12.5}">{escape(label)}</text>'
        yield "</g>"
        yield from drawn(child, whole, left, depth + 1)
        left += width


def cut(name: str, file: str, width: float) -> str:
    """Return as much of a label as fits: with the file, the name alone, a part of it, or nothing."""
    room = int((width - 6) / LETTER)
    module = module_of(file)
    whole = name if module in ("", name) else f"{name} · {module}"
    for label in (whole, name, name.rpartition(".")[2]):
        if len(label) <= room:
            return label
    return f"{name.rpartition('.')[2][: room - 1]}…" if room >= 4 else ""


def depth_of(node: Node, whole: int) -> int:
    """Return how many rows are drawn."""
    return max((1 + depth_of(child, whole) for child in node.below.values() if child.count / whole >= LEAST), default=0)


def svg(text: str, title: str) -> str:
    """Return the whole picture."""
    root = tree(text)
    height = TOP + ROW * min(DEEPEST, depth_of(root, root.count)) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height}" {FONT} font-size="10.5">',
        f'<rect width="{WIDTH:.0f}" height="{height}" fill="#fff"/>',
        f'<text x="{SIDE:.0f}" y="24" font-size="15">{escape(title)}</text>',
        *_legend(shares(root), root.count),
        *drawn(root, root.count, SIDE, 0),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _legend(found: dict[str, int], whole: int) -> Iterator[str]:
    """Yield whose code was on top how often, those with the most first, as far as there is room."""
    left = SIDE
    for who, count in sorted(found.items(), key=lambda item: -item[1]):
        label = f"{who} {100 * count / whole:.0f} %"
        if count / whole < 2 * LEAST or left + len(label) * LETTER + 24 > WIDTH:
            continue
        yield f'<rect x="{left:.0f}" y="42" width="11" height="11" fill="{colour(who)}"/>'
        yield f'<text x="{left + 15:.0f}" y="51.5">{escape(label)}</text>'
        left += len(label) * LETTER + 30
