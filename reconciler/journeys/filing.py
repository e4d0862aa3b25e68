"""New files of a configuration repository: each whole or not at all, and none over one that is there, unless asked."""

import os
import tempfile
from pathlib import Path


def put(path: Path, data: bytes, *, replace: bool) -> str:
    """Write `data` to `path`, made readable for all as files in git are; return why that can't be done, or nothing.

    Folders are made. Without `replace`, a file that has come to be there meanwhile is left as it is.
    """
    name = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        if not replace and os.path.lexists(path):
            return "there is one already"
        Path(name).replace(path)
    except OSError as error:
        return (error.strerror or "it can't be written").lower()
    finally:
        if name:
            Path(name).unlink(missing_ok=True)
    return ""


def shown(path: Path, cwd: Path) -> str:
    """Return a path as people see it: relative to where they are, if it is below."""
    return (path.relative_to(cwd) if path.is_relative_to(cwd) else path).as_posix()
