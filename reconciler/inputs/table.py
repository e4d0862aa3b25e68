"""One TOML table being read: typed values out, findings noted. No value is quoted: a misplaced one may be secret."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.inputs.usage import did_you_mean


@dataclass(slots=True)
class Table:
    """A table of a settings file. Every `read` names a setting that may be there; `close` reports all the others.

    `name` is the dotted name of the table, empty at the top. `findings` is shared by a file's tables.
    """

    values: Mapping[str, object]
    name: str
    findings: list[str]
    known: set[str] = field(default_factory=set)

    def full_name(self, setting: str) -> str:
        """Return the dotted name of a setting of this table."""
        return f"{self.name}.{setting}" if self.name else setting

    def find(self, setting: str, complaint: str) -> None:
        """Note a finding about one setting."""
        self.findings.append(f"{self.full_name(setting)} {complaint}")

    def read(self, setting: str) -> object:
        """Return a value as it is, None when absent (TOML has no null)."""
        self.known.add(setting)
        return self.values.get(setting)

    def text(self, setting: str, *, required: bool = False) -> str | None:
        """Return a text that is not empty; None when absent or wrong, which is then noted."""
        value = self.read(setting)
        if value is None:
            if required:
                self.find(setting, "is missing")
            return None
        if isinstance(value, str) and value.strip():
            return value
        self.find(setting, "must be text, and not empty")
        return None

    def number(self, setting: str, low: float, high: float, *, whole: bool) -> float | None:
        """Return a number from `low` to `high`; None when absent or wrong, which is then noted."""
        value = self.read(setting)
        if value is None:
            return None
        complaint = bad_number(value, low, high, whole=whole)
        if complaint:
            self.find(setting, complaint)
            return None
        assert isinstance(value, int | float)  # noqa: S101 -- bad_number has looked; this tells mypy
        return value

    def table(self, setting: str) -> "Table":
        """Return the table below; an empty one when absent or wrong, which is then noted."""
        value = self.read(setting)
        if isinstance(value, dict):
            return Table(value, self.full_name(setting), self.findings)
        if value is not None:
            self.find(setting, f"must be a table: [{self.full_name(setting)}]")
        return Table({}, self.full_name(setting), self.findings)

    def tables(self, setting: str) -> tuple["Table", ...]:
        """Return the array of tables below; an empty one when absent or wrong, which is then noted."""
        value = self.read(setting)
        name = self.full_name(setting)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.find(setting, f"must be tables: [[{name}]]")
            return ()
        return tuple(Table(item, f"{name}[{number}]", self.findings) for number, item in enumerate(value, 1))

    def close(self) -> None:
        """Note every setting that nobody has read, with the nearest that there is."""
        for setting in self.values:
            if setting not in self.known:
                self.find(setting, f"is not a setting.{did_you_mean(setting, self.known)}")


def bad_number(value: object, low: float, high: float, *, whole: bool) -> str:
    """Return what is wrong with a number, or nothing. True is no number; NaN and infinity lie in no range."""
    kind = "a whole number" if whole else "a number"
    right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if right and isinstance(value, int | float) and math.isfinite(value) and low <= value <= high:
        return ""
    return f"must be {kind} from {low:g} to {high:g}"
