import itertools
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from reconciler.inputs.settings import Overrides, Settings
from reconciler.model.access import Limits
from reconciler.model.policy import Drift, Gate

Good = Callable[..., Settings]
Refused = Callable[..., str]


def test_without_a_file_the_defaults_hold(good: Good, repository: Path):
    """An empty repository works: `tenants` here, the catalogue's origin, no gate of its own."""
    settings = good()
    assert settings == Settings(repository / "tenants", "https://{tenant}.default.example")
    assert (settings.limits, settings.gate, settings.apply.drift) == (Limits(), Gate(), Drift.OVERWRITE)


def test_every_setting_of_a_file_is_read(good: Good, repository: Path):
    """One file with all that there is."""
    (repository / "more").mkdir()
    (repository / "ca.pem").write_text("", "utf-8")
    settings = good(
        """
        tenants = "fleet/eu"
        schemas = "more"
        origin = "https://{tenant}.s.example"
        ca_bundle = "ca.pem"
        limits = {concurrency = 7, read_timeout = 2, verify_timeout = 0.5}
        gate = {max_tenants_changed = 3, max_changed_percent = 12.5}
        apply = {drift = "report"}
        """
    )
    assert settings.tenants == repository / "fleet/eu"
    assert settings.schemas == repository / "more"
    assert settings.origin == "https://{tenant}.s.example"
    assert settings.ca_bundle == repository / "ca.pem"
    assert settings.limits == Limits(concurrency=7, read_timeout=2.0, verify_timeout=0.5)
    assert settings.gate == Gate(max_tenants_changed=3, max_changed_percent=12.5)
    assert settings.apply.drift is Drift.REPORT
    assert settings.file == repository / "reconciler.toml"


# ---------------------------------------------------------------------------------------- which file


def test_the_nearest_folder_that_has_settings_wins(good: Good, repository: Path):
    """As git finds its own: from the working directory upwards, one file, no merging."""
    below = repository / "a" / "b"
    below.mkdir(parents=True)
    (repository / "reconciler.toml").write_text("tenants = 'top'\norigin = 'https://top.example'", "utf-8")
    (repository / "a" / "pyproject.toml").write_text("[tool.reconciler]\ntenants = 'near'", "utf-8")
    settings = good(start=below)
    assert settings.tenants == repository / "a" / "near"
    assert settings.origin == "https://{tenant}.default.example"


def test_a_pyproject_without_our_table_is_passed_by(good: Good, repository: Path):
    """Another tool's pyproject.toml is not our settings, even when it is broken."""
    below = repository / "a" / "b"
    below.mkdir(parents=True)
    (repository / "reconciler.toml").write_text("tenants = 'top'", "utf-8")
    (repository / "a" / "pyproject.toml").write_text("[tool.other]\nx = 1", "utf-8")
    (below / "pyproject.toml").write_text("broken [", "utf-8")
    assert good(start=below).tenants == repository / "top"


def test_reconciler_toml_wins_over_pyproject_in_one_folder_and_says_so(good: Good, repository: Path):
    """Two places for one truth are worth a warning."""
    (repository / "pyproject.toml").write_text("[tool.reconciler]\ntenants = 'theirs'", "utf-8")
    settings = good("tenants = 'ours'")
    assert settings.tenants == repository / "ours"
    assert "pyproject.toml is not used" in settings.warnings[0]


def test_a_default_folder_lies_beside_settings_that_were_found(good: Good, repository: Path):
    """Called in a subfolder, the tool still finds the fleet."""
    below = repository / "a"
    below.mkdir()
    (repository / "reconciler.toml").write_text("", "utf-8")
    assert good(start=below).tenants == repository / "tenants"


def test_a_named_file_is_read_instead_and_judges_the_tenants_here(good: Good, repository: Path, tmp_path: Path):
    """Settings of the base branch may judge the tenants of a pull request's folder."""
    (tmp_path / "base").mkdir()
    named = tmp_path / "base" / "strict.toml"
    named.write_text("gate = {max_tenants_changed = 1}", "utf-8")
    settings = good("gate = {max_tenants_changed = 1000}", explicit=named)
    assert settings.gate.max_tenants_changed == 1
    assert settings.tenants == repository / "tenants"
    assert settings.file == named


def test_a_named_file_counts_from_the_working_directory(good: Good, repository: Path):
    """`--settings conf/a.toml` and RECONCILER_SETTINGS alike; the flag wins."""
    (repository / "conf").mkdir()
    for name in ("a", "b"):
        (repository / "conf" / f"{name}.toml").write_text(f"tenants = '{name}'", "utf-8")
    variable = {"RECONCILER_SETTINGS": "conf/b.toml"}
    assert good(environment=variable).tenants == repository / "conf" / "b"
    assert good(environment=variable, explicit=Path("conf/a.toml")).tenants == repository / "conf" / "a"


