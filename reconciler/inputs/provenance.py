"""Which settings are in force and who said so: flag, environment, file or default. For a person who wonders."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from reconciler.inputs import environment as names
from reconciler.inputs.environment import given, limit_name
from reconciler.inputs.settings import Examined, Overrides
from reconciler.model.access import Limits

DEFAULT = "default"
_Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting: its dotted name, its value as text, and where that comes from."""

    name: str
    value: str
    source: str


def in_force(found: Examined, environment: Mapping[str, str], overrides: Overrides) -> tuple[InForce, ...]:
    """Return the tenants folder and the origin, and every other setting that isn't the default."""
    settings = found.settings
    values = dict(found.file.values) if found.file is not None and found.problem is None else {}
    places = (
        ("tenants", str(settings.tenants), names.TENANTS, overrides.tenants is not None),
        ("origin", settings.origin, names.ORIGIN, overrides.origin is not None),
        ("schemas", str(settings.schemas or ""), names.SCHEMAS, False),
        ("ca_bundle", str(settings.ca_bundle or ""), names.CA_BUNDLE, False),
    )
    said = [
        InForce(name, value, _source(values, name, environment, variable, flag=flag))
        for name, value, variable, flag in places
        if value
    ]
    return (*said, *_limits(settings.limits, values, environment), *_gate(found, values))


def _source(values: _Values, name: str, environment: Mapping[str, str], variable: str, *, flag: bool) -> str:
    if flag:
        return f"--{name}"
    if given(environment, variable) is not None:
        return variable
    return "file" if name in values else DEFAULT


def _table(values: _Values, name: str) -> _Values:
    table = values.get(name)
    return table if isinstance(table, Mapping) else {}


def _limits(limits: Limits, values: _Values, environment: Mapping[str, str]) -> Iterator[InForce]:
    for limit in fields(Limits):
        source = _source(_table(values, "limits"), limit.name, environment, limit_name(limit.name), flag=False)
        if source != DEFAULT:
            yield InForce(f"limits.{limit.name}", f"{getattr(limits, limit.name):g}", source)


def _gate(found: Examined, values: _Values) -> Iterator[InForce]:
    gate = found.settings.gate
    limits = (("max_tenants_changed", gate.max_tenants_changed), ("max_changed_percent", gate.max_changed_percent))
    yield from (InForce(f"gate.{name}", f"{value:g}", "file") for name, value in limits if value is not None)
    if gate.freezes:
        yield InForce("gate.freeze", str(len(gate.freezes)), "file")
    if "apply" in values:
        yield InForce("apply.drift", found.settings.apply.drift.value, "file")
