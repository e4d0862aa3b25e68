"""Write docs/reference/commands.md from --help. `--check` writes nothing and fails when it is stale."""

import os
import subprocess
import sys
from pathlib import Path

from reconciler.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "commands.md"
SANDBOX = ("serve", "reset", "show", "set")
HEAD = """\
# Reference: commands

Written by `scripts/reference.py` from `--help`; a test holds that it is current. Report fields are described in
`schemas/report.schema.json`, a tenant file's in `schemas/tenant.schema.json`; `reconciler explain` tells about keys.
"""


def help_of(*words: str) -> str:
    """Return what `reconciler WORDS --help` prints at 110 columns."""
    command = [sys.executable, "-m", "reconciler", *words, "--help"]
    environment = {**os.environ, "COLUMNS": "112", "NO_COLOR": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def page() -> str:
    """Return the whole page."""
    calls = [(), *((name,) for name in COMMANDS), *(("sandbox", name) for name in SANDBOX)]
    parts = [HEAD]
    parts += [f"## {' '.join(('reconciler', *words))}\n\n```text\n{help_of(*words)}\n```\n" for words in calls]
    return "\n".join(parts)


def main() -> None:
    """Write, or check."""
    text = page()
    if "--check" in sys.argv[1:]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{PAGE.relative_to(ROOT)} is stale. Run: python {Path(__file__).relative_to(ROOT)}")
        return
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
