import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.desired.files import DiskFiles
from reconciler.desired.listing import Listing, discover, list_files
from reconciler.model.files import Entry, Kind, Unread
from reconciler.model.words import Severity

NEARLY = ("acme.json", "acme.yaml~", "acme.yaml.orig", "a.yml.bak")


def found(listing: Listing) -> list[str]:
    """Every problem of a listing: its own, and those of its files."""
    sources = [*listing.tenants, *listing.profiles]
    problems = [*listing.problems, *(problem for source in sources for problem in source.problems)]
    return sorted(f"{problem.file} {problem.rule}" for problem in problems)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of tenants, with room beside it."""
    tenants = tmp_path / "tenants"
    tenants.mkdir()
    return tenants


@pytest.mark.parametrize(
    ("path", "tenant"),
    [
        pytest.param("acme.yaml", "acme", id="yaml"),
        pytest.param("acme.yml", "acme", id="yml"),
        pytest.param("eu/north/acme-staging.yaml", "acme-staging", id="subfolder"),
        pytest.param("7.yaml", "7", id="one-digit"),
        pytest.param("a" * 63 + ".yaml", "a" * 63, id="63-letters"),
        pytest.param("_base.yaml", None, id="profile"),
        pytest.param("README.md", None, id="readme"),
        pytest.param("yaml", None, id="no-suffix"),
        pytest.param(".acme.yaml", None, id="dotfile"),
        pytest.param(".git/acme.yaml", None, id="dotfolder"),
    ],
)
def test_a_good_name_is_a_tenant_or_is_nothing(path: str, tenant: str | None, folder: Path, tmp_path: Path):
    """None of these is a problem."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text("x")
    listing = discover(folder, shown_from=tmp_path)
    assert listing.names == ((tenant,) if tenant else ())
    assert found(listing) == []


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Acme.yaml", id="upper-case"),
        pytest.param("acme.YAML", id="upper-case-suffix"),
        pytest.param("acme_staging.yaml", id="underscore"),
        pytest.param("-acme.yaml", id="leading-hyphen"),
        pytest.param("acme-.yml", id="trailing-hyphen"),
        pytest.param("acme.eu.yaml", id="dot"),
        pytest.param("acme .yaml", id="blank"),
        pytest.param("a" * 64 + ".yaml", id="64-letters"),
        pytest.param("acmé.yaml", id="accent"),
        pytest.param("_.yaml", id="profile-without-name"),
        pytest.param("_Base.yaml", id="profile-in-upper-case"),
        pytest.param("acme\n.yaml", id="line-feed"),
        pytest.param(os.fsdecode(b"acme\xff.yaml"), id="not-utf-8"),
    ],
)
def test_a_bad_name_is_a_problem_that_suggests_a_good_one(name: str, folder: Path, tmp_path: Path):
    """It is no tenant, and the text can be encoded."""
    (folder / name).write_text("x")
    listing = discover(folder, shown_from=tmp_path)
    assert listing.names == ()
    (problem,) = listing.problems
    assert problem.rule == "file/name"
    assert "such as" in problem.hint
    assert problem.file.encode().startswith(b"tenants/")


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in NEARLY])
def test_a_file_that_looks_like_a_tenants_is_a_warning(name: str, folder: Path, tmp_path: Path):
    """It isn't read, and somebody may believe that it is."""
    (folder / name).write_text("x")
    listing = discover(folder, shown_from=tmp_path)
    assert [(one.rule, one.severity) for one in listing.problems] == [("file/ignored", Severity.WARNING)]


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        pytest.param(("acme.yaml", "eu/acme.yaml"), "eu/acme.yaml", id="two-folders"),
        pytest.param(("acme.yaml", "acme.yml"), "acme.yml", id="two-suffixes"),
        pytest.param(("ACME.yaml", "acme.yaml"), "acme.yaml", id="case"),
        pytest.param(("acme.yaml", "ａｃｍｅ.yaml"), "ａｃｍｅ.yaml", id="unicode-form"),
        pytest.param(("_base.yaml", "_base.yml"), "_base.yml", id="profiles"),
    ],
)
def test_two_files_for_one_name_are_a_problem_that_names_both(
    paths: tuple[str, str], shown: str, folder: Path, tmp_path: Path
):
    """Neither is read."""
    for path in paths:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("{}")
    listing = discover(folder, shown_from=tmp_path)
    (source,) = [*listing.tenants, *listing.profiles]
    (problem,) = [problem for problem in source.problems if problem.rule == "file/same-name"]
    assert problem.file == f"tenants/{shown}"
    assert all(f"tenants/{path}" in problem.message for path in paths)


