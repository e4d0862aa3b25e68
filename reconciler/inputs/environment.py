"""The `RECONCILER_*` variables: which there are, and which look like typos."""

import os
from collections.abc import Mapping
from dataclasses import fields

from reconciler.inputs.usage import did_you_mean, visible
from reconciler.model.access import Limits

PREFIX = "RECONCILER_"
SETTINGS = "RECONCILER_SETTINGS"
TENANTS = "RECONCILER_TENANTS"
SCHEMAS = "RECONCILER_SCHEMAS"
ORIGIN = "RECONCILER_ORIGIN"
CA_BUNDLE = "RECONCILER_CA_BUNDLE"
CREDENTIALS = "RECONCILER_CREDENTIALS"
CREDENTIALS_COMMAND = "RECONCILER_CREDENTIALS_COMMAND"


def limit_name(field: str) -> str:
    """Return the variable that overrides one field of `[limits]`: `RECONCILER_LIMITS_CONCURRENCY`."""
    return f"{PREFIX}LIMITS_{field.upper()}"


NAMES = frozenset(
    {SETTINGS, TENANTS, SCHEMAS, ORIGIN, CA_BUNDLE, CREDENTIALS, CREDENTIALS_COMMAND}
    | {limit_name(limit.name) for limit in fields(Limits)}
)


def given(environment: Mapping[str, str], name: str) -> str | None:
    """Return a variable's value, None when it is not set or empty: CI sets what it doesn't have to nothing."""
    return environment.get(name) or None


def absolute_entries(path: str) -> tuple[str, ...]:
    """Return the folders in which a PATH finds programs, wherever it is used: an empty entry means "here"."""
    return tuple(entry for entry in path.split(os.pathsep) if os.path.isabs(entry))  # noqa: PTH117 - text, as it stands


def warnings(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return one warning for every `RECONCILER_*` name that nobody reads. Names only: a value may be a secret."""
    return tuple(
        f"The environment has {visible(name)}, which the reconciler does not read.{did_you_mean(name, NAMES)}"
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in NAMES
    )
