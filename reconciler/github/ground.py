"""`ground`: what the base branch says about where things are, so that a pull request can't say otherwise.

The settings are the base's, the tenants are the pull request's, as data. Where the base has no settings, an empty file
stands for them: with none named, the tool would look for some, and find the pull request's.
"""

from pathlib import Path

from reconciler.github.runner import Runner, say
from reconciler.github.stopping import Failure, MendAndRunAgainError, usable
from reconciler.inputs.table import Table
from reconciler.inputs.tomlfiles import SettingsFile, settings_in
from reconciler.inputs.trust import inside
from reconciler.inputs.usage import UsageProblem

_TENANTS = "tenants"
_NO_SETTINGS = "reconciler-no-settings.toml"
_MEND = "Correct it on the base branch: the pull request's own settings are never used."


def find_ground(base: Path, data: Path, runner: Runner) -> int:
    """Give the outputs `settings` and `tenants`. Only the top folder of `base` is looked at, nothing above it."""
    found = settings_in(base.absolute())
    if isinstance(found, UsageProblem):
        raise MendAndRunAgainError(Failure(str(found), _MEND))
    tenants = usable(tenants_of(found, base.absolute()))
    reason = inside(data.absolute(), tenants)
    if isinstance(reason, str):
        raise MendAndRunAgainError(
            Failure(f"The tenants folder {tenants} of the pull request {reason}.", "Make it a folder, not a link.")
        )
    settings = found.path if found is not None else usable(_empty(runner))
    runner.output("settings", str(settings))
    runner.output("tenants", tenants)
    say(f"Settings: {settings}{'' if found else ' (the base has none)'}. Tenants: {tenants}.")
    return 0


def tenants_of(found: SettingsFile | None, base: Path) -> str | Failure:
    """Return the tenants folder that the settings name, relative to the top of the tree and with slashes."""
    if found is None:
        return _TENANTS
    table = Table(found.values, "", [])
    text = table.text("tenants") or _TENANTS
    place = inside(base, text)
    if isinstance(place, str):
        table.find("tenants", place)
    elif Path(text).is_absolute():
        table.find("tenants", "must count from the settings file: the same folder is looked for in another tree")
    if table.findings:
        return Failure(f"The settings in {found.path} can't be used: {'; '.join(table.findings)}.", _MEND)
    return Path(text).as_posix()


def _empty(runner: Runner) -> Path | Failure:
    folder = runner.temporary()
    if folder is None:
        return Failure("RUNNER_TEMP is not set, so there is no place for a file.", "Set it to an empty folder.")
    path = folder.absolute() / _NO_SETTINGS
    try:
        path.write_bytes(b"")
    except OSError as error:
        return Failure(f"{path} can't be written: {error.strerror}.", "Look at RUNNER_TEMP and at the disk.")
    return path
