"""`validate PATH…`: what a path stands for. A pre-commit hook names what a commit changes, and means what it breaks."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.docs.pages import blocks

GOOD = "sales_order: {on_hold_timer_duration: 60}\n"
BAD = "sales_order: {on_hold_timer_duration: soon}\n"
FILES = {
    "tenants/_base.yaml": GOOD,
    "tenants/_escaped.yaml": GOOD,
    "tenants/eu/_base.yaml": GOOD,
    "tenants/acme.yaml": "extends: [_base]\n",
    "tenants/beta.yaml": "extends:\n  - _escaped\n  - eu/_base\n",
    "tenants/gamma.yaml": 'extends: ["\\x5fescaped"]\n',
    "tenants/eu/delta.yaml": GOOD,
    "tenants/eu/omega.yaml": f"# _base is only spoken of\n{GOOD}",
    "tenants/broken.yaml": BAD,
}
EVERY = ["acme", "beta", "broken", "delta", "gamma", "omega"]


Judged = Callable[..., tuple[int, list[str], str]]


@pytest.fixture
def judged(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Judged:
    """Validate in this process; return the exit code, the tenants that were judged, and all that was said."""
    monkeypatch.chdir(folder)

    def called(*words: str) -> tuple[int, list[str], str]:
        code = run(["validate", "--format", "json", *words])
        out = capsys.readouterr().out
        return code, [tenant["tenant"] for tenant in json.loads(out)["tenants"]], out

    return called


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five tenants that are in order, three profiles, and a tenant that was broken before."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "tenants"),
    [
        pytest.param(["tenants/acme.yaml"], ["acme"], id="a-tenant"),
        pytest.param(["tenants/_base.yaml"], ["acme"], id="a-profile"),
        pytest.param(["tenants/eu/_base.yaml"], ["beta"], id="a-profile-of-the-same-name-elsewhere"),
        pytest.param(["tenants/_escaped.yaml"], ["beta", "gamma"], id="a-profile-that-one-names-by-an-escape"),
        pytest.param(["tenants/_base.yaml", "tenants/eu/omega.yaml"], ["acme", "omega"], id="a-profile-and-a-tenant"),
        pytest.param(["tenants/eu"], ["beta", "delta", "omega"], id="a-folder-with-a-profile"),
        pytest.param(["tenants"], EVERY, id="the-whole-folder"),
    ],
)
def test_a_path_stands_for_the_tenants_that_it_decides_about(
    judged: Judged, paths: Sequence[str], tenants: Sequence[str]
):
    """A profile for those who extend it, and nobody else: somebody else's broken file is not this commit's."""
    assert judged(*paths)[:2] == (int("broken" in tenants), list(tenants))


@pytest.mark.parametrize("name", ["reconciler.toml", "pyproject.toml", "mine.toml"])
def test_settings_stand_for_every_tenant(judged: Judged, folder: Path, name: str):
    """Whether they are in force or not: a file that is moved or emptied changes which are."""
    for file in ("reconciler.toml", "mine.toml"):
        (folder / file).touch()
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    words = ("--settings", "mine.toml") if name == "mine.toml" else ()
    assert judged(*words, name)[:2] == (1, EVERY)
    assert judged(*words, "tenants/acme.yaml", name)[:2] == (1, EVERY)


def test_the_folder_of_further_schemas_stands_for_every_tenant(judged: Judged, folder: Path):
    """If the settings name it."""
    (folder / "reconciler.toml").write_text('schemas = "catalogue"\n')
    (folder / "catalogue").mkdir()
    (folder / "catalogue" / "openapi.yaml").write_text(blocks("docs/how-to/add-a-key.md", "yaml")[0].text)
    assert judged("catalogue/openapi.yaml")[:2] == (1, EVERY)


def test_a_broken_profile_is_told_with_each_tenant_that_it_breaks(judged: Judged, folder: Path):
    """At its own line, and in the tenant's file where it is named."""
    (folder / "tenants" / "_base.yaml").write_text(BAD)
    code, tenants, said = judged("tenants/_base.yaml")
    assert (code, tenants) == (1, ["acme"])
    found = json.loads(said)
    (own,) = found["problems"]
    (of_tenant,) = found["tenants"][0]["problems"]
    assert (own["file"], own["line"], of_tenant["file"], of_tenant["line"]) == (
        "tenants/_base.yaml",
        1,
        "tenants/acme.yaml",
        1,
    )
