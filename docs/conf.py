"""The documentation's site: `make docs` builds it from the Markdown pages of the repository, offline.

The pages are the ones that people read in the repository, unchanged. So the source folder is the top of the repository,
and which pages belong to a section is said once, by the links in that section's `index.md`: from these the sidebar is
made. A page that no index links to fails the build.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups
from pygments.token import Generic, Text
from sphinx.application import Sphinx

import reconciler

DOCS = Path(__file__).resolve().parent

project = "reconciler"
release = version = reconciler.__version__
root_doc = "docs/index"

extensions = ["myst_parser"]
include_patterns = ["docs/**.md", "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "SECURITY.md"]
# Only for speed: these folders are not walked.
exclude_patterns = [".*", "*/.*", "benchmarks", "build", "mutants", "reconciler", "requirements", "schemas", "tests"]
myst_heading_anchors = 4
highlight_language = "none"  # a block without a language is a drawing
nitpicky = True
smartquotes = False  # they make a dash of the two hyphens of a flag

html_theme = "furo"
html_title = "reconciler"
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_extra_path = ["site/root"]  # an index.html at the top, since the pages lie in docs/
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5cad", "color-brand-content": "#0b5cad"},
    "dark_css_variables": {"color-brand-primary": "#7fb8f5", "color-brand-content": "#7fb8f5"},
}

_PAGE = re.compile(r"^(?:- |\| )\[(?P<title>[^\]]+)\]\((?P<page>[^)#]+)\.md\)", re.MULTILINE)
"""A line of an index that puts a page into the sidebar: a list's item, or a table's row, that begins with its link."""


def contents(index: str, *, titles: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield the pages that an index lists, below each `##` heading (empty at the top), as a toctree wants them.

    With `titles`, the sidebar calls them what the link does, else what they call themselves.
    """
    parts = re.split(r"^## (.+)$", index, flags=re.MULTILINE)
    for caption, text in zip(["", *parts[1::2]], parts[0::2], strict=True):
        pages = [f"{match['title']} <{match['page']}>" if titles else match["page"] for match in _PAGE.finditer(text)]
        if pages:
            yield caption, pages


def add_contents(_: Sphinx, name: str, source: list[str]) -> None:
    """Give an index its hidden tables of contents; the first one also the pages that nobody has sorted in yet."""
    first = name == root_doc
    if not name.endswith("/index") and name != "docs/decisions/README":
        return
    listed = list(contents(source[0], titles=first))
    if first:
        linked = {"index", *(match["page"] for match in _PAGE.finditer(source[0]))}
        if new := sorted({page.stem for page in DOCS.glob("*.md")} - linked):
            listed.append(("New", new))
    for caption, pages in listed:
        head = ["", "```{toctree}", ":hidden:", *([f":caption: {caption}"] if first else []), ""]
        source[0] += "\n".join([*head, *pages, "```", ""]) if pages else ""


class Console(RegexLexer):  # type: ignore[misc]  # pygments ships no types
    """A terminal: what follows `$ ` or `> ` was typed, all else was printed; `# ` is no prompt here."""

    tokens: ClassVar = {
        "root": [
            (r"^(\$ |> )(.*\n)", bygroups(Generic.Prompt, Generic.Strong)),
            (r".*\n", Text),
        ]
    }


def setup(app: Sphinx) -> None:
    """Have sphinx use what is above."""
    app.connect("source-read", add_contents)
    app.add_lexer("console", Console)
