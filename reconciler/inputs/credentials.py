"""Credentials: how each tenant may be reached, bound to where its token and its secrets may go.

They come from outside of git only, and a token is handed out for the origin of its own entry and for no other, so
that settings or a flag that name another origin get an error instead of a token.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.inputs.command import Bounds
from reconciler.inputs.entries import read_entries
from reconciler.inputs.origins import same_origin
from reconciler.inputs.sources import SOURCES, Raw, read_source
from reconciler.inputs.usage import UsageProblem, did_you_mean, first_few
from reconciler.inputs.user import UserSettings
from reconciler.model.access import Access
from reconciler.strictyaml import Path as YamlPath
from reconciler.strictyaml import parse

_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Every entry of one credentials document. The repr shows the source and a count."""

    source: str
    entries: Mapping[str, Access] = field(repr=False)

    def __repr__(self) -> str:
        """Never an entry."""
        return f"Credentials(source={self.source!r}, {len(self.entries)} tenants)"

    def access(self, tenant: str, origin: str) -> Access | UsageProblem:
        """Return the entry of `tenant` if it is for `origin`, else what is wrong."""
        granted = self.accesses({tenant: origin})
        return granted if isinstance(granted, UsageProblem) else granted[tenant]

    def accesses(self, origins: Mapping[str, str]) -> Mapping[str, Access] | UsageProblem:
        """Return the entry of every tenant in `origins` (tenant to origin), or all that is wrong, ten shown at most."""
        lines = [line for tenant in sorted(origins) if (line := self._wrong(tenant, origins[tenant]))]
        if not lines:
            return {tenant: self.entries[tenant] for tenant in sorted(origins)}
        many = f"{len(lines)} of {len(origins)} tenants"
        return UsageProblem(
            f"The credentials ({self.source}) don't let {many if len(origins) > 1 else 'the tenant'} in.",
            f"Add or correct the entries: tenant, its origin, and a token. {SOURCES}",
            first_few(lines),
        )

    def _wrong(self, tenant: str, origin: str) -> str:
        entry = self.entries.get(tenant)
        if entry is None:
            return f"{tenant}: no entry.{did_you_mean(tenant, self.entries)}"
        # Where the texts are equal nothing has to be parsed: an entry has its origin in canonical form.
        if entry.origin != origin and not same_origin(entry.origin, origin):
            return f"{tenant}: the entry is for {entry.origin}, but the run goes to {origin}"
        return ""


def load_credentials(
    flag: Path | None, environment: Mapping[str, str], user: UserSettings, *, bounds: Bounds = _BOUNDS
) -> Credentials | UsageProblem:
    """Return the credentials of the first source given: `--credentials`, the variable, a command, the user's file.

    All findings about the document come together, with positions and without values. `bounds` are a command's.
    """
    raw = read_source(flag, environment, user, bounds)
    return raw if isinstance(raw, UsageProblem) else _parsed(raw, bounds)


def _parsed(raw: Raw, bounds: Bounds) -> Credentials | UsageProblem:
    if not raw.data.strip():
        return UsageProblem(f"The credentials ({raw.source}) are empty.", "They must map tenants to their entries.")
    document = parse(raw.data, file=raw.source, max_bytes=bounds.most, hidden=_hide_everything)
    entries, findings = read_entries(document.root) if document.root is not None else ({}, ())
    notation = ((problem.line, problem.column, problem.message) for problem in document.problems)
    lines = [*notation, *((finding.line, finding.column, finding.message) for finding in findings)]
    if lines:
        count = "one problem" if len(lines) == 1 else f"{len(lines)} problems"
        return UsageProblem(
            f"The credentials ({raw.source}) have {count}, at line:column.",
            "Correct them there. Values are never shown here; text that looks like a number needs quotes.",
            first_few(f"{line}:{column} {message}" for line, column, message in sorted(lines)),
        )
    return Credentials(raw.source, entries)


def _hide_everything(_: YamlPath) -> bool:
    return True
