"""A folder of schemas as it stands on disk: the files that people write, and their digest."""

import errno
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.catalogue.problem import CatalogueProblem, whole_file

DERIVATION = 1
"""Counted up when the same sources shall give other derived files; part of the digest."""
_MOST: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sources:
    """What the derived files are made of. `rules` has the files of `rules/` by name, sorted."""

    folder: str
    openapi: bytes | None = field(repr=False)
    rules: Mapping[str, bytes] = field(repr=False)

    @property
    def openapi_file(self) -> str:
        """The name of the document in findings."""
        return f"{self.folder}/openapi.yaml"

    @property
    def digest(self) -> str:
        """`sha256:` over names, lengths and bytes of all sources, and over the version of the derivation."""
        total = hashlib.sha256(b"reconciler catalogue %d\0" % DERIVATION)
        for name, data in [("openapi.yaml", self.openapi or b""), *self.rules.items()]:
            total.update(f"{name}\0{len(data)}\0".encode())
            total.update(data)
        return f"sha256:{total.hexdigest()}"


def shipped() -> Path:
    """Return the folder that comes with the product: package data in a wheel, else beside the package."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"


def read_sources(folder: Path) -> Sources | CatalogueProblem:
    """Read the sources in `folder`: `openapi.yaml`, `rules/*.yaml`, or both. Dotfiles are ignored."""
    if not folder.is_dir():
        return whole_file(str(folder), "There is no such folder of schemas", "Check the setting `schemas`.")
    within = None if folder.resolve() == shipped().resolve() else folder
    try:
        document = folder / "openapi.yaml"
        # A link to nothing is no absence: what it was meant to bring would be missed in silence.
        openapi = read_plain(document, within) if document.exists() or document.is_symlink() else None
        rules = {path.name: read_plain(path, within) for path in _rule_files(folder / "rules", within)}
    except OSError as error:
        return whole_file(str(error.filename or folder), f"Can't be read ({error.strerror})")
    odd = next((name for name in rules if not name.endswith(".yaml")), None)
    if odd is not None:
        return whole_file(str(folder / "rules" / odd), "Not a file of rules", "Name it after the full key: KEY.yaml.")
    if openapi is None and not rules:
        return whole_file(str(folder), "Holds neither openapi.yaml nor rules", "Check the setting `schemas`.")
    return Sources(str(folder), openapi, rules)


def read_plain(path: Path, within: Path | None = None) -> bytes:
    """Read a regular file of at most 16 MiB, without waiting for pipes and devices; OSError for anything else.

    With `within`, a path that a link leads out of there is refused: a branch may hold such a link, and what a file
    elsewhere says would be in the findings. An installer may make links of the shipped files.
    """
    _stay(path, within)
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(_MOST + 1)
    finally:
        os.close(handle)
    if len(data) > _MOST:
        raise OSError(errno.EFBIG, f"Larger than {_MOST} bytes", str(path))
    return data


def _stay(path: Path, within: Path | None) -> None:
    try:
        inside = within is None or path.resolve().is_relative_to(within.resolve())
    except RuntimeError:
        raise OSError(errno.ELOOP, "Links that lead in a circle", str(path)) from None
    if not inside:
        raise OSError(errno.ELOOP, f"A link leads out of {within}", str(path))


def _rule_files(folder: Path, within: Path | None) -> list[Path]:
    if not folder.is_dir():
        return []
    _stay(folder, within)
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
