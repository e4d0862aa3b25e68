"""Running git on a checkout that may be hostile: only commands that read, and nothing that a repository can configure.

A repository's own configuration can name programs: hooks, a file system monitor, a pager, external diffs, filters,
transports. Each is switched off on the command line, which a repository can't override, and only plumbing runs that
never compares file contents, because that is where clean filters start. A folder in the checkout that is dressed up
as a bare repository is not taken for one.
"""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_OFF = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.untrackedCache=false",
    "core.sshCommand=false",
    "core.alternateRefsCommand=false",
    "diff.external=",
    "credential.helper=",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "LC_ALL": "C",
}
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME")


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder. Of the environment it sees PATH, HOME and XDG_CONFIG_HOME (for `safe.directory`) only."""

    folder: Path
    environment: Mapping[str, str]
    seconds: float = 10.0

    def read(self, *arguments: str) -> bytes | None:
        """Return what a git command prints; None when git is absent, says no, or takes longer than `seconds`."""
        options = [word for setting in _OFF for word in ("-c", setting)]
        kept = {name: self.environment[name] for name in _KEPT if name in self.environment}
        try:
            done = subprocess.run(
                ["git", "--no-pager", "--no-optional-locks", "--literal-pathspecs", *options, *arguments],
                cwd=self.folder,
                env=kept | _ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.seconds,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None
