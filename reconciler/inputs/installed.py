"""From which repository on GitHub, and at which commit, this tool was installed: what workflows that call it must name.

| installed by                                      | told by                                                  |
|---------------------------------------------------|----------------------------------------------------------|
| nothing: it runs from a clone (editable, too)     | the clone's remote `origin`, and what is checked out     |
| `pip install git+https://…`                       | PEP 610: the address and commit that pip put down        |
| `pip install FOLDER`                              | PEP 610 names the folder: its `origin` and HEAD of now   |
| an index, a wheel, an archive                     | nothing: somebody has to say it                          |

An address may hold a password, so none is ever shown: only the OWNER/NAME in it is.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from reconciler.inputs.git import Git
from reconciler.inputs.usage import UsageProblem

NOWHERE: Final = "none"
"""What a person says instead of a tool who wants no workflows."""

_REPOSITORY: Final = r"(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,99})/(?P<name>[A-Za-z0-9._-]{1,100}?)"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_SAID: Final = re.compile(rf"{_REPOSITORY}@(?P<commit>[0-9a-f]{{40}})")
# A host is GitHub's by its name: github.com, a server of one's own such as github.acme.example, or NAME.ghe.com.
_HOST: Final = r"(?:(?:ssh\.)?github(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+\.ghe\.com)"
_ADDRESS: Final = re.compile(
    rf"(?:(?:https|ssh)://(?:[^/@]*@)?{_HOST}(?::\d+)?/|(?:[^/@:]+@)?{_HOST}:){_REPOSITORY}(?:\.git)?/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Tool:
    """Where this tool is on GitHub, `OWNER/NAME`, and the full name of one of its commits.

    `is_there` is False when a clone knows of no branch on GitHub that has the commit: somebody must push it first.
    """

    repository: str
    commit: str
    is_there: bool = True

    def __str__(self) -> str:
        """As it is said on the command line."""
        return f"{self.repository}@{self.commit}"


def said_tool(text: str) -> Tool | UsageProblem:
    """Return the tool that `OWNER/NAME@COMMIT` means."""
    found = _SAID.fullmatch(text)
    if found is None or set(found["name"]) == {"."}:
        return UsageProblem(
            f'--tool "{text[:200]}" is not OWNER/NAME@COMMIT.',
            "COMMIT is the full name of a commit, 40 of 0-9 and a-f: a branch or a tag can be moved to other code. "
            f"For no workflows: --tool {NOWHERE}",
        )
    return Tool(f"{found['owner']}/{found['name']}", found["commit"])


def installed_tool(package: Path, environment: Mapping[str, str]) -> Tool | None:
    """Return where the code in `package`, the folder of this package, comes from; None if that can't be told."""
    top = package.parent
    if (top / ".git").exists():
        return _of_clone(top, environment)
    try:
        found = distribution(package.name)
    except PackageNotFoundError:
        return None
    # There may be a second one on the path, which is not what is running.
    return _of_record(found, environment) if Path(str(found.locate_file(""))).resolve() == top.resolve() else None


def _of_record(found: Distribution, environment: Mapping[str, str]) -> Tool | None:
    """Return what pip put down at the installation. Whatever isn't as PEP 610 says tells nothing."""
    try:
        record: Any = json.loads(found.read_text("direct_url.json") or "null")
        url = record["url"]
        if "dir_info" in record:
            return _of_clone(Path(unquote(urlsplit(url).path)), environment)
        return _tool(url, record["vcs_info"]["commit_id"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _of_clone(folder: Path, environment: Mapping[str, str]) -> Tool | None:
    git = Git(folder, environment)
    url, head = git.read("remote", "get-url", "origin"), git.read("rev-parse", "--verify", "--quiet", "HEAD")
    if url is None or head is None:
        return None
    commit = head.decode("ascii", "replace").strip()
    branches = git.read("for-each-ref", "--contains", commit, "--count=1", "refs/remotes/origin")
    return _tool(url.decode("utf-8", "replace").rstrip("\n"), commit, is_there=bool(branches))


def _tool(url: str, commit: str, *, is_there: bool = True) -> Tool | None:
    found = _ADDRESS.fullmatch(url)
    if found is None or set(found["name"]) == {"."} or not _COMMIT.fullmatch(commit):
        return None
    return Tool(f"{found['owner']}/{found['name']}", commit, is_there)
