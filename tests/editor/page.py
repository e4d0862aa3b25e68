"""A file of tenants/ that is open in an editor, and what its author does and sees there."""

from pathlib import Path
from typing import Any, Final

from tests.editor.server import Editor

ROOT: Final = Path(__file__).resolve().parents[2]
MODELINE: Final = "# yaml-language-server: $schema=../schemas/{}.schema.json"


class Page:
    """One file, which is nowhere on the disk. A `body` is all of it but the first line, which names the schema.

    A place in a body is marked by `|`. Lines are those of the body, from 1, and so are columns.
    """

    def __init__(self, server: Editor, name: str, schema: str) -> None:
        """Open `name` with one of the shipped schemas."""
        self.server, self.path, self.modeline = server, ROOT / "tenants" / name, MODELINE.format(schema)

    def hover(self, body: str) -> str:
        """Return the Markdown over the place."""
        return self.server.hover(self.path, *self._place(body))

    def offered(self, body: str) -> dict[str, dict[str, Any]]:
        """Return what may be completed at the place, by label."""
        return self.server.completions(self.path, *self._place(body))

    def inserted(self, body: str, label: str) -> str:
        """Return the text that choosing `label` puts there; `$1` and `${2:…}` are the places to fill in."""
        return str(self.offered(body)[label]["textEdit"]["newText"])

    def marked(self, body: str) -> list[tuple[str, str]]:
        """Return each text that is underlined, with what is said of it."""
        lines = body.split("\n")
        return [(lines[line - 1][start - 1 : end - 1], message) for line, start, end, message in self.findings(body)]

    def findings(self, body: str) -> list[tuple[int, int, int, str]]:
        """Return what is wrong: line, columns (the end excluded), message. Each is within one line."""
        found = []
        for one in self.server.diagnostics(self.path, self.text(body)):
            start, end = one["range"]["start"], one["range"]["end"]
            assert start["line"] == end["line"], one
            found.append((start["line"], start["character"] + 1, end["character"] + 1, one["message"]))
        return found

    def text(self, body: str) -> str:
        """Return the whole file."""
        mark = "\ufeff" if body.startswith("\ufeff") else ""
        return f"{mark}{self.modeline}\n{body.removeprefix(mark)}"

    def _place(self, body: str) -> tuple[str, int, int]:
        before, mark, after = body.partition("|")
        assert mark, body
        return self.text(before + after), before.count("\n") + 1, len(before.rpartition("\n")[2])
