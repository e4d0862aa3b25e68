"""Draw what a terminal shows, from real runs against the embedded API: docs/images/plan-overview.svg and progress.svg.

`--check` draws nothing and fails when a picture is not what a run shows today. Of the progress, which is another one
each time, the words are compared, not the figures.
"""

import html
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Fault, FaultKind, RunningSandbox, Sandbox
from scripts.pictures import FORMAT, ROOT
from scripts.terminal import Terminal

IMAGES = ROOT / "docs" / "images"
COLUMNS = 100
SIZE = 60
SLOWED = ("shop-07", "shop-21")
"""Tenants of which the platform asks to slow down."""
DATE = "2026-01-05T09:00:00Z"
SEQUENCE = {"prefix": "NS", "size": 12, "start": 1, "step": 1}


def tenants() -> dict[str, dict[str, object]]:
    """Return what each tenant declares, by short name: a fleet in which one change was made, with a slip in it."""
    made: dict[str, dict[str, object]] = {}
    for number in range(1, SIZE + 1):
        made[f"shop-{number:02}"] = {
            "big_sales_order": {"soft_limit_for_big_orders": 300 if number % 9 else 500},
            "cancellation_allowed_from": ["dc", "store"],
            "external_oms": {"enabled": False},
            "on_hold_timer_duration": 36 if number == 33 else 3600,
        }
    made["shop-12"]["sales_order_generator_sequence"] = SEQUENCE
    made["shop-40"]["sales_order_generator_sequence"] = SEQUENCE
    return made


@contextmanager
def fleet() -> Iterator[tuple[Path, RunningSandbox]]:
    """Serve that fleet as it was before the change, in a folder of its own."""
    catalogue = load()
    if not isinstance(catalogue, Catalogue):
        raise SystemExit(str(catalogue))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tenants").mkdir()
        # JSON is YAML, in the tenants' files as in the seed.
        (folder / "seed.yaml").write_text(json.dumps({"version": "1", "tenants": dict(before())}), encoding="utf-8")
        with Sandbox(folder / "sandbox.db", catalogue, seed=folder / "seed.yaml").running() as running:
            credentials = {}
            for tenant, keys in tenants().items():
                (folder / "tenants" / f"{tenant}.yaml").write_text(json.dumps({"sales_order": keys}), encoding="utf-8")
                credentials[tenant] = {"origin": running.origin(tenant), "token": running.static_token(tenant)}
            file = folder / "credentials.yaml"
            file.touch(mode=0o600)
            file.write_text(json.dumps(credentials), encoding="utf-8")
            yield folder, running


def before() -> Iterator[tuple[str, object]]:
    """Yield what is live of each tenant, as a seed has it."""
    for tenant, keys in tenants().items():
        live = {**keys, "on_hold_timer_duration": 1800, "big_sales_order": {"soft_limit_for_big_orders": 300}}
        live.pop("sales_order_generator_sequence", None)
        if tenant == "shop-40":
            live["sales_order_generator_sequence"] = {**SEQUENCE, "prefix": "EU"}
        stored = {f"sales_order.{key}": {"value": value, "updated_at": DATE} for key, value in live.items()}
        yield tenant, {"values": stored}


def plan(folder: Path, running: RunningSandbox, *, at_once: int = 50) -> Terminal:
    """Start `reconciler plan` there on a terminal."""
    (folder / "reconciler.toml").write_text(
        f'origin = "{running.origin_template}"\n[limits]\nconcurrency = {at_once}\n[gate]\nmax_changed_percent = 100\n'
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "NO_COLOR"))}
    words = ["plan", "--credentials", "credentials.yaml", "--report", "plan.json"]
    return Terminal(
        [sys.executable, "-m", "reconciler", *words],
        cwd=folder,
        env={**kept, "HOME": str(folder), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
        columns=COLUMNS,
    )


def overview() -> str:
    """Return what stands on the terminal after a plan of many tenants."""
    with fleet() as (folder, running), plan(folder, running) as terminal:
        terminal.wait()
        return "\n".join(terminal.lines(colours=True))


def progress() -> str:
    """Return what stands there in the middle of a plan, while the platform asks to slow down."""
    with fleet() as (folder, running):
        for tenant in SLOWED:
            running.fault(Fault(FaultKind.STATUS, tenant, status=429, retry_after="60", times=None))
        running.fault(Fault(FaultKind.DELAY, "*", "*", seconds=0.12, times=None))
        with plan(folder, running, at_once=12) as terminal:
            terminal.until(lambda now: _half_way("\n".join(now.lines())))
            return "\n".join(terminal.lines(colours=True))


def _half_way(shown: str) -> bool:
    done = re.search(r"(\d+) of \d+ tenants.* left$", shown, re.MULTILINE)
    return done is not None and int(done[1]) >= SIZE // 2 and all(tenant in shown for tenant in SLOWED)


def draw(name: str, shown: str) -> str:
    """Return the picture of a terminal."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"$ reconciler plan\n{shown}"), end="")
    return console.export_svg(title="reconciler plan", theme=MONOKAI, code_format=FORMAT, unique_id=name)


def words_of(picture: str) -> list[str]:
    """Return what is written in a picture, without figures and the length of the bar."""
    texts = html.unescape(" ".join(re.findall(r"<text[^>]*>(.*?)</text>", picture))).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"[\d.,]+", "0", re.sub(r"[━╸╺]+", "", texts)).split()


PICTURES: dict[str, tuple[Callable[[], str], Callable[[str], object]]] = {
    "plan-overview": (overview, str),
    "progress": (progress, words_of),
}
"""By name: the run, and what of the picture must be the same each time."""


def main() -> None:
    """Draw, or check."""
    stale = []
    for name, (run, same) in PICTURES.items():
        path = IMAGES / f"{name}.svg"
        picture = draw(name, run())
        if "--check" not in sys.argv[1:]:
            path.write_text(picture, encoding="utf-8")
        elif same(path.read_text(encoding="utf-8")) != same(picture):
            stale.append(path.relative_to(ROOT).as_posix())
    if stale:
        raise SystemExit(f"{', '.join(stale)}: stale. Run: make pictures")


if __name__ == "__main__":
    main()
