"""docs/how-to/doctor.md tells of every check that there is."""

import ast
import re

from tests.docs.pages import ROOT, prose

_CHECK = re.compile(r"(?:tool|files|credentials|network|api|limits|gate)/[a-z-]+")


def test_the_page_lists_every_check_and_no_other():
    """Each name in the code stands in the first cell of a row."""
    made = {
        node.value
        for file in (ROOT / "reconciler" / "journeys" / "doctor").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CHECK.fullmatch(node.value)
    }
    told = re.findall(r"^\| `([a-z]+/[a-z-]+)` \|", prose("docs/how-to/doctor.md"), re.MULTILINE)
    assert len(made) > 20
    assert sorted(told) == sorted(made)
