"""The defences of the promise in docs/explanation/reliability.md: how one edit loses each, and which test must notice.

A break is one natural mistake at one place: code that somebody could write, and that every other check would let pass.
`break_and_see.py` makes each in a copy and runs its test.
"""

from tests.breaks.of_connections import CONNECTIONS
from tests.breaks.of_files import ANSWERS, FILES, SCHEMAS
from tests.breaks.of_hosts import HOSTS
from tests.breaks.of_outputs import PLANS, SECRETS, TEXTS
from tests.breaks.of_requests import POSTS, READS
from tests.breaks.of_runs import BRAKES, GATES
from tests.breaks.of_supply import SUPPLY
from tests.breaks.one import Break

__all__ = ["BREAKS", "Break"]

BREAKS = (
    *CONNECTIONS,
    *READS,
    *POSTS,
    *BRAKES,
    *GATES,
    *HOSTS,
    *SUPPLY,
    *SECRETS,
    *PLANS,
    *TEXTS,
    *FILES,
    *SCHEMAS,
    *ANSWERS,
)
