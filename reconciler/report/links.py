"""Where a reader finds a file of the revision, and the whole report: addresses that may stand in Markdown.

Names of files come from whoever made the revision. They only ever become the path of an address, percent-encoded,
below a base that was checked: no name makes another scheme, another host, or an end of the link.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~/%+-]*)?")
_LONGEST = 300
_QUERY = re.compile(r"(?:\?[A-Za-z0-9._~/%+&=-]*)?")


@dataclass(frozen=True, slots=True)
class Links:
    """`blob` is the address of the top of the tree, such as `https://github.com/o/r/blob/SHA`; `whole` is where the
    whole report is. Each may be empty: then there is no such link. Raises ValueError for what `usable` refuses.
    """

    blob: str = ""
    whole: str = ""

    def __post_init__(self) -> None:
        """Refuse what must not stand in a link."""
        if usable(self.blob) != self.blob or usable(self.whole) != self.whole:
            raise ValueError("an address for links must be plain http or https")

    def to(self, file: str, line: int = 0) -> str:
        """Return the address of `file`, at `line` if there is one; the empty string if it can't be in the tree."""
        parts = file.split("/")
        if not self.blob or not all(parts) or {".", ".."} & set(parts):
            return ""
        path = quote(file, safe="/", errors="replace")
        return f"{self.blob.rstrip('/')}/{path}" + (f"#L{line}" if line > 0 else "")


def usable(address: str) -> str:
    """Return `address` if it is plain http or https, without user, fragment or a sign that Markdown minds, and not
    longer than 300 characters; else the empty string.
    """
    host = _ADDRESS.match(address) if len(address) <= _LONGEST else None
    return address if host and _QUERY.fullmatch(address, host.end()) else ""


NO_LINKS: Final = Links()
