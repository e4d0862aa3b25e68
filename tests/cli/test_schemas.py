"""`schemas --out`: how a repository of tenants, which has no openapi.yaml, gets what its editors need."""

from pathlib import Path

from reconciler.catalogue.sources import shipped
from tests.cli.conftest import Call

BOTH = ("profile.schema.json", "tenant.schema.json")


def test_the_two_files_are_written_once_and_again_when_they_are_stale(folder: Path, call: Call):
    """With exit 0; beside them nothing is written, and nothing is needed: no settings, no credentials."""
    first = call("schemas", "--out", "schemas")
    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines() == [f"wrote {Path('schemas') / name}" for name in BOTH]
    assert sorted(path.name for path in (folder / "schemas").iterdir()) == list(BOTH)
    assert all((folder / "schemas" / name).read_bytes() == (shipped() / name).read_bytes() for name in BOTH)
    (folder / "schemas" / BOTH[0]).write_text("{}", encoding="utf-8")
    assert call("schemas", "--out", "schemas").out == f"wrote {Path('schemas') / BOTH[0]}\n"
    assert call("schemas", "--out", "schemas").out == "The derived files in schemas are current.\n"


def test_a_stale_copy_is_a_problem_to_check_and_is_left_as_it_is(folder: Path, call: Call):
    """CI says what to do, in a line that can be pasted."""
    missing = call("schemas", "--check", "--out", "my schemas")
    assert missing.code == 1
    assert [line.split()[0] for line in missing.out.splitlines()] == ["stale", "stale"]
    assert missing.err == "Run: reconciler schemas --out 'my schemas'\n"
    assert not (folder / "my schemas").exists()
    assert call("schemas", "--out", "my schemas").code == 0
    assert call("schemas", "--check", "--out", "my schemas").code == 0


def test_a_folder_that_cannot_be_one_is_a_wrong_call(folder: Path, call: Call):
    """A file stands in the way: 64, and it stays."""
    for words in (("schemas", "--out", "tenants/acme.yaml"), ("schemas", "--check", "--out", "tenants/acme.yaml")):
        said = call(*words)
        assert said.code == 64
        assert "tenants/acme.yaml can't be" in said.err
    assert (folder / "tenants" / "acme.yaml").is_file()


def test_without_a_catalogue_the_way_to_the_editors_files_is_told(folder: Path, call: Call):
    """Who runs `schemas` in a repository of tenants most likely wants them."""
    said = call("schemas")
    assert said.code == 64
    assert "reconciler schemas --out schemas" in said.err
    assert not (folder / "schemas").exists()
