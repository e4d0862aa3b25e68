"""One finding in a file that a person wrote."""

from dataclasses import dataclass

from reconciler.model.words import Severity


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A finding: where, which rule speaks, what is wrong, what to do. Never echoes a sensitive value.

    `line` and `column` start at 1; 0 means the file as a whole. `rule` is `spec/<keyword>` when the API's
    document speaks, `rule/<id>` for a house rule, `yaml/<id>` for the notation, `file/<id>` for names, sizes
    and links, `profile/<id>` for profiles. `tenant` is the stem of the file, empty for a profile.
    """

    file: str
    line: int
    column: int
    pointer: str
    rule: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    tenant: str = ""

    @property
    def where(self) -> str:
        """`file:line:column`, or the file alone when the finding is about all of it."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file
