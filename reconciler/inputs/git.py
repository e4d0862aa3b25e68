"""Running git on a checkout that may be hostile: only commands that read, and nothing that a repository can configure.

A repository's own configuration can name programs: hooks, a file system monitor, a pager, external diffs, filters,
transports. Each is switched off on the command line, which a repository can't override, and only plumbing runs that
never compares file contents, because that is where clean filters start. A folder in the checkout that is dressed up
as a bare repository is not taken for one.
"""

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.inputs.environment import absolute_entries

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
        try:
            done = subprocess.run(
                self._command(arguments),
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.seconds,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start a git command that is talked to over unbuffered pipes. Raises OSError; the caller ends the process."""
        return subprocess.Popen(
            self._command(arguments),
            cwd=self.folder,
            env=self._environment(),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _command(self, arguments: Sequence[str]) -> list[str]:
        options = [word for setting in _OFF for word in ("-c", setting)]
        return ["git", "--no-pager", "--no-optional-locks", "--literal-pathspecs", *options, *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {name: self.environment[name] for name in _KEPT if name in self.environment}
        if "PATH" in kept:
            # From an empty or relative entry, what is run is whatever lies beside the tenants under the name of git.
            kept["PATH"] = os.pathsep.join(absolute_entries(kept["PATH"])) or os.devnull
        return kept | _ENVIRONMENT


def blob_name(data: bytes, like: bytes) -> bytes:
    """Return git's name for a file's content, by the hash that made `like`: SHA-1, or SHA-256 where it is longer."""
    kind = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return kind(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest().encode("ascii")
