from pathlib import Path

from tests.journeys.stage import Stage

BAD = "sales_order: {no_such_key: 1}\n"


def stray(stage: Stage, name: str) -> Path:
    """A file that nobody's credentials know."""
    path = stage.folder / "tenants" / name
    path.write_text(BAD)
    return path


def test_a_broken_file_that_nobody_selected_stops_neither_plan_nor_apply(stage: Stage):
    """A bad name and a broken profile beside it are for a run over the whole fleet to tell, and to stop at."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.tenant("globex", on_hold_timer_duration=60)
    stray(stage, "Bad_Name.yaml")
    stray(stage, "_base.yaml")
    assert stage.run("apply", "--tenant", "acme").exit_code == 0
    assert stage.run("apply").exit_code == 1
    assert stage.posted("globex") == []


def test_validate_of_one_file_tells_of_that_file_alone(stage: Stage):
    """As a pre-commit hook calls it: somebody else's broken file is not this commit's."""
    stage.tenant("acme", on_hold_timer_duration=60)
    stage.tenant("globex", on_hold_timer_duration=60)
    bad = stray(stage, "Bad_Name.yaml")
    assert stage.run("validate", "tenants/acme.yaml").exit_code == 0
    named = stage.run("validate", str(bad))
    assert named.exit_code == 1
    assert "Bad_Name.yaml" in named.stdout
    assert stage.run("validate").exit_code == 1
