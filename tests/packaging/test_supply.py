"""What comes from elsewhere is what was looked at, by version and hash, wherever it is fetched; it runs nothing."""

import json
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.plugins.threats import Cases

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
NODE = ROOT / "tests" / "node"
_ENTRY = re.compile(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")


def _entries(lock: Path) -> list[str]:
    text = re.sub(r" *\\\n *", " ", lock.read_text(encoding="utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _told() -> list[tuple[str, str]]:
    """Each line of what builds, installs, or tells people how to, with its file; the history is left as it was."""
    tops = (
        ROOT / name for name in ("Makefile", "action.yml", ".ci/run", "README.md", "CONTRIBUTING.md", "SECURITY.md")
    )
    below = ("scripts", ".github", "docs", "reconciler", "benchmarks")
    files = chain(tops, *((ROOT / name).rglob("*") for name in below))
    kinds = {"", ".sh", ".yml", ".yaml", ".md", ".py"}
    texts = [(one, one.read_text("utf-8")) for one in files if one.is_file() and one.suffix in kinds]
    return [(str(file.relative_to(ROOT)), line) for file, text in texts for line in text.splitlines()]


def test_a_lock_says_of_everything_which_version_and_which_hashes(cases: Cases):
    """No address, no option, no range: pip takes what was locked or stops."""
    assert {lock.name for lock in LOCKS} == {"bench.txt", "dev.txt", "runtime.txt"}
    for lock in LOCKS:
        entries = _entries(lock)
        assert len(entries) > 10
        assert [one for one in entries if not _ENTRY.fullmatch(one)] == [], lock.name
        cases.add(len(entries))


def test_what_is_shipped_is_what_was_tested():
    """runtime.txt is a part of dev.txt, hashes included."""
    shipped, tested = (
        {re.sub(r" ; .*?(?= --hash)", "", one) for one in _entries(ROOT / "requirements" / name)}
        for name in ("runtime.txt", "dev.txt")
    )
    assert shipped - tested == set()


def test_everything_that_is_declared_is_locked(cases: Cases):
    """Else an installation without resolving would lack it, and one with would take today's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    build = [one for one in (ROOT / "requirements" / "build.in").read_text("utf-8").splitlines() if one[:1] != "#"]
    declared = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["sandbox"], *build]
    assert set(project["build-system"]["requires"]) <= set(build)
    locked = {re.split(r"[=\[]", one)[0] for one in _entries(ROOT / "requirements" / "runtime.txt")}
    cases.add(len(declared))
    assert {re.split(r"[<>=\[ ]", one)[0].lower() for one in declared} <= locked


def test_nothing_is_installed_but_by_hash(cases: Cases):
    """In the Makefile, scripts, workflows, and in what the docs and the program tell people to type."""
    said = [(file, line.strip()) for file, line in _told() if re.search(r"\b(uv )?pip3? install\b", line)]
    by_hash = [one for one in said if "--require-hashes -r " in one[1] and "--no-deps" in one[1]]
    # What is built here, of sources that are here.
    ours = [one for one in said if "--no-deps" in one[1] and re.search(r"--no-index|--no-build-isolation", one[1])]
    # What init recognises, wherever somebody has done it; nobody is told to.
    seen = [one for one in said if re.search(r"`pip install (git\+https://(…|\.\.\.)|FOLDER)`", one[1])]
    assert len(by_hash) >= 5
    cases.add(len(said))
    assert [one for one in said if one not in [*by_hash, *ours, *seen]] == []


def test_nobody_is_told_to_install_us_by_name(cases: Cases):
    """On the public registry the name is somebody else's: whoever types it runs a stranger's code."""
    lines = _told()
    cases.add(len(lines))
    tools, words = "pip3?|pipx|uv|uvx|poetry", "install|run|add|tool"
    names = re.compile(rf"\b({tools})( \S+)* ({words})( \S+)* ['\"]?reconciler\b(?!-\*|[/.])")
    assert [one for one in lines if names.search(one[1])] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "Private :: Do Not Upload" in project["classifiers"], "the registry refuses what says so"


def test_no_script_is_piped_into_a_shell(cases: Cases):
    """Whatever the other end sends today would be run."""
    lines = _told()
    cases.add(len(lines))
    assert [one for one in lines if re.search(r"\b(curl|wget)\b.*\|\s*(sudo )?(ba|z)?sh\b", one[1])] == []


def test_every_package_of_node_has_a_hash_and_no_address(cases: Cases):
    """npm ci takes what fits it, from wherever it is told to fetch."""
    lock = json.loads((NODE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert len(packages) > 100
    cases.add(len(packages))
    lacking = [name for name, one in packages.items() if not re.match(r"sha512-[\w+/]{86}==", one.get("integrity", ""))]
    assert lacking == []
    assert [name for name, one in packages.items() if "resolved" in one or one.get("link")] == []
    wanted = json.loads((NODE / "package.json").read_text(encoding="utf-8"))
    assert [one for one in wanted["devDependencies"].values() if not re.fullmatch(r"\d+\.\d+\.\d+", one)] == []
    assert "dependencies" not in wanted
    assert "scripts" not in wanted


def test_no_package_of_node_runs_anything_when_it_is_installed():
    """By the flag where we call npm, and by the file beside the lock where somebody else does."""
    assert "ignore-scripts=true" in (NODE / ".npmrc").read_text(encoding="utf-8").splitlines()
    calls = re.findall(r";\s*npm \S+ --prefix.*", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert len(calls) == 1
    assert [one for one in calls if not one.lstrip("; ").startswith("npm ci ") or "--ignore-scripts" not in one] == []
    lock = json.loads((NODE / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, one in lock["packages"].items() if one.get("hasInstallScript")] == []


@pytest.mark.parametrize("script", ["install_in_ci.sh", "try_wheel.sh"])
def test_an_environment_is_made_of_nothing_that_was_there(script: str):
    """A fresh one, away from the working directory: what lies around on a runner is nobody's."""
    text = (ROOT / "scripts" / script).read_text(encoding="utf-8")
    assert re.search(r"^cd ", text, re.MULTILINE)
    assert re.search(r"^python3 -m venv ", text, re.MULTILINE)
    assert "--system-site-packages" not in text
