"""One browser for all: it is started once, looks at every page, and what it saw is what the tests judge."""

import fcntl
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.catalogue import Catalogue, load
from reconciler.catalogue.meanings import meanings
from reconciler.model.report import Report
from reconciler.report.html import to_html
from tests.browser.fleets import BIG, CANCEL, plan_of
from tests.report.samples import SAMPLES

NODE = Path(__file__).resolve().parents[1] / "node"
SIZE = 2000


def missing() -> str:
    """Return which tool is not there, or nothing."""
    found = {"node": shutil.which("node"), "chromium": shutil.which("chromium")}
    lacking = [name for name, path in found.items() if path is None]
    if not (NODE / "node_modules" / "playwright-core").exists():
        lacking.append("playwright-core: npm ci --prefix tests/node")
    return ", ".join(lacking)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser saw, and the reports that it looked at."""

    facts: Any
    large: Report


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Return what a browser saw of the pages. Workers of one run share it: the first one looks."""
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    folder = tmp_path_factory.getbasetemp().parent / f"pages-{run}" if run else tmp_path_factory.mktemp("pages")
    folder.mkdir(exist_ok=True)
    large = plan_of(SIZE)
    facts = folder / "seen.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not facts.exists():
            facts.write_text(_look(folder, large), encoding="utf-8")
    return Seen(json.loads(facts.read_text(encoding="utf-8")), large)


def _look(folder: Path, large: Report) -> str:
    """Write the pages, have a browser look at them, and return what it saw, as JSON."""
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    known = meanings(catalogue)
    reports = {"large": large, "apply": SAMPLES["apply"], "plan": SAMPLES["plan"], "validate": SAMPLES["validate"]}
    pages = {name: folder / f"{name}.html" for name in (*reports, "hostile")}
    for name, report in {**reports, "hostile": SAMPLES["hostile"]}.items():
        pages[name].write_text(to_html(report, known), encoding="utf-8")
    job = {
        "chromium": shutil.which("chromium"),
        "pages": {name: str(path) for name, path in pages.items()},
        "size": SIZE,
        "needle": "brand-0042 staging",
        "key": f"sales_order.{CANCEL}",
        "column": BIG,
        "panels": {
            "applied": "acme/sales_order.on_hold_timer_duration",
            "failed": "globex/sales_order.on_hold_timer_duration",
            "blocked": "globex/sales_order.sales_order_generator_sequence",
            "unknown": "globex/sales_order.external_order_webhook",
            "quiet": "acme/sales_order.external_oms",
            "undeclared": "hooli/sales_order.external_oms",
            "tenant": "acme",
        },
        "tenantPanel": "globex",
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = ["node", str(Path(__file__).with_name("observe.mjs")), str(folder / "job.json"), str(NODE)]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout
