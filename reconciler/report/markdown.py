"""The report for a pull request's comment: the first line tells all, the riskiest comes first, the rest is folded.

It is made of blocks that are each complete by themselves, so that leaving out rows, to stay within GitHub's limit,
never leaves a table or a fold open. A change that many tenants share is one row.
"""

from collections.abc import Iterator, Sequence

from reconciler.model.meaning import NO_MEANINGS, Meanings
from reconciler.model.report import Report
from reconciler.model.words import Cause
from reconciler.report.alike import Alike, alike
from reconciler.report.causes import Side
from reconciler.report.checks import findings
from reconciler.report.counts import Counts, all_problems, counts
from reconciler.report.fitting import Block, fitted
from reconciler.report.grouping import outliers
from reconciler.report.headline import SANDBOX, headline, next_steps
from reconciler.report.inline import link
from reconciler.report.links import NO_LINKS, Links
from reconciler.report.markdown_changes import Aids, changes, glossary
from reconciler.report.markdown_lists import checks, lists, problems, refusals, scope, steps
from reconciler.report.markdown_tenants import in_detail, in_sync
from reconciler.report.markdown_unlike import unlike
from reconciler.report.sections import Risk, sections
from reconciler.report.titles import DONE, IN_THE_WAY, in_the_way, of_side

LIMIT = 60_000
"""Bytes: GitHub takes 65,536 characters a comment, and CI adds a line or two."""
LEAST = 2_000
"""The first lines and the note on what was left out always fit in this."""
_NOTE_ROOM = 1_000


def to_markdown(
    report: Report, limit: int = LIMIT, *, meanings: Meanings = NO_MEANINGS, links: Links = NO_LINKS
) -> str:
    """Return `report` as GitHub's Markdown in at most `limit` bytes of UTF-8, 2,000 at least.

    Every string from outside is shown literally: it makes no syntax, link, mention or element. The only links are
    those that `links` knows. `meanings` explain the keys. Raises ValueError for a smaller limit.
    """
    if limit < LEAST:
        raise ValueError(f"a Markdown report needs {LEAST} bytes")
    counted = counts(report)
    first = f"**{headline(report, counted)}**\n"
    if report.sandbox:
        first += f"\n**{SANDBOX}**\n"
    room = limit - _NOTE_ROOM - len(first.encode())
    text, missing = fitted(_blocks(report, counted, Aids(meanings, links)), room)
    return f"{first}{text}{_left_out(missing, links)}"


def _left_out(missing: Sequence[str], links: Links) -> str:
    if not missing:
        return ""
    whole = link("the JSON and HTML reports", links.whole)
    return f"\n**Left out, to fit a comment:** {', '.join(missing)}. All of it is in {whole} of this run.\n"


def _blocks(report: Report, counted: Counts, aids: Aids) -> Iterator[Block]:
    found = alike(report) if report.command != "validate" else ()
    # What is wrong with the call is no file of the revision.
    in_files = problems(all_problems(report), aids.links if report.exit_code != 64 else NO_LINKS)
    no = refusals(report.refusals)
    then = steps(next_steps(report, counted), folded=report.command == "plan")
    yield scope(report)
    if report.command == "plan":
        yield from _in_the_way(found, aids)
        yield from _to_write(found, counted, aids)
        yield unlike(outliers(report), found)
        yield from (in_files, no, *lists(report), then)
    else:
        to_mend, fine = checks(findings(report.checks))
        yield from (in_files, to_mend, no, *_in_the_way(found, aids), then, fine)
        yield changes(DONE, [one for one in found if one.risk is Risk.WRITES], aids)
        yield from lists(report)
    told = sections(report)
    yield in_detail([section for section in told if not section.is_quiet], aids.links)
    yield in_sync([section for section in told if section.is_quiet])
    yield glossary(found, aids.meanings)


def _in_the_way(found: Sequence[Alike], aids: Aids) -> Iterator[Block]:
    """Yield what a person must look at before all else."""
    for at_risk in IN_THE_WAY:
        some = [one for one in found if one.risk is at_risk]
        ended = {key.outcome.status for one in some for _, key in one.members if key.outcome}
        yield changes(in_the_way(at_risk, ended), some, aids)


def _to_write(found: Sequence[Alike], counted: Counts, aids: Aids) -> Iterator[Block]:
    """Yield what apply would write, by who is behind it."""
    writes = [one for one in found if one.risk is Risk.WRITES]
    has_causes = bool(counted.causes.keys() - {Cause.UNKNOWN})
    for whose in Side:
        title = of_side(whose, has_causes=has_causes)
        yield changes(title, [one for one in writes if one.side is whose], aids)
