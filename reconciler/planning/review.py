"""Reviewed plans: which pending changes somebody has seen, and whether a plan file may be believed at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.plan import Change, TenantPlan
from reconciler.model.report import Report
from reconciler.model.words import Action, Reason
from reconciler.planning.digest import canonical_row, run_digest, tenant_digest


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Every change that some given plan file would write, in a form that compares to the byte."""

    rows: frozenset[bytes]

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Reviewed":
        """Gather the writes of several plan files; their order doesn't matter."""
        return cls(
            frozenset(
                _fingerprint(tenant.tenant, tenant.origin, key.change)
                for report in reports
                for tenant in report.tenants
                for key in tenant.keys
                if key.change.action.writes
            )
        )

    def has(self, tenant: TenantPlan, change: Change) -> bool:
        """True if a file has this change with the same before and after (and date, if a secret is among it)."""
        return _fingerprint(tenant.tenant, tenant.origin, change) in self.rows


def not_sent_again(reports: Iterable[Report], tenants: Iterable[TenantPlan]) -> tuple[str, ...]:
    """Return a warning for each secret that a plan file sends again (`--rewrite`) and this run leaves alone.

    Nobody would see it: the key is a no-op, since what is masked counts as equal. One that was written since the
    plan, so that its date has moved, is no matter: it was sent.
    """
    sent_again = {
        (tenant.tenant, key.change.key, key.change.live_updated_at)
        for report in reports
        for tenant in report.tenants
        for key in tenant.keys
        if key.change.action.writes and key.change.reason is Reason.NOT_COMPARABLE
    }
    return tuple(
        f"{tenant.tenant}:{item.key.name} was not sent: the plan sends its secret again, and this run wasn't asked to."
        f" Apply with --rewrite {tenant.tenant}:{item.key.short}"
        for tenant in tenants
        for item in tenant.items
        if item.change.action is Action.NO_OP
        and (tenant.tenant, item.key.name, item.change.live_updated_at) in sent_again
    )


def _fingerprint(tenant: str, origin: str, change: Change) -> bytes:
    """Return the canonical change, and the date where before and after don't tell all of what was looked at.

    With a secret in it, the date tells two equal-looking values apart; with an assumption in it
    (`--assume-unset`), it names the answer that was vouched for, and a plain first set is none of that.
    """
    assumed = change.reason is Reason.AMBIGUOUS
    date = (change.live_updated_at or "") if assumed or _has_secret(change.before, change.after) else ""
    tail = f"\n{date}\n{'assumed' if assumed else ''}"
    return canonical_row(tenant, origin, change) + tail.encode("utf-8", "surrogatepass")


def _has_secret(*values: object) -> bool:
    """True if a shown value holds `{"sensitive": true}` or `{"secret": NAME}` anywhere."""
    for value in values:
        if isinstance(value, Mapping):
            names = set(value)
            if names in ({"sensitive"}, {"secret"}) or _has_secret(*value.values()):
                return True
        elif isinstance(value, tuple) and _has_secret(*value):
            return True
    return False


def refuse_plan_file(report: Report, *, sandbox: bool, origins: Mapping[str, str]) -> str | None:
    """Return why a plan file can't be applied here, or None. `origins` are today's, by tenant.

    It guards against accidents: a truncated or edited file, one of another command, another place, or a sandbox's.
    """
    if report.command != "plan":
        return f"it is a report of `{report.command}`, not of `plan`"
    if report.sandbox != sandbox:
        return "it was made against the sandbox" if report.sandbox else "it was not made against the sandbox"
    for tenant in report.tenants:
        changes = [key.change for key in tenant.keys]
        if tenant_digest(tenant.tenant, tenant.origin, changes) != tenant.digest:
            return f"its content does not match its digest (tenant {tenant.tenant}): it was edited or damaged"
        if tenant.tenant in origins and origins[tenant.tenant] != tenant.origin:
            return f"{tenant.tenant} was planned at {tenant.origin}, but its origin is now {origins[tenant.tenant]}"
    if run_digest(report.tenants) != report.digest:
        return "its content does not match its digest: it was edited or damaged"
    return None
