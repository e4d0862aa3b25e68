"""`.reconciler/` is this folder's own: whatever a branch makes of it, nothing is written elsewhere."""

from pathlib import Path

import pytest

from tests.journeys.stage import Stage

COMMANDS = {
    "validate": ("validate",),
    "plan": ("plan",),
    "apply": ("apply",),
    "import": ("import", "beta"),
    "doctor": ("doctor",),
    "plan in the sandbox": ("plan", "--sandbox"),
    "show of the sandbox": ("sandbox", "show"),
    "reset of the sandbox": ("sandbox", "reset"),
}


@pytest.fixture
def outside(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside the checkout, and a tenant with a change in that."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.access("beta")
    return tmp_path_factory.mktemp("outside")


@pytest.mark.parametrize("words", COMMANDS.values(), ids=list(COMMANDS))
def test_a_link_in_its_place_is_refused_and_nothing_is_sent(stage: Stage, outside: Path, words: tuple[str, ...]):
    """What is kept of a run would land in it, a .gitignore that hides everything included."""
    (stage.folder / ".reconciler").symlink_to(outside)
    ended = stage.run(*words, report=False)
    assert ended.exit_code == 64
    assert "a link takes it out of" in ended.stderr
    assert list(outside.iterdir()) == []
    assert stage.log() == []


@pytest.mark.parametrize("name", ["runs", ".gitignore", "sandbox.db"])
def test_neither_does_a_link_below_it_lead_out(stage: Stage, outside: Path, name: str):
    """A link to nothing is followed by whoever makes a file."""
    own = stage.folder / ".reconciler"
    own.mkdir()
    (own / name).symlink_to(outside if name == "runs" else outside / "made")
    ended = stage.run("plan", "--sandbox", report=False)
    assert ended.exit_code == (0 if name == ".gitignore" else 64)
    assert list(outside.iterdir()) == []


def test_a_named_report_needs_no_folder_of_ours(stage: Stage, outside: Path):
    """Whoever wants the link can say where the report goes."""
    (stage.folder / ".reconciler").symlink_to(outside)
    assert stage.run("plan", "--report", "plan.json").exit_code == 0
    assert list(outside.iterdir()) == []


def test_no_schemas_are_derived_through_a_link(stage: Stage, outside: Path):
    """Of another project, they would be written afresh."""
    (outside / "openapi.yaml").write_text("openapi: 3.1.0")
    (stage.folder / "schemas").symlink_to(outside)
    ended = stage.run("schemas")
    assert ended.exit_code == 64
    assert "a link takes it out of" in ended.stderr
    assert [path.name for path in outside.iterdir()] == ["openapi.yaml"]
