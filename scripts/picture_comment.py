"""Draw docs/images/comment*.png as GitHub would show them, in Chromium: of a real plan of the sample fleet against the
sandbox (comment.png), and of the golden files, of one, twenty and two thousand tenants.

cmarkgfm is GitHub's own parser; the style below is a sketch of GitHub's. What stands folded is drawn folded, and of a
long comment the top. Fonts differ between machines, so nothing checks the pictures: they are for people.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "report" / "golden"
DRAWN = (("1", 900), ("20", 900), ("20", 390), ("2000", 900))
"""Which golden file, and how wide in pixels: a desk, and a telephone."""
TALLEST = 1500
"""Pixels that a picture shows."""
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
_STYLE = """
* { box-sizing: border-box }
body { margin: 0; background: #fff; color: #1f2328; font: 14px/1.5 "Liberation Sans", Arial, sans-serif }
main { padding: 16px; overflow-wrap: break-word }
h3 { font-size: 17.5px; line-height: 1.25; margin: 24px 0 12px } h4 { font-size: 14px; margin: 20px 0 12px }
p, ul, table, details { margin: 0 0 14px } ul { padding-left: 28px }
code { font-family: "Liberation Mono", monospace; font-size: 85%; background: #eff1f3; border-radius: 6px;
  padding: 2px 5px }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left }
tr:nth-child(2n) { background: #f6f8fa } a { color: #0969da } td a code { color: #0969da }
"""


def real() -> str:
    """Return the comment on a plan of the sample fleet, in whose profile a value was edited since the base."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "tenants", Path(folder) / "tenants")
        git = ("git", "-c", "user.name=A", "-c", "user.email=a@acme.example", "-c", "commit.gpgsign=false")
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "Base")):
            subprocess.run([*git, *words], cwd=folder, check=True)
        profile = Path(folder) / "tenants" / "_retail-default.yaml"
        profile.write_text(profile.read_text(encoding="utf-8").replace("300", "250"), encoding="utf-8")
        command = [sys.executable, "-m", "reconciler", "plan", "--sandbox", "--base", "HEAD", "--format", "markdown"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, text=True)
    if not done.stdout:
        raise SystemExit(f"no comment:\n{done.stderr}")
    return done.stdout


def golden(name: str) -> str:
    """Return the comment of a golden file."""
    return (GOLDEN / f"comment-{name}.md").read_text(encoding="utf-8")


def page(text: str, width: int) -> str:
    """Return a page with a comment, that wide."""
    body = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    style = f"{_STYLE} main {{ width: {width}px }}"
    # The title says how tall it is: Chromium draws a window, not a page.
    tell = "document.title = Math.ceil(document.querySelector('main').getBoundingClientRect().height)"
    head = f'<!doctype html><meta charset="utf-8"><title></title><style>{style}</style>'
    return f"{head}<main>{body}</main><script>{tell}</script>"


def draw(chromium: str, text: str, width: int, target: Path) -> None:
    """Draw one picture."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page(text, width), encoding="utf-8")
        run = [chromium, *_FLAGS, f"--user-data-dir={folder}/profile"]
        seen = subprocess.run([*run, "--dump-dom", source.as_uri()], capture_output=True, check=True, text=True).stdout
        height = min(int(seen.partition("<title>")[2].partition("</title>")[0]), TALLEST)
        shot = [f"--screenshot={target}", f"--window-size={width},{height}", source.as_uri()]
        subprocess.run([*run, *shot], capture_output=True, check=True)


def main() -> None:
    """Draw all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images", help="folder [docs/images]")
    out = parser.parse_args().out.resolve()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("Chromium is missing: the pictures of the comments stay as they are.")
        return
    draw(chromium, real(), 900, out / "comment.png")
    for name, width in DRAWN:
        narrow = "" if width == max(of for _, of in DRAWN) else "-narrow"
        draw(chromium, golden(name), width, out / f"comment-{name}{narrow}.png")


if __name__ == "__main__":
    main()
