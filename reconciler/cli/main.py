"""The command `reconciler`: finds the sub-command, and turns every way to end into an exit code."""

import gc
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.unread import outlive_readers

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "init": ("reconciler.cli.init", "Write a new config repository, with an example to try."),
    "validate": ("reconciler.cli.validate", "Check tenant files, offline."),
    "plan": ("reconciler.cli.plan", "Read the live values and show what apply would change."),
    "apply": ("reconciler.cli.apply", "POST the keys that differ, read them back, and report."),
    "import": ("reconciler.cli.import_", "Write tenant files from the live values."),
    "report": ("reconciler.cli.report", "Render JSON reports again, or merge the shards of one run."),
    "explain": (
        "reconciler.cli.explain",
        "Say what a key means: fields, defaults, house rules, and how it stands in a file.",
    ),
    "doctor": ("reconciler.cli.doctor", "Say whether everything is in place, and what to do where it isn't."),
    "schemas": ("reconciler.cli.schemas", "Derive the JSON Schemas from the OpenAPI document and the house rules."),
    "shards": ("reconciler.cli.shards", "Split the fleet into a matrix of shards for CI."),
    "sandbox": ("reconciler.cli.sandbox", "Serve, reset, show or set the embedded API."),
}
"""Name: module and short help. A module is imported when its command is used, so that --help is quick."""

EPILOG = """\b
A first look, with nothing set up:
  reconciler init my-config && cd my-config
  reconciler plan --sandbox
\b
The daily round:
  reconciler validate                      before every commit
  reconciler plan --report plan.json       in the pull request
  reconciler apply --plan plan.json        on merge

Exit codes: 0 in sync or done, 1 something is wrong, 2 changes (plan --detailed-exitcode only), 3 blocked or
refused, 4 not what was reviewed, 64 wrong call, 70 a bug of ours, 130 interrupted.
"""


class Commands(click.Group):
    """A group that imports a command's module only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click passes it
        """Return the names in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click passes it
        """Import and return a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        from reconciler.cli.options import accept_everywhere

        module, _ = COMMANDS[cmd_name]
        return accept_everywhere(importlib.import_module(module).command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but say which command was probably meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]}?" if near else f" There are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command: {args[0]}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  as above
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def main() -> None:
    """GitOps for the order configuration of NewStore tenants.

    One YAML file a tenant, in git. `validate` checks the files, `plan` compares them with the live values, `apply`
    POSTs exactly what differs and reads it back. The order-ID sequence can be set once in a tenant's life: it is
    set where there is none, and never sent to a tenant that has one.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. click's own 2 becomes 64: a typo must not read as "changes"."""
    try:
        code = main.main(list(arguments), prog_name="reconciler", standalone_mode=False)
    except click.ClickException as error:
        _show(error)
        return exits.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return exits.INTERRUPTED
    except Exception as error:  # noqa: BLE001  the last line of defence: a bug gets its own exit code
        _tell_of_bug(error)
        return exits.BUG
    return code if isinstance(code, int) else exits.OK


def _show(error: click.ClickException) -> None:
    """Show what is wrong with the call. It quotes the call, which in CI may be made of names that others chose."""
    import io

    from reconciler.cli.saying import say

    shown = io.StringIO()
    error.show(file=shown)
    say(shown.getvalue().rstrip("\n"), err=True)


def _tell_of_bug(error: Exception) -> None:
    """Show where, not what: an exception's message may quote a value."""
    import traceback  # it loads the tokenizer, which no run without a bug needs

    click.echo(f"A bug in reconciler {__version__}: {type(error).__name__}, raised here:", err=True)
    for frame in traceback.extract_tb(error.__traceback__):
        click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)
    click.echo("Please report it with these lines. What was written is in the report, if one was made.", err=True)


def entry() -> None:
    """Run as a program."""
    # A run makes much that stays and little that refers to itself. To look for that as often as Python does unasked
    # takes a part of a large run's time that can be measured.
    gc.set_threshold(50_000, 20, 50)
    why_not_all = outlive_readers()
    code = run(sys.argv[1:])
    why = why_not_all()
    if why:
        click.echo(
            f"Error: not all of the output could be written: {why}. The run itself went on to its end, and its exit "
            f"code would be {code}. Make room; what it did is in its report, if it makes one: reconciler report FILE.",
            err=True,
        )
    sys.exit(code or exits.PROBLEMS if why else code)
