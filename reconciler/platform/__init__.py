"""HTTP to the tenants' API, and nothing else: the only importer of httpx and httptools.

Start at `client.Platform`. A GET goes round `retries`; each request goes over `wire` (one exchange, bounded in time and
size), through `guard` (where may it go, with which method), down to `transport` (the connections to one origin),
`connection` (one of them) and `answering` (what its bytes mean); `answers` says what an answer means. What the
network or the API does wrong comes back as a value; an exception means a bug of ours, or `Unusable`. `probing` goes the
same way, and ends before HTTP.
"""

import reconciler.platform.absent  # noqa: F401 - for what it does, before anything imports httpx
from reconciler.platform.addresses import Unusable, why_unusable
from reconciler.platform.client import Platform
from reconciler.platform.guard import ForbiddenRequest
from reconciler.platform.tenant import TenantReader, TenantWriter

__all__ = ["ForbiddenRequest", "Platform", "TenantReader", "TenantWriter", "Unusable", "why_unusable"]
