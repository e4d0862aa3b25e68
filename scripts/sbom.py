"""Write the software bill of materials: what is installed with the program, as CycloneDX JSON.

    python -m scripts.sbom [FILE]      without FILE, to stdout

What is in it comes from requirements/runtime.txt: name, version, and the hash of each file that may be installed as
that. Licences, and who needs whom, come from the metadata of the same versions as installed here. What is in the lock
only to build the program is left out. No address is in it, and no time but $SOURCE_DATE_EPOCH, so that the same
revision gives the same bytes anywhere.
"""

import json
import os
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from reconciler import __version__

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements" / "runtime.txt"
SCHEMA = SchemaVersion.V1_6


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]


def locked(text: str) -> dict[str, Locked]:
    """Return the packages that a lock names, by name."""
    found: dict[str, Locked] = {}
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        if entry.strip() and not entry.startswith("#"):
            requirement = Requirement(entry.partition(" --hash")[0])
            (pin,) = requirement.specifier
            name = canonicalize_name(requirement.name)
            found[name] = Locked(name, pin.version, tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)))
    return found


def needed(of: str, requirements: Sequence[str], lock: dict[str, Locked], extras: frozenset[str]) -> Iterator[Locked]:
    """Yield those of the lock that `requirements` name. On which system they are needed is left open."""
    for text in requirements:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        marker = requirement.marker
        if "extra" in str(marker) and not any(marker and marker.evaluate({"extra": extra}) for extra in extras):
            continue
        if name in lock:
            yield lock[name]
        elif marker is None:
            raise SystemExit(f"{of} needs {name}, which is not in {LOCK.name}. Run: make lock")


def reached(begin: Sequence[Locked], lock: dict[str, Locked]) -> dict[str, list[Locked]]:
    """Return what each package needs, for all that are needed from `begin` on."""
    edges: dict[str, list[Locked]] = {}
    left = list(begin)
    while left:
        one = left.pop()
        if one.name not in edges:
            edges[one.name] = list(needed(one.name, _installed(one).requires or (), lock, frozenset()))
            left += edges[one.name]
    return edges


def _installed(one: Locked) -> Distribution:
    try:
        found = distribution(one.name)
    except PackageNotFoundError:
        raise SystemExit(f"{one.name} is not installed. Run: make sbom") from None
    if found.version != one.version:
        raise SystemExit(f"{one.name} is {found.version} here, and {one.version} in {LOCK.name}. Run: make sbom")
    return found


def _licence(one: Locked) -> list[str]:
    """Return the one licence, or the classes of licences, that the package says it is under."""
    told = _installed(one).metadata
    for field in ("License-Expression", "License"):
        # A text of several lines is a licence itself, not its name.
        if field in told and "\n" not in told[field]:
            return [told[field]]
    classes = told.get_all("Classifier") or []
    return [one.rpartition(" :: ")[2] for one in classes if one.startswith("License :: ") and one.count(" :: ") > 1]


def _component(one: Locked, scope: ComponentScope) -> Component:
    purl = PackageURL("pypi", None, one.name, one.version)
    return Component(
        name=one.name,
        version=one.version,
        bom_ref=str(purl),
        purl=purl,
        scope=scope,
        licenses=[LicenseFactory().make_from_string(licence) for licence in _licence(one)],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(purl)),  # a place is wanted here; which registry it comes from is the installer's affair
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
            )
            for digest in one.hashes
        ],
    )


def bill() -> Bom:
    """Return the bill of this checkout."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = locked(LOCK.read_text(encoding="utf-8"))
    plain = list(needed("the program", project["dependencies"], lock, frozenset()))
    extra = list(needed("its extra", project["optional-dependencies"]["sandbox"], lock, frozenset()))
    required, edges = reached(plain, lock), reached([*plain, *extra], lock)
    components = {
        name: _component(lock[name], ComponentScope.REQUIRED if name in required else ComponentScope.OPTIONAL)
        for name in edges
    }
    root = Component(
        name=project["name"],
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref=f"{project['name']}@{__version__}",
        # Generic: on the public registry that name is somebody else's.
        purl=PackageURL("generic", None, project["name"], __version__),
        licenses=[LicenseFactory().make_from_string(project["license"])],
    )
    made = Bom(components=components.values())
    made.metadata.component = root
    made.metadata.timestamp = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    made.register_dependency(root, [components[one.name] for one in (*plain, *extra)])
    for name, others in edges.items():
        made.register_dependency(components[name], [components[one.name] for one in others])
    # Told by what it is of: the same lock and version, the same number.
    told = f"{root.purl} {sorted(str(one.purl) for one in components.values())}"
    made.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, told)
    return made


def written(made: Bom) -> str:
    """Return the bill as text."""
    text = make_outputter(made, OutputFormat.JSON, SCHEMA).output_as_string(indent=2)
    if os.environ.get("SOURCE_DATE_EPOCH") is None:
        plain = json.loads(text)
        del plain["metadata"]["timestamp"]
        text = json.dumps(plain, indent=2)
    return f"{text}\n"


def checked(text: str) -> str:
    """Return a bill as it is. Raises SystemExit if it is not what the format's schema asks for."""
    if wrong := JsonStrictValidator(SCHEMA).validate_str(text):
        raise SystemExit(f"not a valid bill: {wrong}")
    return text


def main(arguments: Sequence[str]) -> None:
    """Write the bill to a file, or to stdout."""
    text = checked(written(bill()))
    if arguments:
        path = Path(arguments[0])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
