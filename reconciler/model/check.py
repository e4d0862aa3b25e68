"""One thing that `doctor` looked at, and what came of it."""

from dataclasses import dataclass

from reconciler.model.words import Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """A finding about the surroundings of a run. Holds no secret.

    `check` is its name, `area/what`: checks of one name are the same question, asked of several tenants or places.
    `what` is what was looked at, `tenant` whose it is, each empty where the question is about all. `detail` says what
    was found and `hint` what to do; both leave out the names of tenants, so that those with the same finding can be
    told together. `request_id` is the platform's, of the answer that told.
    """

    check: str
    status: Verdict
    what: str = ""
    detail: str = ""
    hint: str = ""
    tenant: str = ""
    request_id: str | None = None

    @property
    def area(self) -> str:
        """The part of the check's name that says what kind of thing it is about."""
        return self.check.partition("/")[0]


def ok(check: str, what: str = "", detail: str = "", *, tenant: str = "") -> Check:
    """Return that something is as it should be."""
    return Check(check, Verdict.OK, what, detail, tenant=tenant)


def warning(check: str, what: str, detail: str, hint: str = "", *, tenant: str = "") -> Check:
    """Return that a person should know of something that stops no run."""
    return Check(check, Verdict.WARNING, what, detail, hint, tenant)


def problem(check: str, what: str, detail: str, hint: str = "", *, tenant: str = "") -> Check:
    """Return that a run would fail by something."""
    return Check(check, Verdict.PROBLEM, what, detail, hint, tenant)


def skipped(check: str, because: str, what: str = "", *, tenant: str = "") -> Check:
    """Return that a check was not made, and why: `because` ends the phrase "not looked at, because"."""
    return Check(check, Verdict.SKIPPED, what, f"because {because}", tenant=tenant)
