"""The gate, held to a model with whole numbers for shares and times."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.inputs.policy import read_gate
from reconciler.inputs.table import Table
from reconciler.model.policy import Gate
from reconciler.planning.gate import LIFTABLE, approve
from tests.planning.making import TIMER, fleet, plan_of, policy, set_to

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AROUND = 1_918_000_000_000_000
"""Microseconds from 1970 to an evening in October 2030."""
HOUR = 3_600_000_000


# ------------------------------------------------------------------------------------------------------- the model


@dataclass(frozen=True)
class Window:
    """A freeze as the model sees it, and as the settings say it."""

    start: int
    end: int
    glob: str
    written: str


@dataclass(frozen=True)
class Case:
    """A gate, a fleet and a moment. `percent` is its digits and how many of them stand after the point."""

    changed: Sequence[str]
    quiet: Sequence[str]
    files: int
    limit: int | None
    percent: tuple[int, int] | None
    windows: Sequence[Window]
    now: int
    zone: int
    lifted: frozenset[str]

    def settings(self) -> str:
        lines = [] if self.limit is None else [f"max_tenants_changed = {self.limit}"]
        if self.percent is not None:
            digits, after = self.percent
            text = str(digits).rjust(after + 1, "0")
            lines.append(
                f"max_changed_percent = {text[:-after]}.{text[-after:]}" if after else f"max_changed_percent = {text}"
            )
        return "\n".join(["[gate]", *lines, *(window.written for window in self.windows)])

    def refusals(self) -> list[tuple[str, str | None]]:
        """Who is refused by which rule: counts in whole numbers, times as numbers, both ends of a window included."""
        found: list[tuple[str, str | None]] = []
        count = len(self.changed)
        if self.limit is not None and count > self.limit:
            found.append(("max_tenants_changed", None))
        digits, after = self.percent or ((30, 0) if self.files >= 10 else (100, 0))
        if count * 100 * 10**after > digits * self.files:
            found.append(("max_changed_percent", None))
        found += [
            ("freeze", tenant)
            for tenant in sorted(self.changed)
            for window in self.windows
            if window.start <= self.now <= window.end and fits(window.glob, tenant)
        ]
        return [one for one in found if one[0] not in self.lifted]


def fits(glob: str, name: str) -> bool:
    if not glob:
        return not name
    if glob[0] == "*":
        return any(fits(glob[1:], name[start:]) for start in range(len(name) + 1))
    return bool(name) and glob[0] in {"?", name[0]} and fits(glob[1:], name[1:])


def spelt(moment: int, minutes: int, form: str) -> str:
    """Write a moment as a clock `minutes` east of Greenwich shows it; `form` says what to write another way."""
    local = EPOCH + timedelta(microseconds=moment) + timedelta(minutes=minutes)
    text = local.strftime("%Y-%m-%dT%H:%M:%S").replace("T", next((one for one in "t " if one in form), "T"))
    if local.microsecond or "." in form:
        text += f".{local.microsecond:06}".rstrip("0").ljust(2, "0") if "." in form else f".{local.microsecond:06}"
    zulu = next((one for one in "Zz" if one in form), "")
    hours, rest = divmod(abs(minutes), 60)
    text += zulu if zulu and not minutes else f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    return f'"{text}"' if '"' in form and " " not in form else text


@st.composite
def windows(draw: st.DrawFn, now: int) -> Window:
    """Windows that often begin or end just now, or a microsecond beside it; in any zone and spelling."""
    near = st.sampled_from([0, 0, 1, -1, 10**6, -(10**6), HOUR, -HOUR, 13 * HOUR, -13 * HOUR])
    start, end = sorted((now + draw(near), now + draw(near)))
    zones = st.sampled_from([0, 60, 120, -480, 345, 840, -720, 1439, -1439])
    forms = st.text('Tt Zz."', max_size=4)
    glob = draw(st.text("ab-*?", min_size=1, max_size=4) | st.just("*"))
    written = (
        f"[[gate.freeze]]\nfrom = {spelt(start, draw(zones), draw(forms))}\nto = {spelt(end, draw(zones), draw(forms))}"
    )
    tenants = "" if glob == "*" and draw(st.booleans()) else f'\ntenants = "{glob}"'
    return Window(start, end, glob, f'{written}{tenants}\nreason = "peak"')


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Fleets of up to 40 files, limits at and around what changes, and some windows."""
    names = draw(st.lists(st.from_regex(r"[ab]{1,2}(-[ab])?", fullmatch=True), unique=True, max_size=12))
    changed = names[: draw(st.integers(0, len(names)))]
    files = max(len(names), draw(st.sampled_from([9, 10, 11]) | st.integers(1, 40)))
    after = draw(st.integers(0, 3))
    exact = len(changed) * 100 * 10**after // files
    at_most = 100 * 10**after
    digits = draw(
        st.none() | st.integers(-1, 1).map(lambda more: min(max(exact + more, 0), at_most)) | st.integers(0, at_most)
    )
    now = AROUND + draw(st.integers(0, 10**12))
    return Case(
        changed,
        names[len(changed) :],
        files,
        draw(st.none() | st.integers(-1, 1).map(lambda more: max(len(changed) + more, 0))),
        None if digits is None else (digits, after),
        draw(st.lists(windows(now), max_size=3)),
        now,
        draw(st.sampled_from([0, 60, -300, 720])),
        draw(st.sets(st.sampled_from(LIFTABLE), max_size=2).map(frozenset)),
    )