def test_a_named_pyproject_is_read_for_its_table(good: Good, refused: Refused, repository: Path):
    """`--settings pyproject.toml` means our table; without one it is a mistake."""
    path = repository / "pyproject.toml"
    path.write_text("[tool.reconciler]\ntenants = 'x'", "utf-8")
    assert good(explicit=path).tenants == repository / "x"
    path.write_text("[project]\nname = 'reconciler-config'", "utf-8")
    assert "no [tool.reconciler] table" in refused(explicit=path)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        pytest.param(lambda path: None, "There is no settings file", id="missing"),
        pytest.param(lambda path: path.mkdir(), "regular file", id="folder"),
        pytest.param(os.mkfifo, "regular file", id="pipe"),
        pytest.param(lambda path: path.symlink_to(path.name), "can't be opened", id="loop"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "regular file", id="device"),
        pytest.param(lambda path: path.write_bytes(b"x" * 300_000), "larger", id="huge"),
        pytest.param(lambda path: path.write_bytes(b"a = '\xff'"), "UTF-8", id="not-utf-8"),
        pytest.param(lambda path: path.write_bytes(b"a = 1\nb\nc = 1"), "line 2", id="not-toml"),
        pytest.param(lambda path: path.write_bytes(b"a = 1\na = 2\nc = 1"), "line 2", id="twice"),
        pytest.param(lambda path: path.write_bytes(b"a = " + b"[" * 99_999), "deeply", id="deep"),
        pytest.param(lambda path: path.write_bytes(b"a" + b".a" * 99_999 + b" = 1"), "dots", id="long-key"),
        pytest.param(lambda path: path.write_bytes(b"a = " + b"1" * 9_999), "can't be read", id="long-number"),
    ],
)
def test_a_file_that_can_not_be_read_is_a_usage_problem(
    refused: Refused, repository: Path, make: Callable[[Path], None], expected: str
):
    """No text and no kind of file raises, hangs, or takes the memory."""
    path = repository / "given.toml"
    make(path)
    assert expected in refused(explicit=path)


def test_a_table_that_is_none_is_refused(refused: Refused, repository: Path):
    """`tool.reconciler = 1` was meant for us."""
    (repository / "pyproject.toml").write_text("[tool]\nreconciler = 1", "utf-8")
    assert "must be a table" in refused()


@pytest.mark.parametrize("text", ["[tool.reconciler", "reconciler = [" * 40_000], ids=["broken", "huge"])
def test_a_pyproject_that_seems_to_be_ours_must_be_readable(refused: Refused, repository: Path, text: str):
    """To pass it by could be to pass a gate by."""
    (repository / "pyproject.toml").write_text(text, "utf-8")
    assert "pyproject.toml" in refused()


def test_a_path_with_a_null_character_is_refused(refused: Refused):
    """The system would raise instead of answering."""
    assert "can't be opened" in refused(explicit=Path("a\0b"))


def test_a_dangling_link_is_not_mistaken_for_no_settings(refused: Refused, repository: Path):
    """A gate that silently vanishes is worse than a failed run."""
    (repository / "reconciler.toml").symlink_to(repository / "gone.toml")
    assert "There is no settings file" in refused()


def test_a_byte_order_mark_is_skipped(good: Good, repository: Path):
    """Some editors write one."""
    (repository / "reconciler.toml").write_bytes(b"\xef\xbb\xbftenants = 'x'")
    assert good().tenants == repository / "x"


# ---------------------------------------------------------------------------------------- precedence


@pytest.mark.parametrize(("flag", "variable", "file"), list(itertools.product([True, False], repeat=3)))
def test_flag_wins_over_environment_over_file_over_default(
    good: Good, repository: Path, flag: bool, variable: bool, file: bool
):
    """All eight combinations, for a path and for a text."""
    settings = good(
        "tenants = 'file'\norigin = 'https://file.example'" if file else "",
        {"RECONCILER_TENANTS": "variable", "RECONCILER_ORIGIN": "https://variable.example"} if variable else {},
        overrides=Overrides(Path("flag"), "https://flag.example") if flag else Overrides(),
    )
    winner = "flag" if flag else "variable" if variable else "file" if file else ""
    assert settings.tenants == repository / (winner or "tenants")
    assert settings.origin == (f"https://{winner}.example" if winner else "https://{tenant}.default.example")


