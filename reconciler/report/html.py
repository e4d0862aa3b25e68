"""The report as one self-contained page: readable without a script, and with ours a table of the whole fleet.

Nothing is asked of the network: style, script and data stand in the page, and a policy in it allows no others. The
static part (`page_summary`, `page_changes`) is written out; the data (`page_data`) is drawn by the files in `page/`.
"""

from collections.abc import Iterator, Sequence

from reconciler.model.meaning import NO_MEANINGS, Meanings
from reconciler.model.report import Report
from reconciler.report import page_changes, page_files, page_summary
from reconciler.report.counts import Counts, all_problems, counts
from reconciler.report.grouping import Group, groups, outliers
from reconciler.report.headline import headline, next_steps
from reconciler.report.markup import listed
from reconciler.report.page_data import data_pieces
from reconciler.report.sections import Section, sections
from reconciler.report.untrusted import html

_WITHOUT = (
    '<noscript><p class="banner">Scripts are off in this browser, so the table of the fleet is not shown. '
    "What isn't in sync stands below.</p></noscript>"
)


def to_html(report: Report, meanings: Meanings = NO_MEANINGS) -> str:
    """Return `report` as a complete HTML document. Every string from outside is escaped text, never markup.

    `meanings` are what the keys mean; without them the page shows names alone.
    """
    return "".join(html_pieces(report, meanings))


def html_pieces(report: Report, meanings: Meanings = NO_MEANINGS) -> Iterator[str]:
    """Yield the document of `to_html`, some lines at a time."""
    counted = counts(report)
    first = html(headline(report, counted))
    yield from (f"{line}\n" for line in _head(first))
    yield from _body(report, counted, first, meanings)
    yield "</body>\n</html>\n"


def _head(first: str) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{page_files.policy()}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="color-scheme" content="light dark">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{first}</title>"
    yield f"<style>{page_files.style()}</style>"
    # A module waits until the page is there.
    yield f'<script type="module">{page_files.script()}</script>'
    yield "</head>"
    yield "<body>"


def _body(report: Report, counted: Counts, first: str, meanings: Meanings) -> Iterator[str]:
    found = sections(report)
    alike = groups(report)
    for line in _text(report, counted, first, found, alike, meanings):
        yield f"{line}\n"
    if page_changes.any_keys(found):
        yield '<script type="application/json" id="data">'
        yield from data_pieces(report, found, alike, meanings)
        yield "</script>\n"


def _text(
    report: Report,
    counted: Counts,
    first: str,
    found: Sequence[Section],
    alike: Sequence[Group],
    meanings: Meanings,
) -> Iterator[str]:
    yield from page_summary.header(report, counted, first)
    yield "<main>"
    then = listed("What to do next", next_steps(report, counted), "next")
    reviewed = report.command == "plan" and page_changes.any_keys(found)
    if not reviewed:
        yield from then
    yield from page_summary.problems(all_problems(report))
    yield from page_summary.refusals(report.refusals)
    yield from listed("Warnings", report.warnings, "warnings")
    yield from page_summary.checks(report)
    if page_changes.any_keys(found):
        # Shown by the script, which fills it.
        yield '<section id="fleet" hidden></section>'
        yield _WITHOUT
        # A reviewer looks at the changes first; after an apply, what to do is more urgent.
        if reviewed:
            yield from then
        places = {section.tenant.tenant: number for number, section in enumerate(found)}
        yield from page_changes.outliers(outliers(report), places)
        yield from page_changes.groups(alike, meanings)
    yield from page_changes.tenants(found, meanings)
    yield from page_changes.undo(report)
    yield from listed("Can't be restored by undo", report.not_restorable, "lost")
    yield from listed("Lifted", [f"{lifted.rule}: {lifted.reason}" for lifted in report.lifted], "lifted")
    yield from listed("Released: no longer declared, left as they are", report.released, "released")
    yield "</main>"
    yield from page_summary.about(report)
