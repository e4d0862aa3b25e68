"""The world of the state machine: values that often coincide, faults, and what must hold over a whole life."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from hypothesis import strategies as st

from reconciler.catalogue import Catalogue
from reconciler.model.key import Schema
from reconciler.model.normal import normalise, same
from reconciler.sandbox import TOKEN, Author, Fault, FaultKind, LogEntry, Write
from reconciler.sandbox.shape import MASK, masked
from tests.campaigns.oracle import Place
from tests.campaigns.stand import Stand
from tests.campaigns.test_matrix import KINDS, Kind
from tests.journeys.stage import SEQUENCE, WEBHOOK, Result

TENANTS = ("acme", "beta", "gamma")
NUMBERS = "sales_order_generator_sequence"
OTHERS_SECRET = "canary-of-somebody-else"
VALUES: Mapping[str, Sequence[Any]] = {
    # The second says what the third leaves to the default.
    "external_order_webhook": (WEBHOOK, {**WEBHOOK, "timeout": 15}, {**WEBHOOK, "timeout": None}),
    "external_oms": ({"enabled": True}, {"enabled": False}),
    "on_hold_timer_duration": (60, 120, 180),
    "cancellation_allowed_from": (["dc"], ["store"], ["dc", "store"], ["store", "dc"]),
    "big_sales_order": ({"soft_limit_for_big_orders": 4}, {"soft_limit_for_big_orders": 9}),
    NUMBERS: (SEQUENCE, {**SEQUENCE, "prefix": "EU"}),
}
"""What files declare and others write: few values, so that a rival often writes the very one that is wanted."""

Pair = tuple[str, Any]
"""A key by its short name, and a value that a file may declare."""


def _without_none(value: Any) -> Any:
    return {name: part for name, part in value.items() if part is not None} if isinstance(value, Mapping) else value


PAIRS: Sequence[Pair] = [(short, _without_none(value)) for short, values in VALUES.items() for value in values]
tenants = st.sampled_from(TENANTS)
pairs = st.sampled_from(PAIRS)
ordinary = st.sampled_from([pair for pair in PAIRS if pair[0] != NUMBERS])
changes = st.lists(pairs, min_size=1, max_size=4).map(dict)
sequences = st.sampled_from([value for short, value in PAIRS if short == NUMBERS])
documents = st.lists(pairs, min_size=4, max_size=10).map(dict)
"""What a file declares, by short name."""
states = st.fixed_dictionaries({tenant: st.lists(ordinary, max_size=6).map(dict) for tenant in TENANTS})
"""What is live at the start, by tenant and short name."""
_WRITES_OTHERS_VALUE = {FaultKind.RIVAL, FaultKind.LOST_RACE}
_KINDS = [kind for kind in KINDS if kind.kind not in _WRITES_OTHERS_VALUE]
_ANSWERS = {FaultKind.STATUS, FaultKind.COMMIT_THEN_STATUS}
_kinds = st.one_of(
    st.sampled_from([kind for kind in _KINDS if kind.kind in _ANSWERS]),
    st.sampled_from([kind for kind in _KINDS if kind.kind not in _ANSWERS]),
)


def _fault(kind: Kind, tenant: str, key: str, times: int, after: int) -> Fault:
    """A fault of a kind of the matrix. The token endpoint knows only those that act on every method.

    A key that is written is read for the plan and again, POSTed, and read: no fault of one key waits for longer.
    """
    key = "*" if key == TOKEN and kind.method != "*" else key
    most = {"*": 8, TOKEN: 1}.get(key, 0 if kind.method == "POST" else 3)
    return replace(kind.fault(min(after, most), times, key), tenant=tenant)


faults = st.lists(
    st.builds(
        _fault,
        kind=_kinds,
        tenant=st.sampled_from(("*", *TENANTS[:2])),
        key=st.sampled_from(("*", "*", TOKEN, NUMBERS, NUMBERS, *VALUES)),
        times=st.integers(1, 3),
        after=st.integers(0, 8),
    ),
    max_size=4,
)
"""What goes wrong in a run, and in those after it if it isn't used up."""


def live(value: Any, secret: str) -> Any:
    """A declared value as the platform has it."""
    if not isinstance(value, Mapping):
        return value
    return {name: secret if isinstance(part, Mapping) else part for name, part in value.items()}


@dataclass(frozen=True)
class Move:
    """What somebody else does to a live value. A default has no date; `own` means with the tenant's own secret."""

    tenant: str
    short: str
    value: Any
    how: str
    own: bool

    @classmethod
    def of(cls, tenant: str, pair: Pair, how: str, *, own: bool) -> Self:
        return cls(tenant, *pair, how, own)

    def make(self, stand: Stand) -> None:
        value = live(self.value, secret(self.tenant, own=self.own))
        if self.how == "unset":
            stand.stage.sandbox.unset(self.tenant, self.short)
        elif self.how == "set":
            stand.stage.sandbox.set_value(self.tenant, self.short, value)
        else:
            stand.stage.sandbox.set_value(self.tenant, self.short, value, None)


_hows = st.sampled_from(("set", "set", "default", "unset"))
moves = st.lists(
    st.builds(Move.of, tenants, ordinary, _hows, own=st.booleans()),
    min_size=1,
    max_size=5,
)
sequence_moves = st.builds(
    Move, tenants, st.just(NUMBERS), sequences, st.sampled_from(("set", "default", "unset", "unset")), st.just(False)
)


def secret(tenant: str, *, own: bool) -> str:
    """What the credentials have for the webhook, or once had; or what nobody gave us."""
    return f"canary-hook-{tenant}" if own else OTHERS_SECRET


