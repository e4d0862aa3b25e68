"""Names of files become the path of an address, and nothing else of it."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.report.inline import place
from reconciler.report.links import NO_LINKS, Links, usable
from tests.report.generated import ATTACKS, texts
from tests.report.test_markdown import blocks, rendered

LINKS = Links("https://github.example/acme/config/blob/4f2a")
FORM = re.compile(r"https://github\.example/acme/config/blob/4f2a/[A-Za-z0-9._~/%-]+(#L[1-9]\d*)?")


@given(st.one_of(texts, texts.map("tenants/{}.yaml".format)), st.integers(-1, 10**6))
@example("".join(ATTACKS), 1)
@example("javascript:alert(1)", 1)
@example("//evil.example/a", 1)
def test_any_name_stays_below_the_top_of_the_tree(file: str, line: int):
    """Or there is no link; in a cell it is one element, with the address that was made."""
    address = LINKS.to(file, line)
    assert not address or FORM.fullmatch(address)
    page = rendered(f"| a | b |\n| --- | --- |\n| x {place(LINKS, file, line)} | y |\n")
    assert page.targets == ([address] if address else [])
    calm = ["a"] if address else []
    assert [name for name in blocks(page) if name == "a"] == calm
    assert [name for name in blocks(page) if name != "a"] == blocks(rendered("| a | b |\n| --- | --- |\n| x | y |\n"))


@pytest.mark.parametrize(
    ("file", "line", "address"),
    [
        ("tenants/acme.yaml", 8, f"{LINKS.blob}/tenants/acme.yaml#L8"),
        ("tenants/acme.yaml", 0, f"{LINKS.blob}/tenants/acme.yaml"),
        ("tenants/a b(#)?.yaml", 1, f"{LINKS.blob}/tenants/a%20b%28%23%29%3F.yaml#L1"),
        ("tenants/\u00fc.yaml", 1, f"{LINKS.blob}/tenants/%C3%BC.yaml#L1"),
        ("../acme.yaml", 1, ""),
        ("tenants/./acme.yaml", 1, ""),
        ("/etc/passwd", 1, ""),
        ("", 1, ""),
    ],
    ids=["line", "file", "signs", "letters", "above", "dot", "absolute", "none"],
)
def test_a_file_of_the_tree_has_an_address(file: str, line: int, address: str):
    """What can't be in the tree has none."""
    assert LINKS.to(file, line) == address
    assert NO_LINKS.to(file, line) == ""


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://user@evil.example/", "https://a.example/)",
        "https://a.example/ x", "https://a.example/#x", "https://a.example/<b>", "https://a.example/\n", "ftp://a.example",
        "https://a.example/\u202e", "https://a.example/[x]", "https://a.example/`", "HTTPS://A.example/",
        f"https://a.example/{'x' * 300}",
    ],
)  # fmt: skip
def test_only_plain_http_is_an_address_for_links(address: str):
    """Whoever makes `Links` of anything else has made a mistake, or wasn't given an address."""
    assert usable(address) == ""
    with pytest.raises(ValueError, match="plain http"):
        Links(address)
    with pytest.raises(ValueError, match="plain http"):
        Links(whole=address)


@pytest.mark.parametrize("address", ["https://a.example", "http://127.0.0.1:80/a/b", "https://a.example/a?b=c&d=%20"])
def test_what_forges_have_is_usable(address: str):
    """With a port, a path, a query."""
    assert usable(address) == address
