"""`report --undo DIR`: the undo of an apply as tenant files. Never overwrites a file; all of them or none."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.desired.drafting import Draft, is_tenant_name, restore
from reconciler.desired.listing import discover
from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.ground import settings_and_catalogue
from reconciler.journeys.rerender import rerender
from reconciler.model.report import Report
from reconciler.model.values import Json
from reconciler.model.words import Status
from reconciler.planning.undo import changed
from reconciler.report.untrusted import terminal


@dataclass(frozen=True, slots=True)
class _File:
    tenant: str
    path: Path
    draft: Draft


def write_undo(call: Call, world: World, files: Sequence[Path], into: Path) -> Report:
    """Write a tenant file into the folder `into` for each tenant that can be brought back, and return the report.

    Raises CorrectTheCallError: the report is not of an apply; its undo is of no form of ours; a file is there
    already; the folder can't be written. Then nothing is written.
    """
    report = rerender(files, world)
    if report.command != "apply":
        raise _wrong(
            f"A report of {report.command} has no undo.",
            "Give the JSON report of an apply: only that changes something.",
        )
    if not report.undo:
        world.notice(f"There is nothing to undo in this report, so nothing was written to {into}.")
        return report
    _, catalogue = settings_and_catalogue(call, world)
    folder = world.cwd / into
    drafts = [
        _File(
            tenant,
            folder / f"{tenant}.yaml",
            restore(_document(tenant, keys), catalogue, tuple(_header(report, tenant, into)), _footer(report, tenant)),
        )
        for tenant, keys in report.undo.items()
    ]
    _refuse_to_overwrite(drafts, folder, world)
    _write(drafts, folder, into)
    for one in drafts:
        for line in _told(one, into):
            world.notice(terminal(line))
    return report


def _wrong(message: str, hint: str = "", details: Sequence[str] = ()) -> CorrectTheCallError:
    return CorrectTheCallError(UsageProblem(message, hint, first_few(details)))


def _document(tenant: str, keys: Json) -> Mapping[str, Mapping[str, Json]]:
    """Return the undo of one tenant. A report may have been edited: a name such as `../x` must not become a path."""
    groups = keys if isinstance(keys, Mapping) else {}
    members = {group: inside for group, inside in groups.items() if isinstance(inside, Mapping)}
    if not is_tenant_name(tenant) or not members or len(members) != len(groups):
        raise _wrong(f'The undo of "{tenant}" is not as apply writes it.', "Take the report from where apply left it.")
    return members


def _header(report: Report, tenant: str, into: Path) -> Iterator[str]:
    flag = " --sandbox" if report.sandbox else ""
    folder = shlex.quote(str(into))
    commit = f" of commit {report.revision.commit}" if report.revision.commit else ""
    yield f"The values of {tenant} before the apply{commit} that began at {report.started_at}."
    yield "Only keys that it changed are here, or may have changed. What was written since would be overwritten too,"
    yield f"so look first: reconciler plan{flag} --tenants {folder}"
    yield f"And then:      reconciler apply{flag} --tenants {folder}"
    yield ""


def _footer(report: Report, tenant: str) -> tuple[str, ...]:
    """Say what the run may have changed or not, and what can't be brought back."""
    unsure = [
        f"{key.change.key}: {key.outcome.status.value}"
        for one in report.tenants
        if one.tenant == tenant
        for key in one.keys
        if key.outcome is not None and key.outcome.status is not Status.APPLIED and changed(key)
    ]
    lost = [text.removeprefix(f"{tenant}: ") for text in report.not_restorable if text.startswith(f"{tenant}: ")]
    return (
        *(("", "Not known to have been changed:", *unsure) if unsure else ()),
        *(("", "Can't be restored:", *lost) if lost else ()),
    )


def _refuse_to_overwrite(files: Sequence[_File], folder: Path, world: World) -> None:
    """A tenant's file counts wherever in the folder it lies: two of one name would be a problem."""
    there = {source.name: source.file for source in discover(folder, shown_from=world.cwd).tenants}
    existing = [there[one.tenant] for one in files if one.tenant in there]
    if existing:
        raise _wrong("These files are there already.", "Give --undo a folder of its own.", existing)


def _write(files: Sequence[_File], folder: Path, into: Path) -> None:
    written: list[Path] = []
    place = into
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in files:
            place = into / one.path.name
            with one.path.open("x", encoding="utf-8") as file:
                written.append(one.path)
                file.write(one.draft.text)
    except OSError as error:
        for path in written:
            with suppress(OSError):
                path.unlink()
        hint = "Nothing was written. Give --undo a folder of its own that can be written."
        raise _wrong(f"The undo can't be written to {place}: {error.strerror}.", hint) from error


def _told(one: _File, into: Path) -> Iterator[str]:
    file = into / f"{one.tenant}.yaml"
    count = len(one.draft.declared)
    yield f"{file}: {count} {'key' if count == 1 else 'keys'} to bring back."
    if one.draft.commented:
        yield f"{file}: only as a comment, as a file may not say it: {', '.join(one.draft.commented)}."
