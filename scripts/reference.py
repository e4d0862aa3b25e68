"""Write docs/reference from the code: `python -m scripts.reference`. `--check` only fails when a page is stale.

Pages that aren't in `PAGES` are written by people.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from click.testing import CliRunner

from reconciler.cli.main import COMMANDS
from reconciler.cli.main import main as main_command
from scripts.reference_keys import house_rules, keys
from scripts.reference_problems import problems
from scripts.reference_report import exit_codes, report
from scripts.reference_settings import settings
from scripts.reference_states import states
from scripts.reference_tables import head

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
SANDBOX = ("serve", "reset", "show", "set")
WIDTH = 108
"""What click leaves of the commands' max_content_width for text."""


def help_of(*words: str) -> str:
    """Return what `reconciler WORDS --help` prints on a wide terminal. In this process, since there are many."""
    said = CliRunner().invoke(main_command, [*words, "--help"], prog_name="reconciler", terminal_width=WIDTH)
    if said.exit_code != 0:
        raise SystemExit(f"reconciler {' '.join(words)} --help: {said.output}")
    return "\n".join(line.rstrip() for line in said.output.splitlines())


def commands() -> str:
    """Return the page of all commands: each one's own help."""
    calls = [(), *((name,) for name in COMMANDS), *(("sandbox", name) for name in SANDBOX)]
    about = "What each command says with `--help`. What they end with is in [exit codes](exit-codes.md)."
    parts = [head("Commands", "`--help`", about)]
    parts += [f"## {' '.join(('reconciler', *words))}\n\n```text\n{help_of(*words)}\n```\n" for words in calls]
    return "\n".join(parts)


PAGES: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "exit-codes": exit_codes,
    "house-rules": house_rules,
    "keys": keys,
    "problems": problems,
    "report": report,
    "settings": settings,
    "states": states,
}


def main() -> None:
    """Write, or check."""
    stale: list[str] = []
    for name, made in PAGES.items():
        file, text = FOLDER / f"{name}.md", made()
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        if "--check" in sys.argv[1:]:
            stale.append(file.relative_to(ROOT).as_posix())
        else:
            file.write_text(text, encoding="utf-8")
    if stale:
        raise SystemExit(f"{', '.join(stale)}: stale. Run: python -m scripts.reference")


if __name__ == "__main__":
    main()
