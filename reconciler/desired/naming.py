"""Names: which may be shown, and which was probably meant."""

import re
from collections.abc import Iterable
from typing import Final

from reconciler.model.secret_shapes import likenesses

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,62}")
_LISTED: Final = 12


def is_plain(name: str) -> bool:
    """True for what looks like a name; anything else may be a value that slipped."""
    return _PLAIN.fullmatch(name) is not None and not likenesses(name)


def quoted(name: str) -> str:
    """Return `name` in quotes if it looks like a name, else words that show none of it."""
    return f'"{name}"' if is_plain(name) else "like that"


def listed(names: Iterable[str]) -> str:
    """Return names with commas between, at most a dozen of them."""
    every = list(names)
    more = len(every) - _LISTED
    return ", ".join(every[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a hint: the nearest known name, then what is possible."""
    names = sorted(known)
    if not names:
        return "Nothing is possible here."
    from difflib import get_close_matches  # only for who mistyped

    # Cut, because comparing takes time that grows with the square of the length.
    near = get_close_matches(name[:100].lower(), names, n=1, cutoff=0.6)
    meant = f'Did you mean "{near[0]}"? ' if near else ""
    return f"{meant}Possible: {listed(names)}."
