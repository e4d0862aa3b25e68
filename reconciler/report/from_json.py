"""JSON to Report: plan files, and the shards that are merged. The text may come from anywhere, so all of it is checked.

The shape is checked while it is read, not by a JSON Schema library: that is quicker by far on a large fleet,
and no message can echo a value. A test holds that this reader and `schemas/report.schema.json` agree.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.report import FORMAT_VERSION, Report
from reconciler.report.collecting import no_collecting
from reconciler.report.members import Misfit
from reconciler.report.shape import report_at


@dataclass(frozen=True, slots=True)
class Malformed:
    """Text that is no report of ours, and why. Holds none of its values."""

    message: str


class _Refused(ValueError):
    """Something that JSON readers let pass, and we don't."""


MOST_BYTES: Final = 96 << 20
"""Of a report that is read from a file. A plan of ten thousand tenants has 41 MiB, its apply some more."""
_MOST_VALUES = 3_000_000
"""As commas and brackets count them. Ten thousand tenants have 1.4 million; each may cost 200 bytes of memory."""
_MAJOR = FORMAT_VERSION.partition(".")[0]


@no_collecting()
def from_json(text: bytes | str) -> Report | Malformed:
    """Read what `to_json` wrote. Members that we don't know are ignored: a newer minor may add some.

    Malformed says: more values than a report has, not UTF-8, cut off, not JSON, NaN or a number that no float holds, a
    member given twice, nested too deeply, another major version, or the pointer of what doesn't fit the contract.
    """
    if _values(text) > _MOST_VALUES:
        return Malformed(
            f"The report holds more than {_MOST_VALUES:,} values, which is some 20,000 tenants with six keys. A larger "
            "fleet is planned in parts, by --tenant or --changed-since (docs/how-to/scale.md)."
        )
    try:
        parsed = json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=_members,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        return Malformed("The report is not UTF-8 text.")
    except json.JSONDecodeError as error:
        return Malformed(_not_json(error))
    except _Refused as error:
        return Malformed(str(error))
    except RecursionError:
        return Malformed("The report is nested too deeply to be one of ours.")
    except ValueError:  # int() refuses numbers of thousands of digits
        return Malformed("The report holds a number that is too long.")
    if foreign := _foreign(parsed):
        return Malformed(foreign)
    try:
        return report_at(parsed)
    except Misfit as misfit:
        return Malformed(f"The report does not fit its contract at {misfit.pointer or '/'}: {misfit.expected}.")


def _values(text: bytes | str) -> int:
    """Return how many values the text has at most, told before any of them takes memory."""
    if isinstance(text, bytes):
        return sum(map(text.count, (b"{", b"[", b",")))
    return sum(map(text.count, ("{", "[", ",")))


def _not_json(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "The report is empty: the run that wrote it may have failed, or its upload."
    if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
        return f"The report is cut off at line {error.lineno}: copy or download it again."
    return f"The report is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Refused("The report gives a member of an object twice; no tool of ours writes that.")
    return members


def _no_constant(name: str) -> Any:
    raise _Refused(f"The report holds {name}, which is not JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _Refused("The report holds a number that is too large.")
    return number


def _foreign(parsed: Any) -> str:
    """Say why `parsed` is not for this version, before its shape is looked at."""
    version = parsed.get("format_version") if isinstance(parsed, Mapping) else None
    if not isinstance(version, str):
        return "This is no report of the reconciler: it has no format_version."
    major, dot, minor = version.partition(".")
    if not (dot and major.isascii() and major.isdigit() and minor.isascii() and minor.isdigit()):
        return 'The format_version of the report is not of the form "1.0".'
    if major != _MAJOR:
        return (
            f"The report has format version {major[:9]}, and this reconciler reads version {_MAJOR}. "
            "Read it with the version of the tool that wrote it."
        )
    return ""
