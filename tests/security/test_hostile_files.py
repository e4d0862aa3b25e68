"""Files that are made to harm whoever reads them: each is refused, in its place, within a second and 200 MiB."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler.catalogue.sources import shipped
from reconciler.desired.files import DiskFiles
from reconciler.model.files import Unread
from reconciler.report.from_json import MOST_BYTES
from tests.plugins.threats import Cases
from tests.security.conftest import Ended, Runner
from tests.security.corpus import JOURNALS, ODD_JOURNALS, TOML, YAML, of_report

SECONDS, MIB = 1.0, 200
"""What reading one hostile file may cost: of the processor, and of memory at its peak."""
GOOD = b"sales_order: {external_oms: {enabled: true}}\n"
CREDENTIALS = b"beta: {origin: 'https://beta.example', token: canary-token}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration repository with one tenant in order."""
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants" / "beta.yaml").write_bytes(GOOD)
    return tmp_path


def within_bounds(name: str, ended: Ended) -> list[str]:
    """Return what is wrong with how a run ended, whatever it had to read."""
    found = []
    if ended.hung:
        found.append("it hung")
    elif ended.exit_code not in {0, 1, 64}:
        found.append(f"exit code {ended.exit_code}")
    if ended.cpu > SECONDS:
        found.append(f"{ended.cpu:.1f} s")
    if ended.mib > MIB:
        found.append(f"{ended.mib:.0f} MiB")
    if "Traceback" in ended.err or "A bug in" in ended.err:
        found.append(ended.err[-300:])
    if any(control in ended.out + ended.err for control in ("\x1b[2J", "\x1b]0", "\u202e")):
        found.append("a control character came through")
    return [f"{name}: {one}" for one in found]


def refused(name: str, ended: Ended, exit_code: int, pattern: str) -> list[str]:
    """Return what is wrong with how a run ended that had to refuse something, and say where it stands."""
    wrong = within_bounds(name, ended)
    if not wrong and ended.exit_code != exit_code:
        wrong.append(f"{name}: exit code {ended.exit_code}")
    if not re.search(pattern, ended.out + ended.err):
        wrong.append(f"{name}: not said where: {(ended.out + ended.err)[:200]}")
    return wrong


def test_a_hostile_tenant_file_is_refused_where_it_is_wrong(folder: Path, command: Runner, cases: Cases):
    """With line and column, but for a file that is too large to be read. And it is one file that is wrong."""
    wrong: list[str] = []
    for name, text in YAML.items():
        (folder / "tenants" / "acme.yaml").write_bytes(text)
        ended = command("validate", cwd=folder)
        place = r"tenants/acme\.yaml\s" if name == "too-large" else r"tenants/acme\.yaml:\d+:\d+"
        wrong += refused(name, ended, 1, place)
        wrong += [] if "in 1 file" in ended.out else [f"{name}: more than one file"]
        wrong += [] if len(ended.out) < 200_000 else [f"{name}: {len(ended.out)} bytes were said"]
        cases.add()
    assert wrong == []
    assert not (folder / "canary-was-here").exists()


@pytest.mark.long
def test_a_hostile_profile_is_refused_where_it_is_wrong(folder: Path, command: Runner, cases: Cases):
    """A profile is read with every run."""
    wrong: list[str] = []
    (folder / "tenants" / "acme.yaml").write_text("extends: [_p]\n")
    for name, text in YAML.items():
        (folder / "tenants" / "_p.yaml").write_bytes(text)
        ended = command("validate", cwd=folder)
        wrong += refused(name, ended, 1, r"tenants/_p\.yaml[:\s]")
        cases.add()
    assert wrong == []


def test_a_plan_with_a_hostile_file_reads_and_writes_nothing_of_that_tenant(
    folder: Path, command: Runner, cases: Cases
):
    """A problem in a selected tenant is said by plan, too, and ends it with 1."""
    wrong: list[str] = []
    for name in ("billion-laughs", "deep-lists", "nuls", "wrong-items", "escapes", "integer-of-5000-digits"):
        (folder / "tenants" / "acme.yaml").write_bytes(YAML[name])
        ended = command("plan", "--sandbox", cwd=folder)
        wrong += refused(name, ended, 1, r"tenants/acme\.yaml:\d+:\d+")
        cases.add()
    assert wrong == []


@pytest.mark.long
def test_hostile_credentials_are_refused_and_not_shown(folder: Path, command: Runner, cases: Cases):
    """As bad credentials, before any request. What is not in order may hold a secret, so nothing of it is quoted."""
    wrong: list[str] = []
    path = folder / "credentials"
    for name, text in YAML.items():
        path.write_bytes(text + b"\n# canary-secret\n" if text and name != "too-large" else text)
        path.chmod(0o600)
        ended = command("plan", "--credentials", path, "--origin", "https://{tenant}.example", cwd=folder)
        wrong += refused(name, ended, 64, r"credentials")
        wrong += [f"{name}: shown" for text in ("canary-secret", "canary-text") if text in ended.out + ended.err]
        cases.add()
    assert wrong == []


