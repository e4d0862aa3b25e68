"""`ground`: the base says where things are, and the pull request can't say otherwise."""

from pathlib import Path

import pytest

from tests.github.step import Step

Trees = tuple[Path, Path]


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    """A base and a pull request's tree, both empty."""
    base, data = tmp_path / "base", tmp_path / "data"
    base.mkdir()
    data.mkdir()
    return base, data


def _ground(step: Step, trees: Trees):
    return step("ground", "--base", trees[0], "--data", trees[1])


@pytest.mark.parametrize(
    ("name", "text", "tenants"),
    [
        ("reconciler.toml", "", "tenants"),
        ("reconciler.toml", 'tenants = "./fleet/live"', "fleet/live"),
        ("pyproject.toml", '[tool.reconciler]\ntenants = "fleet"', "fleet"),
    ],
    ids=["default", "own file", "shared file"],
)
def test_settings_and_tenants_are_those_of_the_base(step: Step, trees: Trees, name: str, text: str, tenants: str):
    """Whatever the pull request's own settings say."""
    base, data = trees
    (base / name).write_text(text)
    (data / "reconciler.toml").write_text('tenants = "elsewhere"\norigin = "https://evil.example/{tenant}"')
    done = _ground(step, trees)
    assert (done.code, done.outputs) == (0, {"settings": str(base / name), "tenants": tenants})


def test_where_the_base_has_no_settings_an_empty_file_stands_for_them(step: Step, trees: Trees):
    """Or the tool would find the pull request's; what is above the base is none of it either."""
    base, data = trees
    (base.parent / "reconciler.toml").write_text('tenants = "above"')
    (base / "pyproject.toml").write_text("[project]\nname = 'x'")
    (data / "reconciler.toml").write_text('tenants = "elsewhere"')
    done = _ground(step, trees)
    settings = Path(done.outputs["settings"])
    assert done.code == 0
    assert settings.is_absolute()
    assert settings.read_bytes() == b""
    assert settings.parent == step.folder
    assert done.outputs["tenants"] == "tenants"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('tenants = "../other"', "must not have"),
        ('tenants = ["a"]', "must be text"),
        ("tenants = ", "is not TOML"),
        ('tenants = "link"', "leads out of the folder"),
    ],
    ids=["outside", "a list", "no TOML", "a link"],
)
def test_settings_that_cannot_be_used_end_the_step(step: Step, trees: Trees, text: str, said: str):
    """With where and what to do, and no outputs."""
    base, _ = trees
    (base / "link").symlink_to("/")
    (base / "reconciler.toml").write_text(text)
    done = _ground(step, trees)
    assert (done.code, done.outputs) == (1, {})
    assert said in done.stderr
    assert "base branch" in done.stderr


def test_an_absolute_tenants_folder_is_refused(step: Step, trees: Trees):
    """It would be the base's folder in both trees, and every pull request would be in order."""
    base, _ = trees
    (base / "tenants").mkdir()
    (base / "reconciler.toml").write_text(f'tenants = "{base / "tenants"}"')
    done = _ground(step, trees)
    assert done.code == 1
    assert "must count from the settings file" in done.stderr


def test_a_tenants_folder_that_is_a_link_out_of_the_pull_request_is_refused(step: Step, trees: Trees):
    """It could be the base's: what is judged would not be what is merged."""
    base, data = trees
    (base / "tenants").mkdir()
    (data / "tenants").symlink_to(base / "tenants")
    done = _ground(step, trees)
    assert (done.code, done.outputs) == (1, {})
    assert "Make it a folder, not a link." in done.stderr


def test_a_wrong_call_is_64(step: Step, tmp_path: Path):
    """As with the command `reconciler`."""
    assert step("ground", "--base", tmp_path / "no", "--data", tmp_path).code == 64
    assert step("no-such-command").code == 64
