"""Values of which this plan makes a tenant unlike nearly all the others: a slip looks like this in review."""

from reconciler.report.alike import Alike
from reconciler.report.fitting import Block, Row
from reconciler.report.grouping import Outlier
from reconciler.report.inline import NAMES, code, listed, name
from reconciler.report.wording import plural


def unlike(found: tuple[Outlier, ...], changes: tuple[Alike, ...]) -> Block:
    """Return a line for each value that few tenants want, if one of them would be given it now."""
    made = [one for one in changes if one.change.action.writes]
    writes = {(one.change.key, tenant.tenant) for one in made for tenant, _ in one.members}
    now = [
        (outlier, text, tenants)
        for outlier in found
        for text, tenants in outlier.others
        if any((outlier.key, tenant) in writes for tenant in tenants)
    ]
    rows = (Row(f"- {_told(*one)}\n") for one in now)
    head = f"\n### Unlike the others ({len(now):,})\n\nIs it meant, or a slip?\n\n"
    return Block(head, rows, len(now), lambda number: plural(number, "unusual value"))


def _told(outlier: Outlier, text: str, tenants: tuple[str, ...]) -> str:
    field = f" {code(outlier.label)}" if outlier.pointer else ""
    few = listed([name(tenant) for tenant in tenants[:NAMES]], len(tenants))
    others = plural(outlier.agreeing, "tenant")
    return f"{code(outlier.key)}{field} is to be <b>{code(text)}</b> in {few}, and {code(outlier.usual)} in {others}"
