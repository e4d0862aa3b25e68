"""Draw docs/images from real runs: the terminal during `reconciler plan --sandbox` on the sample fleet, and more.

`--check` draws nothing and fails when the picture is not what a run shows today.
"""

import io
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from reconciler.model.report import Report
from reconciler.report.from_json import from_json
from reconciler.report.text import to_text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "plan.svg"
WIDTH = 100
TENANTS = ("*staging", "northwind", "birchwood")
"""Globs; few enough to fit a screen, with a first set, a block, a dropped field and a masked secret among them."""

COMMAND = "reconciler plan --sandbox " + " ".join(f"--tenant {shlex.quote(tenant)}" for tenant in TENANTS)

# No address of a font in it: the picture must look the same without a network.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def plan() -> Report:
    """Run the command in a copy of the samples and return its report."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "tenants", Path(folder) / "tenants")
        select = [part for tenant in TENANTS for part in ("--tenant", tenant)]
        command = [sys.executable, "-m", "reconciler", "plan", "--sandbox", "--format", "json", *select]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    report = from_json(done.stdout)
    if not isinstance(report, Report):
        raise SystemExit(f"no report: {report.message}\n{done.stderr}")
    return report


def draw(report: Report) -> str:
    """Return the picture; the sandbox's port, which is another one each time, is evened out."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8400", to_text(report, width=WIDTH, colour=True))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.from_ansi(f"$ {COMMAND}\n{text}"), end="")
    return console.export_svg(title="reconciler plan", theme=MONOKAI, code_format=FORMAT, unique_id="plan")


def main() -> None:
    """Draw, or check."""
    picture = draw(plan())
    if "--check" in sys.argv[1:]:
        if PICTURE.read_text(encoding="utf-8") != picture:
            raise SystemExit(f"{PICTURE.relative_to(ROOT)} is stale. Run: make pictures")
        return
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture, encoding="utf-8")
    from scripts import picture_html  # run as a module, which --check need not be

    picture_html.main()


if __name__ == "__main__":
    main()
