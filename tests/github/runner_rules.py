"""What the runner does with a step's lines and files, written down again from its public behaviour: the oracle."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Command:
    """A workflow command as the runner understood it."""

    name: str
    properties: dict[str, str]
    data: str


def command_in(line: str) -> Command | None:
    """Return the command that a line of log is; None for a line that is only text.

    Percent escapes are replaced one after the other, the percent sign last.
    """
    trimmed = line.lstrip()
    end = trimmed.find("::", 2)
    if not trimmed.startswith("::") or end < 0:
        return None
    name, _, rest = trimmed[2:end].partition(" ")
    properties: dict[str, str] = {}
    for pair in rest.strip().split(","):
        key, equals, value = pair.partition("=")
        if equals:
            properties[key] = _data(value.replace("%3A", ":").replace("%2C", ","))
    return Command(name, properties, _data(trimmed[end + 2 :]))


def is_old_command(line: str) -> bool:
    """True for the older form, which the runner obeys anywhere in a line that is no command of the newer form."""
    return command_in(line) is None and "##[" in line


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def outputs_in(file: Path) -> dict[str, str]:
    """Return the outputs in a step's file. Raises ValueError where the runner fails the step."""
    found: dict[str, str] = {}
    lines = iter(file.read_bytes().decode("utf-8").split("\n") if file.exists() else ())
    for line in lines:
        if not line:
            continue
        equals, opening = line.find("="), line.find("<<")
        if equals >= 0 and (opening < 0 or equals < opening):
            found[line[:equals]] = line[equals + 1 :]
        elif opening > 0:
            name, end = line[:opening], line[opening + 2 :]
            value: list[str] = []
            for inner in lines:
                if inner == end:
                    break
                value.append(inner)
            else:
                raise ValueError("Matching delimiter not found")
            found[name] = "\n".join(value)
        else:
            raise ValueError("Invalid format")
    return found
