"""`reconciler shards`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from reconciler.cli import exits

if TYPE_CHECKING:
    from reconciler.journeys.sharding import Sharding

MOST_JOBS: Final = 256
"""Jobs that GitHub takes in one matrix."""

EPILOG = """\b
Examples:
  reconciler shards                                    what a plan and an apply need, for people
  reconciler shards --minutes 15 --format json         {"include": [{"shard": "1/3"}, ...]}, for fromJSON
  reconciler shards --for plan --minutes 15 --format json
                                                       for the plan alone, which needs fewer
  reconciler shards --changed-since HEAD^1 --format json
                                                       for a run over the tenants that a branch changes
  reconciler shards --calls 30000 --keys 6             another budget; no file is read but the list of names

Counts the tenants and the keys that they declare, and finds the fewest shards of which each keeps within the calls
that one address may make ([limits] calls_per_window and window_seconds) in the time wished for. A tenth of the calls
is left for second tries. An apply is counted with as many changed tenants as the gate lets through.

Needs no network and no credentials. Each shard needs an address of its own: docs/how-to/scale.md shows how to run them.

Exit codes: 0 done; 64 wrong call or settings, no tenants, or too little budget for one of them.
"""


@click.command("shards", epilog=EPILOG)
@click.option(
    "--tenants", "tenants_dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of tenant files [tenants]."
)
@click.option(
    "--changed-since", metavar="REF", help="Only tenants of which git wants something else than at this revision."
)
@click.option("--calls", type=click.IntRange(1, 1_000_000), metavar="N", help="Calls in a window, for one address.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, 10_080, min_open=True),
    metavar="N",
    help="How long a run may take; one window unless given.",
)
@click.option(
    "--keys", type=click.IntRange(0, 10_000), metavar="N", help="Declared keys of each tenant, instead of counting."
)
@click.option(
    "--changed",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Tenants that an apply changes; what the gate allows unless given.",
)
@click.option(
    "--for",
    "command_",
    type=click.Choice(["plan", "apply"]),
    default="apply",
    show_default=True,
    help="Whose shards the matrix has. Those of apply do for both.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print on stdout; json is the matrix, and the text goes to stderr.",
)
@click.option("--quiet", is_flag=True, help="Nothing on stderr.")
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), metavar="FILE", help="Settings file.")
def command(
    *,
    tenants_dir: Path | None,
    changed_since: str | None,
    calls: int | None,
    minutes: float | None,
    keys: int | None,
    changed: float | None,
    command_: str,
    format_: str,
    quiet: bool,
    settings_file: Path | None,
) -> int:
    """Split the fleet into a matrix of shards for CI."""
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.journeys.call import Call, CorrectTheCallError
    from reconciler.journeys.sharding import Wish, shards

    call = Call("shards", settings_file=settings_file, tenants_dir=tenants_dir, changed_since=changed_since)
    world = world_of(Output("text", (), quiet=quiet, verbose=False, colour=None))
    try:
        found = shards(call, world, Wish(calls, minutes, keys, changed))
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    count = (found.plan if command_ == "plan" else found.apply).shards
    as_json = format_ == "json"
    if as_json:
        click.echo(json.dumps({"include": [{"shard": f"{number}/{count}"} for number in range(1, count + 1)]}))
    if not (as_json and quiet):
        click.echo(_text(found), nl=False, err=as_json)
    if count > MOST_JOBS and not quiet:
        click.echo(f"GitHub runs at most {MOST_JOBS} jobs of one matrix: give it more --minutes.", err=True)
    return exits.OK


def _text(found: "Sharding") -> str:
    budget = found.budget
    broken = f" {found.broken:,} have errors in their files: reconciler validate" if found.broken else ""
    lines = [
        f"Tenants: {found.tenants:,}, with {found.keys:,} declared keys.{broken}",
        f"Changed in one apply: {found.changed:,} at most.",
        f"Calls from one address: {budget.calls:,} in {budget.window:g} s.",
        f"Counted on in {budget.seconds / 60:g} min: {budget.in_time:,}.",
        "",
        f"{'':8}{'requests':>12}{'shards':>8}{'largest':>10}",
        *(
            f"{name:8}{need.requests:>12,}{need.shards:>8,}{need.largest:>10,}"
            for name, need in (("plan", found.plan), ("apply", found.apply))
        ),
    ]
    return "\n".join(lines) + "\n"
