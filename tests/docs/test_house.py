"""The house is as ARCHITECTURE.md says, its links lead somewhere, and no file tells where it was made."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, UNSORTED, name_of, prose, text_of

MODULES = tuple(sorted((ROOT / "reconciler").rglob("*.py")))
SIZED = (*MODULES, *sorted((ROOT / "scripts").glob("*.py")), *sorted((ROOT / "benchmarks").glob("*.py")))
LONGEST_FILE = 320
LONGEST_FUNCTION = 45


def _rooms() -> set[str]:
    return {folder.name for folder in (ROOT / "reconciler").iterdir() if (folder / "__init__.py").exists()}


def test_the_table_of_rooms_lists_exactly_the_packages():
    """Each once; a room that isn't in the table is one that nobody decided on."""
    table = prose("ARCHITECTURE.md").partition("| room |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert sorted(listed) == sorted(_rooms())


def test_no_room_or_module_is_a_drawer_for_everything():
    """A name that fits anything tells nothing."""
    names = {module.stem for module in MODULES} | _rooms()
    assert names & {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"} == set()


def test_every_module_says_what_it_is_for():
    """In its docstring."""
    silent = [name_of(module) for module in SIZED if not ast.get_docstring(ast.parse(module.read_text("utf-8")))]
    assert silent == []


def test_no_file_and_no_function_is_too_long():
    """About 300 and 40 lines are the aim; these are the limits, docstrings and signatures included."""
    long: list[str] = []
    for module in SIZED:
        text = module.read_text(encoding="utf-8")
        if (lines := len(text.splitlines())) > LONGEST_FILE:
            long.append(f"{name_of(module)}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long.append(f"{name_of(module)}:{node.lineno} {node.name}: {length} lines")
    assert long == []


_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get, as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_to_something_that_is_there(page: Path):
    """A file or a folder beside the page, and the heading within it if one is named."""
    dead: list[str] = []
    for match in _LINK.finditer(prose(name_of(page))):
        target, _, anchor = match["target"].partition("#")
        if "://" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            dead.append(match["target"])
    assert dead == []


def test_the_pages_that_people_start_from_are_linked():
    """From the README, directly or by way of another page; a page that nothing leads to is never read."""
    reached = {ROOT / "README.md"}
    todo = list(reached)
    while todo:
        page = todo.pop()
        for match in _LINK.finditer(page.read_text(encoding="utf-8")):
            file = (page.parent / match["target"].partition("#")[0]).resolve()
            if file.suffix == ".md" and file in PAGES and file not in reached:
                reached.add(file)
                todo.append(file)
    assert {name_of(page) for page in PAGES if page not in reached} <= {"CHANGELOG.md"}


def test_a_page_has_its_place():
    """By what a reader needs it for; docs/index.md says which folder that is."""
    flat = {name_of(page) for page in PAGES if page.parent == ROOT / "docs"}
    assert flat - UNSORTED == set()


def test_the_list_of_decisions_has_each_with_its_title_and_date():
    """In the order of their numbers."""
    rows = []
    for page in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        found = re.match(r"# (?P<number>\d{4})\. (?P<title>.+)\n\nDate: (?P<date>[\d-]{10})", page.read_text("utf-8"))
        assert found is not None, page.name
        rows.append(f"| [{found['number']}]({page.name}) | {found['title']} | {found['date']} |")
    assert text_of("docs/decisions/README.md").partition("|---|---|---|\n")[2].splitlines() == rows


_FILE_NAME = re.compile(r"`((?:scripts|schemas|tenants|tests|docs|reconciler|benchmarks)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path):
    """In code spans, from the top of the repository. Tenants in the docs are the reader's own."""
    placeholders = "TENANT|NAME" if page.parent == ROOT else "TENANT|NAME|^tenants/"
    named = [name for name in _FILE_NAME.findall(page.read_text(encoding="utf-8")) if not re.search(placeholders, name)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def _kept() -> list[Path]:
    """Return every file that is, or would be, in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


# Ann is nobody.
PLACES = re.compile(r"(?<![\w.~-])/(?:root|home/(?!ann\b)\w+|Users/\w+|work|workspace|builds)/")
REGISTRIES = re.compile(r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com)\b")


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry():
    """Such a path works for one person only, and where to download from is the installing machine's affair."""
    found: list[str] = []
    here = str(ROOT)
    for file in _kept():
        text = file.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if PLACES.search(line) or REGISTRIES.search(line) or here in line:
                found.append(f"{name_of(file)}:{number}")
    assert found == []


def test_the_lock_of_the_node_tools_names_no_address():
    """npm would go there, whatever registry the machine has."""
    lock = json.loads(text_of("tests/node/package-lock.json"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
