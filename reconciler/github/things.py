"""What GitHub tells of its things, as far as it is used here. `of` takes GitHub's JSON, and raises on another form."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Written:
    """A comment, or an issue: `id` is what its address has, `author` the login."""

    id: int
    author: str
    body: str
    is_pull: bool = False

    @classmethod
    def comment(cls, value: Any) -> "Written":
        """A comment; its author may be gone."""
        return cls(int(value["id"]), _login(value), str(value["body"] or ""))

    @classmethod
    def issue(cls, value: Any) -> "Written":
        """An issue, or a pull request: GitHub lists both."""
        return cls(int(value["number"]), _login(value), str(value["body"] or ""), "pull_request" in value)


def _login(value: Any) -> str:
    user = value["user"]
    return str(user["login"]) if user is not None else ""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request. `head_repository` is empty when its fork is gone."""

    number: int
    head: str
    head_branch: str
    head_repository: str
    base: str
    is_merged: bool

    @classmethod
    def of(cls, value: Any) -> "Pull":
        """A pull request."""
        head, repository = value["head"], value["head"]["repo"]
        return cls(
            number=int(value["number"]),
            head=str(head["sha"]),
            head_branch=str(head["ref"]),
            head_repository=str(repository["full_name"]) if repository is not None else "",
            base=str(value["base"]["ref"]),
            is_merged=value["merged_at"] is not None,
        )


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of a workflow. `repository` is where its branch is: a fork's, for a pull request of a fork."""

    id: int
    event: str
    branch: str
    head: str
    repository: str
    is_completed: bool
    is_success: bool

    @classmethod
    def of(cls, value: Any) -> "Ran":
        """A run."""
        repository = value["head_repository"]
        return cls(
            id=int(value["id"]),
            event=str(value["event"]),
            branch=str(value["head_branch"] or ""),
            head=str(value["head_sha"]),
            repository=str(repository["full_name"]) if repository is not None else "",
            is_completed=value["status"] == "completed",
            is_success=value["conclusion"] == "success",
        )


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a run has left."""

    id: int
    name: str
    is_expired: bool

    @classmethod
    def of(cls, value: Any) -> "Artifact":
        """An artifact."""
        return cls(int(value["id"]), str(value["name"]), bool(value["expired"]))
