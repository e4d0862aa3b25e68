"""All selected tenants as git wants them: files read, profiles merged, every problem found.

Precedence, whole keys only: the tenant's own file, then its profiles from the last to the first.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.catalogue import Catalogue
from reconciler.desired.checks import Checks
from reconciler.desired.glance import Glance
from reconciler.desired.listing import Listing, SourceFile
from reconciler.desired.naming import quoted, suggestion
from reconciler.desired.places import EXTENDS, Places
from reconciler.desired.raw import Extends, RawTenant, read_raw
from reconciler.desired.slips import with_slips
from reconciler.model.files import Files, Unread
from reconciler.model.problem import Problem
from reconciler.model.tenant import DesiredKey, DesiredTenant
from reconciler.model.values import pointer
from reconciler.model.words import Severity
from reconciler.strictyaml import MAX_BYTES

_MOST_FINDINGS = 300
"""Of one file: more would only bury the first ones, and fill a report."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The selected tenants, sorted by name, and the problems that belong to none: profiles', bad names.

    A tenant that isn't selected is not read, and its problems are not here.
    """

    tenants: tuple[DesiredTenant, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Checked:
    """One file after validation, before merging: its keys by full name."""

    raw: RawTenant | None
    keys: Mapping[str, DesiredKey] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


def load(listing: Listing, names: Iterable[str] | None, catalogue: Catalogue) -> Fleet:
    """Read and validate the tenants `names` (None: all) and every profile, used or not.

    Names that the listing doesn't have are passed over: who selects, selects from `listing.names`. Reads files,
    through `listing.files`; everything else is a function of their bytes.
    """
    reading = _Reading(listing.files, catalogue)
    profiles = reading.profiles(listing)
    glance = reading.glance(profiles)

    def tenant(source: SourceFile) -> DesiredTenant:
        data = reading.data(source)
        seen = glance.read(data, source.file) if isinstance(data, bytes) else None
        if seen is None:
            return _merged(source, reading.judged(source, data), profiles)
        keys = [*(profiles[name].keys for name in seen.profiles), seen.keys]
        return DesiredTenant(source.name, source.file, _winning(keys))

    return Fleet(tuple(tenant(source) for source in _chosen(listing, names)), _unowned(listing, profiles))


def judge(listing: Listing, names: Iterable[str] | None, catalogue: Catalogue) -> Fleet:
    """As `load`, with the same problems, but without the tenants' keys: for who asks only what is wrong.

    One file is in memory at a time, and one that is in order is only glanced at.
    """
    reading = _Reading(listing.files, catalogue)
    profiles = reading.profiles(listing)
    glance = reading.glance(profiles)

    def tenant(source: SourceFile) -> DesiredTenant:
        data = reading.data(source)
        if isinstance(data, bytes) and glance.passes(data):
            return DesiredTenant(source.name, source.file)
        return replace(_merged(source, reading.judged(source, data), profiles), keys=())

    return Fleet(tuple(tenant(source) for source in _chosen(listing, names)), _unowned(listing, profiles))


def extended(listing: Listing, names: Iterable[str], catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """Return the profiles that each of the tenants `names` extends, as far as its file can be understood."""
    reading = _Reading(listing.files, catalogue)
    raws = {source.name: reading.checked(source).raw for source in _chosen(listing, names)}
    return {name: tuple(one.profile for one in raw.extends) if raw else () for name, raw in raws.items()}


def extending(listing: Listing, profiles: Collection[str], catalogue: Catalogue) -> frozenset[str]:
    """Return the tenants that extend any of `profiles`, as far as their files can be understood."""
    reading = _Reading(listing.files, catalogue)
    return frozenset(source.name for source in listing.tenants if reading.extends_one_of(profiles, source))


def composed(profiles: Iterable[str], listing: Listing, catalogue: Catalogue) -> Mapping[str, DesiredKey] | None:
    """Return what these profiles say together, by full key name; None if one is not there or has an error."""
    known = _Reading(listing.files, catalogue).profiles(listing)
    wanted = [known.get(name) for name in profiles]
    if any(one is None or one.errors for one in wanted):
        return None
    return {key.key: key for key in _winning(one.keys for one in wanted if one is not None)}


def _chosen(listing: Listing, names: Iterable[str] | None) -> Iterable[SourceFile]:
    chosen = None if names is None else frozenset(names)
    return (source for source in listing.tenants if chosen is None or source.name in chosen)


def _unowned(listing: Listing, profiles: Mapping[str, _Checked]) -> tuple[Problem, ...]:
    return tuple(sorted([*listing.problems, *(one for profile in profiles.values() for one in profile.problems)]))


class _Reading:
    """One pass over files: reads and judges them one by one. What it needs of the catalogue is built once."""

    def __init__(self, files: Files, catalogue: Catalogue) -> None:
        self._files = files
        self._catalogue = catalogue
        self._places = Places(catalogue)
        self._checks = Checks(catalogue, self._places)

    def glance(self, profiles: Mapping[str, _Checked]) -> Glance:
        in_order = frozenset(name for name, profile in profiles.items() if not profile.errors)
        return Glance(self._places, self._checks, in_order)

    def profiles(self, listing: Listing) -> Mapping[str, _Checked]:
        return {source.name: _as_profile(self.checked(source), self._catalogue) for source in listing.profiles}

    def data(self, source: SourceFile) -> bytes | Unread | None:
        """Return the file's bytes; None for one that must not be read."""
        return None if source.problems else self._files.read(source.path, MAX_BYTES + 1)

    def checked(self, source: SourceFile) -> _Checked:
        return self.judged(source, self.data(source))

    def extends_one_of(self, profiles: Collection[str], source: SourceFile) -> bool:
        data = self.data(source)
        # A name stands in the file as it is, unless with escapes. Thousands of others needn't be parsed.
        if not isinstance(data, bytes) or (b"\\" not in data and not any(name.encode() in data for name in profiles)):
            return False
        return any(one.profile in profiles for one in read_raw(data, source.file, self._places).extends)

    def judged(self, source: SourceFile, data: bytes | Unread | None) -> _Checked:
        if data is None:
            return _Checked(None, problems=source.problems)
        if isinstance(data, Unread):
            message = f"The file can't be read ({data.reason})"
            hint = "Check that it is there, and may be read."
            problem = Problem(source.file, 0, 0, "", "file/unreadable", message, hint)
            return _Checked(None, problems=(problem,))
        raw = read_raw(data, source.file, self._places)
        keys: dict[str, DesiredKey] = {}
        problems = list(raw.problems)
        for declared in raw.declared:
            key, found = self._checks.check(raw, declared)
            problems.extend(found)
            if key is not None:
                keys[key.key] = key
        return _Checked(raw, keys, with_slips(data, raw, problems))


