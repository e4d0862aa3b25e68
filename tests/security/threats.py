"""The threats that docs/security.md answers: what could happen, what is done about it, and the tests that try it.

A test belongs to a threat by its node id, so that tests stay beside the code that they are about. Those that try many
things in one test say how many, with the fixture `cases`.
"""

from collections.abc import Mapping

from tests.security import of_files, of_hosts, of_outputs, of_supply
from tests.security.one import Threat

THREATS: Mapping[str, Threat] = {**of_hosts.THREATS, **of_files.THREATS, **of_outputs.THREATS, **of_supply.THREATS}
"""By a short name, in the order in which docs/security.md has them."""
