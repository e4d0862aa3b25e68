"""The real yaml-language-server, spoken to over stdio as an editor does: LSP, and no more of it than is needed."""

import itertools
import json
import os
import queue
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import IO, Any, Final

SERVER: Final = Path(__file__).resolve().parents[1] / "node/node_modules/.bin/yaml-language-server"
ANSWER: Final = 30.0
"""Seconds within which the server must answer; a busy machine needs more than one."""
_OFFLINE: Final = {"yaml.schemaStore.enable": False, "yaml.kubernetesCRDStore.enable": False}
"""What every test sets: nothing from the network. All else is as it comes."""
_CLIENT: Final = {
    "workspace": {"configuration": True},
    "textDocument": {
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}},
        "publishDiagnostics": {"versionSupport": True},
    },
}
_PLAIN: Final = {"textDocument": {"hover": {}, "completion": {}}, "workspace": {"configuration": True}}


def missing() -> str:
    """Return which tool is not there, or nothing."""
    if shutil.which("node") is None:
        return "node"
    return "" if SERVER.exists() else f"{SERVER.name}: npm ci --prefix tests/node"


@dataclass
class Editor:
    """One server, and the files that are open in it. Positions are zero-based, as LSP has them."""

    process: "subprocess.Popen[bytes]"
    incoming: "queue.Queue[dict[str, Any]]" = field(default_factory=queue.Queue)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    published: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def ask(self, method: str, params: Any) -> Any:
        """Send a request and return its result."""
        number = next(self.ids)
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._handle(message)

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def show(self, path: Path, text: str | None = None) -> str:
        """Open a file, or change what stands in it, unsaved, to `text` or what is on disk. Return its URI."""
        uri = path.as_uri()
        shown = path.read_bytes().decode() if text is None else text
        version = self.versions[uri] = self.versions.get(uri, 0) + 1
        if version == 1:
            document = {"uri": uri, "languageId": "yaml", "version": version, "text": shown}
            self.tell("textDocument/didOpen", {"textDocument": document})
        else:
            named = {"uri": uri, "version": version}
            self.tell("textDocument/didChange", {"textDocument": named, "contentChanges": [{"text": shown}]})
        return uri

    def diagnostics(self, path: Path, text: str | None = None) -> list[dict[str, Any]]:
        """Show a file and return what the server has against it, in the order of the file."""
        return self.diagnostics_of({path: text})[path]

    def diagnostics_of(self, texts: Mapping[Path, str | None]) -> dict[Path, list[dict[str, Any]]]:
        """Do the same with many files at once: the server waits for a pause in typing before it looks at any."""
        asked = {path: (uri := self.show(path, text), self.versions[uri]) for path, text in texts.items()}
        while not self.published.keys() >= set(asked.values()):
            self._handle(self._next())
        return {path: sorted(self.published.pop(one), key=_start) for path, one in asked.items()}

    def hover(self, path: Path, text: str, line: int, character: int) -> str:
        """Return the Markdown that is shown over a place, empty if there is none."""
        found = self.ask("textDocument/hover", self._place(path, text, line, character))
        return found["contents"]["value"] if found else ""

    def completions(self, path: Path, text: str, line: int, character: int) -> dict[str, dict[str, Any]]:
        """Return what is offered at a place, by label; of two with one label nobody could choose."""
        found = self.ask("textDocument/completion", self._place(path, text, line, character))
        items = found["items"] if isinstance(found, dict) else found or []
        labels = [item["label"] for item in items]
        assert len(set(labels)) == len(labels), labels
        return {item["label"]: item for item in items}

    def _place(self, path: Path, text: str, line: int, character: int) -> dict[str, Any]:
        uri = self.show(path, text)
        return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}

    def _handle(self, message: dict[str, Any]) -> None:
        """Take note of diagnostics, and answer what the server asks of its client."""
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            version = params.get("version", self.versions.get(params["uri"], 0))
            self.published[params["uri"], version] = params["diagnostics"]
        elif "id" in message and "method" in message:
            asked = message["params"].get("items", []) if message["method"] == "workspace/configuration" else None
            result = None if asked is None else [_section(self.settings, item.get("section", "")) for item in asked]
            self._send({"id": message["id"], "result": result})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        try:
            return self.incoming.get(timeout=ANSWER)
        except queue.Empty:
            raise AssertionError(f"no word of the server for {ANSWER} seconds") from None


@contextmanager
def editor(
    *, markdown: bool = True, root: Path | None = None, settings: Mapping[str, Any] | None = None
) -> Iterator[Editor]:
    """Run the server until the block is left.

    For a client that shows Markdown, or one that doesn't; `root` is the folder that it has open, and `settings` are
    its own, named with dots as VS Code has them.
    """
    process = subprocess.Popen(
        [str(SERVER), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    made = Editor(process, settings={**_OFFLINE, **(settings or {})})
    reader = Thread(target=_read, args=(process.stdout, made.incoming), daemon=True)
    reader.start()
    try:
        _greet(made, _CLIENT if markdown else _PLAIN, root)
        yield made
        made.ask("shutdown", None)
        made.tell("exit", None)
        process.wait(timeout=10)
    finally:
        process.kill()
        process.wait(timeout=10)
        reader.join(timeout=10)
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def _greet(made: Editor, client: Mapping[str, Any], root: Path | None) -> None:
    folder = root.as_uri() if root else None
    opened = [{"uri": folder, "name": "opened"}] if folder else None
    asked = {"processId": os.getpid(), "rootUri": folder, "workspaceFolders": opened, "capabilities": client}
    made.ask("initialize", asked)
    made.tell("initialized", {})
    made.tell("workspace/didChangeConfiguration", {"settings": {}})  # makes it ask for them


def _read(stream: IO[bytes] | None, into: "queue.Queue[dict[str, Any]]") -> None:
    assert stream is not None
    while line := stream.readline():
        length = int(line.removeprefix(b"Content-Length: "))
        while stream.readline().strip():
            pass  # another header
        into.put(json.loads(stream.read(length)))


def _section(settings: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the settings below `section`, as nested mappings."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name.startswith(f"{section}."):
            *parts, last = name.removeprefix(f"{section}.").split(".")
            place = found
            for part in parts:
                place = place.setdefault(part, {})
            place[last] = value
    return found


def _start(diagnostic: dict[str, Any]) -> tuple[int, int, str]:
    start = diagnostic["range"]["start"]
    return start["line"], start["character"], diagnostic["message"]
