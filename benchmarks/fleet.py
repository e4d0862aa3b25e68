"""The fleet that the benchmarks run on: tenants with all six keys, their credentials, settings, and what is live.

    python -m benchmarks.fleet DIR COUNT [ORIGIN]

Everything is made from a tenant's number, so that the server knows what is live without being told.
"""

import json
import shutil
import sys
from pathlib import Path

DOMAIN = "bench.test"
TOKEN = "benchmark-token"  # noqa: S105 - for a server on loopback
SECRET = "benchmark-webhook-key"  # noqa: S105 - the same # pragma: allowlist secret
TENANT = """\
# yaml-language-server: $schema=../schemas/tenant.schema.json
# Tenant {i}, production.
sales_order:
  external_order_webhook:
    url: https://orders.tenant-{i}.example/     # a base URL
    api_key: {{secret: WEBHOOK_API_KEY}}
    timeout: {timeout}
  external_oms:
    enabled: {enabled}
  on_hold_timer_duration: {hold}
  cancellation_allowed_from: [store, dc]
  big_sales_order:
    soft_limit_for_big_orders: {limit}
  sales_order_generator_sequence:
    prefix: T{i}
    size: 16
    start: 1
    step: 1
"""
CREDENTIALS = """\
{name}:
  origin: {origin}
  token: {token}
  secrets:
    WEBHOOK_API_KEY: {{value: {secret}, for: https://orders.tenant-{i}.example}}
"""
SETTINGS = """\
tenants = "tenants"
origin = "{origin}"
{bundle}
[limits]
concurrency = {concurrency}
calls_per_window = 100000
window_seconds = 1

[gate]
max_changed_percent = 100
"""
CHANGED = "on_hold_timer_duration"
"""The key that differs from its file where a tenant has moved."""
ONLY_CHANGED = """\
sales_order:
  on_hold_timer_duration: {hold}
"""


def name_of(i: int) -> str:
    """Return the name of a tenant."""
    return f"tenant-{i:05}"


def numbers(i: int) -> dict[str, object]:
    """Return what differs from tenant to tenant."""
    return {"timeout": 1 + i % 25, "enabled": bool(i % 2), "hold": 1 + i % 604_000, "limit": 1 + i % 9000}


def write_tenants(folder: Path, count: int, *, text: str = TENANT) -> None:
    """Write the same `count` files every time, filled into `text`."""
    folder.mkdir(parents=True)
    for i in range(count):
        filled = text.format(i=i, **{name: json.dumps(value) for name, value in numbers(i).items()})
        (folder / f"{name_of(i)}.yaml").write_text(filled, encoding="utf-8")


def write(folder: Path, count: int, origin: str, *, authority: Path | None = None, concurrency: int = 100) -> None:
    """Write tenants, settings and credentials into a new folder, all reached by `origin`, a template."""
    write_tenants(folder / "tenants", count)
    settle(folder, count, origin, authority=authority, concurrency=concurrency)


def settle(folder: Path, count: int, origin: str, *, authority: Path | None = None, concurrency: int = 100) -> None:
    """Write settings and credentials anew, for another origin, say; `authority` is who vouches for the hosts."""
    named = ""
    if authority is not None:
        shutil.copyfile(authority, folder / "ca.pem")  # settings may not lead out of their folder
        named = 'ca_bundle = "ca.pem"\n'
    settings = SETTINGS.format(origin=origin, bundle=named, concurrency=concurrency)
    (folder / "reconciler.toml").write_text(settings, encoding="utf-8")
    entries = (
        CREDENTIALS.format(
            name=name_of(i), i=i, origin=origin.replace("{tenant}", name_of(i)), token=TOKEN, secret=SECRET
        )
        for i in range(count)
    )
    credentials = folder / "credentials.yaml"
    credentials.touch(mode=0o600)
    credentials.write_text("".join(entries), encoding="utf-8")


def live(i: int, *, moved: bool) -> dict[str, object]:
    """Return what is live of tenant `i`, by the short names of keys; one key differs from its file if it `moved`."""
    of = numbers(i)
    hold = 20 if moved and of["hold"] != 20 else 21 if moved else of["hold"]
    return {
        "external_order_webhook": {
            "url": f"https://orders.tenant-{i}.example/",
            "api_key": SECRET,
            "timeout": of["timeout"],
        },
        "external_oms": {"enabled": of["enabled"]},
        CHANGED: hold,
        "cancellation_allowed_from": ["dc", "store"],
        "big_sales_order": {"soft_limit_for_big_orders": of["limit"]},
        "sales_order_generator_sequence": {"prefix": f"T{i}", "size": 16, "start": 1, "step": 1},
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else f"https://{{tenant}}.{DOMAIN}")
