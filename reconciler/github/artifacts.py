"""One file out of an artifact: what a run left, downloaded and unpacked without trust in it.

An archive is read in memory and nothing of it is ever written under a name that it chose; its size, and that of what
comes out of it, are bounded.
"""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from reconciler.github.api import Api
from reconciler.github.stopping import Failure
from reconciler.github.things import Artifact
from reconciler.report.from_json import MOST_BYTES

NEEDS = "actions: read"
_ARCHIVE_MOST = 64 << 20
"""Bytes. A plan of ten thousand tenants shrinks to a tenth of it."""
_GONE = frozenset({404, 410})
_KINDS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Unusable:
    """An artifact that is there and no use; `why` is the end of a sentence that begins with the artifact."""

    why: str


def file_of_run(api: Api, run: int, artifact: str, file: str) -> bytes | Unusable | Failure | None:
    """Return a file of the newest artifact of that name; None when the run has none, or it has expired."""
    found = api.first_page(
        f"/actions/runs/{run}/artifacts", Artifact.of, needs=NEEDS, member="artifacts", name=artifact
    )
    if isinstance(found, Failure):
        return found
    # A run that was attempted twice may have two.
    there = [one for one in found if one.name == artifact and not one.is_expired]
    if not there:
        return None
    newest = max(there, key=lambda one: one.id)
    archive = api.download(f"/actions/artifacts/{newest.id}/zip", _ARCHIVE_MOST, needs=NEEDS)
    if isinstance(archive, Failure):
        return None if archive.status in _GONE else archive
    return file_in(archive, file)


def file_in(archive: bytes, name: str, most: int = MOST_BYTES) -> bytes | Unusable:
    """Return the file `name` at the top of a zip archive; of at most `most` bytes, whatever the archive says."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            members = [one for one in opened.infolist() if one.filename == name]
            if len(members) != 1:
                return Unusable(f"it has {'no' if not members else 'more than one'} {name}")
            (member,) = members
            if member.is_dir() or member.flag_bits & _ENCRYPTED or member.compress_type not in _KINDS:
                return Unusable(f"{name} in it is no ordinary file")
            if member.file_size > most:
                return Unusable(f"{name} in it is larger than {most:,} bytes")
            with opened.open(member) as file:
                data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError):
        return Unusable("it is no archive, or a damaged one")
    return data if len(data) <= most else Unusable(f"{name} in it is larger than {most:,} bytes")