def _as_profile(checked: _Checked, catalogue: Catalogue) -> _Checked:
    """Add what a profile may not have: profiles of its own, and keys that can be set only once."""
    raw = checked.raw
    if raw is None:
        return checked
    problems: list[Problem] = []
    if raw.extends_source is not None:
        message = "A profile can't extend another one"
        hint = "Remove extends here, and list both profiles in the tenant's file."
        problems.append(raw.problem((EXTENDS,), "profile/nested", message, hint, on_name=True))
    for declared in raw.declared:
        if declared.key.write_once:
            message = f"{declared.key.short} can be set only once in a tenant's life, so a profile can't hold it"
            path = (declared.key.group, declared.key.short)
            hint = "Move it into each tenant's own file."
            problems.append(raw.problem(path, "profile/write-once", message, hint, on_name=True))
    lasting = {key.name for key in catalogue.keys if key.write_once}
    keys = {name: key for name, key in checked.keys.items() if name not in lasting}
    return _Checked(raw, keys, _first((*checked.problems, *problems)))


def _first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems of one file in its order; of very many the first ones, and one that stands for the rest."""
    every = sorted(problems)
    rest = every[_MOST_FINDINGS:]
    if not rest:
        return tuple(every)
    worst = Severity.ERROR if any(one.severity is Severity.ERROR for one in rest) else Severity.WARNING
    hint = "Correct what is reported, then validate again."
    more = Problem(rest[0].file, 0, 0, "", "yaml/too-many", f"{len(rest)} more findings in this file", hint, worst)
    return (more, *every[:_MOST_FINDINGS])


def _merged(source: SourceFile, own: _Checked, profiles: Mapping[str, _Checked]) -> DesiredTenant:
    keys: list[Mapping[str, DesiredKey]] = []
    problems = list(own.problems)
    for extends in own.raw.extends if own.raw else ():
        profile = profiles.get(extends.profile)
        if profile is None:
            problems.append(_unknown_profile(extends, profiles))
            continue
        keys.append(profile.keys)
        if profile.errors:
            problems.append(_broken_profile(extends, profile.errors))
    return DesiredTenant(
        tenant=source.name,
        file=source.file,
        keys=_winning([*keys, own.keys]),
        problems=tuple(replace(problem, tenant=source.name) for problem in _first(problems)),
    )


def _winning(files: Iterable[Mapping[str, DesiredKey]]) -> tuple[DesiredKey, ...]:
    """Return the keys that count, sorted by name: of each, the one that the last file has."""
    keys: dict[str, DesiredKey] = {}
    for one in files:
        keys |= one
    return tuple(keys[name] for name in sorted(keys))


def _unknown_profile(extends: Extends, profiles: Iterable[str]) -> Problem:
    name = extends.profile.removesuffix(".yaml").removesuffix(".yml")
    known = sorted(profiles)
    hint = suggestion(name, known) if known else "There are none: a profile is a file _NAME.yaml in the folder."
    return _about(extends, "profile/unknown", f"There is no profile {quoted(extends.profile)}", hint)


def _broken_profile(extends: Extends, errors: tuple[Problem, ...]) -> Problem:
    first = min(errors)
    count = "a problem" if len(errors) == 1 else f"{len(errors)} problems"
    message = f"The profile {quoted(extends.profile)} has {count}, the first at {first.where}"
    return _about(extends, "profile/broken", message, "Mend the profile; nothing is written until then.")


def _about(extends: Extends, rule: str, message: str, hint: str) -> Problem:
    source = extends.source
    return Problem(source.file, source.line, source.column, pointer(EXTENDS, extends.index), rule, message, hint)
