"""The reference is what the code is: scripts/reference.py writes it, and refuses to leave anything out."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.inputs.settings import load_settings
from reconciler.inputs.table import Table
from reconciler.inputs.usage import UsageProblem
from reconciler.planning import gate
from scripts.reference import PAGES
from scripts.reference_report import PRECEDENCE
from scripts.reference_settings import documented
from tests.cli.calling import surroundings
from tests.docs.pages import ROOT, prose, text_of


def test_every_page_is_what_the_code_says_today():
    """The script checks itself. To write them afresh: python -m scripts.reference."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.reference", "--check"],
        cwd=ROOT,
        env=surroundings(Path.home()),
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_is_listed():
    """Those that are written by the script, among others."""
    assert [name for name in PAGES if f"]({name}.md)" not in text_of("docs/reference/index.md")] == []


def test_every_setting_that_is_read_is_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """And no other: what the code asks a settings file for is noted while it reads one."""
    asked: set[str] = set()
    read = Table.read

    def noting(table: Table, setting: str) -> object:
        asked.add(re.sub(r"\[\d+\]", "", table.full_name(setting)))
        return read(table, setting)

    monkeypatch.setattr(Table, "read", noting)
    freeze = 'from = 2030-01-01T00:00:00Z\nto = 2030-01-02T00:00:00Z\nreason = "why"\n'
    (tmp_path / "reconciler.toml").write_text(f"[[gate.freeze]]\n{freeze}", encoding="utf-8")
    environment: Mapping[str, str] = {}
    loaded = load_settings(tmp_path, environment=environment, default_origin="https://{tenant}.example")
    assert not isinstance(loaded, UsageProblem)
    assert asked == documented()


def test_every_key_rule_and_field_is_on_its_page():
    """With its example, which is the catalogue's."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    keys, rules = text_of("docs/reference/keys.md"), text_of("docs/reference/house-rules.md")
    for key in catalogue.keys:
        assert f"## {key.name}\n" in keys
        assert f"`{key.path}`" in keys
        assert all(f"| `/{field}` |" in keys for field in key.schema.get("properties", {}))
        assert all(f"| `{rule.id}` | {rule.severity.value} |" in rules for rule in key.rules)


def test_the_gates_page_has_every_rule_of_the_gate():
    """And which of them can be lifted."""
    rows = re.findall(r"^\| `([a-z_-]+)` \|.*\|(.*)\|$", prose("docs/reference/gate.md"), re.MULTILINE)
    assert {rule for rule, _ in rows} == {*gate.LIFTABLE, gate.IRREVERSIBLE, "secret-unavailable", "secret-origin"}
    assert {rule for rule, how in rows if "--lift" in how} == set(gate.LIFTABLE)


def test_the_order_of_exit_codes_is_that_of_the_readme():
    """The README says it in one line."""
    assert ", ".join(map(str, PRECEDENCE)) in prose("README.md")
