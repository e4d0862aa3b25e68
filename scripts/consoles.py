"""Run the commands that stand in the docs, and compare what they print with what the page says.

    python scripts/consoles.py           writes what the commands print today into the pages
    python scripts/consoles.py --check   writes nothing, tells what is wrong, and exits 1 if anything is

A page is one session: its blocks run in their order, in one shell, in an empty folder with an empty home.

- A `console` block holds commands after `$ ` (continued after `> `) and what they print; a line `…` stands for any
  lines. A command that fails must be followed by `$ echo $?`, so that no page hides an exit code.
- An `sh` block is run as it is and must end with 0; what it prints is not compared.
- `<!-- not run: WHY -->` right above a block leaves it out; `<!-- file: NAME -->` writes any block to a file first;
  `<!-- in the background -->` leaves a command running until the page's end.
- `<!-- run: COMMANDS -->` runs what a reader need not see. `$SAMPLES` is the folder of sample tenants.

What differs from run to run (times, ports, ids, digests) is put into one form on both sides: see `steady`.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORT = "8400"
"""Where pages serve the sandbox. A free port takes its place, as two pages may be run at once."""
LIMIT = 60.0
"""Seconds for a page. What has not been done by then counts as ended early."""
ANYTHING = "…"
OTHER_SHELLS = ("bash", "shell", "shell-session", "zsh")

_PART = re.compile(
    r"(?:^<!-- (?P<mark>not run|file|in the background)(?:: (?P<said>[^\n]*?))? -->\n+)?"
    r"^(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$"
    r"|^<!-- run: (?P<hidden>.*?) -->$",
    re.MULTILINE | re.DOTALL,
)
_TIME = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z")
_STEADY = (
    (re.compile(r"\b\d{8}T\d{6}Z-([a-z]+)-\d+"), r"20260131T120000Z-\1-1"),
    (re.compile(r"\b127\.0\.0\.1:\d+"), f"127.0.0.1:{PORT}"),
    (re.compile(r"\bsha256:[0-9a-f]{64}\b"), "sha256:…"),
    (re.compile(r"\bsandbox-\d{6}\b"), "sandbox-000001"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "0123456789abcdef0123456789abcdef01234567"),  # pragma: allowlist secret
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the shell does. `output` is what the page says it prints, None when nobody looks.

    `span` is where the output stands in the page.
    """

    command: str
    output: str | None = None
    span: tuple[int, int] = (0, 0)
    background: bool = False


def steady(text: str) -> str:
    """Return a text in which what differs from run to run has one form, and no line ends in blanks."""
    text = _TIME.sub(_time, text)
    for pattern, form in _STEADY:
        text = pattern.sub(form, text)
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _time(match: re.Match[str]) -> str:
    """Return a time of today's in one form; one that a page speaks of stays."""
    away = datetime.now(UTC) - datetime.fromisoformat(match[0])
    return "2026-01-31T12:00:00Z" if abs(away) < timedelta(days=1) else match[0]


def steps(page: str) -> tuple[list[Step], list[str]]:
    """Return what is to be run of a page's text, and what is wrong with how it is written."""
    found: list[Step] = []
    wrong: list[str] = []
    for match in _PART.finditer(page):
        line = page.count("\n", 0, match.start("fence")) + 1
        mark, said, language, text = match["mark"], match["said"] or "", match["language"], match["text"]
        if match["hidden"] is not None:
            found.append(Step(f"set -e\n{match['hidden']}\nset +e"))
        elif mark == "not run":
            wrong += [] if len(said.split()) >= 3 else [f"{line}: say why it isn't run"]
        elif mark == "file":
            found.append(Step(f"mkdir -p \"$(dirname '{said}')\"\ncat > '{said}' <<'END OF FILE'\n{text}END OF FILE"))
        elif language == "sh":
            command = text if mark else f"set -e\n{text}set +e"
            found.append(Step(command.strip(), background=mark is not None))
        elif language == "console":
            commands = _commands(text, match.start("text"))
            wrong += [] if commands else [f"{line}: a console block begins with $"]
            found += commands
        elif language in OTHER_SHELLS:
            wrong.append(f"{line}: write it as sh, or as console with what it prints")
    return found, wrong


def _commands(text: str, offset: int) -> list[Step]:
    """Return the commands of a console block with what stands below each; none when it begins with anything else."""
    if not text.startswith("$ "):
        return []
    heads = list(re.finditer(r"^\$ (?P<first>.*\n)(?P<more>(?:^> .*\n)*)", text, re.MULTILINE))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    return [
        Step(
            (head["first"] + re.sub(r"^> ", "", head["more"], flags=re.MULTILINE)).rstrip("\n"),
            text[head.end() : end],
            (offset + head.end(), offset + end),
        )
        for head, end in zip(heads, ends, strict=True)
    ]


