"""Exit codes that are not a report's own. The whole table is in the README and in `report.verdict`."""

from typing import Final

OK: Final = 0
PROBLEMS: Final = 1
USAGE: Final = 64
BUG: Final = 70
INTERRUPTED: Final = 130
