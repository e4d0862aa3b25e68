"""The truth table of `decide`, held against its docstring and against a second table that was written by hand."""

from collections.abc import Mapping
from itertools import product

import pytest

from reconciler.model.normal import Match
from reconciler.model.words import Action, LiveState, Reason
from reconciler.planning import decide as module
from reconciler.planning.decide import Decision, decide

NO_OP, CREATE, UPDATE, BLOCKED, UNREADABLE = Action
Case = tuple[LiveState, Match, bool, bool, bool]
"""State, match, write-once, rewrite, assume-unset."""

CASES: list[Case] = list(product(LiveState, Match, (False, True), (False, True), (False, True)))
IDS = [
    f"{state}-{match.value}-{'once' if once else 'ordinary'}{'-rewrite' * rewrite}{'-assume' * assume}"
    for state, match, once, rewrite, assume in CASES
]

# Equality counts for set and default only, --rewrite in "not comparable" only, --assume-unset in "ambiguous" only.
ORDINARY: Mapping[tuple[LiveState, Match | None, bool], tuple[Action, Reason]] = {
    (LiveState.UNSET, None, False): (CREATE, Reason.UNSET),
    (LiveState.UNSET, None, True): (CREATE, Reason.UNSET),
    (LiveState.SET, Match.EQUAL, False): (NO_OP, Reason.IN_SYNC),
    (LiveState.SET, Match.EQUAL, True): (NO_OP, Reason.IN_SYNC),
    (LiveState.SET, Match.DIFFERENT, False): (UPDATE, Reason.DIFFERS),
    (LiveState.SET, Match.DIFFERENT, True): (UPDATE, Reason.DIFFERS),
    (LiveState.SET, Match.NOT_COMPARABLE, False): (NO_OP, Reason.NOT_COMPARABLE),
    (LiveState.SET, Match.NOT_COMPARABLE, True): (UPDATE, Reason.NOT_COMPARABLE),
    (LiveState.DEFAULT, Match.EQUAL, False): (NO_OP, Reason.IN_SYNC),
    (LiveState.DEFAULT, Match.EQUAL, True): (NO_OP, Reason.IN_SYNC),
    (LiveState.DEFAULT, Match.DIFFERENT, False): (UPDATE, Reason.DEFAULT_DIFFERS),
    (LiveState.DEFAULT, Match.DIFFERENT, True): (UPDATE, Reason.DEFAULT_DIFFERS),
    (LiveState.DEFAULT, Match.NOT_COMPARABLE, False): (NO_OP, Reason.NOT_COMPARABLE),
    (LiveState.DEFAULT, Match.NOT_COMPARABLE, True): (UPDATE, Reason.NOT_COMPARABLE),
    (LiveState.AMBIGUOUS, None, False): (UNREADABLE, Reason.AMBIGUOUS),
    (LiveState.AMBIGUOUS, None, True): (UNREADABLE, Reason.AMBIGUOUS),
    (LiveState.UNKNOWN_KEY, None, False): (UNREADABLE, Reason.UNKNOWN_KEY),
    (LiveState.UNKNOWN_KEY, None, True): (UNREADABLE, Reason.UNKNOWN_KEY),
    (LiveState.UNREADABLE, None, False): (UNREADABLE, Reason.READ_FAILED),
    (LiveState.UNREADABLE, None, True): (UNREADABLE, Reason.READ_FAILED),
}
"""By state, equality and --rewrite; --assume-unset does nothing to an ordinary key."""

