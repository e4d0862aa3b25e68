"""The checks that look for mistakes and for secrets find some, and nobody can loosen them by the way."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

from tests.docs.pages import ROOT
from tests.plugins.threats import Cases

SKIPPED = ("B101", "B105", "B404", "B603", "B607")
FILES = (r"^requirements/[a-z]+\.txt$", r"^schemas/keys/index\.json$")
TEXTS = (
    "^canary",
    "^[A-Z]{1,8}$",
    "^[A-Z]+(_[A-Z0-9]+)+$",
    r"^(api_key: )?\{secret: [A-Z_0-9]+\}$",
    "^sandbox-[a-zA-Z_-]+$",
    "^reconciler-credentials$",
    "^(p|pw|pass|password|secret)$",
)
"""Names of secrets, what the sandbox has for them, and words that nobody could take for one."""

PLANTED = {
    "a shell": "import subprocess\nsubprocess.run(input(), shell=True)\n",
    "a certificate unseen": "import httpx\nhttpx.get('https://a.example', verify=False)\n",
    "yaml that makes objects": "import yaml\nyaml.load(input(), Loader=yaml.Loader)\n",
    "text that runs": "eval(input())\n",
    "pickles": "import pickle\npickle.loads(input().encode())\n",
    "a query in parts": "import sqlite3\nsqlite3.connect('a').execute('SELECT a FROM b WHERE c = ' + input())\n",
}
# In two, or they would be found here. None of them was ever of use anywhere.
SECRETS = {
    "a key of a cloud": "aws = '" + "AKIA" + "QQ7WXYZ23ABCDEF4" + "'",
    "a token of GitHub": "it = '" + "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789" + "'",
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "an address with a password": "url = 'https://me:" + "hunter2hunter2" + "@a.example'",
    "a password": "password = '" + "Tr0ub4dor-and-3" + "'",
    "a long random text": "x = '" + "kD93hFq0ZbW7" + "tYp5LmXv2NcRj8sGu4Ea" + "'",
}


def _checks() -> str:
    return (ROOT / "scripts" / "check.sh").read_text(encoding="utf-8")


def _baseline() -> Any:
    return json.loads((ROOT / ".secrets.baseline").read_text(encoding="utf-8"))


@pytest.mark.parametrize("planted", PLANTED)
def test_what_invites_an_attack_is_found(tmp_path: Path, planted: str):
    """By bandit, called as the check calls it, with the settings that it has."""
    (tmp_path / "planted.py").write_text(PLANTED[planted])
    words = ("--quiet", "--configfile", str(ROOT / "pyproject.toml"), "--recursive", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "bandit", *words], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 1, done.stderr
    assert "planted.py" in done.stdout


def test_bandit_leaves_out_what_it_was_given_a_reason_for_and_no_more():
    """All that is ours and runs is looked at; the tests are made of what it looks for."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["bandit"]
    assert told == {"skips": list(SKIPPED)}
    assert "bandit --quiet --configfile pyproject.toml --recursive reconciler scripts benchmarks\n" in _checks()


def test_an_exception_of_bandit_s_names_what_it_is_about(cases: Cases):
    """A bare one would hide whatever that line becomes; those that there are can be counted on a hand."""
    files = [one for name in ("reconciler", "scripts", "benchmarks") for one in (ROOT / name).rglob("*.py")]
    lines = [line for one in files for line in one.read_text(encoding="utf-8").splitlines()]
    excepted = [line for line in lines if "nosec" in line]
    cases.add(len(lines))
    assert len(excepted) <= 3
    assert [line for line in excepted if not re.search(r"# .+# nosec B\d{3}$", line)] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the check and its settings, and nothing else."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "no_secrets.sh", tmp_path / "scripts")
    shutil.copy(ROOT / ".secrets.baseline", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def _looked(repository: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    return subprocess.run(
        ["sh", "scripts/no_secrets.sh"],
        cwd=repository,
        env={"PATH": path, "HOME": str(repository)},
        check=False,
        capture_output=True,
        text=True,
    )


def test_secrets_are_found_wherever_they_lie(repository: Path, cases: Cases):
    """Each in a file of its own that was not even added to git yet; beside them one without."""
    for name, text in SECRETS.items():
        file = repository / "deep" / f"{name.replace(' ', '-')}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{text}\n")
    (repository / "fine.yaml").write_text("api_key: {secret: WEBHOOK_API_KEY}\ntoken: canary-of-a-test\n")
    done = _looked(repository)
    cases.add(len(SECRETS))
    assert done.returncode == 123, done.stderr  # how xargs says that what it ran has failed
    assert [name for name in SECRETS if f"deep/{name.replace(' ', '-')}.py" not in done.stdout] == []
    assert "fine.yaml" not in done.stdout


def test_a_repository_without_secrets_passes(repository: Path):
    """Else the test above would prove little."""
    (repository / "fine.yaml").write_text("api_key: {secret: WEBHOOK_API_KEY}\ntoken: canary-of-a-test\n")
    done = _looked(repository)
    assert done.returncode == 0, done.stdout


def test_where_git_can_t_say_which_files_there_are_nothing_passes(repository: Path):
    """No file looked at is no secret found."""
    shutil.rmtree(repository / ".git")
    assert _looked(repository).returncode != 0


def test_everything_that_detect_secrets_knows_is_looked_for():
    """With its own limits, and no finding that was waved through for good."""
    told = _baseline()
    assert told["results"] == {}
    plugins: dict[str, type] = get_mapping_from_secret_type_to_class()
    known = {plugin.__name__ for plugin in plugins.values()}
    assert {one["name"] for one in told["plugins_used"]} == known
    assert {one["name"]: one["limit"] for one in told["plugins_used"] if "limit" in one} == {
        "Base64HighEntropyString": 4.5,
        "HexHighEntropyString": 3.0,
    }
    assert 'check "secrets in the repository" sh scripts/no_secrets.sh\n' in _checks()


def test_what_is_taken_for_no_secret_is_this_and_no_more():
    """Two files of hashes that others write, and a few texts; its own rules aside."""
    ours = {one["path"]: one["pattern"] for one in _baseline()["filters_used"] if "pattern" in one}
    assert ours == {
        "detect_secrets.filters.regex.should_exclude_file": list(FILES),
        "detect_secrets.filters.regex.should_exclude_secret": list(TEXTS),
    }
    assert not [one for one in _baseline()["filters_used"] if "file://" in one["path"] or "verif" in one["path"]]
