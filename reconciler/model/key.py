"""A key of the catalogue: all that is known of one config document. Facts come from `schemas/`, never from code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from reconciler.model.words import Severity

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema (2020-12) object with references inlined."""

KEPT_BY_PLATFORM: Final = "platform"
"""What `x-sent-to` says of a secret that the platform sends nowhere: it goes to the tenant's own API alone."""


@dataclass(frozen=True, slots=True)
class WriteAfter:
    """`x-write-after`: this key is written after `key` when the desired value fits `when`, else before it."""

    key: str
    when: Schema


@dataclass(frozen=True, slots=True)
class HouseRule:
    """A rule stricter than the spec: its own schema for the value, how much it weighs, and why we have it."""

    id: str
    severity: Severity
    reason: str
    schema: Schema
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """One config document: its name, where it lives, what fits, and how it may be written.

    `name` is `group.short`; `path` is absolute below the tenant's origin (`/v0/config/sales_order/…`).
    `schema` is the spec's schema of the value, references inlined, with our marks: `x-sensitive` and
    `x-sent-to` (the pointer, within the value, of the URL that the secret is sent to, or `platform`) on fields,
    `x-list-type: set` on arrays. `order` is the position in the catalogue, the write order where nothing else says.
    """

    name: str
    group: str
    short: str
    path: str
    title: str
    description: str
    schema: Schema
    write_once: bool
    order: int
    unit: str = ""
    write_after: tuple[WriteAfter, ...] = ()
    rules: tuple[HouseRule, ...] = ()
    get_statuses: tuple[str, ...] = ()
    post_statuses: tuple[str, ...] = ()
    example: Any = field(default=None, hash=False)
