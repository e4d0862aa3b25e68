"""What a threat is."""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Threat:
    """`tests` are patterns of node ids, `breaks` names in tests/breaks: each takes one of the defences away."""

    threat: str
    defence: str
    tests: tuple[str, ...]
    breaks: tuple[str, ...]

    def has(self, node: str) -> bool:
        """True if the test tries this threat."""
        return any(fnmatchcase(node, pattern) for pattern in self.tests)
