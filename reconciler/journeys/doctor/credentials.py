"""Credentials and secrets: whether each selected tenant may be reached, and with what."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.inputs.credentials import Credentials, load_credentials
from reconciler.inputs.environment import CREDENTIALS, CREDENTIALS_COMMAND, given
from reconciler.inputs.keeping import is_someone_elses, kept
from reconciler.inputs.origins import origin_of, same_origin
from reconciler.inputs.usage import UsageProblem, did_you_mean
from reconciler.inputs.user import UserSettings, load_user_settings
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.doctor.files import SETTINGS, TENANTS, Files
from reconciler.journeys.doctor.telling import after, first_names, from_usage
from reconciler.journeys.doctor.tool import SANDBOX
from reconciler.journeys.observe import judge_url
from reconciler.journeys.reach import credentials_file, embedded, secrets_of, shared
from reconciler.model.access import Access, StaticToken
from reconciler.model.check import Check, ok, problem, skipped, warning
from reconciler.model.normal import references
from reconciler.model.words import Verdict
from reconciler.planning import secrets as secret_checks
from reconciler.platform import why_unusable

DOCUMENT = "credentials/document"
ENTRY = "credentials/entry"
ORIGIN = "credentials/origin"
_SECRETS = "credentials/secrets"  # pragma: allowlist secret
_ADD = "Add an entry of its name to the credentials: origin, and token or client_id, client_secret and token_url."


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may be reached. `barred` says of each other selected tenant which check has kept it out."""

    checks: tuple[Check, ...]
    access: Mapping[str, Access] = field(default_factory=dict)
    barred: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def look_at_credentials(call: Call, world: World, files: Files) -> Iterator[Admission]:
    """Find out who may be reached; the sandbox runs as long as this is open."""
    if not call.sandbox:
        yield _real(call, world, files)
        return
    from reconciler.sandbox import credentials

    with ExitStack() as stack:
        try:
            running = stack.enter_context(embedded(world, files.catalogue))
        except CorrectTheCallError as error:
            yield _without((from_usage(SANDBOX, error.problem),), files, SANDBOX)
            return
        access = credentials(running, {one.tenant: secrets_of(one, files.catalogue) for one in files.tenants})
        own = ok(DOCUMENT, "the sandbox's own", f"origin {running.origin_template}")
        yield Admission((own, *_secrets(files, access)), access)


def _without(found: tuple[Check, ...], files: Files, because: str) -> Admission:
    rest = (skipped(name, files.nobody or after(because)) for name in (ENTRY, ORIGIN, _SECRETS))
    return Admission((*found, *rest), barred={one.tenant: because for one in files.tenants})


def _real(call: Call, world: World, files: Files) -> Admission:
    user = load_user_settings(world.environment)
    own = (from_usage("credentials/settings", user),) if isinstance(user, UsageProblem) else ()
    known = user if isinstance(user, UserSettings) else UserSettings()
    document = load_credentials(credentials_file(call, world), world.environment, known)
    kept_well = tuple(_keeping(_file_of(call, world, known), world))
    if isinstance(document, UsageProblem):
        for line in document.said:  # doctor's findings are a report, too
            world.notice(f"The credentials command said: {line}")
        return _without((*own, from_usage(DOCUMENT, document), *kept_well), files, DOCUMENT)
    count = len(document.entries)
    source = ok(DOCUMENT, document.source, f"{count:,} {'entry' if count == 1 else 'entries'}")
    admitted = _Judging(document, files).admission()
    return Admission((*own, source, *kept_well, *admitted.checks), admitted.access, admitted.barred)


def _file_of(call: Call, world: World, user: UserSettings) -> Path | None:
    """Return the file that the credentials came from, if it was one."""
    named = credentials_file(call, world)
    if named is not None:
        return named
    from_environment = given(world.environment, CREDENTIALS) or given(world.environment, CREDENTIALS_COMMAND)
    return None if from_environment else user.credentials


def _keeping(path: Path | None, world: World) -> Iterator[Check]:
    name = "credentials/keeping"
    if path is None or not os.path.exists(path):  # noqa: PTH110 - where it may not look, Path would raise
        return
    if is_someone_elses(path):
        yield warning(
            name, str(path), "The file belongs to somebody else, who can change where tokens go.", "chown it."
        )
        return
    git = kept(path, world.environment)
    if git.tracked:
        hint = (
            "Run: git rm --cached FILE. Then have every token and secret in it replaced: whoever has a clone has them."
        )
        yield problem(name, str(path), "The file is in git.", hint)
    elif git.at_risk:
        hint = "Move it out of the repository, or ignore it in .gitignore."
        yield warning(name, str(path), "The file lies in a repository, and nothing keeps it from being added.", hint)
    else:
        yield ok(name, str(path), "yours alone, and not in git")


