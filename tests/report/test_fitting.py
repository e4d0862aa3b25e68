"""Blocks keep to the room that there is, and what is left out is counted."""

from collections.abc import Callable, Iterator

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.fitting import Block, Row, fitted
from tests.report.conftest import quick


def things(number: int) -> str:
    return f"{number} things"


def others(number: int) -> str:
    return f"{number} others"


def block(
    *weights: int,
    size: int = 100,
    told: Callable[[int], str] = things,
    assured: bool = True,
    rest: Block | None = None,
) -> Block:
    """Rows of `size` bytes."""
    rows = (Row("x" * (size - 1) + "\n", weight) for weight in weights)
    return Block("HEAD\n", rows, sum(weights), told, "FOOT\n", assured, rest)


sizes = st.lists(st.tuples(st.lists(st.integers(1, 9), max_size=9), st.integers(1, 400), st.booleans()), max_size=6)


@given(sizes, st.integers(0, 4000))
@quick
def test_bytes_stay_within_and_numbers_add_up(some: list[tuple[list[int], int, bool]], room: int):
    """Whatever the rows are; heads and feet come in pairs, and each note fits in what was kept for it."""
    blocks = [block(*weights, size=size, assured=assured) for weights, size, assured in some]
    total = sum(one.count for one in blocks)
    text, missing = fitted(blocks, room)
    assert len(text.encode()) <= room
    assert text.count("HEAD") == text.count("FOOT")
    left = sum(int(told.split()[0]) for told in missing)
    assert 0 <= left <= total
    assert (left == 0) == (missing == ())


def test_what_is_shown_and_what_is_missing_make_the_whole():
    """By weight, not by row."""
    text, missing = fitted([block(5, 5, 5, 5)], 400)
    assert text.count("x" * 99) == 2
    assert "\n… and 10 things more.\nFOOT" in text
    assert missing == ("10 things",)


def test_a_long_block_leaves_the_others_their_share():
    """Half of the room is shared out evenly; the rest goes to whoever is first."""
    text, missing = fitted([block(*[1] * 50), block(*[1] * 50, size=99, told=others)], 2000)
    long, short = (text.splitlines().count("x" * size) for size in (99, 98))
    assert missing == (f"{50 - long} things", f"{50 - short} others")
    assert long > short > 3


def test_what_is_not_assured_waits_for_all_that_is():
    """A fold gets nothing before the second table is whole, although it stands before it."""
    fold = block(*[1] * 50, told=others, assured=False)
    text, missing = fitted([fold, block(*[1] * 10)], 1300)
    assert text.count("x" * 99) == 10
    assert missing == ("50 others",)


def test_a_long_first_row_is_shown_though_it_is_more_than_a_share():
    """A table without a row would say nothing."""
    text, _ = fitted([block(*[1] * 50), block(1, size=900, told=others)], 2000)
    assert "x" * 899 in text


def test_a_rest_that_finds_no_room_is_counted_where_it_would_stand():
    """So nobody takes the table for the whole; one that is shown speaks for itself."""
    text, missing = fitted([block(1, 1, rest=block(*[1] * 9, size=300, assured=False))], 600)
    assert "… and 9 things more." in text
    assert missing == ("9 things",)
    text, missing = fitted([block(1, 1, rest=block(*[1] * 9, assured=False))], 3000)
    assert text.count("HEAD") == 2
    assert missing == ()
    assert "more" not in text


def test_of_what_finds_no_room_one_row_is_made():
    """A fleet may have ten thousand of them."""
    made = 0

    def rows() -> Iterator[Row]:
        nonlocal made
        for _ in range(10_000):
            made += 1
            yield Row("x" * 100)

    fitted([Block("", rows(), 10_000, things)], 1000)
    assert made <= 10


def test_nothing_makes_no_block():
    """Neither head nor foot."""
    assert fitted([block()], 1000) == ("", ())
