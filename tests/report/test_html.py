import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given

from reconciler.model.meaning import FieldMeaning, Meaning
from reconciler.model.problem import Problem
from reconciler.model.report import Report
from reconciler.model.words import Action, Result
from reconciler.report.counts import counts
from reconciler.report.html import to_html
from reconciler.report.page_changes import GROUPED, LISTED
from reconciler.report.page_files import SCRIPTS, STYLE, policy, script, style
from reconciler.report.sections import sections
from reconciler.report.untrusted import visible
from tests.report.conftest import ROOT, quick
from tests.report.generated import reports
from tests.report.samples import DRIFT, OMS_IN_SYNC, SAMPLES, TIMER, TIMER_UPDATE, report, tenant

OURS = {
    "html", "head", "meta", "title", "style", "script", "body", "noscript", "header", "main", "footer", "section",
    "article", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd", "div", "table", "thead", "tbody", "tr", "th", "td",
    "code", "pre", "span", "strong", "wbr", "details", "summary",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "scope", "tabindex", "type", "hidden", "open",
    "data-group", "data-tenants", "data-key",
}  # fmt: skip


class Page(HTMLParser):
    """Checks that elements nest, and collects their names."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.scripts = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.scripts += tag == "script"
        self.attributes.update(name for name, _ in attrs)
        if tag not in {"meta", "wbr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment got in")


def block_of(source: str) -> str:
    """Return the data block as it stands in a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', source, re.DOTALL)
    assert found
    return found[1]


def data_of(source: str) -> Any:
    """Return what the data block says."""
    return json.loads(block_of(source))


@given(reports)
@quick
def test_any_string_in_any_slot_is_text(made: Report):
    """Whatever stands in any slot, the page has our elements and attributes only, and they nest."""
    source = to_html(made)
    page = Page(source)
    assert page.open == []
    assert page.elements <= OURS
    assert page.attributes <= ATTRIBUTES
    assert page.scripts <= 2
    body = source.partition("</head>")[2]
    assert "##[" not in source
    assert "::" not in body
    assert body.replace("\n", "").isprintable()


@given(reports)
@quick
def test_the_data_holds_every_key_once_and_can_not_leave_its_block(made: Report):
    """Nothing in it begins an element, ends the block, or is more than ASCII; and it is whole."""
    source = to_html(made)
    found = sections(made)
    if not any(section.keys or section.quiet for section in found):
        assert "application/json" not in source
        return
    block = block_of(source)
    assert block.isascii()
    assert not set(block) & set("<>&")
    data = json.loads(block)
    assert [row[0] for row in data["tenants"]] == [visible(section.tenant.tenant) for section in found]
    for row, section in zip(data["tenants"], found, strict=True):
        columns = [*(cell[0] for cell in row[5]), *(cell["key"] for cell in row[6])]
        expected = [*section.quiet, *section.keys]
        assert [data["keys"][column] for column in columns] == [visible(key.change.key) for key in expected]


def test_the_policy_lets_nothing_in_but_the_style_and_the_script_that_are_there():
    """The hashes in the policy are theirs, and nothing in the page asks the network for anything."""
    source = to_html(SAMPLES["hostile"])
    for element, directive in (("<style>", "style-src"), ('<script type="module">', "script-src")):
        inner = source.partition(element)[2].partition("</")[0]
        digest = base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in source
    assert "default-src 'none'; " in policy()
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy()
    assert "unsafe" not in policy()
    assert source.index(policy()) < source.index("<style>"), "a policy counts for what follows it"
    assert not re.search(r"<link|<img|<a |url\(|@import|<[a-z][^<>]*\s(?:src|href|style)=", source)


