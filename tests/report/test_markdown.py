import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import example, given

from reconciler.model.meaning import FieldMeaning, Meaning, Meanings
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Refusal
from reconciler.model.report import KeyReport, Report
from reconciler.model.words import Action, Cause, Reason, Result, Status
from reconciler.report.html import to_html
from reconciler.report.links import Links
from reconciler.report.markdown import LEAST, LIMIT, to_markdown
from reconciler.report.text import to_text
from reconciler.report.untrusted import markdown, visible
from tests.report.conftest import quick
from tests.report.fleets import FLEETS, LINKS, known, timer
from tests.report.generated import ATTACKS, reports, texts
from tests.report.samples import FIRST_SET, PROBLEMS, SAMPLES, TIMER_UPDATE, report, tenant

OURS = {
    "p", "strong", "h3", "h4", "a", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "code", "br", "b", "wbr",
}  # fmt: skip
MENTION = re.compile(r"@\w|#\d|\bgh-\d|:\w+:|://|www\.\w", re.IGNORECASE)


def meant(report: Report) -> Meanings:
    """Meanings of a report's keys that are as hostile as the rest of it."""
    texts = [key.change.key for one in report.tenants for key in one.keys]
    return {text: Meaning(text, text, {"": FieldMeaning(text, text, text)}) for text in texts}


class Page(HTMLParser):
    """Takes HTML apart into its elements and the runs of text that GitHub looks for links and mentions in."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[str] = []
        self.targets: list[str] = []
        self.open: list[str] = []
        self.runs: list[str] = [""]
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes.extend(f"{tag} {name}" for name, _ in attrs)
        self.targets.extend(value or "" for name, value in attrs if name == "href")
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
    # A cell too many would be dropped, and leave the structure as it is.
    assert "".join(page.runs).split() == ["a", "b", "x", *visible(text).split(), "y"]
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
    """Whatever stands in any slot, the comment has our elements only, all closed, no mention, no link but to files."""
    source = to_markdown(report, meanings=meant(report), links=LINKS)
    page = rendered(source)
    assert set(page.elements) <= OURS
    assert set(page.attributes) <= {"a href"}
    assert all(re.fullmatch(re.escape(LINKS.blob) + r"/[A-Za-z0-9._~/%-]+(#L\d+)?", one) for one in page.targets)
    assert not MENTION.search("\n".join(page.runs))
    assert "::" not in source
    assert "##[" not in source
    assert source.replace("\n", "").isprintable()


@given(reports)
@quick
def test_a_comment_keeps_to_its_budget(report: Report):
    """However small the budget, the bytes stay within, and the structure is whole."""
    for limit in (LEAST, 5_000):
        source = to_markdown(report, limit, meanings=meant(report), links=LINKS)
        assert len(source.encode()) <= limit
        assert set(rendered(source).elements) <= OURS


def test_without_links_and_meanings_there_is_no_attribute_and_the_place_is_text():
    """`reconciler report plan.json --format markdown` at a desk."""
    page = rendered(to_markdown(FLEETS["20"]))
    assert page.attributes == []
    assert "tenants/shop-0013.yaml:16" in re.sub(r"\n", "", "".join(page.runs))


def plain(source: str) -> str:
    """The text that a reader sees, folds open, an empty line between blocks."""
    return "\n".join(run for run in rendered(source).runs if run.strip())


def titles(source: str) -> list[str]:
    """The headings and the summaries of the folds, in order, without numbers."""
    found = re.findall(r"^### ([^(\n]+) \(|<summary>([^<(]+)", source, re.MULTILINE)
    return [re.sub(r"[\d,]+ ", "", heading or summary).strip() for heading, summary in found]


def test_the_order_is_that_of_a_reviewer():
    """What can't be undone or is in the way, then this revision, drift, and what else there is; the rest is folded."""
    source = to_markdown(FLEETS["20"], meanings=known(), links=LINKS)
    assert titles(source) == [
        "Can't be undone",
        "Blocked",
        "Unreadable",
        "What this revision does",
        "Drift that applying would overwrite",
        "Unlike the others",
        "Problems in files",
        "Refusals",
        "Released",
        "Tenant by tenant",
        "tenants in sync",
        "What these keys mean",
    ]


def test_after_an_apply_what_went_wrong_comes_first():
    """And what to do stands before what went well."""
    source = to_markdown(FLEETS["apply"])
    assert titles(source)[:4] == ["Went wrong", "Can't be undone", "Blocked", "Unreadable"]
    assert source.index("**Next**") < source.index("### Done")


def test_tenants_that_change_alike_are_one_row_with_its_unit_and_where_it_is_declared():
    """The profile that all of them get it from is linked, at its line."""
    source = to_markdown(FLEETS["20"], meanings=known(), links=LINKS)
    (row,) = [line for line in source.splitlines() if "7 tenants" in line]
    shown = "".join(rendered(f"| a | b |\n| --- | --- |\n{row}\n").runs)
    assert "sales_order.on_hold_timer_duration Grace period of orders1800 → 3600 seconds" in shown
    assert f"({LINKS.blob}/tenants/_retail-default.yaml#L5)" in row
    assert row.count("shop-") == 7


def test_without_a_base_the_changes_are_nobodys():
    """No heading speaks of causes."""
    made = [replace(key.change, cause=Cause.UNKNOWN) for key in FLEETS["1"].tenants[0].keys]
    source = to_markdown(replace(FLEETS["1"], tenants=(tenant("acme", Result.CHANGES, *made),)))
    assert titles(source)[0] == "Changes"


