"""What isn't in sync, written out: by group, beside the few that differ, tenant by tenant, and how to get back.

This is what is read without a script, and what is printed. It has limits, each with the number of what is left out:
the rest is in the table of the fleet, which a script draws from the page's data, and in the JSON report.
"""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.meaning import Meanings
from reconciler.model.report import KeyReport, Report, TenantReport
from reconciler.model.words import Action
from reconciler.report.causes import Side
from reconciler.report.cells import kind_of
from reconciler.report.fields import FieldLine, differing_lines, field_lines
from reconciler.report.grouping import Group, Outlier
from reconciler.report.markup import code, folded, row, section, table
from reconciler.report.page_summary import badge
from reconciler.report.sections import Section
from reconciler.report.untrusted import html
from reconciler.report.wording import notes, outcome, plural, reason, sign, why
from reconciler.report.yaml_text import yaml_lines

LISTED = 200
"""Tenants that are written out whole, riskiest first."""
GROUPED = 50
"""Groups that are written out, riskiest and largest first."""
NAMED = 12
"""Tenants of a group that are named at once; the rest is folded."""
UNDONE = 50
"""Tenants whose undo is written out."""


def groups(found: Sequence[Group], meanings: Meanings) -> Iterator[str]:
    """Yield the changes that several tenants share. `found` are all groups, numbered as in the page's data."""
    shared = [(number, group) for number, group in enumerate(found) if len(group.tenants) > 1]
    if not shared:
        return
    rows = [_group(number, group, meanings) for number, group in shared[:GROUPED]]
    yield from section("The same in several tenants", *rows, *_more(len(shared) - GROUPED, "group"), name="groups")


_WHOSE = {Side.REVISION: " by this revision", Side.UNTOLD: "", Side.DRIFT: " as drift"}


def _group(number: int, group: Group, meanings: Meanings) -> str:
    kind = group.status.value.replace("-", " ") if group.status else group.action.value
    told = "".join(_field(line, meanings, group.key) for line in group.lines)
    if not told:
        told = f"<li>{html(reason(group.reason))}</li>"
    first, rest = group.tenants[:NAMED], group.tenants[NAMED:]
    names = f'<p class="names">{html(", ".join(first))}</p>'
    if rest:
        names += folded(f"{len(rest):,} more", f'<p class="names">{html(", ".join(rest))}</p>')
    return (
        f'<div class="group" data-group="{number}">\n<h3>{code(group.key)} '
        f'<span class="kind">{html(sign(group.action))} {html(kind)}</span> '
        f"<strong>in {plural(len(group.tenants), 'tenant')}</strong>{_WHOSE[group.side]}</h3>\n"
        f'<ul class="changes">{told}</ul>\n{names}\n</div>'
    )


def outliers(found: Sequence[Outlier], places: Mapping[str, int]) -> Iterator[str]:
    """Yield the fields in which few tenants want something else. `places` are the tenants' numbers in the data."""
    if not found:
        return
    rows = [_outlier(one, value, names, places) for one in found for value, names in one.others]
    told = (
        '<p class="lead">Nearly all tenants that declare the field agree, and these few don\'t. '
        "That may be meant; it is also what a slip of the finger looks like.</p>"
    )
    yield from section("Not like the others", told, '<ul class="outliers">', *rows, "</ul>", name="outliers")


def _outlier(one: Outlier, value: str, names: Sequence[str], places: Mapping[str, int]) -> str:
    say = "says" if len(names) == 1 else "say"
    # A script makes buttons of these: the number of each tenant in the data.
    numbers = " ".join(str(places[name]) for name in names if name in places)
    place = one.key + (f" · {one.label}" if one.pointer else "")
    return (
        f'<li data-tenants="{numbers}" data-key="{html(one.key)}">{code(place)}: '
        f'{plural(one.agreeing, "tenant")} say <span class="value">{html(one.usual)}</span>, '
        f'{len(names):,} {say} <span class="value odd">{html(value)}</span>: '
        f"<strong>{html(', '.join(names))}</strong></li>"
    )


