import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.catalogue.shapes import ASSERTED
from reconciler.desired.formats import FORMATS

GOOD = {
    "uri": ["https://a.example/", "http://127.0.0.1:8080/x?y=1#z", "https://[::1]:8/", "urn:a:b", "mailto:a@b.example",
            "https://a.example/%20", "https://u:p@a.example/", "HTTPS://A.EXAMPLE", "file:///etc/x"],
    "date-time": ["2024-02-29T12:30:00Z", "2024-01-01t00:00:00.123+01:00", "2016-12-31T23:59:60Z"],
    "date": ["2024-02-29"],
    "email": ["a.b+c@d.example"],
    "hostname": ["a", "a-b.example"],
    "ipv4": ["127.0.0.1"],
    "ipv6": ["::1", "fe80::1"],
    "uuid": ["123E4567-e89b-12d3-a456-426614174000"],
}  # fmt: skip
BAD = {
    "uri": ["", "a", "/a", "//a.example", "https:", "https://", "https:///x", "https://a b", "https://a.example/ä",
            "https://a.example/\n", "https://a.example:port/", "https://a.example:99999/", "https://[::1/",
            "https://[zz]/", "https://a.example/%zz", "https://a.example/[", "https://a.example\\x", "1http://a",
            "https://:8080/", "https://a.example/#a#b", "https://a@b@c/", "https://a.example:1:2/"],
    "date-time": ["2024-02-30T00:00:00Z", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z",
                  "2024-01-01T25:00:00Z", "2024-01-01T00:00:00+24:00", "２024-01-01T00:00:00Z"],
    "date": ["2024-02-30", "20240101", "2024-W01-1"],
    "email": ["a", "@b", "a@", "a b@c.example"],
    "hostname": ["", "-a", "a..b", "a_b", "a" * 64],
    "ipv4": ["1.2.3", "01.2.3.4", "::1"],
    "ipv6": ["1.2.3.4", "::1%eth0", ":::"],
    "uuid": ["123E4567e89b12d3a456426614174000", "x"],  # pragma: allowlist secret
}  # fmt: skip


def rows(table: dict[str, list[str]]) -> list[object]:
    return [pytest.param(name, text, id=f"{name}-{n}") for name, texts in table.items() for n, text in enumerate(texts)]


@pytest.mark.parametrize(("name", "text"), rows(GOOD))
def test_a_good_text_has_its_format(name: str, text: str):
    """One row a text."""
    assert FORMATS[name][0](text)


@pytest.mark.parametrize(("name", "text"), rows(BAD))
def test_a_bad_text_has_not(name: str, text: str):
    """One row a text."""
    assert not FORMATS[name][0](text)


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in FORMATS])
@given(text=st.text())
def test_no_text_makes_a_check_fail(name: str, text: str):
    """Every text has the format or hasn't."""
    assert FORMATS[name][0](text) in {True, False}


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in FORMATS])
@pytest.mark.parametrize("unit", [pytest.param(u, id=u) for u in ("a", "%20", "a.", ":", "@", "/", "1", "[", "-")])
def test_a_long_text_is_judged_in_no_time(name: str, unit: str):
    """No pattern backtracks."""
    before = time.process_time()
    for head in ("", "https://", "https://a/", "2024-01-01T00:00:00."):
        FORMATS[name][0](head + unit * (300_000 // len(unit)) + "\n")
    assert time.process_time() - before < 1


def test_a_schema_may_use_the_formats_that_are_asserted_and_no_others():
    """A format that nobody asserts would look like a check."""
    assert tuple(FORMATS) == ASSERTED
