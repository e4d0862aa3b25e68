"""Every reader of what others wrote, under fuzzing: bounded by time, from the hostile texts as seeds."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.model.words import Result
from reconciler.report.to_json import to_json
from tests.plugins.threats import Cases
from tests.report.samples import TIMER_UPDATE, report, tenant
from tests.security.corpus import JOURNALS, ODD_JOURNALS, TOML, YAML

SECONDS = 30
"""For each reader."""
REPORT = to_json(report("plan", Result.CHANGES, 0, tenant("acme", Result.CHANGES, TIMER_UPDATE)))
SEEDS: Mapping[str, Mapping[str, bytes]] = {
    "yaml": YAML,
    "tenant": YAML,
    "credentials": YAML,
    "settings": TOML,
    "journal": {**JOURNALS, **ODD_JOURNALS},
    "report": {"plan": REPORT.encode()},
    "body": {"answer": b'{"value": {"a": [1.5, true, null, "\\u00e9"]}, "updated_at": null}'},
}


@pytest.mark.long
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="no atheris for this Python")
@pytest.mark.parametrize("target", SEEDS)
def test_no_bytes_make_a_reader_fail_or_take_long(target: str, tmp_path: Path, cases: Cases):
    """Not by an exception, not by five seconds, not by half a gibibyte; and what is accepted means what it says."""
    for name, text in SEEDS[target].items():
        if len(text) <= 4096:
            (tmp_path / name).write_bytes(text)
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.fuzz", target, str(SECONDS), str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS * 4 + 60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    tried = re.search(r"number_of_executed_units: (\d+)", said)
    assert tried is not None
    assert int(tried[1]) > 100
    cases.add(int(tried[1]))
