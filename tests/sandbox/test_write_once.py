"""What can be set once: the sandbox holds to it, whoever comes second."""

from typing import Any

import pytest

from tests.sandbox.calling import Caller

SEQUENCE = "sales_order_generator_sequence"
FIRST = {"prefix": "NS", "size": 16, "start": 1, "step": 1}


@pytest.mark.parametrize("second", [{**FIRST, "prefix": "EU"}, FIRST], ids=["another", "the-same"])
def test_a_second_write_is_a_409_and_changes_nothing(call: Caller, second: Any):
    """Not even the same value is taken twice."""
    before = call.post("acme", SEQUENCE, FIRST).json()
    answer = call.post("acme", SEQUENCE, second)
    assert (answer.status_code, answer.json()["error_code"]) == (409, "conflict")
    assert call.get("acme", SEQUENCE).json() == before


def test_a_tenant_may_set_it_after_another_has(call: Caller):
    """Write-once is once a tenant."""
    assert call.post("acme", SEQUENCE, FIRST).status_code == 200
    assert call.post("northwind", SEQUENCE, FIRST).status_code == 200


def test_a_value_without_a_date_was_never_written_and_may_be(call: Caller):
    """A default that nobody wrote is no first write: a person may vouch for that."""
    call.sandbox.set_value("acme", SEQUENCE, FIRST, None)
    assert call.post("acme", SEQUENCE, {**FIRST, "prefix": "EU"}).status_code == 200
    assert call.post("acme", SEQUENCE, FIRST).status_code == 409


def test_a_rejected_first_write_leaves_it_open(call: Caller):
    """A 400 uses nothing up."""
    assert call.post("acme", SEQUENCE, {"size": 0}).status_code == 400
    assert call.post("acme", SEQUENCE, FIRST).status_code == 200


def test_an_ordinary_key_may_be_written_again(call: Caller):
    """The rule is the mark in the schema, not a habit of the sandbox."""
    assert [call.post("acme", "on_hold_timer_duration", n).status_code for n in (1, 2)] == [200, 200]
