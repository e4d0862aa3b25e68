"""scripts/move_page.py: a page that moves takes its links along, and what leads to it is mended."""

from pathlib import Path

import pytest

from scripts.move_page import relinked, renamed

TOP = Path("/repo")
OLD, NEW = TOP / "docs/scale.md", TOP / "docs/how-to/scale.md"


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        pytest.param("README.md", "[s](docs/scale.md)", "[s](docs/how-to/scale.md)", id="from-the-top"),
        pytest.param("docs/gate.md", "[s](scale.md#how-many)", "[s](how-to/scale.md#how-many)", id="with-an-anchor"),
        pytest.param("docs/how-to/undo.md", "[s](../scale.md)", "[s](scale.md)", id="from-where-it-goes"),
        pytest.param("docs/gate.md", "[s](scales.md) [t](https://x.example/scale.md)", "", id="something-else"),
        pytest.param(
            "docs/scale.md", "![p](images/a.svg) [g](gate.md)", "![p](../images/a.svg) [g](../gate.md)", id="its-own"
        ),
        pytest.param("docs/scale.md", "[up](#how-many) [x](https://x.example/)", "", id="within-itself-and-outside"),
    ],
)
def test_a_link_leads_where_it_did(page: str, before: str, after: str):
    """An empty `after` means: as before."""
    assert relinked(before, TOP / page, OLD, NEW) == (after or before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("see docs/scale.md.", "see docs/how-to/scale.md.", id="in-a-sentence"),
        pytest.param('ROOT / "docs" / "scale.md"', 'ROOT / "docs" / "how-to" / "scale.md"', id="as-python-joins"),
        pytest.param("other/docs/scale.md docs/scale.mdx docs/scale.md/x", "", id="something-else"),
    ],
)
def test_what_names_the_page_from_the_top_is_mended(before: str, after: str):
    """In any file: a message, a script, a test."""
    assert renamed(before, "docs/scale.md", "docs/how-to/scale.md") == (after or before)
