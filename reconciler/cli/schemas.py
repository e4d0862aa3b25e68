"""`reconciler schemas`."""

import shlex
from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.saying import say

EPILOG = """\b
Examples:
  reconciler schemas           after a change of schemas/openapi.yaml or schemas/rules/
  reconciler schemas --check   in CI: exit 1 when a derived file is not what it should be
  reconciler schemas --out schemas
                               in a repository of tenants: the two files that its editors need

Works on the folder that `schemas` in the settings names, else on schemas/ in the working directory. A folder of
your own holds an openapi.yaml with keys of the same form, and perhaps rules/; its keys are added to the shipped ones.

With --out, tenant.schema.json and profile.schema.json are written to DIR and nothing else, for editors to complete
and check tenant files with. Commit them, and write them again after an update; --check --out DIR says when.
"""


@click.command("schemas", epilog=EPILOG)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is stale.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Only what editors need, written to DIR.")
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), metavar="FILE", help="Settings file.")
def command(*, check: bool, out: Path | None, settings_file: Path | None) -> int:
    """Derive the JSON Schemas from the OpenAPI document and the house rules."""
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.journeys.call import Call, CorrectTheCallError
    from reconciler.journeys.schemas import derive, stale

    world = world_of(Output("text", (), quiet=True, verbose=False, colour=None))
    call = Call("schemas", settings_file=settings_file)
    try:
        folder, names = stale(call, world, out) if check else derive(call, world, out)
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    for name in names:
        say(f"{'stale' if check else 'wrote'} {folder / name}")
    if check and names:
        again = "" if out is None else f" --out {shlex.quote(str(out))}"
        say(f"Run: reconciler schemas{again}", err=True)
        return exits.PROBLEMS
    if not names:
        say(f"The derived files in {folder} are current.")
    return exits.OK
