"""Where the credentials document comes from. First given wins; the document itself is never shown."""

import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.inputs.command import Bounds, run_command
from reconciler.inputs.environment import CREDENTIALS, CREDENTIALS_COMMAND, given
from reconciler.inputs.tomlfiles import read_regular
from reconciler.inputs.usage import UsageProblem
from reconciler.inputs.user import UserSettings, user_settings_path

SOURCES = (
    f"Give them by --credentials FILE, {CREDENTIALS} (the document itself), or {CREDENTIALS_COMMAND} or the "
    "user-level settings file (a command that prints it)."
)


@dataclass(frozen=True, slots=True)
class Raw:
    """The document as bytes, and the name of its source for messages."""

    source: str
    data: bytes

    def __repr__(self) -> str:
        """Never the document."""
        return f"Raw(source={self.source!r}, data=hidden)"


def read_source(
    flag: Path | None, environment: Mapping[str, str], user: UserSettings, bounds: Bounds
) -> Raw | UsageProblem:
    """Return the first document given, or why it can't be read: then no later source is tried."""
    document = given(environment, CREDENTIALS)
    if flag is not None:
        return _from_file(flag, bounds)
    if document is not None:
        return _from_variable(document)
    line = given(environment, CREDENTIALS_COMMAND)
    if line is not None:
        return _from_line(line, environment, bounds)
    if user.credentials is not None:
        return _from_file(user.credentials, bounds)
    if user.credentials_command:
        return _from_command(user.credentials_command, f"the command in {user.file}", environment, bounds)
    return _no_source(environment)


def _no_source(environment: Mapping[str, str]) -> UsageProblem:
    """Say every way to give them, one a line."""
    empty = ", which is set, but empty: does this job have access to the secret?" if CREDENTIALS in environment else ""
    own = user_settings_path(environment) or "~/.config/reconciler/settings.toml"
    ways = (
        "--credentials FILE: a file that only you can read (chmod 600)",
        f"{CREDENTIALS}: the document itself, for CI{empty}",
        f"{CREDENTIALS_COMMAND}: a command that prints it, such as sops -d FILE",
        f'the user-level settings file {own}: credentials = "FILE", or credentials_command = ["sops", "-d", "FILE"]',
    )
    hint = "Give them in one of these ways. To try without any, against the embedded API: --sandbox"
    return UsageProblem("There are no credentials.", hint, ways)


def _from_file(path: Path, bounds: Bounds) -> Raw | UsageProblem:
    contents = read_regular(path, "credentials file", bounds.most)
    if isinstance(contents, UsageProblem):
        return contents
    mode = stat.S_IMODE(contents.status.st_mode)
    # Who can write it decides where tokens go, which is no better than reading them.
    if mode & 0o066:
        return UsageProblem(
            f"The credentials file {path} can be read or written by others (mode {mode:04o}).",
            f"Run: chmod 600 {shlex.quote(str(path))}",
        )
    return Raw(str(path), contents.data)


def _from_variable(text: str) -> Raw | UsageProblem:
    if _looks_like_a_path(text.strip()):
        return UsageProblem(
            f"{CREDENTIALS} looks like a path; it must hold the document itself.",
            "For a file use --credentials FILE.",
        )
    # Environments are bytes that need not be UTF-8; the parser says so better than an exception would.
    return Raw(CREDENTIALS, text.encode("utf-8", "surrogateescape"))


def _looks_like_a_path(text: str) -> bool:
    one_word = len(text.split()) == 1 and "\n" not in text
    return one_word and (text.startswith(("/", "./", "../", "~")) or text.endswith((".yaml", ".yml")))


def _from_line(line: str, environment: Mapping[str, str], bounds: Bounds) -> Raw | UsageProblem:
    try:
        argv = shlex.split(line)
    except ValueError:
        return UsageProblem(f"{CREDENTIALS_COMMAND} has a quote or a backslash too many.", "Balance the quotes.")
    if not argv:
        return UsageProblem(f"{CREDENTIALS_COMMAND} holds no command.", "Unset it, or name a program.")
    return _from_command(argv, CREDENTIALS_COMMAND, environment, bounds)


def _from_command(
    argv: list[str] | tuple[str, ...], source: str, environment: Mapping[str, str], bounds: Bounds
) -> Raw | UsageProblem:
    data = run_command(argv, environment, bounds)
    return data if isinstance(data, UsageProblem) else Raw(source, data)
