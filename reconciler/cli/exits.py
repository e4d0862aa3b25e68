"""Exit codes that are not a report's own. The table is in docs/reference/exit-codes.md and `report.verdict`."""

from typing import Final

OK: Final = 0
PROBLEMS: Final = 1
USAGE: Final = 64
BUG: Final = 70
INTERRUPTED: Final = 130
