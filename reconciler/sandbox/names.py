"""What a tenant may be called: the rule for the stem of its file."""

import re

_TENANT = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def is_tenant(name: str) -> bool:
    """Return True if `name` can be a tenant. Such a name is safe in a path, a header and a log."""
    return _TENANT.fullmatch(name) is not None
