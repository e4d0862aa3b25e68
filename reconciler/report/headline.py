"""The first line of a report, which tells all by itself, and the last ones, which say what to do next."""

from collections import Counter
from collections.abc import Iterator

from reconciler.model.report import Report
from reconciler.model.words import Action, Cause, Reason, Result, Status, Verdict
from reconciler.report.causes import told
from reconciler.report.counts import Counts, counts
from reconciler.report.wording import plural

_LIFTABLE = frozenset({"max_tenants_changed", "max_changed_percent", "freeze"})
SANDBOX = "Sandbox: this is about the embedded test double, not about a real platform."


def headline(report: Report, counted: Counts | None = None) -> str:
    """Return the one sentence that can be read alone. It holds counts, and no string from a file or the API.

    `counted` are the report's counts, where they are known already.
    """
    counted = counted or counts(report)
    if report.command == "validate":
        return _validated(counted)
    if report.checks:
        return _checked(report)
    if report.command == "apply":
        return _applied(report, counted)
    if report.command == "import":
        return _imported(counted)
    return _planned(report, counted)


def _validated(counted: Counts) -> str:
    warnings = f" {plural(counted.warnings, 'warning')}." if counted.warnings else ""
    if counted.errors:
        return f"{plural(counted.errors, 'problem')} in {plural(counted.files, 'file')}.{warnings}"
    if not counted.tenants:
        return f"Nothing to do: no tenant was selected.{warnings}"
    return f"Valid: {_scope(counted)}.{warnings}"


def _checked(report: Report) -> str:
    found = Counter(check.status for check in report.checks)
    interrupted = "Interrupted. " if report.result is Result.INTERRUPTED else ""
    parts = [
        *([plural(found[Verdict.PROBLEM], "problem")] if found[Verdict.PROBLEM] else []),
        *([plural(found[Verdict.WARNING], "warning")] if found[Verdict.WARNING] else []),
        *_some((found[Verdict.SKIPPED], "not looked at")),
    ]
    good = f"{plural(found[Verdict.OK], 'check')} ok"
    return f"{interrupted}{', '.join(parts)}; {good}." if parts else f"{interrupted}All is in place: {good}."


def _imported(counted: Counts) -> str:
    written = f"Wrote {plural(counted.results.get(Result.APPLIED, 0), 'file')} for {plural(counted.tenants, 'tenant')}"
    problems = f"; {plural(counted.errors, 'problem')}" if counted.errors else ""
    return f"{written}{problems}."


def _planned(report: Report, counted: Counts) -> str:
    word = "Plan" if report.command == "plan" else report.command.capitalize()
    parts = [
        *_some((counted.irreversible, "irreversible")),
        *_troubles(report, counted),
        *_refusing("apply would be refused", report),
    ]
    interrupted = "Interrupted. " if report.result is Result.INTERRUPTED else ""
    if not counted.writes and not parts and report.result is Result.IN_SYNC:
        return _in_sync(report, counted)
    if counted.errors and not counted.tenants:
        return f"{interrupted}{word} stopped: {plural(counted.errors, 'problem')}."
    if counted.writes:
        changes = f"{plural(counted.writes, 'change')} in {_of(counted.changing, counted.tenants)}"
    else:
        changes = f"no changes in {plural(counted.tenants, 'tenant')}"
    whose = told(counted.causes)
    said = f"{changes}: {whose}" if whose else changes
    between = ("; " if whose else ", ") if parts else ""
    return f"{interrupted}{word}: {said}{between}{', '.join(parts)}."


def _applied(report: Report, counted: Counts) -> str:
    applied = counted.statuses.get(Status.APPLIED, 0)
    went = [(counted.statuses.get(status, 0), status.value) for status in _WRONG]
    parts = [
        *_some(*went, (counted.held, "not attempted")),
        *_troubles(report, counted),
        *_some((counted.results.get(Result.STALE, 0), "stale")),
        *_refusing("refused", report),
    ]
    interrupted = "Interrupted. " if report.result is Result.INTERRUPTED else ""
    if not counted.writes and not parts and report.result is Result.IN_SYNC:
        return _in_sync(report, counted)
    if counted.errors and not counted.tenants:
        return f"{interrupted}Apply stopped: {plural(counted.errors, 'problem')}."
    what = f"Applied {applied:,} of {plural(counted.writes, 'change')} in {_of(counted.changing, counted.tenants)}"
    if not counted.writes:
        what = f"Nothing to apply in {plural(counted.tenants, 'tenant')}"
    return f"{interrupted}{what}{'; ' if parts else ''}{', '.join(parts)}."


_WRONG = (Status.FAILED, Status.UNKNOWN, Status.REJECTED, Status.SKIPPED)


def _troubles(report: Report, counted: Counts) -> list[str]:
    problems = counted.errors
    return [
        *_some(
            (counted.actions.get(Action.BLOCKED, 0), "blocked"),
            (counted.actions.get(Action.UNREADABLE, 0), "unreadable"),
            (problems, "problem" if problems == 1 else "problems"),
            (len(report.released), "released"),
        )
    ]


def _in_sync(report: Report, counted: Counts) -> str:
    if counted.tenants:
        return f"In sync: {_scope(counted)}."
    if report.selection.changed_since is not None:
        return "Nothing to do: of the tenants that were selected, none has changed since the given revision."
    return "Nothing to do: no tenant was selected."


def _some(*parts: tuple[int, str]) -> list[str]:
    return [f"{number:,} {word}" for number, word in parts if number]


def _refusing(how: str, report: Report) -> list[str]:
    rules = {refusal.rule for refusal in report.refusals}
    return [f"{how} by {plural(len(rules), 'rule')}"] if rules else []


