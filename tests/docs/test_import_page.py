"""The commands of docs/how-to/import.md are run as they stand there."""

from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import Sandbox, write_credentials
from tests.cli.calling import reconciler, surroundings
from tests.docs.pages import blocks

TENANTS = ("acme", "acme-staging", "beta", "gamma")


def test_the_commands_of_the_page_import_what_they_say(tmp_path: Path):
    """In order: two tenants by name, then the others, which share a value."""
    (block,) = blocks("docs/how-to/import.md")
    assert block.language == "sh"
    lines = [line.split(" #")[0].rstrip() for line in block.text.splitlines()]
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    with Sandbox(tmp_path / "sandbox.db", catalogue, seed=None).running() as running:
        for tenant in TENANTS:
            running.set_value(tenant, catalogue.keys[2].name, 60)
        write_credentials(tmp_path / "credentials.yaml", running, dict.fromkeys(TENANTS, ()))
        (tmp_path / "reconciler").mkdir()
        (tmp_path / "reconciler" / "settings.toml").write_text(f'credentials = "{tmp_path}/credentials.yaml"\n')
        env = surroundings(tmp_path, XDG_CONFIG_HOME=str(tmp_path), RECONCILER_ORIGIN=running.origin_template)
        written: list[list[str]] = []
        for line in lines:
            if "--profile" in line:
                for tenant in ("beta", "gamma"):
                    (tmp_path / "tenants" / f"{tenant}.yaml").unlink()
            done = reconciler(*line.replace("'", "").split()[1:], cwd=tmp_path, env=env)
            assert done.returncode == 0, done.stdout + done.stderr
            written.append(sorted(path.stem for path in (tmp_path / "tenants").iterdir()))
    assert written == [["acme", "acme-staging"], list(TENANTS), ["_shared", *TENANTS]]


@pytest.mark.parametrize("word", ["--profile-name", "--force", "exit 1", "exit 64"])
def test_the_page_names_what_the_help_names(word: str):
    """A reader of either finds the same."""
    from tests.docs.pages import text_of

    assert word in text_of("docs/how-to/import.md")
    assert word.removeprefix("exit ") in reconciler("import", "--help", cwd=Path.cwd()).stdout
