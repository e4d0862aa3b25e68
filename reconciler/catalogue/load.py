"""Finds, reads and writes folders of schemas. The way in is short: derived files that are current need no YAML."""

import errno
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.catalogue.catalogue import Catalogue
from reconciler.catalogue.keyfile import from_document
from reconciler.catalogue.problem import CatalogueProblem
from reconciler.catalogue.sources import Sources, read_plain, read_sources, shipped


def load(extra: Path | None = None, *, base: Path | None = None) -> Catalogue | CatalogueProblem:
    """Return the shipped catalogue (or that in `base`), with the keys of the folder `extra` added behind.

    An extra folder is always read from its sources, and never believed: see `derive.compose` for what is refused.
    """
    folder = base or shipped()
    sources = read_sources(folder)
    if isinstance(sources, CatalogueProblem):
        return sources
    catalogue = _derived(folder, sources) or _composed(sources)
    if extra is None or isinstance(catalogue, CatalogueProblem):
        return catalogue
    added = read_sources(extra)
    return added if isinstance(added, CatalogueProblem) else _composed(added, catalogue)


def stale(folder: Path, *, base: Path | None = None) -> tuple[str, ...] | CatalogueProblem:
    """Return the names of the derived files in `folder` that are missing, superfluous or not what they should be.

    `base` as in `load`: another folder than that is taken for an extra one, which adds to it.
    """
    wanted = _wanted(folder, base)
    return wanted if isinstance(wanted, CatalogueProblem) else _differing(folder, wanted)


def write(folder: Path, *, base: Path | None = None) -> tuple[str, ...] | CatalogueProblem:
    """Derive the files in `folder` anew, take away those of former keys, and return the names that changed.

    Each file is replaced as a whole. Raises OSError when the folder can't be written.
    """
    wanted = _wanted(folder, base)
    if isinstance(wanted, CatalogueProblem):
        return wanted
    if (folder / "keys").is_symlink():  # a branch may hold one, and files would be taken away where it leads
        raise OSError(errno.ELOOP, "keys is a link", str(folder / "keys"))
    changed = _differing(folder, wanted)
    for name in changed:
        if name in wanted:
            _replace(folder / name, wanted[name])
        else:
            (folder / name).unlink()
    return changed


def editor_stale(out: Path, extra: Path | None = None) -> tuple[str, ...] | CatalogueProblem:
    """Return which of the two schemas that editors need are missing in `out`, or not what they should be.

    They are those of the shipped catalogue with the keys and rules of the folder `extra`, as in `load`.
    """
    wanted = _for_editors(extra)
    return wanted if isinstance(wanted, CatalogueProblem) else _unlike(out, wanted)


def editor_write(out: Path, extra: Path | None = None) -> tuple[str, ...] | CatalogueProblem:
    """Write what is stale of the two into `out`, and touch nothing else there; return the names that changed.

    Each file is replaced as a whole. Raises OSError when the folder can't be written.
    """
    wanted = _for_editors(extra)
    if isinstance(wanted, CatalogueProblem):
        return wanted
    changed = _unlike(out, wanted)
    for name in changed:
        _replace(out / name, wanted[name])
    return changed


def _derived(folder: Path, sources: Sources) -> Catalogue | None:
    """Return the catalogue from the derived files, or None if anything about them is not as it was written."""
    try:
        index: Mapping[str, Any] = json.loads((folder / "keys" / "index.json").read_bytes())
        if index["x-derived-from"] != sources.digest or sources.openapi is None:
            return None
        files = [((folder / row["file"]).read_bytes(), row["sha256"]) for row in index["keys"]]
        if any(hashlib.sha256(data).hexdigest() != expected for data, expected in files):
            return None
        keys = tuple(from_document(json.loads(data)) for data, _ in files)
        return Catalogue(keys, str(index["origin_template"]), sources.openapi)
    except (OSError, ValueError, TypeError, KeyError):
        # Not a finding: the sources say the same, only slower, and `reconciler schemas --check` reports it.
        return None


def _composed(sources: Sources, onto: Catalogue | None = None) -> Catalogue | CatalogueProblem:
    # Imported when needed: the checks of the long way load jsonschema, which the short way can do without.
    from reconciler.catalogue.derive import compose

    return compose(sources, onto)


def _wanted(folder: Path, base: Path | None) -> Mapping[str, bytes] | CatalogueProblem:
    from reconciler.catalogue.derive import derive

    sources = read_sources(folder)
    if isinstance(sources, CatalogueProblem):
        return sources
    if folder.resolve() == (base or shipped()).resolve():
        return derive(sources)
    onto = load(base=base)
    return onto if isinstance(onto, CatalogueProblem) else derive(sources, onto)


def _for_editors(extra: Path | None) -> Mapping[str, bytes] | CatalogueProblem:
    from reconciler.catalogue.derive import PROFILE, TENANT

    wanted = _wanted(extra or shipped(), None)
    if isinstance(wanted, CatalogueProblem):
        return wanted
    return {name: wanted[name] for name in (PROFILE, TENANT)}


def _differing(folder: Path, wanted: Mapping[str, bytes]) -> tuple[str, ...]:
    there = {f"keys/{path.name}" for path in (folder / "keys").glob("*.schema.json")}
    return tuple(sorted({*_unlike(folder, wanted), *(there - set(wanted))}))


def _unlike(folder: Path, wanted: Mapping[str, bytes]) -> tuple[str, ...]:
    return tuple(name for name, data in wanted.items() if _read(folder / name) != data)


def _read(path: Path) -> bytes | None:
    try:
        return read_plain(path)
    except FileNotFoundError:
        return None


def _replace(path: Path, data: bytes) -> None:
    import tempfile  # only to derive

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
