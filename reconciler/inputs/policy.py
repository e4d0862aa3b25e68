"""`[limits]`, `[gate]` and `[apply]`: from TOML to the model's types."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime

from reconciler.inputs.environment import given, limit_name
from reconciler.inputs.table import Table, bad_number
from reconciler.inputs.usage import did_you_mean
from reconciler.model.access import Limits
from reconciler.model.policy import Drift, Freeze, Gate

LIMIT_BOUNDS: Mapping[str, tuple[float, float]] = {
    "concurrency": (1, 1000),
    "connect_timeout": (0.001, 300),
    "read_timeout": (0.001, 300),
    "read_tries": (1, 20),
    "verify_timeout": (0.001, 600),
    "tenant_deadline": (0.001, 86_400),
    "run_deadline": (0.001, 604_800),
    "breaker_failures": (1, 1000),
    "tenant_rate": (0.1, 10_000),
    "calls_per_window": (1, 100_000),
    "window_seconds": (0.001, 3600),
}
"""What a limit may be. A typo of three zeros must not become a flood of requests or a job that hangs for a day."""

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_limits(table: Table, environment: Mapping[str, str]) -> Limits:
    """Return the limits: environment over table over default. Findings go to the table's."""
    values: dict[str, float] = {}
    for limit in fields(Limits):
        low, high = LIMIT_BOUNDS[limit.name]
        whole = isinstance(limit.default, int)
        written = table.number(limit.name, low, high, whole=whole)
        name = limit_name(limit.name)
        text = given(environment, name)
        if text is not None:
            number = _number(text)
            complaint = bad_number(number, low, high, whole=whole)
            if complaint:
                table.findings.append(f"{name} (environment) {complaint}")
                continue
            written = number
        if written is not None:
            values[limit.name] = written if whole else float(written)
    table.close()
    return Limits(**values)  # type: ignore[arg-type]  # the fields' own kinds were checked above


def _number(text: str) -> int | float | None:
    """Read plain decimal notation; Python's own would take `1_0` and other scripts' digits."""
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", text) else None


def read_gate(table: Table) -> Gate:
    """Return the gate's limits and freezes. Findings go to the table's."""
    tenants = table.number("max_tenants_changed", 0, 1_000_000, whole=True)
    percent = table.number("max_changed_percent", 0, 100, whole=False)
    freezes = tuple(_freeze(freeze) for freeze in table.tables("freeze"))
    table.close()
    return Gate(
        max_tenants_changed=None if tenants is None else int(tenants),
        max_changed_percent=percent,
        freezes=tuple(freeze for freeze in freezes if freeze is not None),
    )


def _freeze(table: Table) -> Freeze | None:
    start, end = _time(table, "from"), _time(table, "to")
    tenants = table.text("tenants") or "*"
    reason = table.text("reason", required=True)
    table.close()
    if start is None or end is None or reason is None:
        return None
    if end < start:
        table.find("to", "lies before from")
        return None
    return Freeze(start, end, reason, tenants)


def _time(table: Table, setting: str) -> datetime | None:
    """Read an RFC 3339 time, as TOML's own or as text. Without an offset it would mean another hour on each machine."""
    value = table.read(setting)
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        with suppress(ValueError):  # a 30th of February is reported below, like everything that is no time
            value = datetime.fromisoformat(value.upper())
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    missing = "is missing" if value is None else "is not a time with an offset"
    table.find(setting, f"{missing}: write it like 2030-11-20T00:00:00Z or 2030-11-20T00:00:00+01:00")
    return None


def read_drift(table: Table) -> Drift:
    """Return what apply does about drift, `overwrite` by default. Findings go to the table's."""
    text = table.text("drift")
    table.close()
    if text is None:
        return Drift.OVERWRITE
    try:
        return Drift(text)
    except ValueError:
        table.find("drift", f'must be "overwrite" or "report".{did_you_mean(text, Drift)}')
        return Drift.OVERWRITE
