"""The documentation's site: it builds without a warning, needs no network, and can be searched from a folder."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docs.conf import contents
from tests.cli.calling import LIMIT, surroundings
from tests.docs.pages import PAGES, ROOT, name_of

FETCHED = re.compile(r"""<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc="([^"]*)|<link\b[^>]*\bhref="([^"]*)""")
IN_STYLES = re.compile(r"""url\(["']?([^"')]*)|@import\s+["']([^"']*)""")

CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
QUIET = ("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=5000", "--dump-dom")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does; a warning would have failed it."""
    folder = tmp_path_factory.mktemp("site") / "built"
    done = subprocess.run(
        ["sh", "scripts/site.sh", str(folder)],
        cwd=ROOT,
        env=surroundings(Path.home()),
        capture_output=True,
        check=False,
        text=True,
        timeout=LIMIT,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def test_every_page_is_in_the_site(site: Path):
    """And the first thing that is opened leads to the docs."""
    assert [name for page in PAGES if not (site / (name := name_of(page))).with_suffix(".html").exists()] == []
    first = re.search(r"url=([^\"]+)", (site / "index.html").read_text(encoding="utf-8"))
    assert first is not None
    assert (site / first[1]).exists()


def test_nothing_in_the_site_is_fetched_from_elsewhere(site: Path):
    """No font, script, style or picture: it is read in closed networks, and from a CI artifact."""
    found: list[str] = []
    for file in [*site.rglob("*.html"), *site.rglob("*.css")]:
        pattern = FETCHED if file.suffix == ".html" else IN_STYLES
        for match in pattern.finditer(file.read_text(encoding="utf-8")):
            target = match[1] or match[2] or ""
            if "//" in target and not target.startswith("data:"):
                found.append(f"{file.name}: {target}")
    assert found == []


def test_every_link_within_the_site_leads_somewhere(site: Path):
    """Files that are no pages, such as a schema, come along."""
    dead: list[str] = []
    for file in site.rglob("*.html"):
        targets = re.findall(r'href="([^"#?]+)', file.read_text(encoding="utf-8"))
        dead += [f"{file.name}: {to}" for to in targets if "//" not in to and not (file.parent / to).exists()]
    assert dead == []


@pytest.mark.browser
def test_the_site_can_be_searched_without_a_server(site: Path, tmp_path: Path):
    """As from an unpacked artifact: the index is a script, so that a browser loads it from a folder."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    address = f"{(site / 'search.html').as_uri()}?q=journal"
    done = subprocess.run(
        [chromium, *CHROMIUM, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", address],
        capture_output=True,
        check=True,
        text=True,
        timeout=LIMIT,
    )
    assert 'href="docs/how-to/after-a-crash.html' in done.stdout.partition('id="search-results"')[2]


def test_the_links_of_an_index_are_the_sidebar():
    """By heading; a link within a sentence, or to a place within a page, is none."""
    page = "# T\n\n- [A](a.md)\n\nSee [x](x.md).\n\n## B\n\n- [C d](../c.md): e\n- [f](f.md#g)\n| [1](1.md) | h |\n"
    assert list(contents(page, titles=False)) == [("", ["a"]), ("B", ["../c", "1"])]
    assert list(contents(page, titles=True))[1] == ("B", ["C d <../c>", "1 <1>"])


def test_a_flag_keeps_its_two_hyphens(site: Path):
    """In running text too: whoever copies it from the site must get what the page says."""
    page = (site / "docs/explanation/performance.html").read_text(encoding="utf-8")
    assert "reconciler --version" in page
