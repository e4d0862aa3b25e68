from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.values import Json
from reconciler.report.yaml_text import yaml_lines
from tests.report.conftest import quick
from tests.report.generated import texts

documents: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), st.none(), st.integers(-(2**53), 2**53), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def test_an_undo_reads_like_a_file_that_a_person_wrote():
    """Blocks for groups and keys, and the rest on a line."""
    hook: Json = {"url": "https://a.example/", "on": True}
    value: Json = {"sales_order": {"timer": 20, "hook": hook, "from": ("dc", "store")}}
    assert yaml_lines(value) == (
        "sales_order:",
        "  timer: 20",
        "  hook:",
        '    url: "https://a.example/"',
        '    "on": true',
        '  from: ["dc", "store"]',
    )


@given(st.dictionaries(texts, documents, min_size=1, max_size=3))
@quick
def test_a_parser_reads_the_same_value_back(value: dict[str, Any]):
    """Whatever stands in it; and each line of it can be seen whole."""
    lines = yaml_lines(value)
    assert all(line.isprintable() for line in lines)
    assert _plain(yaml.safe_load("\n".join(lines))) == _plain(value)
