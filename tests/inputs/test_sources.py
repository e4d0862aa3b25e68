import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.inputs.command import Bounds
from reconciler.inputs.credentials import Credentials, load_credentials
from reconciler.inputs.sources import Raw
from reconciler.inputs.usage import UsageProblem
from reconciler.inputs.user import UserSettings
from reconciler.model.access import StaticToken

CANARY = "canary-never-shown"
NOBODY = UserSettings()
ENOUGH = Bounds(seconds=20)


def _document(token: str) -> str:
    return f"acme: {{origin: 'https://acme.example', token: {token}}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a private credentials file."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        return path

    return make


def _token(loaded: Credentials | UsageProblem) -> str:
    assert isinstance(loaded, Credentials), str(loaded)
    grant = loaded.entries["acme"].grant
    assert isinstance(grant, StaticToken)
    return grant.token.reveal()


@pytest.mark.parametrize("first", range(5), ids=["flag", "variable", "command", "user-file", "user-command"])
def test_the_first_source_given_wins(file: Callable[[str, str], Path], program: Callable[[str], list[str]], first: int):
    """Flag, document, command of the environment, then the user's own settings."""
    printing = program("import sys; print(sys.argv[1])")
    environment = {
        "RECONCILER_CREDENTIALS": _document("t1"),
        "RECONCILER_CREDENTIALS_COMMAND": shlex.join([*printing, _document("t2")]),
    }
    if first >= 2:
        environment["RECONCILER_CREDENTIALS"] = ""
    if first >= 3:
        del environment["RECONCILER_CREDENTIALS_COMMAND"]
    path = file("user.yaml", _document("t3")) if first < 4 else None
    user = UserSettings(Path("/u"), path, (*printing, _document("t4")))
    flag = file("flag.yaml", _document("t0")) if first == 0 else None
    assert _token(load_credentials(flag, environment, user, bounds=ENOUGH)) == f"t{first}"


def test_a_source_that_fails_is_not_passed_over(file: Callable[[str, str], Path], tmp_path: Path):
    """Other credentials than the ones that were asked for would be a surprise."""
    problem = load_credentials(tmp_path / "gone.yaml", {"RECONCILER_CREDENTIALS": _document("t")}, NOBODY)
    assert isinstance(problem, UsageProblem)
    assert "There is no credentials file" in problem.message


def test_without_any_source_all_of_them_are_named():
    """What to do at 2 a.m. is in the message."""
    problem = load_credentials(None, {}, NOBODY)
    assert isinstance(problem, UsageProblem)
    sources = ("--credentials", "RECONCILER_CREDENTIALS:", "RECONCILER_CREDENTIALS_COMMAND:", "the user-level")
    assert [line.startswith(source) for line, source in zip(problem.details, sources, strict=True)] == [True] * 4
    assert "--sandbox" in problem.hint
    assert "/my/xdg/reconciler/settings.toml" in str(load_credentials(None, {"XDG_CONFIG_HOME": "/my/xdg"}, NOBODY))


def test_an_empty_variable_is_pointed_out():
    """A CI job without access to the secret sees it empty."""
    problem = load_credentials(None, {"RECONCILER_CREDENTIALS": ""}, NOBODY)
    assert isinstance(problem, UsageProblem)
    assert any("for CI, which is set, but empty: does this job" in line for line in problem.details)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602, 0o660])
def test_a_file_open_to_others_is_refused_with_the_command_to_run(tmp_path: Path, mode: int):
    """Readable leaks it, writable sends its tokens elsewhere."""
    path = tmp_path / "my creds.yaml"
    path.write_text(_document(CANARY), "utf-8")
    path.chmod(mode)
    problem = load_credentials(path, {}, NOBODY)
    assert isinstance(problem, UsageProblem)
    assert f"mode {mode:04o}" in problem.message
    assert problem.hint == f"Run: chmod 600 '{path}'"
    assert CANARY not in str(problem)


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_is_read(file: Callable[[str, str], Path], mode: int):
    """Also when it is read-only."""
    path = file("c.yaml", _document("t"))
    path.chmod(mode)
    assert _token(load_credentials(path, {}, NOBODY)) == "t"


def test_a_link_is_judged_by_what_it_leads_to(file: Callable[[str, str], Path], tmp_path: Path):
    """Secrets are often mounted behind links."""
    target = file("c.yaml", _document("t"))
    link = tmp_path / "link.yaml"
    link.symlink_to(target)
    assert _token(load_credentials(link, {}, NOBODY)) == "t"
    target.chmod(0o644)
    assert isinstance(load_credentials(link, {}, NOBODY), UsageProblem)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.mkdir(), id="folder"),
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(lambda path: path.symlink_to("/dev/null"), id="device"),
    ],
)
def test_only_a_regular_file_is_read(tmp_path: Path, make: Callable[[Path], None]):
    """A pipe has no permissions worth checking, and could block for ever."""
    path = tmp_path / "c.yaml"
    make(path)
    problem = load_credentials(path, {}, NOBODY)
    assert isinstance(problem, UsageProblem)
    assert "not a regular file" in problem.message


@pytest.mark.parametrize("text", ["/run/secrets/c.yaml", "./c", "~/c", "../c\n", "creds.yaml", "x/creds.yml"])
def test_a_path_in_the_variable_is_recognised(text: str):
    """The variable holds the document; the flag takes the path."""
    problem = load_credentials(None, {"RECONCILER_CREDENTIALS": text}, NOBODY)
    assert isinstance(problem, UsageProblem)
    assert "looks like a path" in problem.message
    assert "--credentials" in problem.hint


def test_the_documents_bytes_of_the_variable_are_judged_by_the_parser():
    """An environment need not be UTF-8."""
    problem = load_credentials(None, {"RECONCILER_CREDENTIALS": "acme: \udcff"}, NOBODY)
    assert isinstance(problem, UsageProblem)
    assert "not UTF-8" in str(problem)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("sops 'canary-never-shown", "quote", id="open-quote"),
        pytest.param("   ", "no command", id="blank"),
        pytest.param("no-such-program canary-never-shown", "no-such-program can't be started", id="absent"),
        pytest.param("echo canary-never-shown | cat", "1:1", id="no-pipes"),
    ],
)
def test_a_command_line_that_does_not_work_is_explained_without_its_arguments(line: str, expected: str):
    """It is split like a shell line, and run without a shell."""
    environment = {"RECONCILER_CREDENTIALS_COMMAND": line, "PATH": os.defpath}
    problem = load_credentials(None, environment, NOBODY, bounds=ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert expected in str(problem)
    assert CANARY not in str(problem)


def test_the_users_command_fails_with_its_own_words(program: Callable[[str], list[str]]):
    """Exit code and stderr, as for the environment's."""
    argv = program(f"import sys; print({CANARY!r}); sys.exit('sops: no key')")
    problem = load_credentials(None, {}, UserSettings(Path("/u"), None, tuple(argv)), bounds=ENOUGH)
    assert isinstance(problem, UsageProblem)
    assert "sops: no key" in str(problem)
    assert CANARY not in str(problem)


def test_a_source_too_large_is_refused(file: Callable[[str, str], Path]):
    """16 MiB by default; a smaller bound here."""
    problem = load_credentials(file("c.yaml", " " * 101), {}, NOBODY, bounds=Bounds(most=100))
    assert isinstance(problem, UsageProblem)
    assert "larger than 100 bytes" in problem.message


def test_a_document_as_read_never_renders():
    """Not even in a traceback."""
    assert CANARY not in repr(Raw("x", CANARY.encode()))
