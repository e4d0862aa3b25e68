"""Lets httpx be without its own command line, which is loaded with it, rich and pygments and all, wherever those are.

httpx takes its absence well. Imported before httpx is; without effect where somebody has loaded it before us.
"""

import sys

sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # by this, Python takes it for missing
