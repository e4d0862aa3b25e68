"""Whatever command is run and whatever goes wrong: no secret is printed, logged, or left in a file."""

import base64
import itertools
import json
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Fault, FaultKind, Sandbox
from tests.journeys.stage import Stage, until
from tests.plugins.threats import Cases
from tests.security.scene import COMMANDS, FORMATS, READING, REPORTS, SOURCES, Scene, python
from tests.security.spelled import marked, spelled_in
from tests.security.troubles import TROUBLES

Row = tuple[str, str, str, str]
"""Command, trouble, form on stdout, source of the credentials."""
USUAL = frozenset({0, 1, 3, 4, 64})
_ANYWHERE = frozenset({"none", "settings", "file", "environment", "bug"})
"""Kinds of trouble that a command meets which asks no platform."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A scene that runs use one after the other."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    state = tmp_path_factory.mktemp("state") / "sandbox.db"
    with Sandbox(state, catalogue, seed=None).running() as running:
        yield Scene(Stage(tmp_path_factory.mktemp("scene"), running))


def kind(trouble: str) -> str:
    return trouble.partition("-")[0]


def rows() -> Iterator[Row]:
    """Every row that means something: a command, a trouble, the credentials by a way; the form on stdout by turns.

    Files in every form are written each time.
    """
    for number, (command, trouble) in enumerate(itertools.product(COMMANDS, TROUBLES)):
        form = FORMATS[number % len(FORMATS)]
        if command not in READING:
            if kind(trouble) in _ANYWHERE:
                yield command, trouble, form, SOURCES[0]
        elif kind(trouble) == "command":
            yield from ((command, trouble, form, source) for source in SOURCES[2:])
        elif kind(trouble) in {"none", "document"}:
            yield from ((command, trouble, form, source) for source in SOURCES)
        elif kind(trouble) != "earlier" or command == "plan-with-a-base":
            yield command, trouble, form, SOURCES[number % len(SOURCES)] if number % 2 else SOURCES[0]


def pairwise(every: Iterable[Row]) -> list[Row]:
    """Return some rows that have each command with each kind of trouble, source and form; each kind by each source."""
    chosen: list[Row] = []
    seen: set[object] = set()
    # Mixed, but in the same way each time: else each kind would be tried with its first trouble alone.
    for row in sorted(every, key=lambda row: zlib.crc32("/".join(row).encode())):
        command, trouble, form, source = row
        what, first = f"{kind(trouble)}-", COMMANDS[command][0][0]
        pairs = {(first, what), (what, source), (what, form), (first, form), (command,)}
        if pairs - seen:
            chosen.append(row)
            seen |= pairs
    return chosen


def play(scene: Scene, row: Row) -> None:
    """Run one row, and hold that nothing is to be seen."""
    command, trouble, form, source = row
    with ExitStack() as stack:
        scene.set_up(stack)
        TROUBLES[trouble](scene)
        codes, shown = scene.run(command, form, source)
    assert not shown, f"{row}: {shown}"
    assert set(codes) <= USUAL | ({70} if kind(trouble) == "bug" else set()), f"{row}: {codes}"


def test_no_secret_is_shown_by_any_command_in_any_kind_of_trouble(scene: Scene, cases: Cases):
    """Each command with each kind of trouble, each source of the credentials, each form; each kind by each source."""
    for row in pairwise(rows()):
        play(scene, row)
        cases.add()


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_no_secret_is_shown_by_a_command_in_any_trouble_at_all(scene: Scene, command: str, cases: Cases):
    """Every combination of command, trouble and source."""
    for row in rows():
        if row[0] == command:
            play(scene, row)
            cases.add()


ALONE = {
    "an echo": ("apply", "echo-POST-400", "text", "file"),
    "an echo in base64": ("plan", "parrot-400-base64", "json", "file"),
    "what is live": ("plan", "parrot-live-member", "text", "file"),
    "a bug": ("plan", "bug-reconciler.planning.plan.decide", "text", "file"),
    "a bug in a callback": ("plan", "bug-reconciler.platform.answering.IncomingAnswer.feed", "text", "file"),
    "a token that is cut in two": ("plan", "document-token-with-a-line-break", "text", "variable"),
    "an unknown member": ("doctor", "document-unknown-member", "text", "file"),
    "a variable before the command": ("plan", "command-is-none", "text", "command"),
    "a command that fails": ("plan", "command-fails", "text", "command"),
    "a literal in a file": ("validate", "file-literal", "text", "file"),
    "a limit": ("plan", "settings-limit", "text", "file"),
}


@pytest.mark.parametrize("row", ALONE.values(), ids=ALONE)
def test_no_secret_is_shown_by(scene: Scene, row: Row):
    """The rows that guard a defence each, by name."""
    play(scene, row)


def test_the_runs_reach_the_platform_and_use_the_secrets(scene: Scene):
    """Otherwise nothing would be shown for no reason."""
    with ExitStack() as stack:
        scene.set_up(stack)
        for source in SOURCES:
            scene.environment.clear()
            codes, shown = scene.run("plan", "text", source)
            assert (codes, shown) == ([0], []), source
        assert scene.run("apply", "text", "file") == ([0], [])
        for tenant in ("acme", "beta"):
            assert scene.stage.live(tenant, "external_order_webhook")["api_key"] == marked(f"new-of-{tenant}")
        assert all((scene.stage.folder / name).exists() for name in REPORTS)


SPELLED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "half of it": lambda text: text[: len(text) // 2],
    "the other half": lambda text: text[len(text) // 2 :],
    "JSON": json.dumps,
    "URL": lambda text: quote(text, safe=""),
    "hex": lambda text: text.encode().hex().upper(),
    "backwards": lambda text: text[::-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after one": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "base64 after two": lambda text: base64.b64encode(b"xx" + text.encode()).decode(),
}


@pytest.mark.parametrize("spell", SPELLED.values(), ids=SPELLED)
def test_a_secret_is_found_however_it_is_spelled(spell: Callable[[str], str]):
    """The search itself: what it doesn't see would pass for not shown."""
    assert spelled_in(f"so: {spell(marked('it'))}.".encode(), [])
    assert not spelled_in(b"so: nothing", ["sandbox-token.beta."])


