import os
from pathlib import Path

import pytest

from reconciler.inputs.usage import UsageProblem
from reconciler.inputs.user import UserSettings, load_user_settings, user_settings_path

CANARY = "canary-never-shown"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The user's settings file, below a home."""
    path = tmp_path / "home" / ".config" / "reconciler" / "settings.toml"
    path.parent.mkdir(parents=True)
    return path


def _load(own: Path, text: str) -> UserSettings | UsageProblem:
    own.write_text(text, "utf-8")
    own.chmod(0o600)
    return load_user_settings({"HOME": str(own.parents[2])})


def test_the_file_lies_where_xdg_says():
    """XDG_CONFIG_HOME if absolute, else the home; without either there is none."""
    assert user_settings_path({"HOME": "/h"}) == Path("/h/.config/reconciler/settings.toml")
    assert user_settings_path({"HOME": "/h", "XDG_CONFIG_HOME": "/x"}) == Path("/x/reconciler/settings.toml")
    assert user_settings_path({"HOME": "/h", "XDG_CONFIG_HOME": ".config"}) == user_settings_path({"HOME": "/h"})
    assert user_settings_path({"HOME": "relative"}) is None
    assert user_settings_path({}) is None


def test_no_file_means_no_settings(tmp_path: Path):
    """Nobody must have one."""
    assert load_user_settings({"HOME": str(tmp_path)}) == UserSettings()
    assert load_user_settings({}) == UserSettings()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("/abs/c.yaml", "/abs/c.yaml"), ("c.yaml", "{folder}/c.yaml"), ("~/c.yaml", "{home}/c.yaml")],
    ids=["absolute", "relative", "home"],
)
def test_a_credentials_path_counts_from_the_files_folder_or_the_home(own: Path, text: str, expected: str):
    """Never from the working directory, which is any repository."""
    settings = _load(own, f"credentials = '{text}'")
    assert isinstance(settings, UserSettings)
    assert str(settings.credentials) == expected.format(folder=own.parent, home=own.parents[2])


def test_a_command_is_an_argv(own: Path):
    """An array, so that nothing has to be split or quoted."""
    settings = _load(own, "credentials_command = ['sops', '-d', '/a b/c']")
    assert settings == UserSettings(own, None, ("sops", "-d", "/a b/c"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("credentials_command = 'sops -d'", "array", id="command-as-text"),
        pytest.param("credentials_command = []", "array", id="empty-command"),
        pytest.param("credentials_command = ['a', 1]", "array", id="number-in-command"),
        pytest.param("credentials_command = ['']", "array", id="empty-program"),
        pytest.param("credentials_command = ['./creds.sh']", "absolute path", id="program-in-the-checkout"),
        pytest.param("credentials_command = ['bin/creds']", "absolute path", id="program-below-the-checkout"),
        pytest.param('credentials_command = ["a", "b\\u0000"]', "null character", id="null-character"),
        pytest.param("credentials = 1", "must be text", id="path-type"),
        pytest.param("credentials = 'a'\ncredentials_command = ['b']", "keep one", id="both"),
        pytest.param("credentails = 'a'", 'Did you mean "credentials"?', id="typo"),
        pytest.param("token = 'canary-never-shown'", "token is not a setting", id="a-secret-itself"),
        pytest.param("token = canary-never-shown", "not TOML", id="not-toml"),
    ],
)
def test_what_can_not_be_used_is_refused_without_values(own: Path, text: str, expected: str):
    """All findings, with the file's path, and nothing that stands in it."""
    problem = _load(own, text)
    assert isinstance(problem, UsageProblem)
    assert expected in str(problem)
    assert str(own) in str(problem)
    assert CANARY not in str(problem)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_not_trusted(own: Path, mode: int):
    """It may name a command to run."""
    own.write_text("credentials_command = ['sops']", "utf-8")
    own.chmod(mode)
    problem = load_user_settings({"HOME": str(own.parents[2])})
    assert isinstance(problem, UsageProblem)
    assert "chmod go-w" in problem.hint


def test_a_file_that_others_can_read_is_fine(own: Path):
    """It holds no secret."""
    own.write_text("credentials_command = ['sops']", "utf-8")
    own.chmod(0o644)
    assert isinstance(load_user_settings({"HOME": str(own.parents[2])}), UserSettings)


def test_somebody_elses_file_is_not_trusted(own: Path):
    """Under sudo, or with a borrowed HOME, another user's file would choose what to run."""
    own.write_text("credentials_command = ['sops']", "utf-8")
    own.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(own, 4242, -1)
    problem = load_user_settings({"HOME": str(own.parents[2])}, uid=os.geteuid() + 1)
    assert isinstance(problem, UsageProblem)
    assert "belongs to somebody else" in problem.message


def test_a_pipe_is_refused_without_waiting(own: Path):
    """Opening it must not block."""
    os.mkfifo(own)
    assert isinstance(load_user_settings({"HOME": str(own.parents[2])}), UsageProblem)
