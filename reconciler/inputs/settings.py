"""Settings: where the files are, where the tenants live, how fast, and what the gate allows. Never a secret.

For each setting: flag, else `RECONCILER_*`, else file, else default. A path from a flag or the environment counts
from the working directory, one from a file from the file's folder, which it can't leave.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.inputs import environment as names
from reconciler.inputs.environment import given
from reconciler.inputs.origins import BadUrl, check_template
from reconciler.inputs.policy import read_drift, read_gate, read_limits
from reconciler.inputs.slips import refused_slips, told_slips
from reconciler.inputs.table import Table
from reconciler.inputs.tomlfiles import SettingsFile, find_settings, named_settings
from reconciler.inputs.trust import forbidden, inside
from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.inputs.user import user_settings_path
from reconciler.model.access import Limits
from reconciler.model.policy import Drift, Gate

_DEFAULT_TENANTS = "tenants"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What flags said; None where there was none."""

    tenants: Path | None = None
    origin: str | None = None


_NO_OVERRIDES = Overrides()


@dataclass(frozen=True, slots=True)
class ApplySettings:
    """`[apply]`."""

    drift: Drift = Drift.OVERWRITE


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a run, checked. Paths are absolute; `file` is the repository's settings file, if any.

    `origin` is a template with `{tenant}`; `schemas` is an extra catalogue folder. `warnings` are for stderr.
    """

    tenants: Path
    origin: str
    schemas: Path | None = None
    ca_bundle: Path | None = None
    limits: Limits = field(default_factory=Limits)
    gate: Gate = field(default_factory=Gate)
    apply: ApplySettings = field(default_factory=ApplySettings)
    file: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examined:
    """Settings as far as they can be understood, and what is wrong with them; what can't be is as by default.

    `file` is what was read, None when there is none or it can't be.
    """

    settings: Settings
    file: SettingsFile | None
    problem: UsageProblem | None = None


def load_settings(
    start: Path,
    *,
    explicit: Path | None = None,
    environment: Mapping[str, str],
    overrides: Overrides = _NO_OVERRIDES,
    default_origin: str,
) -> Settings | UsageProblem:
    """Return the settings that hold in the working directory `start`, or every finding about them.

    `explicit` is `--settings`; `default_origin` is the catalogue's template. The tenants folder need not exist;
    `schemas` and `ca_bundle`, when given, must.
    """
    found = examine_settings(
        start, explicit=explicit, environment=environment, overrides=overrides, default_origin=default_origin
    )
    return found.problem or found.settings


def examine_settings(
    start: Path,
    *,
    explicit: Path | None = None,
    environment: Mapping[str, str],
    overrides: Overrides = _NO_OVERRIDES,
    default_origin: str,
) -> Examined:
    """As `load_settings`, but with a problem there are settings too. A run must not take these; `doctor` looks on."""
    here = start.absolute()
    named = explicit or (Path(text) if (text := given(environment, names.SETTINGS)) else None)
    read = find_settings(here) if named is None else named_settings(here / named)
    problem = read if isinstance(read, UsageProblem) else None
    file = None if isinstance(read, UsageProblem) else read
    if file is not None:
        # First, as the other one repeats names, and a name may be a secret that slipped.
        slipped = refused_slips(file.path, file.slips)
        problem = slipped or forbidden(file.values, file.path, user_settings_path(environment))
    usable = {} if file is None or problem is not None else file.values
    sources = _Sources(here, environment, file, Table(usable, "", []))
    settings = _assemble(sources, overrides, default_origin)
    if problem is None and sources.table.findings:
        problem = UsageProblem(
            "The settings can't be used.",
            f"The file is {file.path}." if file else "There is no settings file; look at flags and RECONCILER_*.",
            first_few(sources.table.findings),
        )
    return Examined(settings, file, problem)


@dataclass(frozen=True, slots=True)
class _Sources:
    here: Path
    environment: Mapping[str, str]
    file: SettingsFile | None
    table: Table

    @property
    def base(self) -> Path:
        """Where `tenants` is by default: beside settings that were found, in the working directory otherwise.

        A file that was named may be another revision's, far from the tenants that it is to judge.
        """
        return self.file.path.parent if self.file is not None and self.file.found else self.here

    def path(self, setting: str, variable: str, flag: Path | None = None) -> Path | None:
        """Return the path that a flag, the environment or the file gives. What is wrong in the file is noted anyway."""
        text = self.table.text(setting)
        written = inside(self.file.path.parent, text) if self.file is not None and text is not None else None
        if isinstance(written, str):
            self.table.find(setting, written)
            written = None
        value = given(self.environment, variable)
        if flag is not None:
            return self.here / flag
        return self.here / value if value is not None else written

    def default_tenants(self) -> Path:
        """Return where the tenants are by default. A link there is a checkout's word, as settings are."""
        if isinstance(inside(self.base, _DEFAULT_TENANTS), str):
            self.table.find("tenants", f"is a link that leads out of {self.base}: if that is meant, say --tenants DIR")
        return self.base / _DEFAULT_TENANTS

    def existing(self, setting: str, variable: str) -> Path | None:
        """Return a path that must be there: to miss it now is better than in the middle of a run."""
        path = self.path(setting, variable)
        if path is not None and not path.exists():
            self.table.findings.append(f"{setting}: there is no {path}")
        return path

    def origin(self, flag: str | None, default: str) -> str:
        """Return the first origin template given. Each one that is there must be usable, used or not."""
        written = (
            ("--origin", flag),
            (names.ORIGIN, given(self.environment, names.ORIGIN)),
            ("origin", self.table.text("origin")),
        )
        for label, text in written:
            checked = check_template(text) if text is not None else None
            if isinstance(checked, BadUrl):
                self.table.findings.append(f"{label} {checked.reason}")
        return next((text for _, text in written if text is not None), default)


def _assemble(sources: _Sources, overrides: Overrides, default_origin: str) -> Settings:
    """Read every setting once; findings gather in the table."""
    table = sources.table
    settings = Settings(
        tenants=sources.path("tenants", names.TENANTS, overrides.tenants) or sources.default_tenants(),
        origin=sources.origin(overrides.origin, default_origin),
        schemas=sources.existing("schemas", names.SCHEMAS),
        ca_bundle=sources.existing("ca_bundle", names.CA_BUNDLE),
        limits=read_limits(table.table("limits"), sources.environment),
        gate=read_gate(table.table("gate")),
        apply=ApplySettings(read_drift(table.table("apply"))),
        file=sources.file.path if sources.file else None,
        warnings=(*_warnings(sources.file), *names.warnings(sources.environment)),
    )
    table.close()
    return settings


def _warnings(file: SettingsFile | None) -> tuple[str, ...]:
    return () if file is None else (*file.warnings, *told_slips(file.path, file.slips))