class Watched:
    """What /proc tells of a process and all its children while it runs: their arguments, and their environment."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.arguments: dict[int, bytes] = {}
        self.surroundings: dict[int, bytes] = {}
        self._process = process
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while self._process.poll() is None:
            for number in [self._process.pid, *_below(self._process.pid)]:
                try:
                    self.arguments[number] = Path(f"/proc/{number}/cmdline").read_bytes() or self.arguments.get(
                        number, b""
                    )
                    self.surroundings[number] = Path(f"/proc/{number}/environ").read_bytes()
                except OSError:
                    continue
            time.sleep(0.003)

    def ended(self) -> None:
        self._thread.join()


def _below(number: int) -> Iterator[int]:
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _below(child)


@pytest.mark.parametrize(
    ("command", "source"),
    [("plan", "command"), pytest.param("apply", "variable", marks=pytest.mark.long), ("plan-with-a-base", "file")],
)
def test_no_secret_is_among_the_arguments_of_a_process(scene: Scene, command: str, source: str):
    """Anyone on the machine can read those. Nor does git, which runs in the checkout, see the credentials."""
    with ExitStack() as stack:
        scene.set_up(stack)
        if command == "plan-with-a-base":
            TROUBLES["earlier-literal"](scene)
            scene.environment["RECONCILER_CREDENTIALS"] = scene.document.decode()
        if source == "command":
            document = str(scene.stage.folder / "document")
            scene.command = python(f"import time; time.sleep(0.2); print(open({document!r}).read())")
        flags = scene.give(source)
        for call in COMMANDS[command]:
            process = subprocess.Popen(
                [sys.executable, "-m", "reconciler", *scene.words(call, "text", flags)],
                cwd=scene.stage.folder,
                env=scene.surroundings(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            watched = Watched(process)
            process.communicate(timeout=60)
            watched.ended()
            assert process.returncode in USUAL
            for number, arguments in watched.arguments.items():
                assert not spelled_in(arguments, scene.secrets)
                if arguments.startswith(b"git\0"):
                    assert not spelled_in(watched.surroundings.get(number, b""), scene.secrets)
            programs = {arguments.partition(b"\0")[0] for arguments in watched.arguments.values()}
            assert len(watched.arguments) > 1 or command == "apply", "its children were seen"
            assert command != "plan-with-a-base" or b"git" in programs


@pytest.mark.parametrize("again", [False, pytest.param(True, marks=pytest.mark.long)], ids=["once", "twice"])
def test_a_run_that_is_interrupted_shows_no_secret(scene: Scene, again: bool):
    """Between the request and its answer, with everything under way."""
    with ExitStack() as stack:
        scene.set_up(stack)
        scene.stage.sandbox.fault(Fault(FaultKind.LATE, method="POST", seconds=1.0, times=None))
        flags, before, seen = scene.give("file"), scene.files(), len(scene.stage.sandbox.log())
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *scene.words(COMMANDS["apply"][0], "text", flags)],
            cwd=scene.stage.folder,
            env=scene.surroundings(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until(lambda: any(one.method == "POST" and one.tenant == "acme" for one in scene.stage.sandbox.log()[seen:]))
        process.send_signal(2)
        if again:
            process.send_signal(2)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert scene.shown(out + err, before) == []
