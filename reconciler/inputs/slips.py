"""Secrets that slipped into repository settings, by what they look like: in any value, name or comment."""

import re
from dataclasses import replace
from pathlib import Path

from reconciler.inputs.usage import UsageProblem, first_few
from reconciler.model.secret_shapes import Likeness, likenesses, spells, suspicious, texts_of

_HEADER = re.compile(r"\[{1,2}[ \t]*([^\]\n]{0,200})\]", re.ASCII)
_OURS = re.compile(r"tool[ \t]*\.[ \t]*reconciler[ \t]*(?:\.|$)", re.ASCII)


def slips_in(data: bytes, values: object, *, shared: bool) -> tuple[Likeness, ...]:
    """Return what looks like a secret in a settings file that was read as `values`.

    Of a file that is `shared` with other tools, only our tables are looked at. What escapes spell has line 0.
    """
    if not suspicious(data) and not spells(data):
        return ()
    text = data.decode("utf-8-sig", "replace")
    seen = likenesses(_ours(text) if shared else text)
    texts = {one.text for one in seen}
    spelled = (one for part in texts_of(values) for one in likenesses(part) if one.text not in texts)
    return (*seen, *(replace(one, line=0, column=0) for one in spelled))


def refused_slips(file: Path, slips: tuple[Likeness, ...]) -> UsageProblem | None:
    """Return why settings with a secret in them are refused, None if nothing in them is sure to be one."""
    sure = [one for one in slips if one.sure]
    if not sure:
        return None
    return UsageProblem(
        f"{file} is refused: it holds what looks like a secret, at line:column.",
        "Remove it and replace it where it was issued: git keeps it, for all who can read the repository. Credentials "
        "are given by --credentials, RECONCILER_CREDENTIALS or RECONCILER_CREDENTIALS_COMMAND.",
        first_few(f"{one.line}:{one.column} looks like {one.what}" for one in sure),
    )


def told_slips(file: Path, slips: tuple[Likeness, ...]) -> tuple[str, ...]:
    """Return a warning for each thing in the settings that may be a secret, or may not."""
    return first_few(
        f"{file}:{one.line}:{one.column}: this may be {one.what}, and git is no place for one."
        for one in slips
        if not one.sure
    )


def _ours(text: str) -> str:
    """Return the text with the lines of all tables but ours emptied, so that positions stay."""
    ours = False
    kept: list[str] = []
    for line in text.split("\n"):
        header = _HEADER.match(line.lstrip())
        if header is not None:
            ours = _OURS.match(header[1].strip()) is not None
        kept.append(line if ours else "")
    return "\n".join(kept)
