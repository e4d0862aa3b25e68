import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.strictyaml.scalars import LARGEST, Trap, resolve


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("~", None, id="tilde"),
        pytest.param("null", None, id="null"),
        pytest.param("NULL", None, id="null-upper"),
        pytest.param("nULL", "nULL", id="null-odd-case-is-text"),
        pytest.param("true", True, id="true"),
        pytest.param("False", False, id="false-title"),
        pytest.param("yes", "yes", id="yes-is-text"),
        pytest.param("no", "no", id="no-is-text"),
        pytest.param("on", "on", id="on-is-text"),
        pytest.param("off", "off", id="off-is-text"),
        pytest.param("y", "y", id="y-is-text"),
        pytest.param("N", "N", id="n-is-text"),
        pytest.param("0", 0, id="zero"),
        pytest.param("-7", -7, id="negative"),
        pytest.param("+7", 7, id="plus"),
        pytest.param("0o17", 15, id="octal-1.2"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("0.5", 0.5, id="float"),
        pytest.param(".5", 0.5, id="float-without-zero"),
        pytest.param("1.", 1.0, id="float-without-fraction"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param("-1.5E-2", -0.015, id="negative-exponent"),
        pytest.param("2024-01-31", "2024-01-31", id="date-is-text"),
        pytest.param("2024-01-31T12:30:00Z", "2024-01-31T12:30:00Z", id="timestamp-is-text"),
        pytest.param("1.2.3", "1.2.3", id="version-is-text"),
        pytest.param("12abc", "12abc", id="digits-and-letters"),
        pytest.param("12:75", "12:75", id="no-sixties"),
        pytest.param("=", "=", id="value-key-is-text"),
        pytest.param("0x", "0x", id="bare-prefix-is-text"),
        pytest.param("-0x1", "-0x1", id="signed-hexadecimal-is-text"),
        pytest.param(str(LARGEST), LARGEST, id="largest"),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_of_yaml_1_2_says(text: str, value: object):
    """Types count: `1.` is a float, `no` a text."""
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("0755", "yaml/octal", id="octal"),
        pytest.param("-0755", "yaml/octal", id="negative-octal"),
        pytest.param("08", "yaml/octal", id="leading-zero-decimal"),
        pytest.param("00.5", "yaml/octal", id="leading-zero-float"),
        pytest.param("12:30", "yaml/sexagesimal", id="time-of-day"),
        pytest.param("1:30:00.5", "yaml/sexagesimal", id="base-60-float"),
        pytest.param("1_000", "yaml/grouped-number", id="underscore"),
        pytest.param("1_0.5", "yaml/grouped-number", id="underscore-float"),
        pytest.param("0x_1f", "yaml/grouped-number", id="underscore-hexadecimal"),
        pytest.param("0b101", "yaml/grouped-number", id="binary"),
        pytest.param(".inf", "yaml/number", id="infinity"),
        pytest.param("-.INF", "yaml/number", id="minus-infinity"),
        pytest.param(".nan", "yaml/number", id="nan"),
        pytest.param("1e400", "yaml/number", id="overflow"),
        pytest.param("1e-400", "yaml/number", id="underflow"),
        pytest.param("1e17", "yaml/number", id="inexact-float"),
        pytest.param(str(LARGEST + 1), "yaml/number", id="too-large"),
        pytest.param(str(-(2**64)), "yaml/number", id="too-small"),
        pytest.param("0xffffffffffffffffff", "yaml/number", id="hexadecimal-too-large"),
        pytest.param("9" * 5000, "yaml/number", id="more-digits-than-python-converts"),
    ],
)
def test_a_scalar_that_readers_disagree_on_is_refused(text: str, rule: str):
    """The refusal names its rule, and its message doesn't hold the scalar."""
    refused = resolve(text)
    assert isinstance(refused, Trap)
    assert refused.rule == rule
    assert text not in refused.message + refused.bare_hint


def test_an_octal_looking_number_gets_the_number_to_write():
    """`0755` was meant as 493 by whoever has YAML 1.1 in mind."""
    refused = resolve("0755")
    assert isinstance(refused, Trap)
    assert refused.hint == "Octal? Write 493, or quote it."
    assert "493" not in refused.bare_hint


@given(st.one_of(st.text(), st.from_regex(r"[-+.0-9_xobeE:]{1,30}", fullmatch=True)))
def test_whatever_is_resolved_can_be_sent_as_json(text: str):
    """No text makes the resolver raise, or return a number that JSON can't carry."""
    value = resolve(text)
    if isinstance(value, float):
        assert math.isfinite(value)
    if isinstance(value, int | float):
        assert abs(value) <= LARGEST
