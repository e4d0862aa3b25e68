"""What people install, rather than what the checkout holds: the wheel, used outside of the repository."""

import json
import zipfile
from pathlib import Path

import pytest

from reconciler import __version__
from tests.packaging.conftest import ROOT, Installed

TENANT = """\
sales_order:
  on_hold_timer_duration: 60
  external_order_webhook: {url: 'https://orders.acme.example/', api_key: {secret: WEBHOOK_API_KEY}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory far from the repository, with two tenants."""
    assert not tmp_path.is_relative_to(ROOT)
    (tmp_path / "tenants").mkdir()
    for tenant in ("acme", "beta"):
        (tmp_path / "tenants" / f"{tenant}.yaml").write_text(TENANT, encoding="utf-8")
    return tmp_path


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_every_schema_byte_for_byte(wheel: Path):
    """The API's document, the house rules, what is derived from them, and the report's contract."""
    sources = {file.relative_to(ROOT).as_posix(): file for file in (ROOT / "schemas").rglob("*") if file.is_file()}
    assert {f"schemas/{kind}.schema.json" for kind in ("tenant", "profile", "report")} | {"schemas/openapi.yaml"} < set(
        sources
    )
    assert any(name.startswith("schemas/rules/") for name in sources)
    assert any(name.startswith("schemas/keys/") for name in sources)
    with zipfile.ZipFile(wheel) as archive:
        for name, file in sources.items():
            assert archive.read(f"reconciler/{name}") == file.read_bytes()


def test_the_wheel_carries_every_module_the_seed_and_the_word_that_it_is_typed(wheel: Path):
    """All that lies below reconciler/, caches aside."""
    lying = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "reconciler").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {"reconciler/__main__.py", "reconciler/sandbox/seed.yaml", "reconciler/py.typed"} <= lying
    assert lying <= _names(wheel)


def test_the_wheel_carries_nothing_else(wheel: Path):
    """No tests, no sample tenants but the template's, nothing of a developer's."""
    tops = {name.split("/", 1)[0] for name in _names(wheel)}
    assert tops == {"reconciler", f"reconciler-{__version__}.dist-info"}
    others = {name for name in _names(wheel) if not name.startswith("reconciler/template/")}
    assert [name for name in others if "test" in name or "tenants/" in name or name.endswith(".pyc")] == []


def test_the_installed_package_is_the_wheels(plain: Installed, folder: Path):
    """Otherwise every other test here would be one of the checkout."""
    done = plain.python("import reconciler; print(reconciler.__file__)", cwd=folder)
    assert Path(done.stdout.strip()).is_relative_to(plain.environment)


def test_offline_commands_work_as_installed(plain: Installed, folder: Path):
    """With the declared dependencies alone: version, validate of two tenants, explain, help."""
    assert plain("--version", cwd=folder).stdout == f"reconciler {__version__}\n"
    done = plain("validate", "--format", "json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert [tenant["tenant"] for tenant in json.loads(done.stdout)["tenants"]] == ["acme", "beta"]
    explained = plain("explain", "on_hold_timer_duration", cwd=folder)
    assert explained.returncode == 0
    assert "seconds" in explained.stdout
    assert plain("plan", "--help", cwd=folder).returncode == 0


def test_a_broken_file_is_found_as_installed(plain: Installed, folder: Path):
    """The derived schemas that judge it come from the wheel."""
    (folder / "tenants" / "beta.yaml").write_text("sales_order:\n  on_hold_timer_duration: soon\n", encoding="utf-8")
    done = plain("validate", cwd=folder)
    assert done.returncode == 1
    assert "tenants/beta.yaml:2:" in done.stdout


def test_a_repository_of_tenants_gets_its_editors_schemas_as_installed(plain: Installed, folder: Path):
    """Derived from what the wheel carries, with the declared dependencies alone; the same bytes as in the checkout."""
    done = plain("schemas", "--out", "schemas", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("tenant.schema.json", "profile.schema.json"):
        assert (folder / "schemas" / name).read_bytes() == (ROOT / "schemas" / name).read_bytes()
    assert plain("schemas", "--check", "--out", "schemas", cwd=folder).returncode == 0


def test_a_real_plan_gets_as_far_as_the_credentials_without_the_extra(plain: Installed, folder: Path):
    """All that it takes to talk to the platform is among the plain dependencies."""
    credentials = folder / "credentials.yaml"
    credentials.touch(mode=0o600)
    entry = "{0}: {{origin: 'http://127.0.0.1:1/{0}', token: canary}}\n"
    credentials.write_text(entry.format("acme") + entry.format("beta"), encoding="utf-8")
    words = ("--origin", "http://127.0.0.1:1/{tenant}", "--credentials", "credentials.yaml", "--format", "json")
    done = plain("plan", *words, cwd=folder)
    assert done.returncode == 1, done.stderr
    keys = [key for tenant in json.loads(done.stdout)["tenants"] for key in tenant["keys"]]
    assert {(key["action"], key["reason"]) for key in keys} == {("unreadable", "read-failed")}


def test_the_sandbox_without_its_extra_says_how_to_get_it(plain: Installed, folder: Path):
    """Exit 64, as for every call that can't be carried out as it stands; no trace."""
    for words in (("plan", "--sandbox"), ("sandbox", "serve")):
        done = plain(*words, cwd=folder)
        assert (done.returncode, done.stdout) == (64, "")
        assert "pip install --no-deps --require-hashes -r requirements/runtime.txt" in done.stderr
        assert "Traceback" not in done.stderr


def test_apply_and_plan_against_the_sandbox_as_installed(extra: Installed, folder: Path):
    """The whole way over real HTTP: both tenants are written, and then there is nothing left to do."""
    done = extra("apply", "--sandbox", "--format", "json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    tenants = json.loads(done.stdout)["tenants"]
    assert [(tenant["tenant"], tenant["result"]) for tenant in tenants] == [("acme", "applied"), ("beta", "applied")]
    assert extra("plan", "--sandbox", "--detailed-exitcode", cwd=folder).returncode == 0


def test_init_makes_a_repository_that_can_be_tried_at_once_as_installed(extra: Installed, tmp_path: Path):
    """The template, dotfiles included, travels with the wheel: validate, and a plan in which something would change."""
    done = extra("init", "my-config", cwd=tmp_path)
    assert done.returncode == 0
    # A wheel doesn't know where on GitHub it comes from.
    assert "reconciler init my-config --keep --tool OWNER/NAME@COMMIT" in done.stdout
    assert extra("init", "my-config", "--keep", "--tool", f"acme/reconciler@{'0' * 40}", cwd=tmp_path).returncode == 0
    made = tmp_path / "my-config"
    assert (made / ".github" / "workflows" / "apply.yml").exists()
    assert {path.name for path in made.iterdir()} >= {
        ".gitignore",
        "README.md",
        "reconciler.toml",
        "schemas",
        "tenants",
    }
    done = extra("validate", cwd=made)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Valid: 1 tenant.\n", "")
    done = extra("plan", "--sandbox", "--detailed-exitcode", cwd=made)
    assert (done.returncode, done.stderr) == (2, ""), done.stdout
