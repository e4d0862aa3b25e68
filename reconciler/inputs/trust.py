"""What repository settings may not do: name a secret, run a command, or reach outside of their folder.

Whoever can open a pull request can write these settings, so they are data, never authority.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from reconciler.inputs.usage import UsageProblem, first_few

_FORBIDDEN = re.compile(
    r"secret|token|credential|passw|private_?key|client_?id|command|bearer|authorization|netrc|exec|hook|plugin|argv"
)


def forbidden(values: object, file: Path, user_file: Path | None) -> UsageProblem | None:
    """Return a problem when any name, at any depth, is that of a secret or of code to run; else None.

    It goes by names, for a good message; that nothing of the kind is ever read is what keeps it safe.
    """
    names = tuple(dict.fromkeys(_forbidden_names(values)))
    if not names:
        return None
    own = f"your own {user_file}" if user_file else "your user-level settings"
    return UsageProblem(
        f"{file} is refused: {', '.join(first_few(names))} must not be in repository settings.",
        "Checking out a branch must not run its code or hand it a secret. Put it in "
        f"{own} (credentials, credentials_command), or use --credentials, RECONCILER_CREDENTIALS or "
        "RECONCILER_CREDENTIALS_COMMAND.",
    )


def _forbidden_names(values: object) -> Iterator[str]:
    """Yield dotted names, in the order of the file. Iterative: depth is the writer's choice."""
    waiting: list[tuple[str, object]] = [("", values)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            below = [(f"{path}.{name}" if path else str(name), name, member) for name, member in value.items()]
            yield from (where for where, name, _ in below if _FORBIDDEN.search(name.lower().replace("-", "_")))
            waiting.extend((where, member) for where, _, member in reversed(below))
        elif isinstance(value, list):
            waiting.extend((f"{path}[{number}]", value[number - 1]) for number in range(len(value), 0, -1))


def inside(folder: Path, text: str) -> Path | str:
    """Return the path of `text` below `folder`, or why it is refused: the end of a sentence.

    Links are followed for the check: a path that leads out is refused however it does so.
    """
    if "\0" in text or ".." in Path(text).parts:
        return 'must not have ".." in it: repository settings reach no further than their own folder'
    path = folder / text
    try:
        is_below = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a loop of links
        is_below = False
    return path if is_below else "leads out of the folder of the settings file"
