"""A command with a bug in it: it fails with a secret in the exception's message, before and inside a journey."""

from typing import NoReturn

import click

from reconciler.cli.delivery import run_and_deliver
from reconciler.cli.options import common_options, output_of
from reconciler.journeys.call import World

CANARY = "canary-in-an-exception"


def _look_up(name: str) -> NoReturn:
    raise KeyError(name)


def _fail(_: World) -> NoReturn:
    try:
        _look_up(CANARY)
    except KeyError as error:
        raise RuntimeError(f"the token is {CANARY}") from error


@click.command()
@click.option("--in-journey", is_flag=True)
@common_options
def command(*, in_journey: bool, **options: object) -> int:
    """Fail."""
    output = output_of(options)
    if not in_journey:
        raise RuntimeError(f"the token is {CANARY}")
    return run_and_deliver(output, _fail, command="plan")