def tenants(found: Sequence[Section], meanings: Meanings) -> Iterator[str]:
    """Yield every tenant that isn't in sync, with its keys, riskiest first; then how many are in sync."""
    loud = [one for one in found if not one.is_quiet]
    quiet = [one for one in found if one.is_quiet]
    if loud:
        head = f"<summary><h2>Tenant by tenant ({len(loud):,})</h2></summary>"
        yield f'<section id="list">\n<details open>{head}\n<div class="tenants">'
        for one in loud[:LISTED]:
            yield from _tenant(one, meanings)
        yield "</div>"
        yield from _more(len(loud) - LISTED, "tenant")
        yield "</details>\n</section>"
    if quiet:
        names = "".join(
            f"<li>{html(one.tenant.tenant)} ({plural(len(one.quiet), 'key')})</li>" for one in quiet[:LISTED]
        )
        inner = f'<ul class="many">{names}</ul>' + "".join(_more(len(quiet) - LISTED, "tenant"))
        yield from section("In sync", folded(f"{plural(len(quiet), 'tenant')} in sync", inner), name="quiet")


def _more(left: int, noun: str) -> Iterator[str]:
    if left > 0:
        yield f'<p class="more">and {plural(left, noun)} more: see the table of the fleet, or the JSON report.</p>'


def _tenant(one: Section, meanings: Meanings) -> Iterator[str]:
    tenant = one.tenant
    yield f"<article>\n<h3>{html(tenant.tenant)} {badge(tenant.result)}</h3>"
    yield f'<p class="where">{code(tenant.file)} {code(tenant.origin)}</p>'
    if one.keys:
        rows = [_key(tenant, key, meanings) for key in one.keys]
        yield from table(("Action", "Key", "What changes", "Why, and what became of it"), rows, "keys")
    if one.quiet:
        names = "".join(f"<li>{code(key.change.key)}</li>" for key in one.quiet)
        yield folded(f"{plural(len(one.quiet), 'key')} in sync", f"<ul>{names}</ul>")
    yield "</article>"


def _key(tenant: TenantReport, key: KeyReport, meanings: Meanings) -> str:
    change = key.change
    lines = differing_lines(change) if change.action is Action.BLOCKED else field_lines(change)
    fields = [_field(line, meanings, change.key) for line in lines]
    told = [f"<p>{html(why(change))}</p>", *(f"<p>{html(note)}</p>" for note in notes(tenant, key))]
    if key.outcome:
        told.append(f"<p><strong>{html(outcome(key.outcome))}</strong></p>")
    meant = meanings.get(change.key)
    title = f'<p class="title">{html(meant.title)}</p>' if meant else ""
    where = f"{change.source.file}:{change.source.line}:{change.source.column}"
    return row(
        f'<span class="kind {kind_of(key).tone}">{html(sign(change.action))} {html(_action(key))}</span>',
        f'{code(change.key)}{title}<p class="where">{code(where)}</p>',
        f'<ul class="changes">{"".join(fields)}</ul>' if fields else "",
        "".join(told),
    )


def _action(key: KeyReport) -> str:
    return "first set" if key.change.irreversible and key.change.action.writes else key.change.action.value


def _field(line: FieldLine, meanings: Meanings, key: str) -> str:
    meant = meanings.get(key)
    unit = meant.unit(line.pointer) if meant else ""
    counted = f' <span class="unit">{html(unit)}</span>' if unit else ""
    kind = {"+": "plus", "-": "minus"}.get(line.sign, "tilde")
    return f'<li class="value {kind}">{line.sign} {html(line.label)}: {html(line.text)}{counted}</li>'


def undo(report: Report) -> Iterator[str]:
    """Yield what would bring the values back, as it would stand in the tenants' files, and what nothing brings back."""
    if report.undo:
        told = (
            '<p class="lead">The values from before this run, of the keys that it changed or may have changed. '
            "<code>reconciler report FILE --undo DIR</code> writes them as files; they change nothing until they are "
            "applied.</p>"
        )
        files = [
            folded(tenant, "<pre>", "\n".join(html(line) for line in yaml_lines(keys)), "</pre>")
            for tenant, keys in list(report.undo.items())[:UNDONE]
        ]
        yield from section("Undo", told, *files, *_more(len(report.undo) - UNDONE, "tenant"), name="undo")


def any_keys(found: Sequence[Section]) -> bool:
    """True if any key of any tenant is there to be shown in a table."""
    return any(one.keys or one.quiet for one in found)
