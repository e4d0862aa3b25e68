"""The page about what `validate` and the other commands find in files: every id that the code can give."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from scripts.reference_tables import code, head, table

CODE = Path(__file__).resolve().parent.parent / "reconciler"

FAMILIES: Mapping[str, str] = {
    "yaml": "The notation. Strict YAML leaves out what makes a file mean something else than it seems to.",
    "file": "The file itself: its name, its place, whether it can be read.",
    "profile": "`extends`, and the profiles that it names.",
    "spec": "The API's document says no. Besides these, the id ends in the JSON Schema keyword that isn't met, such as "
    "`spec/required` or `spec/maximum`.",
    "rule": "A house rule says no, stricter than the API. Besides these: [house rules](house-rules.md), as `rule/ID`.",
}

OTHERS = ("bug", "call", "catalogue", "import", "run")

MEANINGS: Mapping[str, str] = {
    "yaml/encoding": "the file is not UTF-8",
    "yaml/control-character": "a control character or one that reorders text, which can hide what the file says",
    "yaml/empty": "nothing in it",
    "yaml/too-many": "more findings than are worth telling; correct these first",
    "yaml/syntax": "not YAML",
    "yaml/directive": "a line that starts with `%`",
    "yaml/number": "infinity, not-a-number, or a number that JSON can't carry as written",
    "yaml/sexagesimal": "`12:30`, which some readers take for a number to the base of 60",
    "yaml/grouped-number": "`1_000`, which some readers take for a number",
    "yaml/octal": "`0755`, which some readers take for an octal number",
    "yaml/documents": "a second document",
    "yaml/depth": "nested too deeply",
    "yaml/alias": "`*name`",
    "yaml/anchor": "`&name`",
    "yaml/merge-key": "`<<`",
    "yaml/key": "a name that is no text",
    "yaml/duplicate-key": "a name that stands twice",
    "yaml/tag": "`!tag`",
    "file/size": "larger than 1 MiB",
    "file/no-folder": "the tenants folder isn't there, or can't be listed",
    "file/same-name": "two files claim one tenant's name, perhaps in different folders",
    "file/name": "no tenant can have that name",
    "file/ignored": "not read, since its name doesn't end in `.yaml`; a warning",
    "file/link": "a link that leads out of the folder, nowhere, or to a folder",
    "file/special": "neither a file nor a folder",
    "file/unreadable": "can't be read",
    "file/unwritable": "`import` can't write it",
    "profile/form": "`extends` isn't a list of names",
    "profile/twice": "a profile is named twice",
    "profile/unknown": "there is no such profile",
    "profile/broken": "the profile has a problem of its own",
    "profile/nested": "a profile extends another",
    "profile/write-once": "a write-once key in a profile",
    "spec/additionalProperties": "a group, a key or a field that the API doesn't know",
    "spec/format": "not of the form that the API's document names, such as a URI",
    "spec/type": "another type than the API's document has",
    "rule/empty": "a key is declared without a value",
    "rule/secret-reference": "a sensitive field holds something else than a reference `{secret: NAME}`",
    "rule/secret-literal": "a value, a name or a comment looks like a well-known kind of secret; it is not shown",
    "rule/secret-suspected": "a value or a comment may hold a secret, such as a URL with `token=…`; a warning",
    "catalogue/file": "a file of the catalogue can't be used",
    "import/file-exists": "the tenant has a file already, which stays as it is unless `--force` is given",
    "import/no-profile": "the profile that was asked for could not be written, and so no file that would extend it",
    "import/unreadable": "a live value could not be read, so its key is not in the file",
    "call/usage": "usage, settings, credentials or a plan file; the message says which",
    "run/interrupted": "the run was interrupted",
    "bug/exception": "something that can't happen has happened",
}


def in_code() -> frozenset[str]:
    """Return every text in the code that has the form of an id of a known family."""
    form = re.compile(rf"(?:{'|'.join([*FAMILIES, *OTHERS])})/[A-Za-z-]+")
    found: set[str] = set()
    for module in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and form.fullmatch(node.value):
                found.add(node.value)
    return frozenset(found)


INTRODUCTION = """\
Every finding in a file has a place (file:line:column), a pointer, an id, a message, and what to do. The id says
who speaks: the notation, the API's document, or a rule of ours. An error in any selected tenant stops the run
before the first write; a warning is told. All findings are told, not the first."""


def problems() -> str:
    """Return the whole page."""
    known = in_code()
    if known != set(MEANINGS):
        odd = ", ".join(sorted(known ^ set(MEANINGS)))
        raise SystemExit(f"scripts/reference_problems.py: give each id its meaning, and no other one: {odd}")
    parts = [head("Problems in files", "the ids in the code", INTRODUCTION)]
    for family, about in FAMILIES.items():
        parts += [f"## {family}\n", f"{about}\n", _ids(name for name in known if name.startswith(f"{family}/"))]
    parts += ["## Others\n", _ids(name for name in known if name.startswith(OTHERS))]
    return "\n".join(parts)


def _ids(names: Iterable[str]) -> str:
    return table(("id", "what is wrong"), [(code(name), MEANINGS[name]) for name in sorted(names)])
