"""What a break is."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Break:
    """One defence taken away. `old` occurs once in `file`; `because` is a pattern that occurs in the test's errors."""

    name: str
    harm: str
    """What it would do in production, in one sentence."""
    file: str
    """Below reconciler/, or below `folder` if that is given."""
    old: str
    new: str
    test: str
    """The node id of the one test that must turn red."""
    because: str
    """What its assertion says then, so that a test that fails for another reason doesn't count."""
    folder: str = "reconciler"
    """A dot for the top of the repository: what builds, installs and runs the program can be broken, too."""

    @property
    def path(self) -> PurePosixPath:
        """The file, from the top of the repository."""
        return PurePosixPath(self.folder, self.file)