def _scope(counted: Counts) -> str:
    tenants = plural(counted.tenants, "tenant")
    return f"{plural(counted.keys, 'key')} in {tenants}" if counted.keys else tenants


def _of(some: int, every: int) -> str:
    return f"{some:,} of {plural(every, 'tenant')}"


def next_steps(report: Report, counted: Counts | None = None) -> tuple[str, ...]:
    """Return what to do next, most urgent first; empty when all is well. No string from a file or the API is in it.

    `counted` are the report's counts, where they are known already.
    """
    return tuple(_steps(report, counted or counts(report)))


def _steps(report: Report, counted: Counts) -> Iterator[str]:
    flag = " --sandbox" if report.sandbox else ""
    if report.exit_code == 64:
        yield "Mend the problem, and run the same command again."
        return
    if report.exit_code == 70:
        yield "This is a bug of the reconciler: please report it, with this report. Running it again is safe."
        return
    if counted.errors:
        imported = report.command == "import"
        again = f"import those tenants again: reconciler import TENANT{flag}" if imported else "reconciler validate"
        yield f"Mend the problems, then{'' if imported else ':'} {again}"
        return
    if report.command == "doctor":
        yield from _after_doctor(report, flag)
    elif report.command == "plan":
        yield from _after_plan(report, counted, flag)
    elif report.command == "apply":
        yield from _after_apply(report, counted, flag)
    elif report.command == "import" and counted.tenants:
        yield f"Read through the files, then see that nothing would change: reconciler plan{flag}"


_DRIFT = (
    "Drift: live is not what the files say, and this revision doesn't edit them there. Applying overwrites it, unless"
    ' [apply] drift is "report". To keep what is live, write it into the file first.'
)
_RELEASED = "A released key keeps its live value: it is neither read nor written any more, until a file declares it."


def _after_doctor(report: Report, flag: str) -> Iterator[str]:
    if report.result is Result.INTERRUPTED:
        yield f"Not everything was looked at. Run it again: reconciler doctor{flag}"
    elif report.exit_code:
        yield f"Mend the problems from the top, as the first may cause the others, then: reconciler doctor{flag}"
    else:
        yield f"See what would change: reconciler plan{flag}"


def _after_plan(report: Report, counted: Counts, flag: str) -> Iterator[str]:
    yield from _unreadable(report, counted)
    if report.result is Result.INTERRUPTED:
        yield f"This plan is not whole. Plan again: reconciler plan{flag}"
    elif report.selection.shard not in {None, "1/1"}:
        yield "Merge the plans of all shards, and have that reviewed: reconciler report plan-*.json --report plan.json"
    elif counted.writes:
        again = _asked_for(report)
        yield f"Have the JSON report of this plan reviewed, then{again}: reconciler apply --plan FILE{flag}"
    if counted.irreversible:
        yield "A first set of a write-once key can't be undone: check its value twice before you approve."
    if counted.causes.get(Cause.DRIFT):
        yield _DRIFT
    if report.released:
        yield _RELEASED
    if counted.actions.get(Action.BLOCKED):
        yield "A blocked key is never written, and the other keys go on. Its message says what ends the block."
    if _any_key(report, Action.NO_OP, Reason.NOT_COMPARABLE):
        yield "A secret that can't be compared is not sent. To send it all the same, add: --rewrite TENANT:KEY"
    yield from _refused(report)


def _after_apply(report: Report, counted: Counts, flag: str) -> Iterator[str]:
    if report.result is Result.INTERRUPTED:
        yield f"This report says what was done. Applying again is safe; what is left: reconciler plan{flag}"
    if counted.results.get(Result.STALE):
        yield f"A stale tenant was not written. Plan again, have it reviewed, apply that: reconciler plan{flag}"
    if counted.statuses.get(Status.UNKNOWN):
        yield f"An unknown key may have been written. Wait some minutes, then look: reconciler plan{flag}"
    if any(counted.statuses.get(status) for status in (Status.FAILED, Status.REJECTED, Status.SKIPPED)):
        yield f"Each failure says why. Once it is mended, what is left: reconciler plan{flag}"
    yield from _unreadable(report, counted)
    if counted.actions.get(Action.BLOCKED):
        yield "A blocked key is never written. Its message says what ends the block."
    yield from _refused(report)
    if report.undo:
        yield "To get back to the values before this run, write them as tenant files: reconciler report FILE --undo DIR"


def _asked_for(report: Report) -> str:
    """Name the flags that planned a change and that apply needs again: without them it would leave the key alone."""
    flags = {"--rewrite": (Action.UPDATE, Reason.NOT_COMPARABLE), "--assume-unset": (Action.CREATE, Reason.AMBIGUOUS)}
    needed = [flag for flag, (action, reason) in flags.items() if _any_key(report, action, reason)]
    return f", with the same {' and '.join(needed)}" if needed else ""


def _any_key(report: Report, action: Action, reason: Reason) -> bool:
    return any(
        key.change.action is action and key.change.reason is reason for tenant in report.tenants for key in tenant.keys
    )


def _unreadable(report: Report, counted: Counts) -> Iterator[str]:
    if counted.actions.get(Action.UNREADABLE):
        yield "An unreadable key is never written. Its message says what is in the way."
    if _any_key(report, Action.UNREADABLE, Reason.AMBIGUOUS):
        yield (
            "An ambiguous key: look at it in the platform. If it was never set, plan with "
            "--assume-unset TENANT:KEY and apply that plan with the same flag."
        )


def _refused(report: Report) -> Iterator[str]:
    rules = {refusal.rule for refusal in report.refusals}
    for rule in sorted(rules & _LIFTABLE):
        yield f"If you may lift it, say why, and it goes on record: --lift {rule}=REASON"
    if "irreversible" in rules:
        yield "A first set needs a reviewed plan (--plan FILE), or --allow-irreversible."