@dataclass(frozen=True)
class Kept:
    """A plan file. `of` are the tenants that it was made for, all of them if it is None."""

    name: str
    of: str | None
    report: Any
    moment: str
    calm: bool
    """No fault was armed when it was made."""


def moment(stand: Stand) -> str:
    """The same text as long as neither files, nor secrets, nor live values change."""
    return json.dumps([stand.declared, stand.secrets, len(stand.stage.sandbox.writes())], sort_keys=True)


def undated(stand: Stand) -> set[str]:
    """The tenants of which nobody can tell whether their sequence was ever set."""
    stored = {tenant: stand.stage.sandbox.get_value(tenant, NUMBERS) for tenant in TENANTS}
    return {tenant for tenant, one in stored.items() if one is not None and one.updated_at is None}


def exit_code(stand: Stand, of: Collection[str], *, first_sets: bool) -> int:
    """What a run over these tenants ends with if nothing goes wrong, by what is live and declared of sequences."""
    declaring = {tenant: keys[NUMBERS] for tenant, keys in stand.declared.items() if tenant in of and NUMBERS in keys}
    if undated(stand) & set(declaring):
        return 1
    there = {tenant: stand.stage.live(tenant, NUMBERS) for tenant in declaring}
    differs = any(value is not None and value != declaring[tenant] for tenant, value in there.items())
    return 3 if differs or (not first_sets and None in there.values()) else 0


def lifelong(log: Sequence[LogEntry], writes: Sequence[Write], catalogue: Catalogue) -> Iterator[str]:
    """What no single run can show: a write-once key that is set is never POSTed again, whoever set it."""
    once = {key.name for key in catalogue.keys if key.write_once}
    numbers = {write.number: write for write in writes}
    for entry in log:
        # A late write meets what others wrote after it was sent.
        if entry.method != "POST" or entry.key not in once or "late" in entry.faults or entry.saw is None:
            continue
        if not numbers[entry.saw].unset:
            yield f"{entry.tenant}: POST {entry.sequence} of a write-once key met one that was set"
    committed: Counter[Place] = Counter()
    for write in writes:
        if write.key in once and write.unset:
            committed[write.tenant, write.key] = 0
        elif write.key in once and write.author is Author.CLIENT:
            committed[write.tenant, write.key] += 1
            if committed[write.tenant, write.key] > 1:
                yield f"{write.tenant}: a write-once key was set for the second time"


def unreviewed(
    plans: Sequence[Kept], ended: Result, entries: Sequence[LogEntry], writes: Sequence[Write], stand: Stand
) -> Iterator[str]:
    """What an apply of plan files wrote that no file has, or wrote in a stale tenant."""
    posted = {(entry.tenant, str(entry.key)) for entry in entries if entry.method == "POST" and entry.key != TOKEN}
    stale = {tenant for tenant, result in ended.results().items() if result == "stale"}
    if (ended.exit_code == 4) is not bool(stale):
        yield f"exit code {ended.exit_code}, stale: {sorted(stale)}"
    yield from (f"{tenant} is stale, and {key} was sent" for tenant, key in posted if tenant in stale)
    schemas = {key.name: key.schema for key in stand.catalogue.keys}
    for place in sorted(posted):
        now = ended.key(*place)
        seen = next((one for one in writes if one.updated_at and one.updated_at == now["live_updated_at"]), None)
        default = now.get("before") if now["reason"] == "default-differs" else None
        rows = [
            key
            for plan in plans
            for tenant in plan.report["tenants"]
            for key in tenant["keys"]
            if (tenant["tenant"], key["key"]) == place and key["action"] in {"create", "update"}
        ]
        schema = schemas[place[1]]
        declared = [row for row in rows if _alike(row["after"], _declared(stand, place), schema)]
        is_default = default is not None
        if not any(_saw_default(row, default, schema) if is_default else _saw(row, seen, schema) for row in declared):
            yield f"{place[0]}: {place[1]} was sent, and no plan has it so"


def _declared(stand: Stand, place: Place) -> Any:
    return stand.declared[place[0]][place[1].split(".")[1]]


def _saw(row: Any, seen: Write | None, schema: Schema) -> bool:
    """True if the reviewer saw this write; with a secret in it, the very same one."""
    if seen is None:
        return row["live_updated_at"] is None
    if "before" not in row:
        return False
    secret = masked(seen.value, schema) != seen.value
    alike = _alike(_masked(row["before"]), masked(seen.value, schema), schema)
    return alike and (not secret or row["live_updated_at"] == seen.updated_at)


def _saw_default(row: Any, default: Any, schema: Schema) -> bool:
    """True if the reviewer saw the same value, as a default or as set: that the date is gone changes nothing."""
    if "before" not in row:
        return False
    secret = _masked(default) != default
    return _alike(row["before"], default, schema) and (not secret or row["live_updated_at"] is None)


def _masked(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: MASK if isinstance(part, Mapping) else part for name, part in value.items()}


def _alike(one: Any, other: Any, schema: Schema) -> bool:
    """Equal as JSON, defaults filled in; a reference is its name."""
    plain = [json.loads(json.dumps(value)) for value in (one, other)]
    left, right = (normalise(live(value, str(_reference(value))), schema) for value in plain)
    return same(left, right)


def _reference(value: Any) -> Any:
    """The reference in a value, if there is one."""
    parts = value.values() if isinstance(value, Mapping) else ()
    return next((part for part in parts if isinstance(part, Mapping)), None)
