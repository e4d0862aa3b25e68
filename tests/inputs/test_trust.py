from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.inputs.settings import Overrides, Settings

Good = Callable[..., Settings]
Refused = Callable[..., str]
CANARY = "canary-never-shown"


@pytest.mark.parametrize(
    "text",
    [
        "credentials = 'canary-never-shown'",
        "credentials_command = ['sh', '-c', 'canary-never-shown']",
        "credentials-command = 'canary-never-shown'",
        "CREDENTIALS = 'canary-never-shown'",
        "token = 'canary-never-shown'",
        "token_url = 'https://canary-never-shown.example'",
        "client_id = 'canary-never-shown'",
        "client_secret = 'canary-never-shown'",
        "ClientSecret = 'canary-never-shown'",
        "password = 'canary-never-shown'",
        "command = 'canary-never-shown'",
        "exec = 'canary-never-shown'",
        "hooks = ['canary-never-shown']",
        "plugins = ['canary-never-shown']",
        "[secrets]\nA = 'canary-never-shown'",
        "[limits]\ntoken = 'canary-never-shown'",
        "[apply]\nhook = 'canary-never-shown'",
        "[gate.credentials]\nx = 'canary-never-shown'",
        "[[gate.freeze]]\ntoken_command = 'canary-never-shown'",
        "[tenant.acme.auth]\nclient_secret = 'canary-never-shown'",
        "x = [[{y = [{token = 'canary-never-shown'}]}]]",
    ],
)
def test_code_and_secrets_are_refused_in_repository_settings_at_any_depth(refused: Refused, text: str):
    """Checking out a branch must not run its code or hand it a secret; the reason and the right place are given."""
    message = refused(text)
    assert "must not run its code or hand it a secret" in message
    assert "--credentials" in message
    assert CANARY not in message


def test_the_same_holds_for_pyproject_and_for_a_named_file(refused: Refused, repository: Path):
    """Trust doesn't depend on how the file was found."""
    path = repository / "pyproject.toml"
    path.write_text("[tool.reconciler]\ncredentials_command = ['x']", "utf-8")
    assert "must not run its code" in refused()
    other = repository / "other.toml"
    other.write_text("token_url = 'https://x.example'", "utf-8")
    assert "must not run its code" in refused(explicit=other)


def test_the_users_own_file_is_named_where_there_is_a_home(refused: Refused):
    """So that the reader knows where to go."""
    text = refused("credentials = 'x'", {"HOME": "/home/ann"})
    assert "/home/ann/.config/reconciler/settings.toml" in text


def test_every_refused_name_is_listed_once(refused: Refused):
    """Dotted, in the order of the file."""
    text = refused("token = 1\n[limits]\nsecret = 1\nconcurrency = 1\n[[a]]\ncommand = 1\n[[a]]\ncommand = 1")
    assert "token, limits.secret, a[1].command, a[2].command must not be" in text


@pytest.mark.parametrize("setting", ["tenants", "schemas", "ca_bundle"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("..", id="parent"),
        pytest.param("../other", id="sibling"),
        pytest.param("a/../../other", id="through-a-folder"),
        pytest.param("a/..", id="back-to-itself"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("link-out", id="link-to-a-folder-outside"),
        pytest.param("link-out/below", id="below-a-link"),
        pytest.param("link-file", id="link-to-a-file-outside"),
        pytest.param("loop", id="loop-of-links"),
        pytest.param("a\\u0000b", id="null-character"),
    ],
)
def test_no_path_of_repository_settings_leads_out(
    refused: Refused, repository: Path, tmp_path: Path, setting: str, path: str
):
    """Neither by dots, nor absolute, nor by a link: only flags and the environment reach further."""
    (tmp_path / "other").mkdir()
    (repository / "a").mkdir()
    (repository / "link-out").symlink_to(tmp_path / "other")
    (repository / "link-file").symlink_to("/etc/hostname")
    (repository / "loop").symlink_to("loop")
    text = refused(f'{setting} = "{path}"')
    assert f"{setting} leads out" in text or f'{setting} must not have ".."' in text


def test_a_bad_path_in_the_file_is_found_even_when_a_flag_overrides_it(refused: Refused):
    """Whoever runs the tool without the flag next must not be the one to find out."""
    assert 'tenants must not have ".."' in refused("tenants = '../x'", {"RECONCILER_TENANTS": "here"})


def test_links_within_the_folder_are_fine(good: Good, repository: Path):
    """What stays inside is the repository's own affair; so is the folder itself."""
    (repository / "real").mkdir()
    (repository / "link").symlink_to("real")
    assert good("tenants = 'link'").tenants == repository / "link"
    assert good("tenants = '.'").tenants == repository


def test_a_checkout_behind_a_link_is_no_way_out(good: Good, repository: Path, tmp_path: Path):
    """Both sides of the comparison are resolved."""
    (tmp_path / "here").symlink_to(repository)
    (repository / "reconciler.toml").write_text("tenants = 'fleet'", "utf-8")
    assert good(start=tmp_path / "here").tenants == tmp_path / "here" / "fleet"


@pytest.mark.parametrize("text", [None, "[gate]\nmax_tenants_changed = 3\n"], ids=["no-settings", "settings"])
def test_the_default_folder_of_tenants_does_not_lead_out_either(
    refused: Refused, good: Good, repository: Path, tmp_path: Path, text: str | None
):
    """A branch can make a link of it, and findings quote what they are about. A flag may lead anywhere."""
    (tmp_path / "other").mkdir()
    (repository / "tenants").symlink_to("../other")
    assert f"tenants is a link that leads out of {repository}" in refused(text)
    assert good(text, {"RECONCILER_TENANTS": "tenants"}).tenants == repository / "tenants"
    assert good(text, overrides=Overrides(tenants=Path("tenants"))).tenants == repository / "tenants"
