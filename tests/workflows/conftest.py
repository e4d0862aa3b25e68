"""A desk for each journey, on one sandbox for each worker."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.sandbox import RunningSandbox, Sandbox
from tests.github.fake import FakeGitHub, serving
from tests.workflows.desk import CANARY, OMS, TIMER, Desk

RETAIL = f"sales_order:\n  {OMS}: {{enabled: true}}\n"
TENANTS: Mapping[str, str] = {
    "_retail.yaml": RETAIL,
    "acme.yaml": f"extends: [_retail]\nsales_order:\n  {TIMER}: 60\n",
    "beta.yaml": f"sales_order:\n  {TIMER}: 60\n\n  # How it is sent.\n\n  {OMS}: {{enabled: true}}\n",
    "gamma.yaml": f"sales_order:\n  {TIMER}: 60\n",
}
"""All of them in sync with what is live at the beginning."""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The one API."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    with Sandbox(tmp_path_factory.mktemp("sandbox") / "sandbox.db", catalogue, seed=None).running() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, served: RunningSandbox) -> Iterator[Desk]:
    """A team's desk with three tenants, and what has to hold of every journey on it."""
    if shutil.which("bash") is None or shutil.which("jq") is None:
        pytest.skip("bash and jq are needed, as on GitHub's runners")
    served.reset()
    for name in ("acme", "beta", "gamma"):
        served.set_value(name, TIMER, 60)
        served.set_value(name, OMS, {"enabled": True})
    with serving(FakeGitHub(artifacts_dir=tmp_path / "artifacts")) as github:
        made = Desk(tmp_path, served, github, TENANTS)
        yield made
        assert github.leaks == [], "a token was sent to where artifacts are stored"
        left = (one.read_text() for one in sorted(made.at.artifacts.rglob("*")) if one.is_file())
        said = "".join([*(ran.log for ran in made.ran), *map(str, github.requests), *left])
        assert CANARY not in said
        for name in ("acme", "beta", "gamma"):
            assert served.static_token(name) not in said
