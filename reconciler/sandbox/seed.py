"""The state that a new sandbox starts with, read from YAML: which tenant has which value, and what is odd about it.

```yaml
version: 1
tenants:
  acme:
    values:
      sales_order.some_key: {value: 20, updated_at: "2026-01-05T09:00:00Z"}   # null: a default that nobody wrote
    faults:
      - {kind: masked}                            # for ever, unless `times` says otherwise
  closed-down: {unknown: true}                    # every path of it is a 404
```
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.catalogue import Catalogue
from reconciler.sandbox.faults import Fault
from reconciler.sandbox.names import is_tenant
from reconciler.sandbox.refusal import SandboxRefusal
from reconciler.sandbox.store import Store, Stored
from reconciler.strictyaml import parse

SHIPPED = Path(__file__).with_name("seed.yaml")
"""The live state that belongs to the sample tenants."""


@dataclass(frozen=True, slots=True)
class Seed:
    """What to put into an empty store."""

    version: str
    values: tuple[tuple[str, str, Stored], ...] = ()
    faults: tuple[Fault, ...] = ()
    unknown: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()

    def sow(self, store: Store, catalogue: Catalogue) -> None:
        """Put it all into `store`, in one transaction. Values of keys that the catalogue doesn't know are left out."""
        names = {key.name for key in catalogue.keys}
        with store.transaction():
            for tenant in self.tenants:
                store.set_known(tenant, known=tenant not in self.unknown)
            for tenant, key, stored in self.values:
                if key in names:
                    store.put(tenant, key, stored.value, stored.updated_at)
            for fault in self.faults:
                store.add(fault)
            store.remember("seed", self.version)


NOTHING = Seed("0")
"""For a sandbox that starts empty."""


def read_seed(path: Path) -> Seed:
    """Read a seed. Raises SandboxRefusal with every finding, for a file that is none."""
    try:
        document = parse(path.read_bytes(), file=path.name)
    except OSError as error:
        raise SandboxRefusal(f"The seed {path} can't be read ({error.strerror}).") from None
    if document.problems:
        findings = "; ".join(f"{problem.where}: {problem.message}" for problem in document.problems)
        raise SandboxRefusal(f"The seed can't be used: {findings}")
    try:
        return _seed(document.value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SandboxRefusal(f"The seed {path.name} has an unexpected form: {error!r}") from None


def _seed(document: Mapping[str, Any]) -> Seed:
    values: list[tuple[str, str, Stored]] = []
    faults: list[Fault] = []
    tenants: Mapping[str, Any] = document["tenants"] or {}
    for tenant, entry in tenants.items():
        if not is_tenant(tenant):
            raise ValueError(f"{tenant} can't be a tenant")
        for key, stored in (entry.get("values") or {}).items():
            values.append((tenant, key, Stored(stored["value"], stored["updated_at"])))
        told = entry.get("faults") or []
        faults.extend(Fault.from_mapping({"times": None, **fault, "tenant": tenant}) for fault in told)
    unknown = tuple(tenant for tenant, entry in tenants.items() if entry.get("unknown"))
    return Seed(str(document["version"]), tuple(values), tuple(faults), unknown, tuple(tenants))
