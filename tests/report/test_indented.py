"""The quick writer of JSON writes what the library's does, to the letter."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.indented import indented

documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(documents)
def test_it_is_what_json_dumps_writes(document: Any):
    """Reports are compared, digested and kept as text: a blank more would be a difference."""
    assert indented(document) == json.dumps(document, indent=2, allow_nan=False)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_number_for_is_refused(number: float):
    """A file that no other parser reads is no report."""
    with pytest.raises(ValueError, match="JSON compliant"):
        indented({"a": [number]})
