from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.inputs.provenance import in_force
from reconciler.inputs.settings import Overrides, examine_settings
from reconciler.inputs.usage import UsageProblem

DEFAULT = "https://{tenant}.default.example"


def said(folder: Path, text: str, environment: Mapping[str, str], overrides: Overrides) -> dict[str, tuple[str, str]]:
    """Value and source of every setting in force."""
    (folder / "reconciler.toml").write_text(text, "utf-8")
    found = examine_settings(folder, environment=environment, overrides=overrides, default_origin=DEFAULT)
    assert found.problem is None
    return {one.name: (one.value, one.source) for one in in_force(found, environment, overrides)}


@pytest.mark.parametrize(
    ("text", "environment", "overrides", "expected"),
    [
        pytest.param("", {}, Overrides(), (DEFAULT, "default"), id="default"),
        pytest.param('origin = "https://a.example"', {}, Overrides(), ("https://a.example", "file"), id="file"),
        pytest.param(
            'origin = "https://a.example"',
            {"RECONCILER_ORIGIN": "https://b.example"},
            Overrides(),
            ("https://b.example", "RECONCILER_ORIGIN"),
            id="environment",
        ),
        pytest.param(
            'origin = "https://a.example"',
            {"RECONCILER_ORIGIN": "https://b.example"},
            Overrides(origin="https://c.example"),
            ("https://c.example", "--origin"),
            id="flag",
        ),
    ],
)
def test_a_setting_names_the_one_who_wins(
    tmp_path: Path, text: str, environment: Mapping[str, str], overrides: Overrides, expected: tuple[str, str]
):
    """As the settings themselves decide it."""
    assert said(tmp_path, text, environment, overrides)["origin"] == expected


def test_limits_and_gate_are_named_where_they_are_not_the_default(tmp_path: Path):
    """The others would be a page of numbers."""
    text = """
    [limits]
    concurrency = 7
    [gate]
    max_changed_percent = 12.5
    [[gate.freeze]]
    from = 2030-01-01T00:00:00Z
    to = 2030-01-02T00:00:00Z
    reason = "peak"
    [apply]
    drift = "report"
    """
    found = said(tmp_path, text, {"RECONCILER_LIMITS_READ_TRIES": "2"}, Overrides())
    del found["tenants"], found["origin"]
    assert found == {
        "limits.concurrency": ("7", "file"),
        "limits.read_tries": ("2", "RECONCILER_LIMITS_READ_TRIES"),
        "gate.max_changed_percent": ("12.5", "file"),
        "gate.freeze": ("1", "file"),
        "apply.drift": ("report", "file"),
    }


@pytest.mark.parametrize(
    "text", ["[[", '[limits]\nconcurrency = 7\nread_tries = "x"', 'password = "x"\n[limits]\nconcurrency = 7']
)
def test_settings_that_cannot_be_used_are_there_as_far_as_they_can_be(tmp_path: Path, text: str):
    """A problem, and beside it settings: what could be understood, else the default. A refused file gives nothing."""
    (tmp_path / "reconciler.toml").write_text(text, "utf-8")
    found = examine_settings(tmp_path, environment={}, default_origin=DEFAULT)
    assert isinstance(found.problem, UsageProblem)
    assert found.settings.limits.concurrency == (7 if text.startswith("[limits]") else 50)
    assert found.settings.limits.read_tries == 3
    assert found.settings.origin == DEFAULT