def test_the_script_never_turns_text_into_markup():
    """And neither it nor the style could end the element that it stands in, or asks for anything."""
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|eval|Function\(", script())
    assert not re.search(r"fetch\(|XMLHttp|import |import\(|WebSocket|sendBeacon|\bsrc\b", script())
    assert "https://" not in script().replace("http://www.w3.org/2000/svg", "")
    assert "</" not in script() + style()
    assert "<!--" not in script() + style()


def test_every_file_of_the_page_is_in_it_once():
    """A file that is in no list would never run."""
    there = {file.name for file in (ROOT / "reconciler" / "report" / "page").iterdir()}
    assert there == {STYLE, *SCRIPTS}
    assert len(SCRIPTS) == len(set(SCRIPTS))


def test_a_key_in_sync_costs_few_bytes():
    """A large fleet is nearly all in sync: its page must open."""
    fleet = [tenant(f"t{number:04}", Result.IN_SYNC, OMS_IN_SYNC) for number in range(1000)]
    some, more = (len(to_html(report("plan", Result.IN_SYNC, 0, *fleet[:size]))) for size in (500, 1000))
    assert (more - some) / 500 < 60, "the tenant's name included"


def test_the_page_says_what_the_keys_mean():
    """Given meanings, units stand beside the values, and the data has the rest."""
    meanings = {TIMER: Meaning("Grace period", "How long it <waits>.", {"": FieldMeaning(unit="seconds")})}
    source = to_html(SAMPLES["plan"], meanings)
    data = data_of(source)
    assert '3600 → 7200 <span class="unit">seconds</span>' in source
    assert "<waits>" not in source
    assert data["meanings"][data["keys"].index(TIMER)] == [
        "Grace period",
        "How long it <waits>.",
        {"": ["", "seconds", ""]},
    ]


def test_without_a_script_the_page_tells_all_that_is_not_in_sync():
    """Headline, next steps, problems, refusals, and each change with its reason and its place."""
    source = to_html(SAMPLES["plan"]).replace("<wbr>", "")
    static = source.partition("<body>")[2].partition('<script type="application/json"')[0]
    for text in ("What to do next", "max_changed_percent", "SPARE_KEY", "3600 → 7200", "tenants/acme.yaml:8:3"):
        assert text in static
    assert "restore &quot;EU&quot; in the file" in static
    assert "<noscript>" in static


def test_what_is_not_written_out_is_counted():
    """Beyond its limits the static part says how much is left, and the data has it all."""
    some = LISTED + 5
    own = [replace(TIMER_UPDATE, changes=(replace(TIMER_UPDATE.changes[0], before=at // 2),)) for at in range(some)]
    made = report("plan", Result.CHANGES, 0, *(tenant(f"t{at:04}", Result.CHANGES, one) for at, one in enumerate(own)))
    source = to_html(made)
    assert source.count("<article>") == LISTED
    assert "and 5 tenants more" in source
    assert source.count('<div class="group"') == GROUPED
    assert f"and {some // 2 - GROUPED} groups more" in source
    assert len(data_of(source)["tenants"]) == some
    assert counts(made).actions[Action.UPDATE] == some


def test_many_problems_are_folded_and_not_left_out():
    """A thousand of them must not bury the rest of the page."""
    some = tuple(Problem("tenants/a.yaml", line, 1, "", "rule/x", f"Wrong number {line}.") for line in range(1, 251))
    source = to_html(report("plan", Result.FAILED, 1, problems=some, warnings=tuple(f"w{n}" for n in range(101))))
    assert all(f"<p>Wrong number {line}.</p>" in source for line in range(1, 251))
    assert source.index("Wrong number 100.") < source.index("<summary>150 more</summary>") < source.index("number 101.")
    assert source.index("<li>w99</li>") < source.index("<summary>1 more</summary>") < source.index("<li>w100</li>")
    assert Page(source).open == []


def test_a_slip_among_many_is_pointed_out():
    """With its tenant's number in the data, for the script to open."""
    made = [replace(DRIFT, after=3600)] * 20 + [replace(DRIFT, after=36)]
    source = to_html(
        report("plan", Result.CHANGES, 0, *(tenant(f"t{at:02}", Result.CHANGES, one) for at, one in enumerate(made)))
    )
    assert '20 tenants say <span class="value">3600</span>, 1 says <span class="value odd">36</span>' in source
    number = re.search(r'data-tenants="(\d+)"', source)
    assert number
    assert data_of(source)["tenants"][int(number[1])][0] == "t20"


def test_an_undo_is_shown_as_it_would_stand_in_a_file():
    """In the page, and in the data for the tenant's panel."""
    source = to_html(SAMPLES["apply"])
    assert "<pre>sales_order&#58;\n  on_hold_timer_duration: 3600</pre>" in source
    undone = [row[7] for row in data_of(source)["tenants"] if len(row) > 7]
    assert undone == ["sales_order:\n  on_hold_timer_duration: 3600"]


def test_a_sandbox_page_says_so_on_top():
    """The banner stands before all else but the headline."""
    source = to_html(SAMPLES["sandbox-changes"])
    assert source.index("Sandbox") < source.index("What to do next")


@pytest.mark.parametrize(("name", "fleet_first"), [("plan", True), ("apply", False)])
def test_a_reviewer_sees_the_fleet_first_and_who_applied_what_to_do(name: str, fleet_first: bool):
    """Before an apply the changes matter most, after it the next step."""
    source = to_html(SAMPLES[name])
    assert (source.index('<section id="fleet"') < source.index("What to do next")) is fleet_first


def test_a_page_has_one_heading_of_the_first_rank():
    """Headings make an outline: the headline, then a section each."""
    source = to_html(SAMPLES["plan"])
    assert source.count("<h1>") == 1
    assert source.count("<section") == source.count("</section>")


def test_a_page_without_keys_needs_no_table():
    """After validate there is nothing to draw, and the page has no data."""
    for name in ("validate", "usage", "empty-fleet"):
        source = to_html(SAMPLES[name])
        assert "application/json" not in source
        assert 'id="fleet"' not in source.partition("<body>")[2]