def test_hostile_settings_are_refused(folder: Path, command: Runner, cases: Cases):
    """64 before anything else, and no command of theirs was run."""
    wrong: list[str] = []
    for name, text in TOML.items():
        (folder / "reconciler.toml").write_bytes(text)
        wrong += refused(name, command("validate", cwd=folder), 64, r"reconciler\.toml|tenants|schemas")
        cases.add()
    assert wrong == []
    assert not (folder / "canary-was-here").exists()


@pytest.mark.long
def test_a_hostile_folder_of_schemas_is_refused(folder: Path, command: Runner, cases: Cases):
    """As bad settings, whether it is the document or a rule."""
    wrong: list[str] = []
    (folder / "reconciler.toml").write_text('schemas = "extra"\n')
    (folder / "extra" / "rules").mkdir(parents=True)
    document, rule = folder / "extra" / "openapi.yaml", folder / "extra" / "rules" / "sales_order.external_oms.yaml"
    for path in (document, rule):
        for name, text in YAML.items():
            if name == "empty" and path == rule:
                continue
            path.write_bytes(text)
            wrong += refused(f"{path.name}: {name}", command("validate", cwd=folder), 64, r"extra/")
            cases.add()
        path.unlink()
    assert wrong == []


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    # The name of a socket may have a hundred characters at most.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def _folder(path: Path) -> None:
    path.mkdir()


def _link(to: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(to)


def _circle(path: Path) -> None:
    path.symlink_to(path.name)


ODD: Mapping[str, Callable[[Path], None]] = {
    "pipe": _pipe,
    "socket": _socket,
    "folder": _folder,
    "endless-device": _link("/dev/zero"),
    "terminal": _link("/dev/tty"),
    "own-input": _link("/dev/stdin"),
    "process": _link("/proc/self/mem"),
    "passwords": _link("/etc/passwd"),
    "nowhere": _link("no/such/file"),
    "circle": _circle,
    "outside": _link("../../../../../../../../../../etc/hostname"),
}


def remove(path: Path) -> None:
    """Take away whatever it is."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


@pytest.mark.parametrize(
    ("place", "words", "exit_code"),
    [
        pytest.param("tenants/acme.yaml", ("validate",), 1, id="tenant"),
        pytest.param("tenants/eu/acme.yml", ("plan", "--sandbox"), 1, id="tenant-of-plan"),
        pytest.param("tenants/_p.yaml", ("validate",), 1, id="profile"),
        pytest.param("reconciler.toml", ("validate",), 64, id="settings"),
        pytest.param("extra/openapi.yaml", ("validate",), 64, id="schemas"),
        pytest.param("extra/rules/sales_order.external_oms.yaml", ("validate",), 64, id="rules"),
        pytest.param("given", ("plan", "--credentials", "given"), 64, id="credentials"),
        pytest.param("given", ("apply", "--sandbox", "--plan", "given"), 64, id="plan-file"),
        pytest.param("given", ("report", "given"), 64, id="report"),
        pytest.param("given.jsonl", ("report", "given.jsonl"), 64, id="journal"),
        pytest.param("given", ("validate", "--settings", "given"), 64, id="named-settings"),
    ],
)
def test_what_is_no_file_is_not_waited_for_and_not_read(
    folder: Path, command: Runner, cases: Cases, place: str, words: tuple[str, ...], exit_code: int
):
    """A pipe would keep a run for ever, a device would fill its memory, a link would show what is elsewhere."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if "extra" in place:
        (folder / "reconciler.toml").write_text('schemas = "extra"\n')
    wrong: list[str] = []
    for name, make in ODD.items():
        if name == "folder" and place.startswith("tenants"):
            continue  # a folder of tenants may have any name
        if name in {"outside", "passwords"} and path.suffix == ".jsonl":
            continue  # a text of one line may be a journal whose end is missing; a person has named it
        make(path)
        ended = command(*words, cwd=folder, seconds=10)
        wrong += refused(name, ended, exit_code, re.escape(path.name))
        wrong += [f"{name}: shown" for text in ("root:", Path("/etc/hostname").read_text()) if text in ended.out]
        remove(path)
        cases.add()
    assert wrong == []


def test_names_that_some_file_systems_take_for_one_are_refused(folder: Path, command: Runner, cases: Cases):
    """By case, or by the form of their letters: on another machine one would replace the other."""
    wrong: list[str] = []
    for name in (
        "ACME.yaml",
        "acme.yml",
        "ａｃｍｅ.yaml",
        "eu/acme.yaml",
        "Acme.YML",
        "acme\u200b.yaml",
        "acme\n.yaml",
    ):
        (folder / "tenants" / "acme.yaml").write_bytes(GOOD)
        path = folder / "tenants" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(GOOD)
        wrong += refused(name, command("validate", cwd=folder), 1, r"file/(same-name|name)")
        path.unlink()
        cases.add()
    assert wrong == []


def test_a_file_that_is_exchanged_while_it_is_read_is_a_file_or_none(tmp_path: Path, cases: Cases):
    """For a pipe, a link to a device, a larger file, nothing: reading ends, and gives no more than asked for."""
    path, ended = tmp_path / "acme.yaml", threading.Event()
    made: list[Callable[[Path], object]] = [
        lambda one: one.write_bytes(GOOD * 1_000),
        _pipe,
        _link("/dev/zero"),
        lambda one: one.write_bytes(b""),
    ]

    def exchange() -> None:
        fresh, number = tmp_path / "fresh", 0
        while not ended.is_set():
            made[number % len(made)](fresh)
            fresh.replace(path)
            number += 1

    other = threading.Thread(target=exchange)
    other.start()
    try:
        for _ in range(2_000):
            found = DiskFiles(tmp_path).read("acme.yaml", 10_000)
            assert isinstance(found, Unread) or len(found) <= 10_000
            assert isinstance(found, Unread) or not found.strip(GOOD)
            cases.add()
    finally:
        ended.set()
        other.join()


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, command: Runner) -> str:
    """A plan file in order, of the sandbox."""
    folder = tmp_path_factory.mktemp("plan")
    shutil.copytree(shipped().parent / "tenants", folder / "tenants")
    assert command("plan", "--sandbox", "--report", "plan.json", cwd=folder).exit_code in {0, 1, 3}
    return (folder / "plan.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("report", "given.json"), id="report"),
        pytest.param(("report", "given.json", "given.json", "--format", "markdown"), id="merge"),
        pytest.param(("apply", "--sandbox", "--plan", "given.json"), id="plan-file"),
        pytest.param(("report", "given.json", "--undo", "back"), id="undo"),
    ],
)
def test_a_hostile_report_is_refused(folder: Path, command: Runner, cases: Cases, plan: str, words: tuple[str, ...]):
    """As a wrong call, and nothing is written."""
    wrong: list[str] = []
    hostile = of_report(plan)
    for name, text in hostile.items():
        if name in {"other-command", "shard-of-none", "shard-without-end"} and "apply" not in words:
            continue
        (folder / "given.json").write_bytes(text)
        wrong += refused(name, command(*words, cwd=folder), 64, r"given\.json")
        cases.add()
    assert wrong == []
    assert not (folder / "back").exists()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_hostile_journal_is_refused_or_shown_harmlessly(folder: Path, command: Runner, cases: Cases, form: str):
    """It is read after a crash, when nobody knows what it holds."""
    wrong: list[str] = []
    path = folder / "given.jsonl"
    for name, text in JOURNALS.items():
        path.write_bytes(text)
        wrong += refused(name, command("report", path.name, "--format", form, cwd=folder), 64, r"given\.jsonl")
        cases.add()
    for name, text in ODD_JOURNALS.items():
        path.write_bytes(text)
        wrong += within_bounds(name, command("report", path.name, "--format", form, cwd=folder))
        cases.add()
    assert wrong == []


