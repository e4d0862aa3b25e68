"""Which tenants a run looks at: `--tenant GLOB` and `--shard I/N`. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256

from reconciler.inputs.usage import UsageProblem, first_few

_MOST_SHARDS = 10_000
_FEW = 5
"""Tenants of a fleet that are all named to somebody who named none of them."""


@dataclass(frozen=True, slots=True)
class Shard:
    """The `index`-th of `count` parts of the fleet; both start at 1."""

    index: int
    count: int

    def __str__(self) -> str:
        """As on the command line."""
        return f"{self.index}/{self.count}"

    def holds(self, tenant: str) -> bool:
        """True if the tenant is in this shard: SHA-256 of its name, as a number, modulo the count.

        The same on every machine and for ever: the jobs of a matrix agree without talking to each other.
        """
        return int(sha256(tenant.encode("utf-8")).hexdigest(), 16) % self.count == self.index - 1


def parse_shard(text: str) -> Shard | UsageProblem:
    """Read `I/N`."""
    parts = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", text)
    hint = "Write --shard I/N with 1 <= I <= N, such as --shard 1/4 for the first of four."
    if parts is None:
        return UsageProblem(f'"{text}" is not a shard.', hint)
    index, count = int(parts[1]), int(parts[2])
    if not 1 <= index <= count <= _MOST_SHARDS:
        return UsageProblem(f"There is no shard {index} of {count}.", hint)
    return Shard(index, count)


def select(names: Iterable[str], globs: Sequence[str] = (), shard: Shard | None = None) -> tuple[str, ...]:
    """Return the tenants that fit any glob (all, when there is none) and lie in the shard, sorted, each once.

    `*`, `?`, `[a-z]` and `[!a-z]` as in a shell; case counts, and the glob must fit the whole name.
    """
    return tuple(
        name
        for name in sorted(set(names))
        if (not globs or any(fnmatchcase(name, glob) for glob in globs)) and (shard is None or shard.holds(name))
    )


def unmatched(names: Iterable[str], globs: Sequence[str]) -> UsageProblem | None:
    """Return a problem when a glob fits no tenant of the fleet, naming the nearest; None when each fits one.

    Each glob must fit, not just any: a typo in one of two names must not silently leave a tenant out.
    Shards and `--changed-since` don't come into it: those may be empty.
    """
    fleet = sorted(set(names))
    misses = [glob for glob in dict.fromkeys(globs) if not any(fnmatchcase(name, glob) for name in fleet)]
    if not misses:
        return None
    if not fleet:
        return UsageProblem(
            f'No tenant matches "{misses[0]}": there are no tenant files.',
            "Look at --tenants, RECONCILER_TENANTS or tenants in the settings: is it the right folder?",
        )
    those = f": {_quoted(fleet)}" if len(fleet) <= _FEW else ""
    return UsageProblem(
        f"No tenant matches {_quoted(misses)}.",
        f"The fleet has {len(fleet)}{those}. A glob must fit a whole name, and case counts.",
        first_few(f"nearest to {_quoted([glob])}: {_nearest(glob, fleet)}" for glob in misses),
    )


def _nearest(glob: str, fleet: Sequence[str]) -> str:
    from difflib import get_close_matches  # only for who mistyped

    near = get_close_matches(re.sub(r"[*?\[\]!]", "", glob).lower(), fleet, n=3, cutoff=0.5)
    return _quoted(near) if near else "none"


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words)
