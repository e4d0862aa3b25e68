"""The user's own settings file, `~/.config/reconciler/settings.toml`: the only file that may name a command.

It is trusted because nobody but the user can write it, and that is checked.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.inputs.environment import given
from reconciler.inputs.table import Table
from reconciler.inputs.tomlfiles import parse_toml, read_regular
from reconciler.inputs.usage import UsageProblem, first_few

_MAX_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class UserSettings:
    """Where the user keeps credentials: in a file, or behind a command (argv; no shell reads it). At most one."""

    file: Path | None = None
    credentials: Path | None = None
    credentials_command: tuple[str, ...] = ()


def user_settings_path(environment: Mapping[str, str]) -> Path | None:
    """Return where the file would be; None without a home. A relative XDG_CONFIG_HOME is ignored, as XDG says."""
    configured = given(environment, "XDG_CONFIG_HOME")
    home = given(environment, "HOME")
    if configured and Path(configured).is_absolute():
        base = Path(configured)
    elif home and Path(home).is_absolute():
        base = Path(home) / ".config"
    else:
        return None
    return base / "reconciler" / "settings.toml"


def load_user_settings(environment: Mapping[str, str], *, uid: int | None = None) -> UserSettings | UsageProblem:
    """Read the user-level settings; empty ones when there is no file. `uid` is the user's, by default the process's."""
    path = user_settings_path(environment)
    if path is None or not os.path.lexists(path):
        return UserSettings()
    contents = read_regular(path, "user-level settings file", _MAX_BYTES)
    if isinstance(contents, UsageProblem):
        return contents
    untrusted = _untrusted(path, contents.status, os.geteuid() if uid is None else uid)
    if untrusted is not None:
        return untrusted
    values = parse_toml(contents.data, path)
    return values if isinstance(values, UsageProblem) else _read(values, path, environment)


def _untrusted(path: Path, status: os.stat_result, uid: int) -> UsageProblem | None:
    if status.st_uid not in {uid, 0}:
        return UsageProblem(
            f"The user-level settings file {path} belongs to somebody else (user {status.st_uid}, not {uid}).",
            "It may name a command to run, so it must be yours: look at it, then chown it.",
        )
    if stat.S_IMODE(status.st_mode) & 0o022:
        return UsageProblem(
            f"The user-level settings file {path} can be written by others.",
            f"It may name a command to run. Look at it, then run: chmod go-w {path}",
        )
    return None


def _read(values: Mapping[str, object], path: Path, environment: Mapping[str, str]) -> UserSettings | UsageProblem:
    table = Table(values, "", [])
    credentials = table.text("credentials")
    command = _command(table)
    table.close()
    if credentials and command:
        table.findings.append("credentials and credentials_command are both there: keep one")
    if table.findings:
        return UsageProblem(
            f"The user-level settings file {path} can't be used.",
            'It may hold credentials = "PATH" or credentials_command = ["PROGRAM", "ARGUMENT"].',
            first_few(table.findings),
        )
    return UserSettings(path, _path(credentials, path.parent, environment) if credentials else None, command)


def _command(table: Table) -> tuple[str, ...]:
    value = table.read("credentials_command")
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(part, str) and part for part in value):
        table.find("credentials_command", 'must be an array of texts: ["sops", "-d", "/path/to/file"]')
        return ()
    if "/" in value[0] and not Path(value[0]).is_absolute():
        # A relative program would be looked up in the working directory: whatever branch is checked out there.
        table.find("credentials_command", "must name its program by an absolute path, or by a name on the PATH")
        return ()
    if any("\0" in part for part in value):
        table.find("credentials_command", "has a null character in it")
        return ()
    return tuple(value)


def _path(text: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """Return an absolute path: from the home after `~/`, else from the folder of the settings file."""
    home = given(environment, "HOME")
    if text.startswith("~/") and home:
        return Path(home) / text[2:]
    return folder / text
