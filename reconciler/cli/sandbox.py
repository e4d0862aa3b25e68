"""`reconciler sandbox`: the embedded API, by itself."""

import json
from pathlib import Path
from typing import Any

import click

from reconciler.cli import exits

EPILOG = """\b
Examples:
  reconciler sandbox reset                          back to the sample fleet's state
  reconciler sandbox serve --port 8080              for your own tests; Ctrl-C ends it
  reconciler sandbox show --tenant acme
  reconciler sandbox set acme on_hold_timer_duration 60
  reconciler sandbox set acme big_sales_order --unset
  reconciler sandbox set acme external_oms --fault '{"kind": "status", "status": 500, "times": 2}'

A test double: it does what the API's document says and, where that is silent, what we expect. It listens on
loopback only. Its state is in .reconciler/sandbox.db; `--sandbox` makes any other command use it.
"""


@click.group("sandbox", epilog=EPILOG)
def command() -> None:
    """Serve, reset, show or set the embedded API."""


_DB = click.option("--db", type=click.Path(path_type=Path), metavar="FILE", help="State [.reconciler/sandbox.db].")
_SETTINGS = click.option(
    "--settings", "settings_file", type=click.Path(path_type=Path), metavar="FILE", help="Settings file."
)


@command.command("serve", epilog="\b\nExample:\n  reconciler sandbox serve --port 8080 --write-credentials c.yaml")
@click.option("--port", type=click.IntRange(1, 65535), help="Port on 127.0.0.1 [the one it had before, or a free one].")
@click.option(
    "--write-credentials",
    "credentials",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write credentials for the tenants of the tenants folder, and for --tenant.",
)
@click.option("--tenant", multiple=True, metavar="NAME", help="Also a tenant that has no file yet; may be repeated.")
@click.option(
    "--tenants", "tenants_dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder of tenant files."
)
@_DB
@_SETTINGS
def serve(**options: Any) -> int:
    """Serve the API on loopback until Ctrl-C."""
    from reconciler.journeys import sandbox

    return _run(lambda call, world: sandbox.serve(call, world, **options), options)


@command.command("reset", epilog="\b\nExample:\n  reconciler sandbox reset")
@_DB
@_SETTINGS
def reset(**options: Any) -> int:
    """Put the state back to the sample fleet's."""
    from reconciler.journeys import sandbox

    return _run(lambda call, world: sandbox.reset(call, world, **options), options)


@command.command("show", epilog="\b\nExample:\n  reconciler sandbox show --tenant acme")
@click.option("--tenant", multiple=True, metavar="GLOB", help="Only these tenants.")
@click.option(
    "--format",
    "format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="What to print on stdout.",
)
@_DB
@_SETTINGS
def show(**options: Any) -> int:
    """Show what is stored, and the faults that wait. Secrets are masked."""
    from reconciler.journeys import sandbox

    return _run(lambda call, world: sandbox.show(call, world, **options), options)


def _json(_ctx: click.Context, _param: click.Parameter, text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}. Write text in quotes: '\"text\"'") from error


@command.command(
    "set",
    short_help="Store a value, forget it, or add a fault.",
    epilog="""\b
Examples:
  reconciler sandbox set acme on_hold_timer_duration 60
  reconciler sandbox set acme cancellation_allowed_from '["store"]'
  reconciler sandbox set acme external_oms --fault '{"kind": "drop"}'
""",
)
@click.argument("tenant")
@click.argument("key")
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Forget the value.")
@click.option(
    "--fault", callback=_json, metavar="JSON", help="Make the next requests fail; see docs/reference/sandbox.md."
)
@_DB
@_SETTINGS
def set_(*, value: str | None, **options: Any) -> int:
    """Store VALUE (JSON) for a KEY of a TENANT, as if an operator had done it; or add a fault."""
    from reconciler.journeys import sandbox
    from reconciler.model.values import ABSENT

    if value is None and not options["unset"] and options["fault"] is None:
        raise click.UsageError("Nothing to set: give a VALUE, --unset or --fault.")
    parsed = ABSENT if value is None else _json(click.get_current_context(), None, value)  # type: ignore[arg-type]
    return _run(lambda call, world: sandbox.set_value(call, world, value=parsed, **options), options)


def _run(journey: Any, options: dict[str, Any]) -> int:
    from reconciler.cli.delivery import tell, world_of
    from reconciler.cli.options import Output
    from reconciler.journeys.call import Call, CorrectTheCallError

    world = world_of(Output("text", (), quiet=False, verbose=False, colour=None))
    call = Call("sandbox", settings_file=options.pop("settings_file"), tenants_dir=options.pop("tenants_dir", None))
    try:
        text = journey(call, world)
    except CorrectTheCallError as error:
        tell(error.problem)
        return exits.USAGE
    if text:
        click.echo(text)
    return exits.OK