def play(todo: Sequence[Step], folder: Path) -> tuple[list[tuple[str, int]], str]:
    """Run the steps in one shell in `folder`; return what each printed with its exit code, and what came after."""
    (folder / "config").mkdir()
    (folder / "home").mkdir()
    mark = "== end of a command =="
    lines: list[str] = []
    for number, step in enumerate(todo):
        command = step.command
        if step.background:
            log = f'"$HOME/{number}.log"'
            command = f"{{\n{command}\n}} >{log} 2>&1 &\nuntil [ -s {log} ]; do sleep 0.05; done"
        lines += [command, f'status=$?; printf \'\\n{mark} %s\\n\' "$status"; (exit "$status")']
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
    script = folder / "script"
    script.write_text(re.sub(rf"\b{PORT}\b", port, "\n".join(lines) + "\n"), encoding="utf-8")
    text = _shell(script, folder).replace(port, PORT).replace(str(folder), "~")
    parts = re.split(rf"\n{mark} (\d+)\n", text)
    return [(parts[at], int(parts[at + 1])) for at in range(0, len(parts) - 1, 2)], parts[-1]


def _shell(script: Path, folder: Path) -> str:
    """Run a script and return what it printed; nothing that it left running outlives it."""
    shell = subprocess.Popen(
        ["/bin/sh", str(script)],
        cwd=folder / "config",
        env=_environment(folder / "home"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        printed = shell.communicate(timeout=LIMIT)[0]
    except subprocess.TimeoutExpired as expired:
        printed = expired.output or b""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.communicate()
    return printed.decode("utf-8", "replace")


def _environment(home: Path) -> dict[str, str]:
    """Return an environment without anything of the developer's own."""
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    path = os.pathsep.join([str(home / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    who = {f"GIT_{role}_{what}": "ann@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    source = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, **who, "PATH": path, "HOME": str(home), "PYTHONPATH": source, "SAMPLES": str(ROOT / "tenants")}


def agrees(said: str, printed: str) -> bool:
    """True if what a page says is what was printed, `…` on a line of its own standing for any lines."""
    forms = ["(?:.*\n)*?" if line.strip() == ANYTHING else f"{re.escape(line)}\n" for line in steady(said).splitlines()]
    text = steady(printed)
    return re.fullmatch("".join(forms), f"{text}\n" if text else "") is not None


def run(page: str) -> tuple[str, list[str]]:
    """Return a page's text with what its commands print today, and what is wrong with the page as it is."""
    todo, wrong = steps(page)
    if not todo or wrong:
        return page, wrong
    with tempfile.TemporaryDirectory() as folder:
        results, rest = play(todo, Path(folder))
    fresh = page
    for number, step in reversed(list(enumerate(todo[: len(results)]))):
        printed, code = results[number]
        follows = todo[number + 1].command if number + 1 < len(todo) else ""
        if code != 0 and (step.output is None or follows != "echo $?"):
            wrong.append(f"exit code {code}, which the page doesn't tell ($ echo $?): {step.command}\n{printed}")
        if step.output is not None and not agrees(step.output, printed):
            wrong.append(f"prints something else than the page says: {step.command}\n{printed}")
            if ANYTHING not in step.output.split("\n"):
                text = f"{steady(printed)}\n" if printed.strip() else ""
                fresh = fresh[: step.span[0]] + text + fresh[step.span[1] :]
    if len(results) < len(todo):
        wrong.append(f"ended early, at: {todo[len(results)].command}\n{rest}")
    return fresh, wrong


def pages() -> list[Path]:
    """Return the pages of the docs that have commands, run or not."""
    commands = re.compile(rf"^```(?:sh|console|{'|'.join(OTHER_SHELLS)})$|^<!-- run: ", re.MULTILINE)
    return [page for page in sorted(ROOT.glob("docs/**/*.md")) if commands.search(page.read_text(encoding="utf-8"))]


def main() -> None:
    """Write or check the pages that were named, or all."""
    names = [Path(name).resolve() for name in sys.argv[1:] if name != "--check"]
    bad = False
    for page in names or pages():
        text = page.read_text(encoding="utf-8")
        fresh, wrong = run(text)
        if "--check" not in sys.argv[1:] and fresh != text:
            page.write_text(fresh, encoding="utf-8")
            wrong = run(fresh)[1]
        bad = bad or bool(wrong)
        for finding in wrong:
            print(f"{page.relative_to(ROOT)}: {finding}\n", file=sys.stderr)
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
