"""What several drafts have in common, moved into a profile. Nothing is lost: profile and file together say the same.

A profile's keys can't be taken back by who extends it. So a tenant extends it only if it declares every key of it, and
says its own value where that differs. Which keys are moved is a choice, and made like this:

1. A key is a candidate if more than half of the drafts, and at least two, declare it with one value. What can be set
   only once is none. A value with a reference counts by the name of the secret.
2. As long as that lets more declarations be left out of the tenants' files, the candidates that some tenant lacks are
   given up, of whichever tenant gains most: a key that few have would keep all others from extending.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.desired.compose import Entry, snippet
from reconciler.desired.drafting import Draft
from reconciler.model.values import Value

Texts = Mapping[str, Mapping[str, str]]
"""By tenant and full key name: the value as it would be written, which is what "the same" means here."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The entries of a profile, in catalogue order, and the tenants that extend it, sorted."""

    entries: tuple[Entry, ...]
    tenants: tuple[str, ...]


def shared(drafts: Mapping[str, Draft]) -> Shared | None:
    """Return what a profile of these drafts, by tenant, would hold; None if there is nothing worth one."""
    texts = {tenant: {entry.key.name: snippet(entry) for entry in _movable(one)} for tenant, one in drafts.items()}
    chosen = _worthwhile(_candidates(texts), texts)
    extending = _extending(chosen, texts)
    if len(extending) < 2:
        return None
    entries = {
        entry.key.name: entry
        for tenant in extending
        for entry in _movable(drafts[tenant])
        if texts[tenant][entry.key.name] == chosen.get(entry.key.name)
    }
    return Shared(tuple(sorted(entries.values(), key=lambda entry: entry.key.order)), extending)


def without(draft: Draft, shared: Shared, profile: str) -> Draft:
    """Return the draft of a tenant that extends `profile`: only what the profile doesn't say already."""
    said = {snippet(entry) for entry in shared.entries}
    kept = tuple(entry for entry in draft.entries if entry.instead_of or snippet(entry) not in said)
    return replace(draft, entries=kept, extends=(profile,))


def keeping(draft: Draft, profiles: Sequence[str], said: Mapping[str, Value]) -> Draft | None:
    """Return the draft of a tenant that goes on to extend `profiles`, which say `said`, by full key name.

    None if they say more than the draft declares: then it can't extend them, and say no more than before.
    """
    if not profiles or not set(said) <= set(draft.declared):
        return None
    kept = tuple(entry for entry in draft.entries if entry.instead_of or not _says(said, entry))
    return replace(draft, entries=kept, extends=tuple(profiles))


def _says(said: Mapping[str, Value], entry: Entry) -> bool:
    return entry.key.name in said and snippet(replace(entry, value=said[entry.key.name])) == snippet(entry)


def _movable(draft: Draft) -> tuple[Entry, ...]:
    return tuple(entry for entry in draft.entries if not entry.instead_of and not entry.key.write_once)


def _candidates(texts: Texts) -> Mapping[str, str]:
    """Return each candidate with the value that most have; of equally frequent ones the first by its text."""
    counted: dict[str, Counter[str]] = {}
    for values in texts.values():
        for name, text in values.items():
            counted.setdefault(name, Counter())[text] += 1
    most = {name: min(counts.items(), key=lambda pair: (-pair[1], pair[0])) for name, counts in counted.items()}
    return {name: text for name, (text, count) in most.items() if count >= 2 and count * 2 > len(texts)}


def _worthwhile(chosen: Mapping[str, str], texts: Texts) -> Mapping[str, str]:
    while True:
        had = sorted({tuple(name for name in chosen if name in values) for values in texts.values()})
        fewer = [{name: chosen[name] for name in names} for names in had]
        best = max(fewer, key=lambda one: _saved(one, texts), default=chosen)
        if _saved(best, texts) <= _saved(chosen, texts):
            return chosen
        chosen = best


def _extending(chosen: Mapping[str, str], texts: Texts) -> tuple[str, ...]:
    """Return the tenants that declare every chosen key, and at least one of them with its value."""
    return tuple(
        tenant
        for tenant in sorted(texts)
        if all(name in texts[tenant] for name in chosen)
        and any(texts[tenant][name] == text for name, text in chosen.items())
    )


def _saved(chosen: Mapping[str, str], texts: Texts) -> int:
    """Return how many declarations the tenants' files would be spared."""
    return sum(texts[tenant][name] == text for tenant in _extending(chosen, texts) for name, text in chosen.items())
