"""What the keys of a report mean, for the renderers that tell of it."""

from pathlib import Path

from reconciler.catalogue import CatalogueProblem
from reconciler.catalogue import load as load_catalogue
from reconciler.catalogue.meanings import meanings as meanings_of
from reconciler.inputs.settings import Overrides, load_settings
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import World
from reconciler.model.meaning import Meanings


def meanings(settings_file: Path | None, world: World) -> Meanings:
    """Return what every key means, by the catalogue that the settings name.

    A report tells what happened with or without it, and of a run that failed too. So where the settings or their
    catalogue can't be used, which the run itself has said, it is the shipped one, or nothing.
    """
    settings = load_settings(
        world.cwd,
        explicit=settings_file,
        environment=world.environment,
        overrides=Overrides(),
        default_origin="",
    )
    extra = None if isinstance(settings, UsageProblem) else settings.schemas
    catalogue = load_catalogue(extra)
    if isinstance(catalogue, CatalogueProblem) and extra is not None:
        catalogue = load_catalogue()
    return {} if isinstance(catalogue, CatalogueProblem) else meanings_of(catalogue)