@pytest.mark.parametrize("limit", [limit.name for limit in fields(Limits)])
def test_each_limit_can_be_set_by_the_environment(good: Good, limit: str):
    """RECONCILER_LIMITS_CONCURRENCY and the like win over the file."""
    settings = good(f"limits = {{{limit} = 3}}", {f"RECONCILER_LIMITS_{limit.upper()}": "4"})
    assert getattr(settings.limits, limit) == 4
    assert type(getattr(settings.limits, limit)) is type(getattr(Limits(), limit))
    assert getattr(good().limits, limit) == 3


def test_an_empty_variable_is_not_given(good: Good, repository: Path):
    """CI sets what it doesn't have to nothing."""
    environment = dict.fromkeys(["RECONCILER_TENANTS", "RECONCILER_ORIGIN", "RECONCILER_SETTINGS"], "")
    assert good("tenants = 'file'", environment).tenants == repository / "file"


def test_paths_of_flags_and_environment_may_lie_anywhere(good: Good, repository: Path, tmp_path: Path):
    """They are the caller's own, and count from the working directory."""
    (tmp_path / "ca.pem").write_text("", "utf-8")
    settings = good(
        environment={"RECONCILER_CA_BUNDLE": "../ca.pem", "RECONCILER_SCHEMAS": str(tmp_path)},
        overrides=Overrides(tenants=Path("../elsewhere")),
    )
    assert settings.ca_bundle == repository / "../ca.pem"
    assert settings.schemas == tmp_path
    assert settings.tenants == repository / "../elsewhere"


def test_unknown_variables_are_warned_about_by_name_alone(good: Good):
    """A typo in a variable is a setting that doesn't hold; its value may be a secret."""
    environment = {
        "RECONCILER_TENENTS": "canary",
        "RECONCILER_CREDENTIAL": "canary",
        "RECONCILER_QQ\x1b": "canary",
        "RECONCILER_CREDENTIALS": "known",
        "RECONCILER_CREDENTIALS_COMMAND": "known",
        "RECONCILIATION": "not ours",
    }
    warnings = good(environment=environment).warnings
    assert len(warnings) == 3
    assert 'Did you mean "RECONCILER_CREDENTIALS"?' in warnings[0]
    assert "RECONCILER_QQ\\x1b" in warnings[1]
    assert 'Did you mean "RECONCILER_TENANTS"?' in warnings[2]
    assert "canary" not in "".join(warnings)


# ---------------------------------------------------------------------------------------- findings


def test_all_findings_come_together_with_the_file_and_suggestions(refused: Refused, repository: Path):
    """One run tells all that is wrong."""
    text = refused(
        """
        tenents = "x"
        origin = 5
        [limits]
        concurency = 3
        connect_timeout = "soon"
        [gate]
        max_tenants = 3
        [apply]
        drift = "reports"
        """,
        {"RECONCILER_LIMITS_READ_TRIES": "many"},
    )
    for part in (
        'tenents is not a setting. Did you mean "tenants"?',
        "origin must be text",
        'limits.concurency is not a setting. Did you mean "concurrency"?',
        "limits.connect_timeout must be a number",
        "RECONCILER_LIMITS_READ_TRIES (environment) must be a whole number",
        'gate.max_tenants is not a setting. Did you mean "max_tenants_changed"?',
        'apply.drift must be "overwrite" or "report". Did you mean "report"?',
        str(repository / "reconciler.toml"),
    ):
        assert part in text


@pytest.mark.parametrize(
    ("told", "named"),
    [
        pytest.param(
            "--origin has a user name or password",
            {"overrides": Overrides(origin="http://x:canary@a.example")},
            id="flag",
        ),
        pytest.param(
            "RECONCILER_ORIGIN has a user name or password",
            {"environment": {"RECONCILER_ORIGIN": "http://x:canary@a.example"}},
            id="env",
        ),
        pytest.param(
            "origin has a user name or password", {"text": "origin = 'http://canary@a.example'"}, id="file-name"
        ),
        pytest.param(
            "1:11 looks like a password in a URL", {"text": "origin = 'http://x:canary@a.example'"}, id="file-password"
        ),
    ],
)
def test_a_bad_origin_is_refused_by_its_place_and_not_shown(refused: Refused, told: str, named: dict[str, object]):
    """It may hold a password."""
    text = refused(named.pop("text", None), **named)
    assert told in text
    assert "canary" not in text


def test_a_missing_ca_bundle_or_schema_folder_is_found_at_once(refused: Refused):
    """Better now than at the first connection."""
    text = refused("ca_bundle = 'ca.pem'", {"RECONCILER_SCHEMAS": "nowhere"})
    assert "ca_bundle: there is no" in text
    assert "schemas: there is no" in text
