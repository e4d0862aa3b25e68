"""The tool itself: its version, its schemas, what is installed beside it."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec

from reconciler import __version__
from reconciler.catalogue import Catalogue, CatalogueProblem, load
from reconciler.catalogue.load import stale
from reconciler.catalogue.sources import shipped
from reconciler.model.check import Check, ok, problem, warning

SCHEMAS = "tool/schemas"
SANDBOX = "tool/sandbox"
_FOR_SANDBOX = ("starlette", "uvicorn")


def look_at_tool(*, sandbox: bool) -> tuple[tuple[Check, ...], Catalogue | None]:
    """Return what was found, and the shipped catalogue if it can be used. `sandbox` says that this run needs that."""
    version = ".".join(map(str, sys.version_info[:3]))
    catalogue = load()
    checks = (
        ok("tool/version", f"reconciler {__version__} on Python {version}"),
        _schemas(catalogue),
        *_sandbox(wanted=sandbox),
    )
    return checks, catalogue if isinstance(catalogue, Catalogue) else None


def _schemas(catalogue: Catalogue | CatalogueProblem) -> Check:
    again = "Install the tool again; in a checkout, look at what git says of schemas/."
    if isinstance(catalogue, CatalogueProblem):
        return problem(SCHEMAS, "", f"The schemas that came with the tool can't be used: {catalogue}", again)
    differing = stale(shipped())
    if isinstance(differing, CatalogueProblem):
        return problem(SCHEMAS, "", str(differing), again)
    if differing:
        # A run is right all the same: it reads the sources then, which takes longer.
        hint = "In a checkout, run: reconciler schemas. Otherwise install the tool again."
        return warning(SCHEMAS, "", f"Derived files are not what they should be: {', '.join(differing)}.", hint)
    return ok(SCHEMAS, "", f"{len(catalogue.keys)} keys, and the derived files are current")


def _sandbox(*, wanted: bool) -> Iterator[Check]:
    missing = [name for name in _FOR_SANDBOX if find_spec(name) is None]
    if not missing:
        yield ok(SANDBOX, "", "installed")
    elif wanted:
        # Not by our name: on the public registry that is somebody else's.
        hint = "In a checkout of the tool: pip install --no-deps --require-hashes -r requirements/runtime.txt"
        yield problem(SANDBOX, "", f"--sandbox needs {', '.join(missing)}, which is not installed.", hint)
    else:
        yield ok(SANDBOX, "", "not installed, and not needed: without it there is no --sandbox")
