"""Two revisions of a fleet made up, and a model of it that knows a value only by the spellings that mean it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

HOOK = "url: https://a.example/, api_key: {{secret: {}}}"
SPELLINGS: Mapping[str, Sequence[Sequence[str]]] = {
    "on_hold_timer_duration": [["60", "60.0"], ["61"]],
    "external_oms": [["{enabled: true}", "{enabled: True}"], ["{enabled: false}"]],
    "big_sales_order": [["{soft_limit_for_big_orders: 300}"], ["{soft_limit_for_big_orders: 301}"]],
    "cancellation_allowed_from": [["[store, dc]", "[dc, store]"], ["[store]"]],
    "external_order_webhook": [
        [f"{{{HOOK.format('A')}}}", f"{{timeout: 15, {HOOK.format('A')}}}"],
        [f"{{{HOOK.format('B')}}}"],
        [f"{{timeout: 16, {HOOK.format('A')}}}"],
    ],
    "sales_order_generator_sequence": [
        ["{prefix: N, size: 9, start: 1, step: 1}", "{step: 1, start: 1, size: 9.0, prefix: 'N'}"],
        ["{prefix: N, size: 9, start: 2, step: 1}"],
    ],
}
"""By short name: each list is one value. Two spellings of one list mean the same, of two lists they don't."""
ONCE = "sales_order_generator_sequence"
PROFILES = ("_p", "eu/_q")
TENANTS = ("a", "b", "c")

Spelled = tuple[int, int]


@dataclass(frozen=True)
class File:
    """One file: which spelling of which value each key has, and what means nothing. `broken`: it has an error."""

    keys: Mapping[str, Spelled]
    extends: tuple[str, ...] = ()
    comment: int = 0
    folder: str = ""
    broken: bool = False

    def text(self) -> bytes:
        """As it stands on disk."""
        lines = [f"# {self.comment}", "{}" if not (self.keys or self.extends or self.broken) else ""]
        lines += [f"extends: [{', '.join(self.extends)}]"] * bool(self.extends)
        lines += ["nonsense: 1"] * self.broken
        lines += ["sales_order:"] * bool(self.keys)
        lines += [f"  {key}: {SPELLINGS[key][value][how]}" for key, (value, how) in self.keys.items()]
        return "\n".join([*lines, ""]).encode()


@dataclass(frozen=True)
class Fleet:
    """The files of one revision."""

    profiles: Mapping[str, File]
    tenants: Mapping[str, File]

    def files(self) -> dict[str, bytes]:
        """By path."""
        profiles = {f"{name}.yaml": file.text() for name, file in self.profiles.items()}
        return profiles | {f"{file.folder}{name}.yaml": file.text() for name, file in self.tenants.items()}

    def composed(self, tenant: str) -> Mapping[str, int] | None:
        """Return the value of each key of a tenant that has a file; None if anything about it is broken."""
        file = self.tenants[tenant]
        profiles = [self.profiles.get(name) for name in file.extends]
        if file.broken or any(one is None or one.broken for one in profiles):
            return None
        layers = [*(one.keys for one in profiles if one), file.keys]
        return {key: value for layer in layers for key, (value, _) in layer.items()}


def expected(then: Fleet, now: Fleet, keys: Collection[str] | None) -> tuple[set[str], set[str]]:
    """Return which tenants have changed, and which of those there is no telling of."""
    found, unjudged = set(), set()
    for tenant in now.tenants:
        wanted = now.composed(tenant)
        wanted_then = then.composed(tenant) if tenant in then.tenants else {}
        if wanted is None or (tenant not in then.tenants and keys is None):
            found.add(tenant)
        elif wanted_then is None:
            unjudged.add(tenant)
        elif any(wanted.get(key) != wanted_then.get(key) for key in SPELLINGS if keys is None or key in keys):
            found.add(tenant)
    return found | unjudged, unjudged


def _spelled(key: str) -> st.SearchStrategy[Spelled]:
    return st.integers(0, len(SPELLINGS[key]) - 1).flatmap(
        lambda value: st.integers(0, len(SPELLINGS[key][value]) - 1).map(lambda how: (value, how))
    )


@st.composite
def _keys(draw: st.DrawFn, among: Collection[str]) -> Mapping[str, Spelled]:
    some = draw(st.lists(st.sampled_from(sorted(among)), unique=True, max_size=4))
    return {key: draw(_spelled(key)) for key in some}


@st.composite
def _file(draw: st.DrawFn, *, profile: bool) -> File:
    broken = draw(st.integers(0, 9)) == 0
    if profile:
        return File(draw(_keys(SPELLINGS.keys() - {ONCE})), comment=draw(st.integers(0, 1)), broken=broken)
    extends = draw(st.lists(st.sampled_from(PROFILES), unique=True))
    return File(
        draw(_keys(SPELLINGS)),
        tuple(extends),
        comment=draw(st.integers(0, 1)),
        folder=draw(st.sampled_from(["", "eu/"])),
        broken=broken,
    )


@st.composite
def _edited(draw: st.DrawFn, file: File, *, profile: bool) -> File | None:
    """One file, later: most edits are small, and many mean nothing."""
    keys = dict(file.keys)
    edit = draw(
        st.sampled_from(["none", "none", "comment", "spelling", "value", "drop", "add", "order", "new", "gone"])
    )
    if edit in {"spelling", "value", "drop"} and keys:
        key = draw(st.sampled_from(sorted(keys)))
        value, how = keys.pop(key)
        if edit != "drop":
            keys[key] = draw(_spelled(key)) if edit == "value" else (value, len(SPELLINGS[key][value]) - 1 - how)
    elif edit == "add":
        keys |= draw(_keys(SPELLINGS.keys() - {ONCE} if profile else SPELLINGS))
    elif edit == "comment":
        return replace(file, comment=file.comment + 1)
    elif edit == "order":
        return replace(file, keys=dict(reversed(keys.items())), extends=file.extends[::-1])
    elif edit == "new":
        return draw(_file(profile=profile))
    elif edit == "gone":
        return None
    return replace(file, keys=keys)


@st.composite
def revisions(draw: st.DrawFn) -> tuple[Fleet, Fleet]:
    """A fleet, and the same after some edits: of files, of profiles, files come and gone."""
    sides: list[tuple[dict[str, File], dict[str, File]]] = []
    for names, profile in ((PROFILES, True), (TENANTS, False)):
        then = {name: draw(_file(profile=profile)) for name in names if draw(st.integers(0, 4))}
        now: dict[str, File] = {}
        for name in names:
            file = draw(_edited(then[name], profile=profile) if name in then else _file(profile=profile))
            if file is not None:
                now[name] = file
        sides.append((then, now))
    (profiles_then, profiles_now), (tenants_then, tenants_now) = sides
    return Fleet(profiles_then, tenants_then), Fleet(profiles_now, tenants_now)