def _filled(start: bytes, piece: bytes, end: bytes, most: int) -> bytes:
    """Return a text of as many pieces as its size, and the number of values, allow."""
    values = sum(map(piece.count, (b"{", b"[", b",")))
    count = min((most - len(start + end)) // len(piece), (2_999_000 // values) if values else most)
    return start + piece * count + end


@pytest.mark.long
@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        pytest.param(b'{"a": [', b"{},", b"1]}", id="objects"),
        pytest.param(b'{"a": [', b'{"a":{}},', b"1]}", id="objects-in-objects"),
        pytest.param(b'{"a": [', b"[[]],", b"1]}", id="lists"),
        pytest.param(b'{"a": [', b'"' + b"a" * 28 + b'",', b"1]}", id="texts"),
        pytest.param('{"a": "\N{FACE WITH TEARS OF JOY}'.encode(), b"a", b'"}', id="one-long-wide-text"),
        pytest.param(b'{"a": [', b" ", b"1]}", id="nothing"),
    ],
)
def test_the_largest_report_that_is_read_takes_bounded_memory(
    folder: Path, command: Runner, cases: Cases, start: bytes, piece: bytes, end: bytes
):
    """Whatever fills it: some times what the largest of ours takes, and not all that a machine of CI has."""
    (folder / "given.json").write_bytes(_filled(start, piece, end, MOST_BYTES))
    ended = command("report", "given.json", cwd=folder, tries=1)
    assert (ended.exit_code, ended.hung) == (64, False)
    assert ended.mib < 1536
    cases.add()


def test_a_report_larger_than_any_of_ours_is_not_read(folder: Path, command: Runner):
    """And the message says how large they are."""
    with (folder / "given.json").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    ended = command("report", "given.json", cwd=folder, tries=1)
    assert ended.exit_code == 64
    assert f"larger than {MOST_BYTES} bytes" in ended.err
    assert "planned in parts" in ended.err
