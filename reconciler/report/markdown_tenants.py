"""The folded part of a Markdown report: each tenant by itself, with all that is known of its keys."""

from collections.abc import Sequence

from reconciler.model.report import KeyReport, TenantReport
from reconciler.report.fields import FieldLine, field_lines
from reconciler.report.fitting import Block, Row
from reconciler.report.inline import VALUE, code, name, place, row, sentence, table, window
from reconciler.report.links import Links
from reconciler.report.sections import Section
from reconciler.report.untrusted import markdown
from reconciler.report.wording import notes, outcome, plural, result, sign, why

_HEADS = ("Action", "Key", "What changes", "Why, and what became of it")
_END = "\n</details>\n"


def in_detail(loud: Sequence[Section], links: Links) -> Block:
    """Return the tenants of which there is something to tell, one row each."""
    return Block(
        f"\n<details><summary>Tenant by tenant ({len(loud):,})</summary>\n",
        (Row(_tenant(section, links)) for section in loud),
        len(loud),
        lambda number: plural(number, "tenant") + " in detail",
        _END,
        assured=False,
    )


def in_sync(quiet: Sequence[Section]) -> Block:
    """Return the names of the tenants that are in sync."""
    return Block(
        f"\n<details><summary>{plural(len(quiet), 'tenant')} in sync</summary>\n\n",
        (Row(f"- {name(section.tenant.tenant)}: {plural(len(section.quiet), 'key')}\n") for section in quiet),
        len(quiet),
        lambda number: plural(number, "tenant") + " in sync",
        _END,
        assured=False,
    )


def _tenant(section: Section, links: Links) -> str:
    tenant = section.tenant
    where = " ".join(part for part in (place(links, tenant.file, 0, tenant.file), code(tenant.origin)) if part)
    quiet = f"{plural(len(section.quiet), 'key')} in sync." if section.quiet else ""
    told = " ".join(part for part in (where, quiet) if part)
    keys = "".join(_key(tenant, key, links) for key in section.keys) or row("", "", "Nothing to do here.", "")
    return f"\n#### {name(tenant.tenant)}: {result(tenant.result)}\n\n{told}\n\n{table(*_HEADS)}{keys}"


def _key(tenant: TenantReport, key: KeyReport, links: Links) -> str:
    change = key.change
    sentences = [sentence(text) for text in (why(change), *notes(tenant, key))]
    if key.outcome:
        sentences.append(f"<b>{sentence(outcome(key.outcome))}</b>")
    return row(
        f"{markdown(sign(change.action))} {change.action}",
        f"{code(change.key)}<br>{place(links, change.source.file, change.source.line)}",
        "<br>".join(_field(field) for field in field_lines(change)),
        "<br>".join(sentences),
    )


def _field(field: FieldLine) -> str:
    values = " → ".join(code(text, 2 * VALUE) for text in window(field.before, field.after) if text)
    return f"{markdown(field.sign)} {code(field.label)} {values}"
