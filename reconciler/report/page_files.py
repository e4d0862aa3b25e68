"""The page's own style and script: files in `page/`, read once, put into the page whole, allowed by their hash.

The script is one module made of several files, in the order of `SCRIPTS`: each uses only what stands before it, or
what runs after all of them are there. Nothing is built, so what people debug in a browser is what stands in the files.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

STYLE: Final = "page.css"
SCRIPTS: Final = (
    "elements.js",
    "data.js",
    "view.js",
    "matching.js",
    "detail.js",
    "grid.js",
    "toolbar.js",
    "lists.js",
    "start.js",
)


@cache
def style() -> str:
    """Return the style sheet."""
    return _file(STYLE)


@cache
def script() -> str:
    """Return the script: a module, so it is strict, keeps its names to itself, and runs when the page is there."""
    return "\n".join(map(_file, SCRIPTS))


@cache
def policy() -> str:
    """Return the content security policy: this style and this script, no other, and nothing from anywhere.

    Data in a block of JSON is no script. The last two make a browser refuse what would turn text into markup, so a
    slip of ours (`innerHTML`) breaks the page rather than its reader's trust.
    """
    return (
        f"default-src 'none'; style-src '{_hash(style())}'; script-src '{_hash(script())}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _file(name: str) -> str:
    return (files("reconciler.report") / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
