"""A folder with two tenants, far from the developer's own settings, and the command run in it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.cli.main import run

TENANTS = {
    "acme": "sales_order:\n  on_hold_timer_duration: 60\n",
    "beta": "sales_order:\n  on_hold_timer_duration: 90\n  external_oms: {enabled: false}\n",
}


class Said(NamedTuple):
    """How a run ended, and what it said where."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with two tenants that are valid."""
    (tmp_path / "tenants").mkdir()
    for name, text in TENANTS.items():
        (tmp_path / "tenants" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command in this process, in that folder: quick, and enough where no process of its own is needed."""
    for name in os.environ:
        if name.startswith(("RECONCILER_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.chdir(folder)

    def made(*words: str) -> Said:
        code = run(words)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return made
