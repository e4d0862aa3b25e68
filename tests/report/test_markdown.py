import re
from dataclasses import replace
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given

from reconciler.model.plan import Refusal
from reconciler.model.report import Report
from reconciler.model.words import Result
from reconciler.report.markdown import LEAST, LIMIT, to_markdown
from reconciler.report.untrusted import markdown
from tests.report.conftest import quick
from tests.report.generated import ATTACKS, reports, texts
from tests.report.samples import SAMPLES, TIMER_UPDATE, tenant

OURS = {
    "p", "strong", "h3", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "code", "br", "b", "wbr",
}  # fmt: skip
MENTION = re.compile(r"@\w|#\d|\bgh-\d|:\w+:|://|www\.\w", re.IGNORECASE)


class Page(HTMLParser):
    """Takes HTML apart into its elements and the runs of text that GitHub looks for links and mentions in."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []
        self.runs: list[str] = [""]
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.extend(name for name, _ in attrs)
        self.runs.append("")
        if tag not in {"br", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.runs.append("")

    def handle_data(self, data: str) -> None:
        self.runs[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment got in")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError("a declaration got in")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("a processing instruction got in")


def rendered(source: str) -> Page:
    """Render as GitHub does, raw HTML let through, so that anything that escapes is seen."""
    page = Page(cmarkgfm.github_flavored_markdown_to_html(source, options=Options.CMARK_OPT_UNSAFE))
    assert page.open == []
    return page


def blocks(page: Page) -> list[str]:
    """The elements but those that stand within a sentence."""
    return [name for name in page.elements if name not in {"wbr", "code", "br"}]


@given(texts)
@example("".join(ATTACKS))
def test_any_string_in_a_cell_is_shown_literally(text: str):
    """A hostile string changes no structure and makes no element, link or mention; a reader sees its letters."""
    page = rendered(f"| a | b |\n| --- | --- |\n| x {markdown(text)} | y |\n")
    calm = rendered("| a | b |\n| --- | --- |\n| x calm | y |\n")
    assert blocks(page) == blocks(calm)
    assert not MENTION.search("\n".join(page.runs))


@given(texts)
@example("".join(ATTACKS))
def test_any_string_in_a_summary_is_shown_literally(text: str):
    """The same within raw HTML, where Markdown's own escapes don't count."""
    page = rendered(f"<details><summary>{markdown(text)}: x</summary>\n\nbody\n\n</details>\n")
    assert blocks(page) == ["details", "summary", "p"]


@given(reports)
@quick
def test_any_string_in_any_slot_leaves_the_structure_alone(report: Report):
    """Whatever stands in any slot, the comment has our elements only, all closed, no link, no mention, no attribute."""
    source = to_markdown(report)
    page = rendered(source)
    assert set(page.elements) <= OURS
    assert page.attributes == []
    assert not MENTION.search("\n".join(page.runs))
    assert "::" not in source
    assert "##[" not in source
    assert source.replace("\n", "").isprintable()


@given(reports)
@quick
def test_a_comment_keeps_to_its_budget(report: Report):
    """However small the budget, the bytes stay within, and the structure is whole."""
    source = to_markdown(report, LEAST)
    assert len(source.encode()) <= LEAST
    assert set(rendered(source).elements) <= OURS


def test_a_fleet_fits_a_comment_and_what_is_left_out_is_counted():
    """With 2,000 tenants the riskiest stays, the calm ones are cut, and shown and left out make the whole."""
    calm = [tenant(f"t{number:04}", Result.CHANGES, TIMER_UPDATE) for number in range(2000)]
    report = replace(SAMPLES["plan"], tenants=(*SAMPLES["plan"].tenants, *calm))
    source = to_markdown(report)
    assert LIMIT - 2_000 < len(source.encode()) <= LIMIT
    assert "It can't be changed" in source
    # 2,000 of theirs, and behind them the drift and the two noted keys of the last tenants of the sample.
    left = re.search(r"Left out, to fit a comment: (?P<keys>[\d,]+) keys, 1 released key, 1 tenant", source)
    assert left
    shown = source.count("<details><summary>t")
    assert shown + int(left["keys"].replace(",", "")) == 2003
    assert set(rendered(source).elements) <= OURS


def test_one_row_that_is_too_long_leaves_no_table_open():
    """Thousands of refusals are cut within their table, and the rest is counted."""
    refusals = tuple(Refusal("freeze", "No. " * 100, f"t{number}") for number in range(3000))
    source = to_markdown(replace(SAMPLES["refused"], refusals=refusals))
    assert len(source.encode()) <= LIMIT
    assert "2," in source.rpartition("Left out")[2]
    assert set(rendered(source).elements) <= OURS


def test_two_long_values_are_cut_around_their_difference():
    """A cut must not make two different values look alike."""
    long = replace(
        TIMER_UPDATE, changes=(replace(TIMER_UPDATE.changes[0], before="x" * 5000 + "old", after="x" * 5000 + "new"),)
    )
    source = to_markdown(replace(SAMPLES["sandbox-changes"], tenants=(tenant("acme", Result.CHANGES, long),)))
    assert "old" in source
    assert "new" in source
    assert len(source) < 5000


def test_the_first_line_tells_all():
    """The headline stands alone in the first line, and a sandbox run says so at once."""
    lines = to_markdown(SAMPLES["sandbox-changes"]).splitlines()
    assert lines[0] == "**Plan: 2 changes in 2 of 2 tenants: all by this revision; 1 irreversible.**"
    assert "Sandbox" in lines[2]


def test_a_budget_that_holds_no_first_lines_is_a_bug():
    """The least is documented; less is a mistake of the caller."""
    with pytest.raises(ValueError, match="2000 bytes"):
        to_markdown(SAMPLES["plan"], LEAST - 1)
