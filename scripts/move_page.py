"""Move a page of the docs: `python scripts/move_page.py docs/old.md docs/how-to/new.md`.

Mends every relative link to it and in it, and every file that names it from the top of the repository. When the page
has been moved already, only that: a branch from before may still bring the old name.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?P<before>\]\()(?P<target>[^)\s#]+)(?P<after>[^)\s]*\))")


def relinked(text: str, page: Path, old: Path, new: Path) -> str:
    """Return the text of a page whose links still hold when `old` has become `new`. Paths are absolute.

    `page` is where the text stood before the move; it may be `old` itself.
    """
    stands = new if page == old else page

    def mended(match: re.Match[str]) -> str:
        target = match["target"]
        if "://" in target or target.startswith("mailto:"):
            return match[0]
        led_to = Path(os.path.normpath(page.parent / target))
        if old not in {led_to, page}:
            return match[0]
        leads_to = new if led_to == old else led_to
        relative = os.path.relpath(leads_to, stands.parent).replace(os.sep, "/")
        return f"{match['before']}{relative}{match['after']}"

    return LINK.sub(mended, text)


def renamed(text: str, old: str, new: str) -> str:
    """Return a text that names the page from the top of the repository by its new name; also as Python joins paths."""
    joined_old, joined_new = (" / ".join(f'"{part}"' for part in name.split("/")) for name in (old, new))
    return re.sub(rf"(?<![\w./-]){re.escape(old)}(?![\w/-])", new, text).replace(joined_old, joined_new)


def _kept() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def move(old: str, new: str) -> list[str]:
    """Move it, and return the other files that were changed."""
    source, target = ROOT / old, ROOT / new
    if source.is_file() == target.is_file():
        raise SystemExit(f"Either {old} or {new} must be a file, and the other must not be there.")
    changed: list[str] = []
    for file in _kept():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        linked = relinked(text, file, source, target) if file.suffix == ".md" else text
        mended = renamed(linked, old, new)
        if mended != text:
            file.write_bytes(mended.encode("utf-8"))
            changed.append(file.relative_to(ROOT).as_posix())
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "mv", old, new], cwd=ROOT, check=True)
    return [name for name in changed if name != old]


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    print("\n".join(move(sys.argv[1], sys.argv[2])) or "Nothing else named it.")
