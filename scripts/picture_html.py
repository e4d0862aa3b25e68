"""Draw docs/images/html-*.png: the HTML report in Chromium, of a real plan and a real apply against the sandbox.

Called by `pictures.py`. A picture differs a little with the browser and the fonts of a machine, so nothing checks that
these are today's; tests/browser looks at the page itself.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.meanings import meanings
from reconciler.model.report import Report
from reconciler.report.from_json import from_json
from reconciler.report.html import to_html

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    # Until the script has drawn the table.
    "--virtual-time-budget=3000",
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw: a run's report, opened at an address, in a window of so many pixels."""

    name: str
    run: str
    width: int
    height: int
    fragment: str = ""
    dark: bool = False


PICTURES = (
    Picture("html-plan.png", "plan", 1280, 1200),
    Picture(
        "html-apply-dark.png",
        "apply",
        1120,
        860,
        fragment="open=acme-staging/sales_order.external_order_webhook",
        dark=True,
    ),
)


def reports() -> dict[str, Report]:
    """Plan and apply the sample fleet against a fresh sandbox, and return both reports."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "tenants", Path(folder) / "tenants")
        return {"plan": _run(folder, "plan"), "apply": _run(folder, "apply", "--allow-irreversible")}


def _run(folder: str, *words: str) -> Report:
    command = [sys.executable, "-m", "reconciler", *words, "--sandbox", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    # The port is another one each time, and would make another picture.
    report = from_json(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8400", done.stdout))
    if not isinstance(report, Report):
        raise SystemExit(f"no report: {report.message}\n{done.stderr}")
    return report


def draw(picture: Picture, report: Report, into: Path = IMAGES) -> None:
    """Have Chromium draw `report` as `picture`."""
    catalogue = load()
    if not isinstance(catalogue, Catalogue):
        raise SystemExit(str(catalogue))
    browser = shutil.which("chromium")
    if browser is None:
        raise SystemExit("chromium is needed to draw the HTML report")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(to_html(report, meanings(catalogue)), encoding="utf-8")
        command = [
            *(browser, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={picture.width},{picture.height}"),
            f"--blink-settings=preferredColorScheme={0 if picture.dark else 1}",
            f"--screenshot={into / picture.name}",
            f"{page.as_uri()}#{picture.fragment}",
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main() -> None:
    """Draw all."""
    made = reports()
    for picture in PICTURES:
        draw(picture, made[picture.run])


if __name__ == "__main__":
    main()
