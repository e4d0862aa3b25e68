"""`schemas`: the derived files of a catalogue folder."""

from pathlib import Path

from reconciler.catalogue import CatalogueProblem
from reconciler.catalogue.load import editor_stale, editor_write, write
from reconciler.catalogue.load import stale as stale_files
from reconciler.inputs.usage import UsageProblem
from reconciler.journeys.call import Call, CorrectTheCallError, World, own_place
from reconciler.journeys.ground import settings_only


def derive(call: Call, world: World, out: Path | None = None) -> tuple[Path, tuple[str, ...]]:
    """Write what is stale; return the folder and the names of the files that changed.

    With `out`, only what editors need is written, and there. It doesn't need to exist.
    """
    folder = _folder(call, world) if out is None else out
    try:
        changed = write(folder) if out is None else editor_write(world.cwd / out, _extra(call, world))
    except OSError as error:
        raise CorrectTheCallError(UsageProblem(f"{folder} can't be written: {error.strerror}.")) from error
    return folder, _usable(changed)


def stale(call: Call, world: World, out: Path | None = None) -> tuple[Path, tuple[str, ...]]:
    """Return the folder and the names of the derived files that are not what they should be; `out` as in `derive`."""
    folder = _folder(call, world) if out is None else out
    try:
        differing = stale_files(folder) if out is None else editor_stale(world.cwd / out, _extra(call, world))
    except OSError as error:
        raise CorrectTheCallError(UsageProblem(f"{folder} can't be read: {error.strerror}.")) from error
    return folder, _usable(differing)


def _extra(call: Call, world: World) -> Path | None:
    return settings_only(call, world).schemas


def _folder(call: Call, world: World) -> Path:
    folder = settings_only(call, world).schemas or own_place(world.cwd, Path("schemas"))
    if not (folder / "openapi.yaml").is_file():
        raise CorrectTheCallError(
            UsageProblem(
                f"There is no openapi.yaml in {folder}.",
                "Go to a folder that has schemas/openapi.yaml, or name one with `schemas` in the settings. For the "
                "two files that an editor needs in a repository of tenants: reconciler schemas --out schemas",
            )
        )
    return folder.relative_to(world.cwd) if folder.is_relative_to(world.cwd) else folder


def _usable(names: tuple[str, ...] | CatalogueProblem) -> tuple[str, ...]:
    if isinstance(names, CatalogueProblem):
        raise CorrectTheCallError(UsageProblem(f"The catalogue can't be used: {names}"))
    return names
