"""`init`: a repository that can be tried at once, and nothing of anybody's overwritten."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from reconciler.catalogue import Catalogue
from reconciler.cli.main import COMMANDS, run
from reconciler.inputs.installed import Tool
from reconciler.inputs.settings import Settings, load_settings
from reconciler.model.access import Limits
from tests.cli.calling import reconciler, surroundings

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "reconciler" / "template"
EVERY = {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()}
GITHUB = {name for name in EVERY if name.startswith(".github/")}
NAMES = EVERY - GITHUB
TOOL = f"acme/reconciler@{'1234567890' * 4}"
"""Of digits alone, which unquoted YAML would take for a number."""
SCHEMAS = {f"schemas/{kind}.schema.json" for kind in ("tenant", "profile")}
EXAMPLE = {name for name in NAMES if name.startswith("tenants/")}

Init = Callable[..., tuple[int, str, str]]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Init:
    """Run `init` in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    def called(*words: str, tool: str | None = "none") -> tuple[int, str, str]:
        code = run(["init", *words, *(() if tool is None else ("--tool", tool))])
        return code, *capsys.readouterr()

    return called


def contents(folder: Path) -> Mapping[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_folder_gets_the_template_and_the_schemas(init: Init, tmp_path: Path):
    """Byte for byte, readable for all; and it is said what was written and what to do next."""
    code, out, err = init("a/my-config")
    assert (code, err) == (0, "")
    made = contents(tmp_path / "a" / "my-config")
    assert made == {
        **{name: (TEMPLATE / name).read_bytes() for name in NAMES},
        **{name: (ROOT / name).read_bytes() for name in SCHEMAS},
    }
    assert [name for name in made if f"  {name}\n" not in out] == []
    for told in ("cd a/my-config", "reconciler validate", "reconciler plan --sandbox", "reconciler import TENANT"):
        assert told in out


def test_what_it_says_to_do_next_works_and_shows_something(tmp_path: Path):
    """Each kind of change that a newcomer should have seen: set for the first time, changed, for good, in sync."""
    reconciler("init", "my-config", cwd=tmp_path)
    folder = tmp_path / "my-config"
    done = reconciler("validate", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "Valid: 1 tenant.\n")
    done = reconciler("plan", "--sandbox", "--format", "json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (tenant,) = json.loads(done.stdout)["tenants"]
    assert {key["reason"] for key in tenant["keys"]} == {"unset", "differs", "default-differs", "in-sync"}
    assert any(key["irreversible"] for key in tenant["keys"])


@pytest.mark.parametrize("name", sorted({*EVERY, *SCHEMAS}))
def test_a_file_with_other_content_stops_it_before_anything_is_written(init: Init, tmp_path: Path, name: str):
    """And with --keep it stays as it is, whichever it is."""
    (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
    (tmp_path / name).write_text("mine\n")
    code, out, err = init(".", tool=TOOL)
    assert (code, out) == (64, "")
    assert name in err
    assert "--keep" in err
    assert contents(tmp_path) == {name: b"mine\n"}
    code, out, _ = init(".", "--keep", tool=TOOL)
    assert code == 0
    assert f"Left as they were, though the template's are different:\n  {name}\n" in out
    assert (tmp_path / name).read_bytes() == b"mine\n"
    assert contents(tmp_path).keys() >= EVERY - EXAMPLE


def test_the_workflows_call_the_tool_that_is_named_at_its_commit(init: Init, tmp_path: Path):
    """All that is GitHub's, with nothing left of what stands in the template for the tool."""
    code, out, err = init("new", tool=TOOL)
    assert (code, err) == (0, "")
    repository, _, commit = TOOL.partition("@")
    made = contents(tmp_path / "new")
    assert made.keys() == EVERY | SCHEMAS
    for name in GITHUB:
        text = made[name].decode()
        assert "OWNER" not in text
        assert "COMMIT" not in text
        if name.startswith(".github/workflows/"):
            (job,) = yaml.safe_load(text)["jobs"].values()
            assert job["uses"] == f"{repository}/{name}@{commit}"
            assert (job["with"]["tool-repository"], job["with"]["tool-ref"]) == (repository, commit)
    assert f"The workflows call {repository} at commit {commit}.\n" in out
    assert f"\n  https://github.com/{repository}/blob/{commit}/docs/github.md\n" in out
    assert "Push that commit" not in out


def test_a_commit_that_a_clone_has_alone_has_to_be_pushed(init: Init, monkeypatch: pytest.MonkeyPatch):
    """Or the workflows would not start."""
    tool = Tool("acme/reconciler", "1" * 40, is_there=False)
    monkeypatch.setattr("reconciler.journeys.starting.installed_tool", lambda package, environment: tool)
    code, out, _ = init("new", tool=None)
    assert code == 0
    assert "Push that commit first" in out


def test_what_is_written_for_github_passes_the_linters_of_workflows(init: Init, tmp_path: Path):
    """As our own do: the team's CI may well run them."""
    init(".", tool=TOOL)
    tools = Path(sys.executable).parent
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for command in (["zizmor", "--offline", "--no-progress", "--quiet", ".github"], ["jactionlint"]):
        done = subprocess.run(
            [tools / command[0], *command[1:]], cwd=tmp_path, capture_output=True, check=False, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_without_a_known_tool_it_says_how_to_add_the_workflows_and_that_works(
    init: Init, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Later, and beside files that were edited meanwhile: the command that was told, with a tool in it."""
    monkeypatch.setattr("reconciler.journeys.starting.installed_tool", lambda package, environment: None)
    code, out, _ = init("my config", tool=None)
    assert (code, set(contents(tmp_path / "my config")) & GITHUB) == (0, set())
    (line,) = re.findall(r"^  reconciler (init .* --tool OWNER/NAME@COMMIT)$", out, re.MULTILINE)
    (tmp_path / "my config" / "README.md").write_text("ours\n")
    words = shlex.split(line.replace("OWNER/NAME@COMMIT", TOOL))
    assert run(words) == 0
    made = contents(tmp_path / "my config")
    assert made.keys() == EVERY | SCHEMAS
    assert made["README.md"] == b"ours\n"


def test_a_team_that_isnt_on_github_gets_no_workflows(init: Init, tmp_path: Path):
    """And is not told to add any."""
    code, out, _ = init(".", tool="none")
    assert code == 0
    assert "github" not in out.lower()
    assert not (tmp_path / ".github").exists()


@pytest.mark.parametrize(
    "said",
    [
        "acme/reconciler",
        "acme/reconciler@main",
        "acme/reconciler@0123abc",
        f"{TOOL}0",
        f"acme/reconciler@{'ABCDEF0123' * 4}",
        f"acme/..@{'0' * 40}",
        f"acme@{'0' * 40}",
        f"a/b/c@{'0' * 40}",
        f"acme/rec\n  x: y@{'0' * 40}",
        "",
    ],
)
def test_a_tool_that_could_be_moved_to_other_code_is_no_tool(init: Init, tmp_path: Path, said: str):
    """A branch, a tag, half a commit; nor anything that would break out of its place in the YAML."""
    code, out, err = init("new", tool=said)
    assert (code, out) == (64, "")
    assert "OWNER/NAME@COMMIT" in err
    assert not (tmp_path / "new").exists()


def test_what_lies_beside_is_left_alone_and_a_second_time_changes_nothing(init: Init, tmp_path: Path):
    """A clone of an empty repository has a .git; a file that was removed comes back."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("x")
    assert init(".")[0] == 0
    before = contents(tmp_path)
    code, out, _ = init(".")
    assert (code, out.splitlines()[0]) == (0, "Nothing was missing in this folder.")
    (tmp_path / ".gitignore").unlink()
    assert init(".")[1].startswith("Wrote 1 file in this folder:\n  .gitignore\n")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("file", ["tenants/mine.yaml", "tenants/eu/mine.yaml", "pyproject.toml", "reconciler.toml"])
def test_the_example_does_not_join_a_real_fleet(init: Init, tmp_path: Path, file: str):
    """Its tenant has no credentials, and would stop every apply; settings in a pyproject.toml stay in force."""
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text('[tool.reconciler]\ntenants = "fleet"\n' if file == "pyproject.toml" else "")
    code, out, _ = init(".", "--keep")
    assert code == 0
    assert not set(contents(tmp_path)) & EXAMPLE
    assert "plan --sandbox" not in out
    assert (tmp_path / "reconciler.toml").exists() == (file != "pyproject.toml")


@pytest.mark.parametrize("name", [".", "tenants", "README.md"])
def test_what_is_no_file_or_folder_where_one_should_be_is_said(init: Init, tmp_path: Path, name: str):
    """Nothing is written beside it."""
    place = tmp_path / "new" / name
    if name != ".":
        place.parent.mkdir()
    if name == "README.md":
        place.mkdir()
    elif name == ".":
        place.write_text("a file")
    else:
        place.symlink_to("gone")
    before = contents(tmp_path)
    code, out, err = init("new", "--keep")
    assert (code, out) == (64, "")
    assert "is in the way" in err
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["tenants", "schemas"])
def test_nothing_is_written_through_a_link(init: Init, tmp_path: Path, name: str):
    """A branch may hold one that leads anywhere."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / name).symlink_to("../outside")
    code, out, err = init("new", "--keep")
    assert (code, out) == (64, "")
    assert "is in the way: it is a link" in err
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_folder_that_can_not_be_made_is_a_wrong_call(init: Init):
    """With the system's words."""
    code, _, err = init("/proc/nowhere")
    assert code == 64
    assert "can't be written" in err


def test_git_ignores_reports_and_credentials_and_nothing_that_belongs_there(tmp_path: Path):
    """As git itself reads the template's .gitignore."""
    reconciler("init", ".", cwd=tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    wanted = [".reconciler/runs/x.json", "credentials.yaml", "x.credentials.yaml", "plan.json", "plan.md", "apply.json"]
    kept = [*EVERY, *SCHEMAS, "tenants/plan-b.yaml"]
    command = ["git", "check-ignore", "--no-index", *wanted, *kept]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True)
    assert done.stdout.splitlines() == wanted


def test_each_modeline_leads_to_a_schema_that_was_written(tmp_path: Path):
    """An editor that finds none says nothing, or too much."""
    reconciler("init", ".", cwd=tmp_path)
    for name in EXAMPLE:
        match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", (tmp_path / name).read_text())
        assert match is not None, name
        assert match[1] == f"../schemas/{'profile' if '/_' in name else 'tenant'}.schema.json"
        assert ((tmp_path / name).parent / match[1]).is_file()


def test_the_schemas_are_those_that_the_command_for_them_would_write(tmp_path: Path):
    """So that a CI which checks them is content from the first day on."""
    reconciler("init", ".", cwd=tmp_path)
    done = reconciler("schemas", "--check", "--out", "schemas", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def uncommented(text: str) -> str:
    """The settings with every example and default in force: lines like `# name = ` and `# [[table]]`."""
    return re.sub(r"^# (?=\[\[|\w+ = )", "", text, flags=re.MULTILINE)


def test_what_the_settings_show_in_comments_is_valid_and_the_defaults_are_true(tmp_path: Path, catalogue: Catalogue):
    """Somebody takes the # away and expects it to work; "Example" stands above whatever is no default."""
    text = (TEMPLATE / "reconciler.toml").read_text()
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "ca.pem").touch()

    def loaded(written: str) -> Settings:
        (tmp_path / "reconciler.toml").write_text(written)
        found = load_settings(tmp_path, environment={}, default_origin=catalogue.origin_template)
        assert isinstance(found, Settings), str(found)
        return found

    assert len(re.findall("^# Example: ", text, re.MULTILINE)) == 4
    everything, nothing = loaded(uncommented(text)), loaded("")
    assert everything.gate.freezes
    assert everything.gate.max_tenants_changed == 20
    assert (everything.schemas, everything.ca_bundle) == (tmp_path / "catalogue", tmp_path / "ca.pem")
    assert everything.gate.max_changed_percent == 30
    assert (everything.origin, everything.tenants, everything.apply) == (
        nothing.origin,
        nothing.tenants,
        nothing.apply,
    )
    assert everything.limits == Limits()
    assert loaded(text) == nothing


def test_the_readme_of_the_template_names_commands_that_exist_and_every_exit_code():
    """The table of codes is that of the reference."""
    text = (TEMPLATE / "README.md").read_text()
    assert set(re.findall(r"^reconciler (\w+)", text, re.MULTILINE)) <= set(COMMANDS)
    codes = re.compile(r"^\| (\d+) \|", re.MULTILINE)
    assert codes.findall(text) == codes.findall((ROOT / "docs" / "reference" / "exit-codes.md").read_text())


def test_the_credentials_that_the_readme_shows_are_of_the_right_form(tmp_path: Path):
    """With the dots replaced they are read, and bound to the platform: another origin doesn't get them."""
    reconciler("init", ".", cwd=tmp_path)
    (block,) = re.findall(r"^```yaml\n(.*?)^```", (tmp_path / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    text = block.replace("...", "invented")
    env = surroundings(tmp_path, RECONCILER_CREDENTIALS=text, RECONCILER_ORIGIN="https://{tenant}.elsewhere.example")
    done = reconciler("plan", cwd=tmp_path, env=env)
    assert done.returncode == 64
    assert "the entry is for https://acme-staging.p.newstore.net" in done.stderr