@dataclass(slots=True)
class _Judging:
    """The entries held against the selected tenants."""

    document: Credentials
    files: Files
    access: dict[str, Access] = field(default_factory=dict)
    barred: dict[str, str] = field(default_factory=dict)

    def admission(self) -> Admission:
        if not self.files.tenants:
            return _without(tuple(self._unused()), self.files, TENANTS)
        entries = tuple(self._entry(one.tenant) for one in self.files.tenants)
        origins = tuple(self._origins())
        secrets = tuple(_secrets(self.files, self.document.entries))
        return Admission((*entries, *origins, *self._unused(), *secrets), self.access, self.barred)

    def _entry(self, tenant: str) -> Check:
        entry = self.document.entries.get(tenant)
        if entry is None:
            self.barred[tenant] = ENTRY
            # An entry that is another tenant's is no slip of the pen.
            return problem(ENTRY, "", f"no entry.{did_you_mean(tenant, self._spare())}", _ADD, tenant=tenant)
        unusable = why_unusable(entry)
        if unusable:
            self.barred[tenant] = ENTRY
            return problem(ENTRY, "", unusable, tenant=tenant)
        self.access[tenant] = entry
        kind = "a token" if isinstance(entry.grant, StaticToken) else "client credentials"
        return ok(ENTRY, "", kind, tenant=tenant)

    def _origins(self) -> Iterator[Check]:
        """Hold each entry's origin against where the run would go."""
        if not self.files.sound:
            yield skipped(ORIGIN, after(SETTINGS))
            return
        if not self.access:
            yield skipped(ORIGIN, after(ENTRY))
            return
        wanted = {tenant: origin_of(self.files.settings.origin, tenant) for tenant in self.access}
        several = shared({tenant: origin for tenant, origin in wanted.items() if isinstance(origin, str)})
        together = {name for names in several.values() for name in names}
        for tenant, origin in wanted.items():
            found = self._origin(tenant, origin, together)
            if found.status is Verdict.PROBLEM:
                self.barred[tenant] = ORIGIN
                del self.access[tenant]
            yield found

    def _origin(self, tenant: str, origin: str | UsageProblem, together: set[str]) -> Check:
        if isinstance(origin, UsageProblem):
            return problem(ORIGIN, "", origin.message, origin.hint, tenant=tenant)
        if tenant in together:
            hint = "Put {tenant} into the origin template: they would overwrite each other."
            return problem(ORIGIN, "", f"several tenants have the origin {origin}.", hint, tenant=tenant)
        bound = self.access[tenant].origin
        if not same_origin(bound, origin):
            detail = f"the entry is for {_general(bound, tenant)}, but a run would go to {_general(origin, tenant)}."
            hint = "Correct the entry, or the template: --origin, RECONCILER_ORIGIN, or origin in the settings."
            return problem(ORIGIN, "", detail, hint, tenant=tenant)
        return ok(ORIGIN, "", _general(origin, tenant), tenant=tenant)

    def _spare(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.document.entries) - set(self.files.fleet)))

    def _unused(self) -> Iterator[Check]:
        """An entry may wait for its file, and a file of another repository may be what it is for: no fault."""
        spare = self._spare()
        if spare and self.files.fleet:
            yield ok("credentials/unused", "", f"entries without a tenant file: {first_names(spare)}")


def _general(origin: str, tenant: str) -> str:
    """Return the origin without the tenant's name, so that what holds for many can be said once."""
    return re.sub(rf"(?<![a-z0-9-]){re.escape(tenant)}(?![a-z0-9-])", "{tenant}", origin)


def _secrets(files: Files, entries: Mapping[str, Access]) -> Iterator[Check]:
    """Hold what files refer to against what the credentials have, as apply would before it writes anything."""
    for tenant in files.tenants:
        entry = entries.get(tenant.tenant)
        if entry is None:
            yield skipped(_SECRETS, after(ENTRY), tenant=tenant.tenant)
            continue
        count, wrong = 0, 0
        for declared in tenant.keys:
            key = files.catalogue.get(declared.key)
            if key is None:
                continue
            count += sum(1 for _ in references(declared.value))
            for found in secret_checks.check(key, declared.value, entry.secrets, judge_url):
                wrong += 1
                wrong_is, _, to_do = found.message.partition(". ")
                yield problem(_SECRETS, key.name, f"{wrong_is}.", to_do, tenant=tenant.tenant)
        if not wrong:
            yield ok(_SECRETS, "", "all there, for the right origin" if count else "none needed", tenant=tenant.tenant)