def test_an_unusual_value_is_told_only_where_it_is_written_now():
    """One that is live already is no news to this revision."""
    quiet = [change for change in FLEETS["20"].tenants if change.tenant != "shop-0008"]
    odd = replace(TIMER_UPDATE, action=Action.NO_OP, reason=Reason.IN_SYNC, after=480, changes=())
    live = replace(FLEETS["20"], tenants=(*quiet, tenant("shop-0008", Result.IN_SYNC, odd)))
    assert "Unlike the others" in titles(to_markdown(FLEETS["20"]))
    assert "Unlike the others" not in titles(to_markdown(live))


def test_a_wrong_call_has_no_link():
    """What is wrong with credentials or settings is no file of the revision."""
    assert rendered(to_markdown(SAMPLES["usage"], links=LINKS)).targets == []


def test_a_fleet_fits_a_comment_and_what_is_left_out_is_counted():
    """With 2,000 tenants all that is risky stays; of the rest, shown and left out make the whole."""
    calm = [
        tenant(f"t{number:04}", Result.CHANGES, timer(3600, number, cause))
        for number, cause in enumerate([Cause.DECLARED] * 1500 + [Cause.DRIFT] * 500)
    ]
    report = replace(SAMPLES["plan"], tenants=(*SAMPLES["plan"].tenants, *calm))
    source = to_markdown(report, links=LINKS)
    assert LIMIT - 3_000 < len(source.encode()) <= LIMIT
    assert "in the file" in source
    left = re.search(r"comment:\*\* (?P<ours>[\d,]+) changes of this revision, (?P<drift>[\d,]+) drifted", source)
    assert left
    shown = Counter("drift" if int(name) >= 1500 else "ours" for name in re.findall(r"<b>t(\d{4})</b><br>", source))
    assert shown["ours"] + int(left["ours"].replace(",", "")) == 1500
    assert shown["drift"] + int(left["drift"].replace(",", "")) == 500
    assert min(shown.values()) >= 15
    assert f"[the JSON and HTML reports]({LINKS.whole})" in source
    assert set(rendered(source).elements) <= OURS


def test_the_note_on_what_is_left_out_has_its_room():
    """Even if it has to name every kind of thing there is, and the address of the whole is long."""
    crowd = tuple(
        replace(one, tenant=f"{one.tenant}-{number}", keys=tuple(_ended(key, number) for key in one.keys))
        for number in range(1000)
        for one in SAMPLES["plan"].tenants
    )
    full = replace(
        SAMPLES["apply"],
        command="plan",
        tenants=crowd,
        problems=tuple(replace(PROBLEMS[0], message=f"{number}") for number in range(1000)),
        warnings=("x" * 500,) * 1000,
        refusals=(Refusal("freeze", "x" * 500),) * 1000,
        lifted=SAMPLES["apply"].lifted * 1000,
        released=tuple(f"t:{'k' * 500}{number}" for number in range(1000)),
        not_restorable=("x" * 500,) * 1000,
    )
    links = Links(LINKS.blob, f"https://github.example/{'x' * 270}")
    source = to_markdown(full, LEAST, meanings=known(), links=links)
    assert source.rpartition("Left out")[2].count(",") > 15
    assert len(source.encode()) <= LEAST


def _ended(key: KeyReport, number: int) -> KeyReport:
    kinds = (None, Outcome(Status.FAILED, f"{number}"), Outcome(Status.NOT_ATTEMPTED, f"{number}"))
    return replace(key, outcome=kinds[number % 3])


def test_a_thousand_changes_leave_room_for_the_one_problem():
    """However full the comment is, each kind of thing has its share."""
    source = to_markdown(FLEETS["2000"], 20_000, meanings=known(), links=LINKS)
    found = titles(source)
    assert "Problems in files" in found
    assert "Released" in found
    assert "Warnings" in found


def test_one_row_that_is_too_long_leaves_no_table_open():
    """Thousands of refusals are cut within their table, and the rest is counted."""
    refusals = tuple(Refusal("freeze", "No. " * 100, f"t{number}") for number in range(3000))
    source = to_markdown(replace(SAMPLES["refused"], refusals=refusals))
    assert LIMIT - 3_000 < len(source.encode()) <= LIMIT
    shown = source.count("| <code>freeze</code> |")
    assert f"\n\n… and {3000 - shown:,} refusals more.\n" in source
    assert f"{3000 - shown:,} refusals" in source.rpartition("Left out")[2]
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


@pytest.mark.parametrize(
    ("ended", "told", "warns"),
    [
        ((), "Each can be set once in the tenant's life. Check every value twice.", True),
        ((Status.APPLIED, Status.UNCHANGED), "Each was set, for the tenant's life", False),
        ((Status.NOT_ATTEMPTED,), "Each can be set once in the tenant's life, and none was.", True),
        ((Status.APPLIED, Status.NOT_ATTEMPTED), "What was set can't be changed any more.", True),
    ],
    ids=["planned", "set", "not set", "one set"],
)
def test_what_is_set_for_good_is_told_of_in_the_past(ended: tuple[Status, ...], told: str, warns: bool):
    """To check a value is good advice before an apply, and after it only for what it left."""
    keys = [KeyReport(FIRST_SET, Outcome(status)) for status in ended] or [KeyReport(FIRST_SET)]
    tenants = [tenant(f"t{number}", Result.APPLIED, key) for number, key in enumerate(keys)]
    made = report("apply" if ended else "plan", Result.APPLIED, 0, *tenants)
    text = to_markdown(made)
    assert told in text
    assert ("every value" in text) == warns
    if not warns:
        for other in (to_text(made, width=200, colour=False), to_html(made)):
            assert "twice" not in other.rpartition("<body>")[2]
