"""Credentials for a sandbox: invented, the same in every run, and good for nothing else."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reconciler.model.access import Access, ClientCredentials
from reconciler.model.tenant import BoundSecret
from reconciler.model.values import Secret
from reconciler.sandbox.names import is_tenant
from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.server import RunningSandbox

Named = tuple[str, str]
"""The name of a secret, and the origin that it may be sent beside."""


def secret_text(tenant: str, name: str) -> str:
    """Return the invented text of a secret: another one for each tenant, so that a mix-up shows."""
    return f"sandbox-{tenant}-{name}"


def credentials(running: RunningSandbox, tenants: Mapping[str, Sequence[Named]]) -> Mapping[str, Access]:
    """Return access to each tenant's origin in `running`, with client credentials and the secrets that it names."""
    return {tenant: _access(running, tenant, secrets) for tenant, secrets in tenants.items()}


def _access(running: RunningSandbox, tenant: str, secrets: Iterable[Named]) -> Access:
    client_id, client_secret = running.client(tenant)
    grant = ClientCredentials(client_id, Secret(client_secret), running.token_url(tenant))
    bound = {name: BoundSecret(Secret(secret_text(tenant, name)), origin) for name, origin in secrets}
    return Access(tenant, running.origin(tenant), grant, bound)


def write_credentials(path: Path, running: RunningSandbox, tenants: Mapping[str, Sequence[Named]]) -> None:
    """Write a credentials file for `tenants`, readable by its owner alone; an existing file is replaced.

    Raises SandboxRefusal for a name that can't be a tenant, OSError when the file can't be written.
    """
    wrong = next((tenant for tenant in tenants if not is_tenant(tenant)), None)
    if wrong is not None:
        raise SandboxRefusal(f"{wrong!r} can't be a tenant, so the sandbox has no credentials for it.")
    lines = ["# Invented credentials of a sandbox: they open nothing else.\n"]
    for tenant, secrets in tenants.items():
        lines += _entry(running, tenant, secrets)
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(lines)
    fresh.replace(path)


def _entry(running: RunningSandbox, tenant: str, secrets: Iterable[Named]) -> list[str]:
    client_id, client_secret = running.client(tenant)
    # Quoted: a tenant may be called 0755 or null.
    lines = [
        f'"{tenant}":\n',
        f"  origin: {running.origin(tenant)}\n",
        f"  client_id: {client_id}\n",
        f"  client_secret: {client_secret}\n",
        f"  token_url: {running.token_url(tenant)}\n",
    ]
    named = sorted(set(secrets))
    if named:
        lines.append("  secrets:\n")
    return lines + [
        f'    "{name}": {{value: "{secret_text(tenant, name)}", for: "{origin}"}}\n' for name, origin in named
    ]
