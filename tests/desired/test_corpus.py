"""Files as people write them. Beside each negative one stand its findings: `line:column rule message`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.desired.fleet import Fleet
from reconciler.model.tenant import DesiredTenant
from reconciler.model.words import Severity

Load = Callable[..., Fleet]

CORPUS = Path(__file__).parent / "corpus"
POSITIVE = sorted((CORPUS / "positive").glob("*.yaml"))
NEGATIVE = sorted((CORPUS / "negative").glob("*.yaml"))


@pytest.fixture
def read(fleet_of: Load) -> Callable[[Path], DesiredTenant]:
    """Load one file of the corpus beside the corpus' profiles."""
    profiles = {path.name: path.read_bytes() for path in (CORPUS / "profiles").glob("*.yaml")}

    def one(path: Path) -> DesiredTenant:
        return fleet_of({**profiles, path.name: path.read_bytes()}).tenants[0]

    return one


def test_the_corpus_is_large_enough():
    """A folder that moved must not pass as an empty table."""
    assert len(POSITIVE) >= 5
    assert len(NEGATIVE) >= 30


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in POSITIVE])
def test_a_good_file_has_no_finding(path: Path, read: Callable[[Path], DesiredTenant]):
    """And its keys are sorted by name."""
    tenant = read(path)
    assert tenant.problems == ()
    assert [key.key for key in tenant.keys] == sorted(key.key for key in tenant.keys)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in NEGATIVE])
def test_a_bad_file_has_exactly_the_findings_beside_it(path: Path, read: Callable[[Path], DesiredTenant]):
    """All of them, at their places, in the order of the file; none shows a canary."""
    tenant = read(path)
    found = [f"{problem.line}:{problem.column} {problem.rule} {problem.message}" for problem in tenant.problems]
    assert found == path.with_suffix(".expected").read_text().splitlines()
    assert "canary" not in repr(tenant)
    assert all(problem.tenant == path.stem and problem.file == f"tenants/{path.name}" for problem in tenant.problems)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in NEGATIVE])
def test_an_error_tells_what_to_do_or_what_is_allowed(path: Path, read: Callable[[Path], DesiredTenant]):
    """A finding without a hint says in its message what is expected."""
    for problem in read(path).problems:
        allowed = ("expected", "allows", "allowed", "is not an absolute URI")
        assert problem.hint or any(word in problem.message for word in allowed), problem
        assert problem.severity in {Severity.ERROR, Severity.WARNING}
