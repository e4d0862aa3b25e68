"""`python -m reconciler.github`."""

import sys

from reconciler.github.commands import run

sys.exit(run(sys.argv[1:]))
