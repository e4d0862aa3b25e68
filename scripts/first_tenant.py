"""Write what the commands of docs/tutorial/first-tenant.md print into that page, from a real run of all in order.

`--check` writes nothing and fails when the page shows something else than a run does today.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from random import sample
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "tutorial" / "first-tenant.md"
PORT = "8400"
"""Where the page serves; a run takes a free port in its place, as two may be under way."""
SECONDS = 60.0

_CONSOLE = re.compile(r"^```console\n\$ (?P<command>.*)\n(?P<output>(?:.*\n)*?)```$", re.MULTILINE)
_YAML = re.compile(r"^```yaml\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
_EMBEDDED = re.compile(r"http://127\.0\.0\.1:\d+/(?!\{tenant\})")
"""The embedded API of `--sandbox` is on a port that is free; only that of `serve` is the page's own."""


class Walk:
    """One run of the page's commands in a folder of its own. Used as a context, so that what serves ends."""

    def __init__(self, folder: Path, edited: str) -> None:
        """`edited` is what the editor puts in the place of the line that it begins like."""
        self._folder = folder
        self._port = _free_port()
        self._served: subprocess.Popen[str] | None = None
        self._log = folder / "serve.log"
        editor = folder / "editor"
        editor.write_text(f"#!{sys.executable}\n{_EDITOR.format(text=edited)}", encoding="utf-8")
        editor.chmod(0o755)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        own = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "XDG_"))}
        self._env = {**own, "PATH": path, "HOME": str(folder), "EDITOR": str(editor), "PYTHONPATH": str(ROOT)}

    def __enter__(self) -> Self:
        """Nothing is made yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what serves, as `kill %1` does: a script that runs in the background passes no Ctrl-C on."""
        if self._served is not None:
            self._served.terminate()
            self._served.wait(SECONDS)

    def run(self, command: str) -> str:
        """Return what `command` prints, on both streams. One that ends with `&` goes on beside; a failure ends all."""
        line = command.replace(PORT, self._port)
        text = self._serve(line.removesuffix("&")) if line.endswith("&") else self._finish(line)
        text = _EMBEDDED.sub(f"http://127.0.0.1:{PORT}/", text.replace(self._port, PORT))
        return "".join(f"{part.rstrip()}\n" for part in text.splitlines())

    def file(self, name: str) -> str:
        """Return the text of a file that the walk has made."""
        return (self._folder / name).read_text(encoding="utf-8")

    def _finish(self, line: str) -> str:
        name, _, after = line.partition(" && cd ")
        done = subprocess.run(
            ["/bin/sh", "-c", name],
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            timeout=SECONDS,
        )
        if done.returncode != 0:
            raise SystemExit(f"{line}: exit code {done.returncode}\n{done.stdout}")
        self._folder = self._folder / after
        return done.stdout

    def _serve(self, line: str) -> str:
        with self._log.open("w", encoding="utf-8") as log:
            self._served = subprocess.Popen(
                shlex.split(line),
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
            )
        until = time.monotonic() + SECONDS
        while "Ctrl-C" not in (text := self._log.read_text(encoding="utf-8")):
            if self._served.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{line}: it doesn't serve\n{text}")
            time.sleep(0.02)
        return text


_EDITOR = """\
import re, sys
text = {text!r}
with open(sys.argv[1], encoding="utf-8") as file:
    before = file.read()
after = re.sub("^" + re.escape(text.partition(":")[0]) + ":.*\\n", lambda _: text, before, flags=re.MULTILINE)
assert after != before
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(after)
"""
"""Puts a text in the place of the line that declares the same key."""


def _free_port() -> str:
    """Below the range that systems hand out for outgoing connections, or another program may get it first."""
    for port in sample(range(10_000, 20_000), 100):  # no secret hangs on it # nosec B311
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return str(port)
    raise SystemExit("no free port on 127.0.0.1")


def commands(page: str) -> list[str]:
    """Return the commands of the page that are run, in order."""
    return [match["command"] for match in _CONSOLE.finditer(page)]


def walked(page: str) -> str:
    """Return the page with what its commands print today, and the file that the import writes."""
    (_, edited) = (match["text"] for match in _YAML.finditer(page))
    with tempfile.TemporaryDirectory() as folder, Walk(Path(folder), edited) as walk:
        parts = list(_parts(page, walk))
    return "".join(parts)


def _parts(page: str, walk: Walk) -> Iterator[str]:
    at = 0
    imported = ""
    shown = next(_YAML.finditer(page)).start()
    for match in sorted([*_CONSOLE.finditer(page), *_YAML.finditer(page)], key=lambda match: match.start()):
        yield page[at : match.start()]
        at = match.end()
        if match.re is _CONSOLE:
            command = match["command"]
            yield f"```console\n$ {command}\n{walk.run(command)}```"
            if command.startswith("reconciler import "):
                imported = walk.file(f"tenants/{command.split()[2]}.yaml")
        else:
            yield f"```yaml\n{imported if match.start() == shown else match['text']}```"
    yield page[at:]


def main() -> None:
    """Write, or check."""
    page = PAGE.read_text(encoding="utf-8")
    made = walked(page)
    if "--check" in sys.argv[1:]:
        if made != page:
            changes = "\n".join(unified_diff(page.splitlines(), made.splitlines(), "the page", "today", lineterm=""))
            name = PAGE.relative_to(ROOT)
            raise SystemExit(f"{changes}\n{name} is stale. Run: python {Path(__file__).relative_to(ROOT)}")
        return
    PAGE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
