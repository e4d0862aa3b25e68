"""The quick writer of JSON writes what the library's does, to the letter."""

import json
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.indented import indented, streamed

documents: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(documents)
def test_it_is_what_json_dumps_writes(document: Any):
    """Reports are compared, digested and kept as text: a blank more would be a difference."""
    assert indented(document) == json.dumps(document, indent=2, allow_nan=False)


@given(st.dictionaries(st.text(), documents, min_size=1, max_size=4))
def test_its_pieces_are_the_same_text(members: dict[str, Any]):
    """Whether an array is there as a whole or is made while it is written."""
    lazy = {name: iter(member) if isinstance(member, list) else member for name, member in members.items()}
    expected = json.dumps(members, indent=2, allow_nan=False)
    assert "".join(streamed(members)) == expected
    assert "".join(streamed(lazy)) == expected


def test_the_model_s_own_types_are_written_as_json_s():
    """An array is a tuple there, and an object any Mapping; an empty one, too."""
    empty: MappingProxyType[str, Any] = MappingProxyType({})
    assert indented(MappingProxyType({"a": (1, ()), "b": empty})) == indented({"a": [1, []], "b": {}})


def test_an_item_is_made_when_the_one_before_is_written():
    """Ten thousand tenants as JSON's own types would take four times the memory of the model."""
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number

    written = [(piece, len(made)) for piece in streamed({"a": items()})]
    assert [count for piece, count in written if piece.strip("[, \n").isdigit()] == [1, 2, 3]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_number_for_is_refused(number: float):
    """A file that no other parser reads is no report."""
    with pytest.raises(ValueError, match="JSON compliant"):
        indented({"a": [number]})