def test_profiles_of_the_same_name_in_two_folders_are_two_profiles(folder: Path, tmp_path: Path):
    """A profile is named by its path from the folder of tenants."""
    (folder / "eu").mkdir()
    for path in ("_base.yaml", "eu/_base.yaml"):
        (folder / path).write_text("{}")
    listing = discover(folder, shown_from=tmp_path)
    assert [source.name for source in listing.profiles] == ["_base", "eu/_base"]
    assert found(listing) == []


def test_a_link_is_followed_inside_of_the_folder_and_refused_outside(folder: Path, tmp_path: Path):
    """A refused link is a problem of the tenant that it would be."""
    (tmp_path / "outside.yaml").write_text("secret: canary")
    (folder / "acme.yaml").write_text("{}")
    (folder / "alias.yaml").symlink_to("acme.yaml")
    (folder / "beta.yaml").symlink_to("../outside.yaml")
    (folder / "gone.yaml").symlink_to("nowhere.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "notes.txt").symlink_to("../outside.yaml")
    (folder / "again").symlink_to(".")
    listing = discover(folder, shown_from=tmp_path)
    assert listing.names == ("acme", "alias", "beta", "gone", "loop")
    assert found(listing) == [
        "tenants/again file/link",
        "tenants/beta.yaml file/link",
        "tenants/gone.yaml file/link",
        "tenants/loop.yaml file/link",
    ]
    assert [source.problems[0].tenant for source in listing.tenants if source.problems] == ["beta", "gone", "loop"]


def test_a_pipe_and_a_socket_are_problems_and_are_never_opened(folder: Path, tmp_path: Path):
    """Opening a pipe would wait for ever."""
    os.mkfifo(folder / "acme.yaml")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)  # the path of a socket is short
        try:
            server.bind("beta.yaml")
        finally:
            os.chdir(here)
        listing = discover(folder, shown_from=tmp_path)
    assert found(listing) == ["tenants/acme.yaml file/special", "tenants/beta.yaml file/special"]
    assert isinstance(DiskFiles(folder).read("acme.yaml", 10), Unread)


def test_a_missing_folder_says_what_to_do(tmp_path: Path):
    """There is no tenant, and one problem."""
    listing = discover(Path("tenants"), shown_from=tmp_path)
    assert listing.names == ()
    (problem,) = listing.problems
    assert (problem.file, problem.rule) == ("tenants", "file/no-folder")
    assert "--tenants" in problem.hint
    assert "reconciler import" in problem.hint


def test_a_file_is_not_a_folder_of_tenants(tmp_path: Path):
    """The reason is told."""
    (tmp_path / "tenants").write_text("x")
    (problem,) = discover(tmp_path / "tenants", shown_from=tmp_path).problems
    assert "not a directory" in problem.message


def test_a_folder_that_cant_be_listed_is_a_problem(memory: Callable[..., object]):
    """Tenants in it would silently be missing."""

    class Closed:
        def entries(self) -> Iterator[Entry]:
            return iter([Entry("eu", Kind.CLOSED_FOLDER), Entry("acme.yaml", Kind.FILE)])

        def read(self, path: str, limit: int) -> bytes:
            return b""

    listing = list_files(Closed(), shown="tenants")
    assert listing.names == ("acme",)
    assert found(listing) == ["tenants/eu file/unreadable"]


def test_files_are_named_as_a_user_would_type_them(folder: Path, tmp_path: Path):
    """Relative to the working directory when they are inside it, else as the folder was given."""
    (folder / "eu").mkdir()
    (folder / "eu" / "acme.yaml").write_text("{}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "linked").symlink_to(folder)

    def shown(given: Path, start: Path) -> str:
        return discover(given, shown_from=start).tenants[0].file

    assert shown(folder, tmp_path) == "tenants/eu/acme.yaml"
    assert shown(folder, folder) == "eu/acme.yaml"
    assert shown(folder, elsewhere) == f"{folder}/eu/acme.yaml"
    assert shown(tmp_path / "linked", tmp_path) == "linked/eu/acme.yaml"
    assert shown(folder, tmp_path / "linked" / "..") in {"tenants/eu/acme.yaml", f"{folder}/eu/acme.yaml"}


def test_no_more_than_the_limit_is_read(folder: Path):
    """A file that grows can't exhaust memory."""
    (folder / "acme.yaml").write_bytes(b"x" * 100)
    files = DiskFiles(folder)
    assert files.read("acme.yaml", 10) == b"x" * 10
    assert isinstance(files.read("gone.yaml", 10), Unread)
