"""Chooses a renderer by format, and puts a finished text into a file: all of it, or none."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from reconciler.model.meaning import NO_MEANINGS, Meanings
from reconciler.model.report import Report


class Format(StrEnum):
    """The four forms of a report, as `--format` names them (HTML is for files only)."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


_SUFFIXES = {".json": Format.JSON, ".md": Format.MARKDOWN, ".html": Format.HTML, ".txt": Format.TEXT}


@dataclass(frozen=True, slots=True)
class NotSaved:
    """A file that could not be written, and why."""

    path: Path
    message: str


def format_of(path: Path) -> Format | None:
    """Return the format that the name of `path` asks for, by `.json .md .html .txt`; None for another suffix."""
    return _SUFFIXES.get(path.suffix.lower())


def render(
    report: Report,
    form: Format,
    *,
    width: int = 100,
    colour: bool = False,
    verbose: bool = False,
    meanings: Meanings = NO_MEANINGS,
) -> str:
    """Return `report` in `form`. `width`, in terminal cells, `colour` and `verbose` matter to text alone.

    `meanings` are what the keys mean; Markdown and HTML tell of them.
    """
    return "".join(pieces(report, form, width=width, colour=colour, verbose=verbose, meanings=meanings))


def pieces(
    report: Report,
    form: Format,
    *,
    width: int = 100,
    colour: bool = False,
    verbose: bool = False,
    meanings: Meanings = NO_MEANINGS,
    overview: bool = False,
) -> Iterator[str]:
    """Return the text of `render` in pieces, which are made while they are taken: a large report is never whole.

    With `overview`, the text of a large fleet is a short one, for a person who would have to scroll.
    """
    # Each is imported when it is asked for: most runs want two of the four.
    match form:
        case Format.TEXT if overview:
            from reconciler.report.overview import overview_pieces

            return overview_pieces(report, width=width, colour=colour)
        case Format.TEXT:
            from reconciler.report.text import text_pieces

            return text_pieces(report, width=width, colour=colour, verbose=verbose)
        case Format.MARKDOWN:
            from reconciler.report.markdown import to_markdown

            return iter((to_markdown(report, meanings=meanings),))
        case Format.JSON:
            from reconciler.report.to_json import json_pieces

            return json_pieces(report)
        case Format.HTML:
            from reconciler.report.html import html_pieces

            return html_pieces(report, meanings)
        case never:
            assert_never(never)


def save(path: Path, text: str | Iterable[str]) -> NotSaved | None:
    """Write `text`, whole or in pieces, as UTF-8 to `path`, mode 0600, through a temporary file beside it and a rename.

    A reader sees the old file or all of the new one, never a part. Missing folders are made. Links, devices
    and folders are not replaced. Returns None when it is on the disk, else NotSaved; never raises OSError.
    What making a piece raises comes out as it is, and leaves the old file.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return NotSaved(path, f"Report not written. {path} is not a plain file: give the path of one.")
        path.parent.mkdir(parents=True, exist_ok=True)
        # As tempfile.mkstemp does, without loading that: it brings every archive format along.
        name = str(path.parent / f".{path.name[:50]}.{os.urandom(6).hex()}.tmp")
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except (OSError, ValueError) as error:
        return _not_saved(path, error)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(piece.encode("utf-8") for piece in ((text,) if isinstance(text, str) else text))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        return _not_saved(path, error)
    finally:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)
    _sync_folder(path.parent)
    return None


def _not_saved(path: Path, error: Exception) -> NotSaved:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "the path is not usable"
    return NotSaved(path, f"Report not written. {path}: {reason}. Give another path with --report.")


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the file system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
