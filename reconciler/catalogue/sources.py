"""A folder of schemas as it stands on disk: the files that people write, and their digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.catalogue.problem import CatalogueProblem, whole_file

DERIVATION = 1
"""Counted up when the same sources shall give other derived files; part of the digest."""


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
    try:
        document = folder / "openapi.yaml"
        openapi = document.read_bytes() if document.exists() else None
        rules = {path.name: path.read_bytes() for path in _rule_files(folder / "rules")}
    except OSError as error:
        return whole_file(str(error.filename or folder), f"Can't be read ({error.strerror})")
    odd = next((name for name in rules if not name.endswith(".yaml")), None)
    if odd is not None:
        return whole_file(str(folder / "rules" / odd), "Not a file of rules", "Name it after the full key: KEY.yaml.")
    if openapi is None and not rules:
        return whole_file(str(folder), "Holds neither openapi.yaml nor rules", "Check the setting `schemas`.")
    return Sources(str(folder), openapi, rules)


def _rule_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
