"""The page about settings: names, defaults and bounds from the code, what they are for from here."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from reconciler.inputs import environment
from reconciler.inputs.policy import LIMIT_BOUNDS
from reconciler.model.access import Limits
from scripts.reference_keys import catalogue
from scripts.reference_tables import code, head, table

Row = tuple[str, str, str, str, str]

LIMITS: Mapping[str, str] = {
    "concurrency": "tenants under way at once, each with one request in flight",
    "connect_timeout": "seconds to connect",
    "read_timeout": "seconds to wait for data; a whole exchange takes at most `connect_timeout` + 2 × this",
    "read_tries": "requests for one read, the first included",
    "verify_timeout": "seconds in which a POST must be seen",
    "tenant_deadline": "seconds for reading one tenant, and again for writing it; without queueing for the address",
    "run_deadline": "seconds for all requests of a run; less than the six hours after which hosted CI ends a job",
    "breaker_failures": "failures in a row before a tenant is left alone",
    "tenant_rate": "calls a second to one tenant: 80 % of a production tenant's; for others set 80",
    "calls_per_window": "calls of one process in `window_seconds`, token requests included",
    "window_seconds": "the window of `calls_per_window`, in seconds",
}


def _top() -> tuple[Row, ...]:
    return (
        ("tenants", "folder of tenant files", "`tenants`", environment.TENANTS, "--tenants DIR"),
        ("schemas", "a catalogue folder of your own, added to the shipped keys", "none", environment.SCHEMAS, ""),
        (
            "origin",
            "where tenants live, with `{tenant}` in it",
            code(catalogue().origin_template),
            environment.ORIGIN,
            "--origin TEMPLATE",
        ),
        ("ca_bundle", "certificates to trust besides the system's, as PEM", "none", environment.CA_BUNDLE, ""),
    )


OTHERS: tuple[tuple[str, str, str], ...] = (
    ("gate.max_tenants_changed", "most tenants that a run may write", "no limit"),
    (
        "gate.max_changed_percent",
        "largest share of all tenant files that a run may write",
        "30 once there are 10 tenants, else no limit",
    ),
    ("gate.freeze", "a table for each freeze, `[[gate.freeze]]`", "none"),
    ("gate.freeze.from", "its beginning, RFC 3339 with an offset", "needed"),
    ("gate.freeze.to", "its end, included", "needed"),
    ("gate.freeze.tenants", "a glob on names", "`*`"),
    ("gate.freeze.reason", "what whoever is refused is told", "needed"),
    (
        "apply.drift",
        "what apply does where only the platform moved: `overwrite`, or `report` and leave it",
        "`overwrite`",
    ),
)

USER: tuple[tuple[str, str], ...] = (
    ("credentials", "path of your credentials file; `~/` is your home"),
    ("credentials_command", "a command that prints the credentials, as a list; no shell reads it"),
)

VARIABLES: Mapping[str, str] = {
    environment.SETTINGS: "the settings file, instead of searching; as `--settings FILE`",
    environment.TENANTS: "the setting `tenants`",
    environment.SCHEMAS: "the setting `schemas`",
    environment.ORIGIN: "the setting `origin`",
    environment.CA_BUNDLE: "the setting `ca_bundle`",
    environment.CREDENTIALS: "the credentials document itself, not a path",
    environment.CREDENTIALS_COMMAND: "a command that prints it; split like a shell's line, run without a shell",
}

FILES: tuple[tuple[str, str], ...] = (
    ("reconciler.toml", "settings, in the working directory or above it; wins over `pyproject.toml`"),
    ("pyproject.toml", "settings under `[tool.reconciler]`"),
    (
        "~/.config/reconciler/settings.toml",
        "your own settings: where your credentials are. Writable by you alone. `XDG_CONFIG_HOME` moves it",
    ),
    ("tenants/TENANT.yaml", "a tenant; also in folders below. The name of the file is the tenant's"),
    ("tenants/_NAME.yaml", "a profile, for `extends`"),
    (
        ".reconciler/runs/",
        "reports and journals of runs that had no `--report`; for you alone (0600). Keep it out of git",
    ),
    (".reconciler/sandbox.db", "the state of the embedded API"),
)


def documented() -> frozenset[str]:
    """Return the dotted name of every setting on the page, tables included; those of freezes without a number."""
    tables = {"limits", "gate", "apply"}
    rows = {row[0] for row in (*_top(), *OTHERS)}
    return frozenset(tables | rows | {f"limits.{name}" for name in LIMITS})


def _limits() -> Iterator[tuple[str, ...]]:
    for limit in fields(Limits):
        low, high = LIMIT_BOUNDS[limit.name]
        yield (
            code(f"limits.{limit.name}"),
            LIMITS[limit.name],
            f"{limit.default:g}",
            f"{low:g} to {high:g}",
            code(environment.limit_name(limit.name)),
        )


INTRODUCTION = """\
A setting comes from the first of these that has it: a flag, a `RECONCILER_*` variable, the settings file, the default.
A setting that nobody knows, or a value of the wrong kind, ends the run with exit code 64, and all findings are told at
once. An empty variable counts as not set; one that nobody reads is told.

The file may be in the repository, where whoever opens a pull request can write it. So it holds no secret and names no
command, and its paths stay within its folder. Credentials: [how to give them](../how-to/credentials.md).

A path from a flag or a variable counts from the working directory, one from the file from the file's folder."""


def settings() -> str:
    """Return the whole page."""
    known = {*VARIABLES, *(environment.limit_name(limit.name) for limit in fields(Limits))}
    if known != environment.NAMES or set(LIMITS) != {limit.name for limit in fields(Limits)}:
        raise SystemExit("scripts/reference_settings.py: VARIABLES and LIMITS must name what the code reads, all of it")
    parts = [
        head("Settings, variables and files", "the code that reads them", INTRODUCTION),
        "## Where things are\n",
        table(
            ("setting", "meaning", "default", "variable", "flag"),
            [(code(a), b, c, code(d), code(e)) for a, b, c, d, e in _top()],
        ),
        "## Limits\n",
        "`[limits]`. What they are for is in [reliability](../explanation/reliability.md).\n",
        table(("setting", "bounds", "default", "may be", "variable"), _limits()),
        "## Gate and apply\n",
        "`[gate]` and `[apply]`. How the gate judges is in [the gate](gate.md).\n",
        table(("setting", "meaning", "default"), [(code(a), b, c) for a, b, c in OTHERS]),
        "## Your own settings\n",
        "`~/.config/reconciler/settings.toml`; at most one of these. It is the only file that may name a command.\n",
        table(("setting", "meaning"), [(code(name), meaning) for name, meaning in USER]),
        "## Variables\n",
        "Besides those above:\n",
        table(("variable", "gives"), [(code(name), meaning) for name, meaning in VARIABLES.items()]),
        "`NO_COLOR` turns colour off, as `--no-color` does. Proxies and `.netrc` are never used.\n",
        "## Files\n",
        table(("path", "what it is"), [(code(name), meaning) for name, meaning in FILES]),
    ]
    return "\n".join(parts)