def gate_of(text: str) -> Gate:
    """Read a gate as the settings are read."""
    findings: list[str] = []
    gate = read_gate(Table(tomllib.loads(text)["gate"], "gate", findings))
    assert findings == []
    return gate


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_gate_refuses_exactly_what_its_settings_say(case: Case):
    """From their text on, all three rules together, in order; and whatever is refused, the whole run waits."""
    plan = fleet(
        *(plan_of(name, (TIMER, 2, set_to(TIMER, 1))) for name in case.changed),
        *(plan_of(name, (TIMER, 2, set_to(TIMER, 2))) for name in case.quiet),
    )
    now = (EPOCH + timedelta(microseconds=case.now)).astimezone(timezone(timedelta(minutes=case.zone)))
    approved = approve(plan, policy(gate_of(case.settings()), now=now, fleet=case.files, lifted=case.lifted))
    expected = case.refusals()
    assert [(refusal.rule, refusal.tenant) for refusal in approved.refusals] == expected
    held = {tenant.plan.tenant for tenant in approved.tenants if tenant.held}
    assert held == (set(case.changed) if expected else set())


BACK = ("2030-10-27T02:30:00+02:00", "2030-10-27T02:30:00+01:00")
"""The hour that Berlin's clocks show twice: half past two in summer time, to half past two in winter time."""
FORTH = ("2030-03-31T01:59:59+01:00", "2030-03-31T03:00:00+02:00")
"""The second in which they skip an hour."""


@pytest.mark.parametrize(
    ("window", "now", "frozen"),
    [
        pytest.param(BACK, "2030-10-27T00:29:59.999999Z", False, id="back-before"),
        pytest.param(BACK, "2030-10-27T00:30:00Z", True, id="back-first-moment"),
        pytest.param(BACK, "2030-10-27T02:00:00+01:00", True, id="back-in-winter-time"),
        pytest.param(BACK, "2030-10-27T01:30:00Z", True, id="back-last-moment"),
        pytest.param(BACK, "2030-10-27T01:30:00.000001Z", False, id="back-after"),
        pytest.param(FORTH, "2030-03-31T00:59:58.999999Z", False, id="forth-before"),
        pytest.param(FORTH, "2030-03-31T00:59:59.5Z", True, id="forth-within"),
        pytest.param(FORTH, "2030-03-31T01:00:00Z", True, id="forth-last-moment"),
        pytest.param(FORTH, "2030-03-31T03:00:00.000001+02:00", False, id="forth-after"),
    ],
)
def test_a_freeze_over_a_change_of_the_clocks_is_as_long_as_its_offsets_say(
    window: tuple[str, str], now: str, frozen: bool
):
    """Retailers' peak season has one; an hour that comes twice is frozen once, and both ends belong to it."""
    gate = gate_of(f'[[gate.freeze]]\nfrom = {window[0]}\nto = {window[1]}\nreason = "peak"')
    plan = fleet(plan_of("acme", (TIMER, 2, set_to(TIMER, 1))), plan_of("bolt", (TIMER, 2, set_to(TIMER, 2))))
    approved = approve(plan, policy(gate, now=datetime.fromisoformat(now)))
    assert [(one.rule, one.tenant) for one in approved.refusals] == ([("freeze", "acme")] if frozen else [])
