"""libyaml's events of a text: the one place that knows how PyYAML gives them.

libyaml's own composer is never used: it segfaults on deep nesting and lets the last duplicate win.
"""

from collections.abc import Callable
from typing import Any

from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave it out


def events_of(text: str) -> Callable[[], Any]:
    """Return what gives the next event, None after the last. Both this and that raise yaml.YAMLError.

    The parser reads ahead when it is made.
    """
    next_event: Callable[[], Any] = CParser(text).get_event
    return next_event