WRITE_ONCE: Mapping[tuple[LiveState, Match | None, bool], tuple[Action, Reason, bool]] = {
    (LiveState.UNSET, None, False): (CREATE, Reason.UNSET, True),
    (LiveState.UNSET, None, True): (CREATE, Reason.UNSET, True),
    (LiveState.SET, Match.EQUAL, False): (NO_OP, Reason.WRITE_ONCE_SET, False),
    (LiveState.SET, Match.EQUAL, True): (NO_OP, Reason.WRITE_ONCE_SET, False),
    (LiveState.SET, Match.DIFFERENT, False): (BLOCKED, Reason.WRITE_ONCE_DIFFERS, False),
    (LiveState.SET, Match.DIFFERENT, True): (BLOCKED, Reason.WRITE_ONCE_DIFFERS, False),
    (LiveState.SET, Match.NOT_COMPARABLE, False): (NO_OP, Reason.NOT_COMPARABLE, False),
    (LiveState.SET, Match.NOT_COMPARABLE, True): (NO_OP, Reason.NOT_COMPARABLE, False),
    (LiveState.DEFAULT, None, False): (UNREADABLE, Reason.AMBIGUOUS, False),
    (LiveState.DEFAULT, None, True): (UNREADABLE, Reason.AMBIGUOUS, False),
    (LiveState.AMBIGUOUS, None, False): (UNREADABLE, Reason.AMBIGUOUS, False),
    (LiveState.AMBIGUOUS, None, True): (CREATE, Reason.AMBIGUOUS, True),
    (LiveState.UNKNOWN_KEY, None, False): (UNREADABLE, Reason.UNKNOWN_KEY, False),
    (LiveState.UNKNOWN_KEY, None, True): (UNREADABLE, Reason.UNKNOWN_KEY, False),
    (LiveState.UNREADABLE, None, False): (UNREADABLE, Reason.READ_FAILED, False),
    (LiveState.UNREADABLE, None, True): (UNREADABLE, Reason.READ_FAILED, False),
}
"""By state, equality and --assume-unset; --rewrite does nothing to a write-once key."""


def by_hand(case: Case) -> Decision:
    """Return the cell of the tables above."""
    state, match, once, rewrite, assume = case
    if once:
        cell = WRITE_ONCE.get((state, match, assume)) or WRITE_ONCE[state, None, assume]
        return Decision(*cell)
    plain = ORDINARY.get((state, match, rewrite)) or ORDINARY[state, None, rewrite]
    return Decision(*plain)


def by_docstring(case: Case) -> Decision:
    """Return the cell of the docstring's table: the row of a flag that was given comes before the one without."""
    state, match, once, rewrite, assume = case
    rows = _rows()
    names = [
        *(["not-c., rewrite"] if rewrite and match is Match.NOT_COMPARABLE else []),
        *(["assume-unset"] if assume else []),
        match.value,
        "-",
    ]
    cells = next(rows[state.value, name] for name in names if (state.value, name) in rows)
    text = cells[1 if once else 0]
    irreversible = text.endswith("(irreversible)")
    action, reason = text.removesuffix("(irreversible)").strip().split(", ")
    return Decision(Action(action), Reason(reason), irreversible)


def _rows() -> Mapping[tuple[str, str], tuple[str, str]]:
    lines = [line for line in (module.__doc__ or "").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["live state", "equality", "ordinary key", "write-once key"]
    return {(state, equality): (ordinary, once) for state, equality, ordinary, once in cells[2:]}


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_every_cell_is_as_both_tables_say(case: Case):
    """All states, equalities, kinds of key and flags: 144 cells, each in two tables that agree."""
    state, match, once, rewrite, assume = case

    decision = decide(state, match, write_once=once, rewrite=rewrite, assume_unset=assume)

    assert decision == by_hand(case)
    assert decision == by_docstring(case)


def test_the_docstring_has_no_row_that_is_never_used():
    """A row that no case reaches would be a promise that nobody keeps."""
    states, equalities = {state.value for state in LiveState}, {match.value for match in Match}

    assert {state for state, _ in _rows()} == states
    assert {equality for _, equality in _rows()} == equalities | {"-", "not-c., rewrite", "assume-unset"}


def test_a_write_once_key_is_only_ever_created():
    """No flag and no state updates one; it is created only where it is unset, or a person has vouched for that."""
    for state, match, _, rewrite, assume in CASES:
        decision = decide(state, match, write_once=True, rewrite=rewrite, assume_unset=assume)

        assert decision.action is not Action.UPDATE
        vouched = state is LiveState.AMBIGUOUS and assume
        assert (decision.action is Action.CREATE) is (state is LiveState.UNSET or vouched)
        assert decision.irreversible is decision.action.writes


@pytest.mark.parametrize("action", Action, ids=str)
def test_only_create_and_update_write(action: Action):
    """The two actions that end in a POST."""
    assert action.writes is (action in {CREATE, UPDATE})
