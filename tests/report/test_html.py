import base64
import hashlib
import re
from html.parser import HTMLParser

from hypothesis import given

from reconciler.model.report import Report
from reconciler.report.html import to_html
from tests.report.conftest import quick
from tests.report.generated import reports
from tests.report.samples import SAMPLES

OURS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "p", "ul",
    "li", "div", "table", "thead", "tbody", "tr", "th", "td", "code", "span", "strong", "br", "details", "summary",
}  # fmt: skip
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "scope", "tabindex"}


class Page(HTMLParser):
    """Checks that elements nest, and collects their names."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment got in")


@given(reports)
@quick
def test_any_string_in_any_slot_is_text(report: Report):
    """Whatever stands in any slot, the page has our elements and attributes only, and they nest."""
    source = to_html(report)
    page = Page(source)
    assert page.open == []
    assert page.elements <= OURS
    assert page.attributes <= ATTRIBUTES
    assert "##[" not in source
    body = source.partition("</head>")[2]
    assert "::" not in body
    assert body.replace("\n", "").isprintable()


def test_the_policy_lets_nothing_in_but_the_style_that_is_there():
    """The hash in the policy is that of the style, and nothing in the page asks the network for anything."""
    source = to_html(SAMPLES["hostile"])
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in source
    assert not re.search(r"<script|<link|<img|<a |url\(|@import|\ssrc=|\shref=|\sstyle=", source.partition("<body>")[0])


def test_a_sandbox_page_says_so_on_top():
    """The banner stands before all else but the headline."""
    source = to_html(SAMPLES["sandbox-changes"])
    assert source.index("Sandbox") < source.index("What to do next")


def test_a_page_has_one_heading_of_the_first_rank():
    """Headings make an outline: the headline, then a section each."""
    source = to_html(SAMPLES["plan"])
    assert source.count("<h1>") == 1
    assert source.count("<section>") == source.count("</section>")
