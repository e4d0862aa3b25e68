"""`--plan FILE`: plan files in, the selection and the reviewed changes out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.desired.listing import Listing
from reconciler.inputs.choice import Shard, select
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CorrectTheCallError
from reconciler.journeys.given_files import contents
from reconciler.journeys.ground import Narrowed, others
from reconciler.model.report import Report, Selection
from reconciler.planning.review import refuse_plan_file
from reconciler.report.from_json import Malformed, from_json

_REPLAN = "Make a new one with: reconciler plan --report plan.json"

MERGE = (
    "Merge the plans of all shards: reconciler report plan-*.json --report plan.json; then, on each machine: reconciler"
    " apply --plan plan.json --shard I/N"
)


def read_plan_files(paths: Sequence[Path], call: Call) -> tuple[Report, ...]:
    """Read every plan file. One that can't be believed is a wrong call, and so is a selection beside them.

    Only --shard may stand beside them: it takes a part of what was reviewed, and can't add to it.
    """
    if call.tenant or call.key or call.changed_since is not None:
        raise CorrectTheCallError(
            UsageProblem(
                "--plan brings its own selection.",
                "Leave out --tenant, --key and --changed-since: the plan file says which.",
            )
        )
    return tuple(_whole(_read(path), path) for path in paths)


def _whole(report: Report, path: Path) -> Report:
    """Refuse a plan of one shard: the gate would judge the run by a part of it."""
    shard = report.selection.shard
    if shard in {None, "1/1"}:
        return report
    raise CorrectTheCallError(
        UsageProblem(
            f"The plan file {path} is of shard {shard} alone, and a shard is applied only as a part of all.", MERGE
        )
    )


def _read(path: Path) -> Report:
    report = from_json(contents(path, "plan file", _REPLAN))
    if isinstance(report, Malformed):
        raise CorrectTheCallError(UsageProblem(f"The plan file {path} can't be used: {report.message}", _REPLAN))
    return report


def check_plan_files(
    paths: Sequence[Path], reports: Sequence[Report], *, sandbox: bool, origins: Mapping[str, str]
) -> None:
    """Refuse a plan file of another command, another place, or with a digest that its content doesn't have."""
    for path, report in zip(paths, reports, strict=True):
        reason = refuse_plan_file(report, sandbox=sandbox, origins=origins)
        if reason is not None:
            raise CorrectTheCallError(UsageProblem(f"The plan file {path} can't be used: {reason}.", _REPLAN))


def narrowed_by(reports: Sequence[Report], listing: Listing, shard: Shard | None = None) -> Narrowed:
    """Return the selection that the plan files were made with, together, applied to today's fleet, or a shard of that.

    A tenant that is new since then is looked at when the selection holds it: what is pending there was not
    reviewed, and is stale. `--changed-since` meant the tenants that the file lists: what it names may have moved.
    """
    globs: dict[str, tuple[str, ...]] = {}
    for report in reports:
        for name in _names(report, listing):
            globs[name] = _union(globs.get(name), report.selection.keys)
    names = select(globs, (), shard)
    selection = replace(_selection(reports), shard=str(shard) if shard else None)
    return Narrowed(selection, names, globs, others(sorted(globs), names))


def _names(report: Report, listing: Listing) -> tuple[str, ...]:
    chosen = report.selection
    if chosen.changed_since is not None:
        listed = {tenant.tenant for tenant in report.tenants}
        return tuple(name for name in listing.names if name in listed)
    return select(listing.names, chosen.tenants)


def _union(one: tuple[str, ...] | None, other: tuple[str, ...]) -> tuple[str, ...]:
    """Return both sets of globs; no globs mean everything, and win."""
    if one is None:
        return other
    return tuple(dict.fromkeys((*one, *other))) if one and other else ()


def _selection(reports: Sequence[Report]) -> Selection:
    """Return the one selection that says what all files say together; it is for the report."""
    every = [report.selection for report in reports]
    if len(set(every)) == 1:
        return every[0]
    whole = any(not one.tenants and one.changed_since is None for one in every)
    tenants = sorted({tenant.tenant for report in reports for tenant in report.tenants})
    keys: tuple[str, ...] | None = None
    for one in every:
        keys = _union(keys, one.keys)
    # An empty list would read as everything, where it was no tenant at all.
    since = None if whole or tenants else next((one.changed_since for one in every if one.changed_since), None)
    return Selection(tenants=() if whole else tuple(tenants), keys=keys or (), changed_since=since)
