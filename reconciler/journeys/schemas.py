"""`schemas`: the derived files of a catalogue folder."""

from pathlib import Path

from reconciler.catalogue import CatalogueProblem
from reconciler.catalogue.load import stale as stale_files
from reconciler.catalogue.load import write
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CorrectTheCallError, World
from reconciler.journeys.ground import settings_only


def derive(call: Call, world: World) -> tuple[Path, tuple[str, ...]]:
    """Write what is stale; return the folder and the names of the files that changed."""
    folder = _folder(call, world)
    try:
        return folder, _usable(write(folder))
    except OSError as error:
        raise CorrectTheCallError(UsageProblem(f"{folder} can't be written: {error.strerror}.")) from error


def stale(call: Call, world: World) -> tuple[Path, tuple[str, ...]]:
    """Return the folder and the names of the derived files that are not what they should be."""
    folder = _folder(call, world)
    return folder, _usable(stale_files(folder))


def _folder(call: Call, world: World) -> Path:
    folder = settings_only(call, world).schemas or world.cwd / "schemas"
    if not (folder / "openapi.yaml").is_file():
        raise CorrectTheCallError(
            UsageProblem(
                f"There is no openapi.yaml in {folder}.",
                "Go to a folder that has schemas/openapi.yaml, or name one with `schemas` in the settings.",
            )
        )
    return folder.relative_to(world.cwd) if folder.is_relative_to(world.cwd) else folder


def _usable(names: tuple[str, ...] | CatalogueProblem) -> tuple[str, ...]:
    if isinstance(names, CatalogueProblem):
        raise CorrectTheCallError(UsageProblem(f"The catalogue can't be used: {names}"))
    return names
