"""Opens the platform for a run, with what the other rooms know about keys and files."""

from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import CorrectTheCallError, World
from reconciler.journeys.ground import Ground
from reconciler.journeys.reach import Reach
from reconciler.platform import Platform, Unusable

__all__ = ["Platform", "open_platform"]


def open_platform(ground: Ground, world: World, reached: Reach, *, may_write: bool) -> Platform:
    """Return the platform, yet to be entered. Without `may_write` no request but a GET leaves."""
    try:
        return Platform(
            ground.settings.limits,
            fits=ground.catalogue.fits,
            why_not=ground.catalogue.why_not,
            ca_bundle=ground.settings.ca_bundle,
            may_write=may_write,
            clock=world.clock,
            random=world.random,
            notice=world.notice,
            watch=world.watch,
            everyone=reached.everyone,
        )
    except Unusable as error:
        raise CorrectTheCallError(UsageProblem(str(error))) from error
